package line

import (
	"io"
	"net"
	"sync"
	"syscall"
)

// readSize is how much is read at once.
const readSize = 4 << 10

// buffers are lent to who has something to read. An idle connection has none.
var buffers = sync.Pool{New: func() any { return new([readSize]byte) }}

// source is what a connection's goroutine has read.
type source struct {
	buffer   *[readSize]byte // lent; nil: nothing was read
	n        int
	err      error
	readable func(descriptor uintptr) bool // member.readNow
}

// read waits for bytes, which are in source then.
func (m *member) read() error {
	s := &m.source
	s.n, s.err = 0, nil
	if m.raw != nil {
		if err := m.raw.Read(s.readable); err != nil {
			return err
		}
	} else {
		s.buffer = buffers.Get().(*[readSize]byte)
		s.n, s.err = m.conn.Read(s.buffer[:])
	}
	if s.n > 0 {
		return nil // an error comes again
	}
	s.done()
	return s.err
}

// data is what was read; it is good until done.
func (s *source) data() []byte { return s.buffer[:s.n] }

// readNow reads what there is; false: there is nothing yet.
func (m *member) readNow(descriptor uintptr) bool {
	s := &m.source
	buffer := buffers.Get().(*[readSize]byte)
	n, err := readDescriptor(descriptor, buffer[:])
	if n > 0 {
		s.buffer, s.n = buffer, n
		return true
	}
	buffers.Put(buffer)
	switch err {
	case nil:
		s.err = io.EOF
		return true
	case syscall.EAGAIN, syscall.EINTR:
		return false
	default:
		s.err = err
		return true
	}
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
