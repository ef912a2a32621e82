package line

import "syscall"

// attempt writes to descriptors without waiting. It is made once for many of them, as what RawConn calls is on the heap.
type attempt struct {
	data     []byte
	n        int
	err      error
	writable func(descriptor uintptr) bool
}

func newAttempt() *attempt {
	a := new(attempt)
	a.writable = a.writeNow
	return a
}

// write writes as much as the socket takes now, which may be nothing.
func (a *attempt) write(raw syscall.RawConn, data []byte) (n int, err error) {
	a.data, a.n, a.err = data, 0, nil
	if err := raw.Write(a.writable); err != nil {
		return 0, err
	}
	return a.n, a.err
}

func (a *attempt) writeNow(descriptor uintptr) bool {
	n, err := writeDescriptor(descriptor, a.data)
	if n > 0 {
		a.n = n
	}
	if err != nil && err != syscall.EAGAIN && err != syscall.EINTR && err != syscall.ENOBUFS {
		a.err = err
	}
	return true
}
