//go:build !portable

package udp

import (
	"errors"
	"net"
	"os"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// closeEvery is how often somebody who waits for room looks whether the socket was closed.
const closeEvery = 50 * time.Millisecond

// descriptor is the socket out of sight of Go's poller. That asks of every file also whether it can be written, which a UDP
// socket says anew after each datagram: a thread would wake up for each one sent. So the poller watches an epoll instance
// instead, in which the socket says only that there is something to read.
type descriptor struct {
	fd       int
	readable *os.File        // the epoll instance
	raw      syscall.RawConn // of readable

	mu     sync.RWMutex // held for reading while fd is used by others than read, for writing to close it
	closed bool
}

// newDescriptor takes a socket over from the net package.
func newDescriptor(conn *net.UDPConn) (*descriptor, error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return nil, err
	}
	d := &descriptor{fd: -1}
	var failed error
	err = raw.Control(func(fd uintptr) { d.fd, failed = unix.FcntlInt(fd, unix.F_DUPFD_CLOEXEC, 0) })
	if err := errors.Join(err, os.NewSyscallError("fcntl", failed), conn.Close()); err != nil {
		return nil, err
	}
	if err := d.watch(); err != nil {
		return nil, errors.Join(err, unix.Close(d.fd))
	}
	return d, nil
}

// watch puts the socket into an epoll instance.
func (d *descriptor) watch() error {
	epoll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return os.NewSyscallError("epoll_create1", err)
	}
	err = unix.EpollCtl(epoll, unix.EPOLL_CTL_ADD, d.fd, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(d.fd)})
	if err == nil {
		err = unix.SetNonblock(epoll, true) // by which os.NewFile knows that it can be polled
	}
	if err != nil {
		return errors.Join(os.NewSyscallError("epoll_ctl", err), unix.Close(epoll))
	}
	d.readable = os.NewFile(uintptr(epoll), "udp socket")
	d.raw, err = d.readable.SyscallConn()
	return err
}

// read calls step, each time something may be there to read, until it returns true. It fails with net.ErrClosed or
// os.ErrDeadlineExceeded. step is given the epoll instance, not the socket.
func (d *descriptor) read(step func(uintptr) bool) error {
	err := d.raw.Read(step)
	if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
		return net.ErrClosed // the file's other error, which has no name outside its package
	}
	return err
}

// use calls step with the socket, which stays open meanwhile. It fails with net.ErrClosed.
func (d *descriptor) use(step func(fd int)) error {
	d.mu.RLock()
	defer d.mu.RUnlock()
	if d.closed {
		return net.ErrClosed
	}
	step(d.fd)
	return nil
}

// waitForRoom returns when there may be room in the send buffer, or after a time that is at most closeEvery.
func (d *descriptor) waitForRoom(atMost time.Duration) error {
	return d.use(func(fd int) {
		ready := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLOUT}}
		_, _ = unix.Poll(ready, int(min(atMost, closeEvery).Milliseconds())) // whatever it says, trying again tells more
	})
}

func (d *descriptor) setReadDeadline(t time.Time) error { return d.readable.SetReadDeadline(t) }

// close ends a read in progress and waits until nobody uses the socket.
func (d *descriptor) close() error {
	err := d.readable.Close()
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return net.ErrClosed
	}
	d.closed = true
	return errors.Join(err, unix.Close(d.fd))
}
