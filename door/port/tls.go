package port

import (
	"cmp"
	"crypto/tls"
	"errors"
	"net"
	"os"
	"slices"
	"time"
)

// A handshake may take handshakePatience, the time for which it waits for its turns included. At
// most handshakesMax wait for their first turn, so many as one processor computes in a second or two.
const (
	handshakePatience = 10 * time.Second
	handshakesMax     = 1000
)

// errHandshakes says that too many others wait for their turn.
var errHandshakes = errors.New("too many handshakes wait")

// refusesTLS is the alert handshake_failure (RFC 8446, section 6), for where there is no certificate.
const refusesTLS = "\x15\x03\x01\x00\x02\x02\x28"

// tlsConfig is the one for every connection, which so can resume each other's sessions. nil: there is no certificate.
func tlsConfig(certificate func(*tls.ClientHelloInfo) (*tls.Certificate, error)) *tls.Config {
	if certificate == nil {
		return nil
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: certificate}
	// A client that names protocols is told which of them it has, if it is one of ours, and else served as if it had named none.
	named := map[string]*tls.Config{}
	for _, name := range []string{"http/1.1", "irc"} {
		named[name] = config.Clone()
		named[name].NextProtos = []string{name}
	}
	config.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		for _, name := range hello.SupportedProtos {
			if c := named[name]; c != nil {
				return c, nil
			}
		}
		return nil, nil
	}
	return config
}

// encrypt makes the handshake and puts what is inside in the connection's place. False: it was turned away.
func (d *Door) encrypt(v *visit) bool {
	if d.tls == nil {
		d.turnAway(v, TLS, unserved)
		return false
	}
	until := time.Now().Add(d.handshake)
	below := &transport{stream: v.conn, first: slices.Clone(v.first), turn: &turn{
		turns: d.turns, queued: d.queued, stopping: d.stopping, until: until,
	}}
	conn := tls.Server(below, d.tls)
	err := v.conn.SetDeadline(until)
	if err == nil {
		err = below.during(conn.Handshake)
	}
	if err == nil {
		err = conn.SetDeadline(time.Now().Add(d.config.Patience))
	}
	if err != nil {
		d.turnAway(v, TLS, tlsFailed)
		return false
	}
	v.conn, v.first = conn, v.room[:0]
	return true
}

func isEncrypted(v *visit) bool {
	_, is := v.conn.(*tls.Conn)
	return is
}

// transport is what is below TLS: the connection, with what was read of it put back. During a
// handshake it holds a turn whenever it does not wait for the client.
type transport struct {
	stream
	first []byte
	turn  *turn // nil: the handshake is over
}

// during computes a handshake.
func (t *transport) during(handshake func() error) error {
	err := t.turn.begin()
	if err == nil {
		err = handshake()
		t.turn.give()
	}
	t.turn = nil
	return err
}

// Read implements net.Conn.
func (t *transport) Read(b []byte) (n int, err error) {
	if len(t.first) > 0 {
		n = copy(b, t.first)
		t.first = t.first[n:]
		return n, nil
	}
	return t.aside(t.stream.Read, b)
}

// Write implements net.Conn.
func (t *transport) Write(b []byte) (n int, err error) { return t.aside(t.stream.Write, b) }

// aside reads or writes, during a handshake without its turn.
func (t *transport) aside(do func([]byte) (int, error), b []byte) (n int, err error) {
	if t.turn == nil {
		return do(b)
	}
	t.turn.give()
	n, err = do(b)
	return n, cmp.Or(err, t.turn.take())
}

// turn is one handshake's right to compute. There are turns for half of the processors, so that
// strangers' handshakes, the most expensive thing that one can ask for without being known, do not
// keep the room waiting. As none is held by a handshake that waits for its client, slow clients do
// not keep others from theirs.
type turn struct {
	turns    chan struct{} // who computes holds one
	queued   chan struct{} // who waits for its first turn holds one
	stopping chan struct{}
	until    time.Time
	holds    bool
}

// begin waits for the first turn, unless too many do.
func (t *turn) begin() error {
	select {
	case t.queued <- struct{}{}:
	default:
		return errHandshakes
	}
	defer func() { <-t.queued }()
	return t.take()
}

// take waits for a turn until the handshake's time is over or the door stops.
func (t *turn) take() error {
	over := time.NewTimer(time.Until(t.until))
	defer over.Stop()
	select {
	case t.turns <- struct{}{}:
		t.holds = true
		return nil
	case <-over.C:
		return os.ErrDeadlineExceeded
	case <-t.stopping:
		return net.ErrClosed
	}
}

func (t *turn) give() {
	if t.holds {
		<-t.turns
		t.holds = false
	}
}
