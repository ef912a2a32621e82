package main

import (
	"bytes"
	"fmt"
	"net"
	"unsafe"

	"golang.org/x/sys/unix"
)

// floor is the server of lines: one goroutine, one epoll.
type floor struct {
	poll, listener int
	members        []*member // by file descriptor
	rooms          map[string]*room
	isRound        bool    // a write for each round, not for each message
	told           []*room // where something was said in this round
	dead           []*member
	buffer         []byte // read into
	others         []byte // what others said, for who said something, too
}

// room is who hears whom.
type room struct {
	members []*member
	said    []byte // in this round
}

// member is one connection.
type member struct {
	fd      int
	room    *room // nil until it is named
	place   int   // among the room's members
	isDead  bool
	part    []byte // of a line
	own     []span // what of the room's said is this member's
	waiting []byte // what the socket did not take yet
}

// span is from a byte to before another.
type span struct{ from, before int }

const (
	readMax    = 64 << 10
	waitingMax = 16 << 20 // more than that, and a member is dropped
	eventsMax  = 1024     // in a round
	anywhere   = -1
)

// forwardLines serves until something fails.
func forwardLines(address string, isRound bool) error {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	file, err := listener.(*net.TCPListener).File() // a descriptor that Go's poller does not look at
	if err != nil {
		return err
	}
	defer file.Close()
	listener.Close()
	f := &floor{listener: int(file.Fd()), rooms: map[string]*room{}, isRound: isRound, buffer: make([]byte, readMax)}
	if f.poll, err = unix.EpollCreate1(0); err != nil {
		return err
	}
	if err := unix.SetNonblock(f.listener, true); err != nil {
		return err
	}
	if err := unix.SetsockoptInt(f.listener, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1); err != nil { // and so on what it accepts
		return err
	}
	if err := f.watch(unix.EPOLL_CTL_ADD, f.listener, unix.EPOLLIN); err != nil {
		return err
	}
	fmt.Println("open on", listener.Addr())
	for events := make([]unix.EpollEvent, eventsMax); ; {
		n, err := unix.EpollWait(f.poll, events, anywhere)
		if err != nil && err != unix.EINTR {
			return err
		}
		if err := f.take(events[:max(0, n)]); err != nil {
			return err
		}
	}
}

func (f *floor) watch(how, fd int, what uint32) error {
	return unix.EpollCtl(f.poll, how, fd, &unix.EpollEvent{Events: what, Fd: int32(fd)})
}

// take is one round.
func (f *floor) take(events []unix.EpollEvent) error {
	for _, e := range events {
		if int(e.Fd) == f.listener {
			if err := f.accept(); err != nil {
				return err
			}
			continue
		}
		m := f.members[e.Fd]
		if e.Events&unix.EPOLLOUT != 0 {
			f.flush(m)
		}
		if e.Events&^unix.EPOLLOUT != 0 && !m.isDead {
			f.read(m)
		}
	}
	for _, r := range f.told {
		f.tell(r)
	}
	f.told = f.told[:0]
	for _, m := range f.dead {
		f.remove(m)
	}
	f.dead = f.dead[:0]
	return nil
}

func (f *floor) accept() error {
	for {
		fd, _, err := unix.Accept4(f.listener, unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC)
		switch err {
		case nil:
		case unix.EAGAIN:
			return nil
		case unix.EINTR, unix.ECONNABORTED:
			continue
		default:
			return err
		}
		for fd >= len(f.members) {
			f.members = append(f.members, nil)
		}
		f.members[fd] = &member{fd: fd}
		if err := f.watch(unix.EPOLL_CTL_ADD, fd, unix.EPOLLIN); err != nil {
			return err
		}
	}
}

// read takes what a member has sent.
func (f *floor) read(m *member) {
	n, errno := raw(unix.SYS_RECVFROM, m.fd, f.buffer, unix.MSG_DONTWAIT)
	switch {
	case errno == unix.EAGAIN || errno == unix.EINTR:
		return
	case errno != 0 || n == 0 || len(m.part) > readMax:
		f.drop(m)
		return
	}
	b := f.buffer[:n]
	if len(m.part) > 0 {
		m.part = append(m.part, b...)
		b = m.part
	}
	whole := bytes.LastIndexByte(b, '\n') + 1
	lines := b[:whole]
	if m.room == nil && whole > 0 {
		name, rest, _ := bytes.Cut(lines, []byte("\n"))
		f.enter(m, string(name))
		lines = rest
	}
	f.say(m, lines)
	m.part = append(m.part[:0], b[whole:]...)
}

func (f *floor) enter(m *member, name string) {
	r := f.rooms[name]
	if r == nil {
		r = &room{}
		f.rooms[name] = r
	}
	m.room, m.place = r, len(r.members)
	r.members = append(r.members, m)
	f.send(m, []byte("OK\n"))
}

// say hands on whole lines, at once or when the round is over.
func (f *floor) say(m *member, lines []byte) {
	r := m.room
	if len(lines) == 0 {
		return
	}
	if f.isRound {
		if len(r.said) == 0 {
			f.told = append(f.told, r)
		}
		m.own = append(m.own, span{len(r.said), len(r.said) + len(lines)})
		r.said = append(r.said, lines...)
		return
	}
	for len(lines) > 0 {
		end := bytes.IndexByte(lines, '\n') + 1
		for _, other := range r.members {
			if other != m {
				f.send(other, lines[:end])
			}
		}
		lines = lines[end:]
	}
}

// tell sends everybody in a room what the others said in this round.
func (f *floor) tell(r *room) {
	for _, m := range r.members {
		if len(m.own) == 0 {
			f.send(m, r.said)
			continue
		}
		f.others = f.others[:0]
		from := 0
		for _, own := range m.own {
			f.others = append(f.others, r.said[from:own.from]...)
			from = own.before
		}
		f.others = append(f.others, r.said[from:]...)
		m.own = m.own[:0]
		f.send(m, f.others)
	}
	r.said = r.said[:0]
}

// send writes what the socket takes, and keeps the rest.
func (f *floor) send(m *member, b []byte) {
	if m.isDead || len(b) == 0 {
		return
	}
	sent := 0
	if len(m.waiting) == 0 {
		n, errno := raw(unix.SYS_SENDTO, m.fd, b, unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL)
		switch {
		case errno == 0:
			sent = n
		case errno != unix.EAGAIN && errno != unix.EINTR:
			f.drop(m)
			return
		}
		if sent == len(b) {
			return
		}
		if f.watch(unix.EPOLL_CTL_MOD, m.fd, unix.EPOLLIN|unix.EPOLLOUT) != nil {
			f.drop(m)
			return
		}
	}
	if m.waiting = append(m.waiting, b[sent:]...); len(m.waiting) > waitingMax {
		f.drop(m)
	}
}

// flush writes what waits.
func (f *floor) flush(m *member) {
	if m.isDead || len(m.waiting) == 0 {
		return
	}
	n, errno := raw(unix.SYS_SENDTO, m.fd, m.waiting, unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL)
	switch {
	case errno == unix.EAGAIN || errno == unix.EINTR:
		return
	case errno != 0:
		f.drop(m)
		return
	}
	m.waiting = m.waiting[:copy(m.waiting, m.waiting[n:])]
	if len(m.waiting) == 0 {
		m.waiting = nil // a burst is not kept
		if f.watch(unix.EPOLL_CTL_MOD, m.fd, unix.EPOLLIN) != nil {
			f.drop(m)
		}
	}
}

// drop has a member removed when the round is over: until then its descriptor stays its own.
func (f *floor) drop(m *member) {
	if !m.isDead {
		m.isDead = true
		f.dead = append(f.dead, m)
	}
}

func (f *floor) remove(m *member) {
	f.members[m.fd] = nil
	_ = unix.Close(m.fd)
	if m.room == nil {
		return
	}
	last := m.room.members[len(m.room.members)-1]
	m.room.members[m.place], last.place = last, m.place
	m.room.members = m.room.members[:len(m.room.members)-1]
}

// raw is a system call that never blocks, without telling Go's scheduler, which is a sixth cheaper. b must not be empty.
func raw(call uintptr, fd int, b []byte, flags uintptr) (int, unix.Errno) {
	n, _, errno := unix.RawSyscall6(call, uintptr(fd), uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)), flags, 0, 0)
	if errno != 0 {
		return 0, errno
	}
	return int(n), 0
}
