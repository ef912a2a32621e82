//go:build !portable

package udp

import (
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"os"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// With IP_RECVERR Linux hands an ICMP error to whoever calls the socket next, whatever peer that call is for, and fails
// it; the call has then done nothing. The error queue says which peer it was about. So a call that failed this way
// empties the queue and is repeated, and so is one that took only part of its datagrams: sendmmsg(2) hides the reason.

const (
	// mostTries bounds how often one datagram is offered while ICMP errors keep coming in between.
	mostTries = 1000

	// quietTries is how often an error that an ICMP error may have caused is believed to be one though the queue had
	// none: the kernel sets the pending error after it has queued the reason, and another goroutine may be in between.
	quietTries = 3
)

// socket is one UDP socket for both families.
type socket struct {
	*descriptor
	bound   netip.AddrPort
	family  int  // AF_INET6: both families
	chooses bool // the address to send from: bound to all of them
	gone    func(netip.AddrPort)

	receiveBuffer, sendBuffer int

	dropped atomic.Uint32 // the kernel counts in 32 bits
	icmp    atomic.Uint64

	// read's goroutine
	in       *exchange
	inErrors *exchange
	inData   []byte // batchSize times maxDatagram

	// send's goroutine
	out       *exchange
	outErrors *exchange
	until     time.Time // no room for datagrams: when patience ends; zero: there was room
}

// prepare sets the options of a socket that is not bound yet; it is a net.ListenConfig's Control.
func (o options) prepare(network, _ string, raw syscall.RawConn) error {
	switches := []struct{ level, name int }{
		{unix.SOL_SOCKET, unix.SO_RXQ_OVFL},
		{unix.SOL_IP, unix.IP_PKTINFO}, // on a socket for both families too: it is about the IPv4 datagrams
		{unix.SOL_IP, unix.IP_RECVERR},
		{unix.SOL_IPV6, unix.IPV6_RECVPKTINFO},
		{unix.SOL_IPV6, unix.IPV6_RECVERR},
	}
	if network == "udp4" {
		switches = switches[:3]
	}
	var failed error
	err := raw.Control(func(fd uintptr) {
		for _, s := range switches {
			if err := unix.SetsockoptInt(int(fd), s.level, s.name, 1); err != nil && failed == nil {
				failed = os.NewSyscallError("setsockopt", err)
			}
		}
		if o.buffer > 0 {
			setBuffer(int(fd), unix.SO_RCVBUFFORCE, unix.SO_RCVBUF, o.buffer)
			setBuffer(int(fd), unix.SO_SNDBUFFORCE, unix.SO_SNDBUF, o.buffer)
		}
	})
	return errors.Join(err, failed)
}

// setBuffer asks for size bytes, beyond the system's limit if the process may; buffers tells what came of it.
func setBuffer(fd, force, plain, size int) {
	if unix.SetsockoptInt(fd, unix.SOL_SOCKET, force, size) != nil {
		_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, plain, size)
	}
}

func newSocket(conn *net.UDPConn, opts options) (*socket, error) {
	bound := conn.LocalAddr().(*net.UDPAddr).AddrPort()
	descriptor, err := newDescriptor(conn)
	if err != nil {
		return nil, err
	}
	s := &socket{
		descriptor: descriptor, bound: netip.AddrPortFrom(bound.Addr().Unmap(), bound.Port()), gone: opts.gone, chooses: bound.Addr().IsUnspecified(),
		in: newExchange(unix.SYS_RECVMMSG, 0), inErrors: newExchange(unix.SYS_RECVMMSG, unix.MSG_ERRQUEUE),
		out: newExchange(unix.SYS_SENDMMSG, 0), outErrors: newExchange(unix.SYS_RECVMMSG, unix.MSG_ERRQUEUE),
		inData: make([]byte, batchSize*opts.maxDatagram),
	}
	s.in.fd, s.in.wait = descriptor.fd, true
	for i := range batchSize {
		s.in.carry(i, s.inData[i*opts.maxDatagram:][:opts.maxDatagram])
	}
	var failed [3]error
	s.family, failed[0] = unix.GetsockoptInt(s.fd, unix.SOL_SOCKET, unix.SO_DOMAIN)
	s.receiveBuffer, failed[1] = unix.GetsockoptInt(s.fd, unix.SOL_SOCKET, unix.SO_RCVBUF)
	s.sendBuffer, failed[2] = unix.GetsockoptInt(s.fd, unix.SOL_SOCKET, unix.SO_SNDBUF)
	if err := errors.Join(failed[:]...); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

// addr is the address the socket is bound to, with the port the kernel chose. Any goroutine.
func (s *socket) addr() netip.AddrPort { return s.bound }

// buffers are the sizes the kernel granted, in the measure of options.buffer: it doubles what is asked, for its own
// bookkeeping, and tells the double. Any goroutine.
func (s *socket) buffers() (receive, send int) { return s.receiveBuffer / 2, s.sendBuffer / 2 }

// counts tells what the socket has seen. Any goroutine.
func (s *socket) counts() counts {
	return counts{dropped: uint64(s.dropped.Load()), icmp: s.icmp.Load()}
}

// read waits for datagrams and fills packets with at most batchSize of them, in the order they came. It returns none
// only with an error: net.ErrClosed, os.ErrDeadlineExceeded if nothing is there by then, or one after which the socket is of no
// use; an ICMP error is none. One goroutine.
func (s *socket) read(packets []packet) (int, error) {
	for {
		s.in.accept(min(len(packets), batchSize))
		err := s.descriptor.read(s.in.run)
		if errors.Is(err, os.ErrDeadlineExceeded) && s.use(s.in.call) == nil && s.in.errno != unix.EAGAIN {
			err = nil // the poller, asked too late, does not even look
		}
		switch {
		case err != nil:
			return 0, err
		case s.in.errno == 0:
			for i := range s.in.done {
				packets[i] = s.received(i)
			}
			return s.in.done, nil
		case !mayBeICMP(s.in.errno):
			return 0, os.NewSyscallError("recvmmsg", s.in.errno)
		}
		s.drain(s.inErrors)
	}
}

// received is what the last call put into message i.
func (s *socket) received(i int) packet {
	message := &s.in.messages[i]
	size := len(s.inData) / batchSize
	p := packet{
		peer:      decodeAddress(&s.in.names[i]),
		data:      s.inData[i*size:][:min(int(message.length), size)],
		truncated: message.header.Flags&unix.MSG_TRUNC != 0,
	}
	for kind, data := range s.in.controlMessages(i) {
		switch {
		case kind == controlKind{unix.SOL_IP, unix.IP_PKTINFO} && len(data) >= unix.SizeofInet4Pktinfo:
			// Its second field is the address to answer from, also when a broadcast was asked.
			p.local = netip.AddrFrom4([4]byte(data[4:8]))
		case kind == controlKind{unix.SOL_IPV6, unix.IPV6_PKTINFO} && len(data) >= unix.SizeofInet6Pktinfo:
			if !p.local.IsValid() { // an IPv4 datagram to a socket of both families has both
				p.local = netip.AddrFrom16([16]byte(data[:16])).Unmap()
			}
		case kind == controlKind{unix.SOL_SOCKET, unix.SO_RXQ_OVFL} && len(data) >= 4:
			s.dropped.Store(binary.NativeEndian.Uint32(data))
		}
	}
	return p
}

// drain empties the error queue and tells gone whom it was about. What it leaves, after a bound, the next call of the
// socket reports again.
func (s *socket) drain(queue *exchange) {
	for range 16 {
		queue.accept(batchSize)
		err := s.use(queue.call)
		if err != nil || queue.errno != 0 {
			return
		}
		for i := range queue.done {
			s.judge(queue, i)
		}
	}
}

// judge counts an entry of the error queue if it came from the network, and reports its peer as gone
// if the peer itself says so. An ICMP error quotes addresses that anybody can guess: any host that
// may send one could otherwise have any member dropped.
func (s *socket) judge(queue *exchange, i int) {
	for kind, data := range queue.controlMessages(i) {
		e, fromNetwork := parseICMP(kind, data)
		if !fromNetwork {
			continue
		}
		s.icmp.Add(1)
		peer := decodeAddress(&queue.names[i])
		if e.portUnreachable && e.offender == peer.Addr() && s.gone != nil {
			s.gone(peer)
		}
	}
}

// mayBeICMP says whether the kernel gives this error for an ICMP error, though perhaps for other reasons too.
func mayBeICMP(errno syscall.Errno) bool {
	switch errno {
	case unix.ECONNREFUSED, unix.EHOSTUNREACH, unix.ENETUNREACH, unix.EHOSTDOWN, unix.ENONET, unix.ENOPROTOOPT,
		unix.EOPNOTSUPP, unix.EMSGSIZE, unix.EACCES, unix.EPROTO:
		return true
	}
	return false
}

// attempt is what has been tried to get the present datagram out.
type attempt struct {
	tries, quiet int
	icmp         uint64 // socket.icmp at the last failure
	noSource     bool   // the kernel refuses to send from packet.local
}

// send gives every packet to the kernel once, in order, or reports it to failed, which may be nil, with its index and
// the reason: net.ErrClosed, EAGAIN or ENOBUFS when there was no room for sendPatience, or the kernel's reason to refuse
// that datagram. ICMP errors about other datagrams are no reason. It returns how many were taken. One goroutine.
func (s *socket) send(packets []packet, failed func(i int, err error)) (sent int) {
	var try attempt
	for i := 0; i < len(packets); {
		n, err := s.offer(packets[i:], try.noSource)
		if n > 0 {
			s.until = time.Time{}
			try = attempt{}
			sent += n
			i += n
			continue
		}
		if s.again(&try, packets[i], err) {
			continue
		}
		if failed != nil {
			failed(i, err)
		}
		try = attempt{}
		i++
	}
	s.until = time.Time{}
	return sent
}

// offer makes one call for the first packets and returns how many the kernel took; none: why not the first. noSource
// leaves the first one's local address out.
func (s *socket) offer(packets []packet, noSource bool) (int, error) {
	out, offered := s.out, 0
	for i, p := range packets[:min(len(packets), batchSize)] {
		length := encodeAddress(&out.names[i], s.family, p.peer)
		if length == 0 {
			break
		}
		out.carry(i, p.data)
		header := &out.messages[i].header
		header.Namelen = uint32(length)
		header.SetControllen(0)
		if s.chooses && sendable(p.local) && (i > 0 || !noSource) {
			header.SetControllen(encodeSource(out.controls[i].bytes(), s.family, p.local))
		}
		offered++
	}
	if offered == 0 {
		return 0, unix.EAFNOSUPPORT
	}
	out.count = offered
	err := s.use(out.call)
	for i := range offered {
		out.carry(i, nil) // the data is the caller's again
	}
	switch {
	case err != nil:
		return 0, err
	case out.errno != 0:
		return 0, out.errno
	case out.done < offered:
		s.drain(s.outErrors)
	}
	return out.done, nil
}

// again says whether to offer p once more after err, and does or waits for what gives that a chance.
func (s *socket) again(try *attempt, p packet, err error) bool {
	try.tries++
	errno, ok := err.(syscall.Errno)
	switch {
	case !ok || try.tries > mostTries:
		return false
	case errno == unix.EAGAIN || errno == unix.ENOBUFS:
		return s.waitForRoom(errno)
	case mayBeICMP(errno) && s.explained(try):
		return true
	case (errno == unix.EINVAL || errno == unix.ENETUNREACH || errno == unix.EADDRNOTAVAIL) && sendable(p.local) && !try.noSource:
		try.noSource, try.quiet = true, 0
		return true
	}
	return false
}

// explained empties the error queue and says whether ICMP errors may be why the last offer failed.
func (s *socket) explained(try *attempt) bool {
	s.drain(s.outErrors)
	if icmp := s.icmp.Load(); icmp != try.icmp {
		try.icmp, try.quiet = icmp, 0
	} else {
		try.quiet++
	}
	return try.quiet < quietTries
}

// waitForRoom waits until there may be room in the send buffer, and says whether there is patience left. A full device queue
// says nothing when it empties, so it rests for that.
func (s *socket) waitForRoom(errno syscall.Errno) bool {
	now := time.Now()
	if s.until.IsZero() {
		s.until = now.Add(sendPatience)
	}
	if !now.Before(s.until) {
		return false
	}
	if errno == unix.ENOBUFS {
		time.Sleep(sendRest)
		return true
	}
	return s.descriptor.waitForRoom(s.until.Sub(now)) == nil
}
