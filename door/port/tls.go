package port

import (
	"crypto/tls"
	"slices"
	"time"
)

// handshakePatience is how long a handshake may take.
const handshakePatience = 10 * time.Second

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
	below := &transport{stream: v.conn, first: slices.Clone(v.first), turns: d.turns, stopping: d.stopping}
	conn := tls.Server(below, d.tls)
	err := v.conn.SetDeadline(time.Now().Add(d.handshake))
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

// transport is what is below TLS: the connection, with what was read of it put back. During a handshake it holds a turn whenever
// it does not wait for the client. There are turns for half of the processors, so that strangers' handshakes, which are the
// dearest thing that one can ask for without being known, do not keep the room waiting; and as nobody holds one who waits, slow
// clients do not keep others from theirs.
type transport struct {
	stream
	first    []byte
	turns    chan struct{} // nil: the handshake is over
	holds    bool
	stopping chan struct{}
}

// during computes a handshake.
func (t *transport) during(handshake func() error) error {
	t.take()
	err := handshake()
	t.give()
	t.turns = nil
	return err
}

// take waits for a turn. When the door stops there is one for everybody: nothing will come of it.
func (t *transport) take() {
	select {
	case t.turns <- struct{}{}:
		t.holds = true
	case <-t.stopping:
	}
}

func (t *transport) give() {
	if t.holds {
		<-t.turns
		t.holds = false
	}
}

// Read implements net.Conn.
func (t *transport) Read(b []byte) (n int, err error) {
	if len(t.first) > 0 {
		n = copy(b, t.first)
		t.first = t.first[n:]
		return n, nil
	}
	if t.turns == nil {
		return t.stream.Read(b)
	}
	t.give()
	defer t.take()
	return t.stream.Read(b)
}

// Write implements net.Conn.
func (t *transport) Write(b []byte) (n int, err error) {
	if t.turns == nil {
		return t.stream.Write(b)
	}
	t.give()
	defer t.take()
	return t.stream.Write(b)
}
