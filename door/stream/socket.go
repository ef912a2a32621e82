package stream

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"syscall"
	"time"

	"parley/outbox"
)

// socket is a connection with its descriptor and its output. Only methods of socket use conn and
// descriptor, and only close closes: so nothing can write to a descriptor after it was closed.
type socket struct {
	raw        syscall.RawConn // nil: read and written like any other net.Conn
	descriptor uintptr         // of raw; valid for a goroutine that has output to write: see halt
	out        outbox.Stream   // beside the other fields that Deliver and the Writer use
	conn       net.Conn
	source     source // Serve's goroutine only
}

func (s *socket) init(conn net.Conn, limit int) {
	s.conn = conn
	s.raw, s.descriptor = rawOf(conn)
	s.out.Init(limit)
	s.source.readable = s.readNow
}

// rawOf returns how a connection is read and written without waiting; nil: it cannot be.
func rawOf(conn net.Conn) (raw syscall.RawConn, descriptor uintptr) {
	c, ok := conn.(syscall.Conn)
	if !ok || !canWriteNow {
		return nil, 0
	}
	raw, err := c.SyscallConn()
	if err != nil || raw.Control(func(fd uintptr) { descriptor = fd }) != nil {
		return nil, 0
	}
	return raw, descriptor
}

// writesNow says whether the connection can be written without waiting.
func (s *socket) writesNow() bool { return s.raw != nil }

// writeNow writes b, which out.Next returned, without waiting. It returns how many bytes the socket
// took. A full socket is not an error.
func (s *socket) writeNow(b []byte) (int, error) { return writeDescriptor(s.descriptor, b) }

// write writes b, waiting as long as it takes.
func (s *socket) write(b []byte) (int, error) { return s.conn.Write(b) }

// remote returns the address of the client.
func (s *socket) remote() net.Addr { return s.conn.RemoteAddr() }

// past is a deadline that is over.
var past = time.Unix(1, 0)

// readUntil bounds how long reading waits; the zero time: for ever.
func (s *socket) readUntil(t time.Time) error { return s.conn.SetReadDeadline(t) }

// writeUntil bounds how long writing waits. A closed connection needs no bound.
func (s *socket) writeUntil(t time.Time) { _ = s.conn.SetWriteDeadline(t) }

// interrupt wakes the goroutine that reads, and the one that waits for its output to be written.
func (s *socket) interrupt() {
	_ = s.conn.SetReadDeadline(past) // nothing waits for a closed connection
	s.out.Wake()
}

// close closes the connection once nothing writes to it any more: the system may then give its
// descriptor's number to the next connection. written says that the client was sent everything.
// With lingers, the client may take a moment to read it.
func (s *socket) close(written, lingers bool) error {
	s.halt()
	if written && lingers {
		s.linger()
	}
	if err := s.closer(written).Close(); !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}

// halt returns once nothing writes to the connection any more.
func (s *socket) halt() {
	for writing := s.out.Halt(); writing != nil; writing = s.out.Halt() {
		s.writeUntil(past) // a blocked write fails
		<-writing
	}
}

// lingerMax bounds how many bytes are read from a connection that ends, lingerTime for how long.
const (
	lingerMax  = 64 << 10
	lingerTime = farewell / 4
)

// linger reads a little of the input that came too late. Closing a socket with unread bytes resets
// the connection, and the client would lose the last output.
func (s *socket) linger() {
	half, ok := s.conn.(interface{ CloseWrite() error })
	if !ok {
		return
	}
	if below := s.below(); below != nil { // TLS waits five seconds for room for its last record
		bound := time.AfterFunc(lingerTime, func() { _ = below.Close() })
		defer bound.Stop()
	}
	if half.CloseWrite() == nil && s.readUntil(time.Now().Add(lingerTime)) == nil {
		_, _ = io.CopyN(io.Discard, s.conn, lingerMax)
	}
}

// closer returns what to close. For a TLS connection whose client has stopped reading, that is the
// connection below: TLS would wait for room for its last record.
func (s *socket) closer(written bool) io.Closer {
	if below := s.below(); below != nil && !written {
		return below
	}
	return s.conn
}

// below returns the connection that carries a TLS connection; nil: this is not one.
func (s *socket) below() net.Conn {
	if c, ok := s.conn.(*tls.Conn); ok {
		return c.NetConn()
	}
	return nil
}
