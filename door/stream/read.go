package stream

import (
	"io"
	"sync"
	"syscall"
)

const (
	// readSize is how many bytes are read at once from a client that has much to say.
	readSize = 4 << 10

	// lineSize is how many bytes are read at once from any other client: a line as people type it.
	lineSize = 128
)

// buffers are lent to connections with much input. An idle connection has none.
var buffers = sync.Pool{New: func() any { return new([readSize]byte) }}

// source is what a connection's goroutine has read. Input that many clients send in the same
// moment, such as nicknames, needs no buffers, nor the stack to make them.
type source struct {
	err      error
	buffer   *[readSize]byte               // lent; nil: none
	readable func(descriptor uintptr) bool // socket.readNow
	n        int16                         // how many bytes were read
	much     bool                          // they filled line
	line     [lineSize]byte
}

// read waits for bytes, which data returns then.
func (s *socket) read() error {
	in := &s.source
	in.n, in.err = 0, nil
	if s.raw != nil {
		if err := s.raw.Read(in.readable); err != nil {
			return err
		}
	} else {
		in.take(s.conn.Read(in.room()))
	}
	if in.n > 0 {
		return nil // an error comes again
	}
	in.done()
	return in.err
}

// readNow reads what there is; false: there is nothing yet.
func (s *socket) readNow(descriptor uintptr) bool {
	in := &s.source
	room := in.room()
	n, err := readDescriptor(descriptor, room)
	for err == syscall.EINTR { // the poller reports what has arrived only once
		n, err = readDescriptor(descriptor, room)
	}
	if err == syscall.EAGAIN {
		in.done()
		return false
	}
	if n == 0 && err == nil {
		if err = io.EOF; isReset(descriptor) {
			err = syscall.ECONNRESET
		}
	}
	in.take(n, err)
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
	s.n, s.err = int16(max(0, n)), err
	s.much = n >= lineSize
}

// data returns what was read. It is valid until done.
func (s *source) data() []byte {
	if s.buffer != nil {
		return s.buffer[:s.n]
	}
	return s.line[:s.n]
}

// done gives the buffer back.
func (s *source) done() {
	if s.buffer != nil {
		buffers.Put(s.buffer)
		s.buffer = nil
	}
}
