package line

import (
	"io"
	"net"
	"sync"
	"syscall"
)

const (
	// readSize is how much is read at once of who has much to say.
	readSize = 4 << 10

	// lineSize is how much is read at once of everybody else: a line as people type them.
	lineSize = 128
)

// buffers are lent to who has much to say. An idle connection has none.
var buffers = sync.Pool{New: func() any { return new([readSize]byte) }}

// source is what a connection's goroutine has read. What a crowd types in the same moment, such as nicknames, needs no buffers, nor
// the stack to make them.
type source struct {
	data     []byte // what was read; good until done
	err      error
	buffer   *[readSize]byte               // lent; nil: none
	much     bool                          // more came at once than a line
	readable func(descriptor uintptr) bool // member.readNow
	line     [lineSize]byte
}

// read waits for bytes, which are in source then.
func (m *member) read() error {
	s := &m.source
	s.data, s.err = nil, nil
	if m.raw != nil {
		if err := m.raw.Read(s.readable); err != nil {
			return err
		}
	} else {
		s.take(m.conn.Read(s.room()))
	}
	if len(s.data) > 0 {
		return nil // an error comes again
	}
	s.done()
	return s.err
}

// readNow reads what there is; false: there is nothing yet.
func (m *member) readNow(descriptor uintptr) bool {
	s := &m.source
	n, err := readDescriptor(descriptor, s.room())
	if err == syscall.EAGAIN || err == syscall.EINTR {
		s.done()
		return false
	}
	if n == 0 && err == nil {
		if err = io.EOF; isReset(descriptor) {
			err = syscall.ECONNRESET
		}
	}
	s.take(n, err)
	return true
}

// room is where to read into.
func (s *source) room() []byte {
	if !s.much {
		return s.line[:]
	}
	s.buffer = buffers.Get().(*[readSize]byte)
	return s.buffer[:]
}

// take notes what was read into room.
func (s *source) take(n int, err error) {
	s.err = err
	if s.buffer != nil {
		s.data = s.buffer[:max(0, n)]
	} else {
		s.data = s.line[:max(0, n)]
	}
	s.much = n >= lineSize
}

// done gives the buffer back.
func (s *source) done() {
	if s.buffer != nil {
		buffers.Put(s.buffer)
		s.buffer = nil
	}
}

// rawOf returns how a connection is read without waiting, and what it is written by; nil: neither can be.
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
