package client

import (
	"errors"
	"net"
	"net/netip"
	"slices"
	"time"

	"parley/wire/datagram"
)

// link is a socket connected to one of the server's addresses: being connected, it hears when nothing listens there.
type link struct {
	socket *net.UDPConn
	closed chan struct{}

	repeats repeats // whether the server tolerates a second Q; Conn.mu guards it
	refused bool    // nothing listened when L was sent last; Conn.mu guards it
}

// errorPause keeps a socket that fails at every read from spinning.
const errorPause = 20 * time.Millisecond

// open makes a link to an address and reads from it until it is closed.
func (c *Conn) open(address netip.AddrPort) (*link, error) {
	socket, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(address))
	if err != nil {
		return nil, err
	}
	l := &link{socket: socket, closed: make(chan struct{})}
	c.readers.Go(func() { l.read(c) })
	return l, nil
}

func (l *link) read(c *Conn) {
	buffer := make([]byte, 1<<16)
	for {
		n, err := l.socket.Read(buffer)
		switch {
		case err == nil:
			c.take(packet{from: l, text: trim(buffer[:n])})
		case errors.Is(err, net.ErrClosed):
			return
		default: // ICMP, by whatever name the system gives it
			c.take(packet{from: l, refused: true})
			select {
			case <-time.After(errorPause):
			case <-l.closed:
			}
		}
	}
}

// send sends a datagram. A system reports a refusal of what was sent before instead of sending; then it is sent again.
func (l *link) send(c *Conn, b []byte) {
	c.mu.Lock()
	c.keeping.sent = time.Now()
	c.mu.Unlock()
	if _, err := l.socket.Write(b); err != nil && !errors.Is(err, net.ErrClosed) {
		c.take(packet{from: l, refused: true})
		_, _ = l.socket.Write(b)
	}
}

// leave closes a link. The server behind it may hold a nickname for it, so Q goes first; none if name is empty.
func (l *link) leave(name string) {
	if name != "" {
		_, _ = l.socket.Write(datagram.Request{Verb: datagram.Quit, Name: name}.Append(nil))
	}
	close(l.closed)
	_ = l.socket.Close()
}

// use settles on an address, if none was settled on yet, and leaves the others. c.mu is held.
func (c *Conn) use(l *link) {
	c.down = false
	if c.closed || c.link != nil {
		return
	}
	if c.isRivaled(l) {
		c.rivaled = time.Now()
	}
	c.link = l
	c.readers.Go(c.keepMapping)
	c.giveUp()
}

// isRivaled reports whether L may have reached the server at another address, too. c.mu is held.
func (c *Conn) isRivaled(l *link) bool {
	return slices.ContainsFunc(c.trying, func(other *link) bool {
		return other != nil && other != l && !other.refused
	})
}

// giveUp leaves the addresses that were tried and are not used. L may have arrived there. c.mu is held.
func (c *Conn) giveUp() {
	for _, l := range c.trying {
		if l != nil && l != c.link {
			l.leave(c.held)
		}
	}
	c.trying = nil
}
