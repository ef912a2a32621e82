package port

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"time"

	"parley/fault"
)

// stream is a connection that can say that it says no more.
type stream interface {
	net.Conn
	CloseWrite() error
}

// visit is one connection until it is told who serves it. Its goroutine owns it, but for what the crowd counts.
type visit struct {
	tcp   *net.TCPConn
	conn  stream         // tcp, as a proxy tells of it, or the TLS inside
	peer  netip.AddrPort // the client, also behind a proxy
	only  Protocol       // "": to be told
	first []byte         // what was read
	room  [sniffMax]byte // where first is

	inside, joined bool // the crowd's
}

// receive is a connection's goroutine. While it waits, its stack is the smallest there is: what is called here and needs more
// has returned by then, and a Handler stands as low on it as can be.
func (d *Door) receive(v *visit) {
	defer d.leave(v)
	if h := d.admit(v); h != nil {
		h.Serve(v.conn, v.first)
	}
}

// admit returns who is to serve a connection; nil: it was turned away, or has ended.
func (d *Door) admit(v *visit) Handler {
	if !d.identify(v) {
		return nil
	}
	p := d.protocolOf(v)
	if p == "" {
		return nil
	}
	if !d.crowd.decide(v) || v.conn.SetDeadline(time.Time{}) != nil { // by Stop, or the other side
		_ = v.conn.Close()
		return nil
	}
	return d.config.Handlers[p]
}

// leave is the end of a connection, also of one whose Handler panics.
func (d *Door) leave(v *visit) {
	if p := fault.Caught(recover()); p != nil {
		d.count(v, panicked)
		p.Log(d.log, "a connection's door panics", "door", Name)
		_ = v.conn.Close()
	}
	d.crowd.leave(v)
	d.running.Done()
}

// identify learns who the client is and whether it may come. False: it was turned away.
func (d *Door) identify(v *visit) bool {
	if err := v.tcp.SetDeadline(time.Now().Add(d.config.Patience)); err != nil { // closed by Stop
		_ = v.tcp.Close()
		return false
	}
	switch {
	case d.isProxy(v.peer.Addr()) && !d.readHeader(v):
		d.turnAway(v, Unknown, proxyFailed)
	case !d.crowd.join(v):
		d.turnAway(v, Unknown, crowdedAddress)
	case !d.rates.Allow(v.peer.Addr()):
		d.turnAway(v, Unknown, tooFast)
	default:
		return true
	}
	return false
}

// protocolOf tells what a client speaks that is served; "": it was turned away.
func (d *Door) protocolOf(v *visit) Protocol {
	p := v.only
	if p == "" {
		p = d.tell(v)
	}
	if p == TLS {
		if !d.encrypt(v) {
			return ""
		}
		if p = d.tell(v); p == TLS {
			p = Unknown
		}
	}
	switch {
	case p == "":
	case !d.isOpenTo(v, p):
		d.turnAway(v, p, foreign)
	case p == Unknown:
		d.turnAway(v, p, unknown)
	case d.config.Handlers[p] == nil:
		d.turnAway(v, p, unserved)
	default:
		return p
	}
	return ""
}

// tell reads until it is told what a client speaks; "": it was not, and is turned away.
func (d *Door) tell(v *visit) Protocol {
	if d.isSilent(v) {
		return Line
	}
	for {
		p, enough := Sniff(v.first)
		if enough && isForged(v.first) {
			p = Unknown
		}
		if enough {
			return p
		}
		n, err := v.conn.Read(v.first[len(v.first):cap(v.first)])
		v.first = v.first[:len(v.first)+n]
		if err != nil && n == 0 {
			d.giveUp(v, err)
			return ""
		}
	}
}

// Prompts reports whether a client that sends nothing is served as lines before it is disconnected.
func (c Config) Prompts() bool { return 0 < c.Prompt && c.Prompt < c.Patience }

// isSilent reports whether a client sent nothing for Config.Prompt. That is a person who does not
// know that Enter begins: other clients speak first. Bytes that came are in v.first.
func (d *Door) isSilent(v *visit) bool {
	served := d.config.Handlers[Line] != nil && d.isOpenTo(v, Line)
	spoke := len(v.first) > 0 // in one piece with the header of a proxy
	if !d.config.Prompts() || isEncrypted(v) || !served || spoke {
		return false
	}
	end := time.Now().Add(d.config.Patience)
	_ = v.conn.SetReadDeadline(time.Now().Add(d.config.Prompt)) // if it is closed, Read says so
	n, err := v.conn.Read(v.first[:cap(v.first)])
	v.first = v.first[:n]
	if n == 0 && errors.Is(err, os.ErrDeadlineExceeded) {
		return true
	}
	_ = v.conn.SetReadDeadline(end)
	return false
}

// giveUp ends a connection whose client has not said enough to tell what it speaks. It counts the
// client only if the door turns it away: a client that leaves before that, and one that Stop
// disconnects, are not dropped.
func (d *Door) giveUp(v *visit, err error) {
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		d.turnAway(v, Unknown, silent)
	case errors.Is(err, io.EOF) && len(v.first) > 0: // it may still read
		d.turnAway(v, Unknown, unknown)
	default:
		_ = v.conn.Close()
	}
}

// isOpenTo says whether a client may speak that protocol from where it is: ssh is encrypted by itself.
func (d *Door) isOpenTo(v *visit, p Protocol) bool {
	return isEncrypted(v) || p == SSH || d.serves.Serves(v.peer.Addr())
}

// count counts a connection that is not served.
func (d *Door) count(v *visit, r reason) {
	d.counts.dropped[r].Add(1)
	if d.log.Enabled(context.Background(), slog.LevelDebug) {
		d.log.Debug("a connection is not served", "door", Name, "peer", v.peer, "reason", reasons[r].name)
	}
}

// isProxy says whether connections from an address are a proxy's.
func (d *Door) isProxy(addr netip.Addr) bool {
	for _, p := range d.config.Proxies {
		if p.Contains(addr) {
			return true
		}
	}
	return false
}
