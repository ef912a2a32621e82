//go:build !portable

package socket

import (
	"errors"
	"net"
	"os"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// closeEvery is how often a goroutine that waits for room checks whether the socket was closed.
const closeEvery = 50 * time.Millisecond

// descriptor is a socket hidden from Go's poller. The poller asks of every file also whether it can
// be written. A UDP socket reports that again after each packet, so a thread would wake up for each
// packet sent. The poller watches an epoll instance instead, in which the socket reports only that
// it can be read.
type descriptor struct {
	fd       int
	readable *os.File        // the epoll instance
	raw      syscall.RawConn // of readable

	mu     sync.RWMutex // held for reading while use runs, and for writing to close fd
	closed bool
}

// newDescriptor takes over a socket from the net package, and closes conn.
func newDescriptor(conn *net.UDPConn) (*descriptor, error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return nil, err
	}
	d := &descriptor{fd: -1}
	var failed error
	err = raw.Control(func(fd uintptr) {
		d.fd, failed = unix.FcntlInt(fd, unix.F_DUPFD_CLOEXEC, 0)
	})
	if err := errors.Join(err, os.NewSyscallError("fcntl", failed), conn.Close()); err != nil {
		return nil, err
	}
	if err := d.watch(); err != nil {
		return nil, errors.Join(err, unix.Close(d.fd))
	}
	return d, nil
}

// watch adds the socket to an epoll instance.
func (d *descriptor) watch() error {
	epoll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return os.NewSyscallError("epoll_create1", err)
	}
	event := &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(d.fd)}
	err = unix.EpollCtl(epoll, unix.EPOLL_CTL_ADD, d.fd, event)
	if err == nil {
		err = unix.SetNonblock(epoll, true) // os.NewFile polls only non-blocking files
	}
	if err != nil {
		return errors.Join(os.NewSyscallError("epoll_ctl", err), unix.Close(epoll))
	}
	d.readable = os.NewFile(uintptr(epoll), "udp socket")
	d.raw, err = d.readable.SyscallConn()
	return err
}

// read calls step each time the socket may have packets, until step returns true. step gets the
// epoll instance, not the socket. Errors are net.ErrClosed and os.ErrDeadlineExceeded.
func (d *descriptor) read(step func(uintptr) bool) error {
	err := d.raw.Read(step)
	if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
		return net.ErrClosed // the os package does not export this error
	}
	return err
}

// use calls step with the socket, which stays open until step returns. The error is net.ErrClosed.
func (d *descriptor) use(step func(fd int)) error {
	d.mu.RLock()
	defer d.mu.RUnlock()
	if d.closed {
		return net.ErrClosed
	}
	step(d.fd)
	return nil
}

// waitForRoom returns when there may be room in the send buffer, and after closeEvery at the
// latest.
func (d *descriptor) waitForRoom(atMost time.Duration) error {
	return d.use(func(fd int) {
		ready := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLOUT}}
		// The result does not matter: the next attempt tells more.
		_, _ = unix.Poll(ready, int(min(atMost, closeEvery).Milliseconds()))
	})
}

func (d *descriptor) setReadDeadline(t time.Time) error { return d.readable.SetReadDeadline(t) }

// close ends a read in progress. It waits until no call of use is in progress. Only the first call
// closes: another one must not go on while the first waits for the read.
func (d *descriptor) close() error {
	err := d.readable.Close()
	if errors.Is(err, os.ErrClosed) {
		return net.ErrClosed
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return net.ErrClosed
	}
	d.closed = true
	return errors.Join(err, unix.Close(d.fd))
}
