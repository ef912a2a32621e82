//go:build !portable

package socket

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

// With IP_RECVERR, Linux reports an ICMP error by failing the next system call on the socket, no
// matter to which peer. That call has done nothing. The error queue tells which peer the error is
// about. After such a failure the queue is emptied and the call is repeated. The same happens if
// sendmmsg(2) took only some of the packets, because it hides the reason.

const (
	// mostTries limits how often one packet is offered while ICMP errors keep arriving.
	mostTries = 1000

	// quietTries is how often an errno that an ICMP error may have caused is taken for one although
	// the error queue is empty. The kernel queues the reason before it sets the pending error, and
	// the other goroutine may empty the queue in between.
	quietTries = 3
)

// conn is the socket of a Conn.
type conn struct {
	*descriptor
	bound       netip.AddrPort
	family      int  // AF_INET6: both families
	chooses     bool // packets may have a source address: the socket is bound to all addresses
	unreachable func(netip.AddrPort)

	receiveBuffer, sendBuffer int

	dropped atomic.Uint32 // the kernel counts in 32 bits
	icmp    atomic.Uint64

	// The goroutine of ReadBatch only.
	in       *exchange
	inErrors *exchange
	inData   []byte // BatchSize times Options.MaxSize

	// The goroutine of WriteBatch only.
	out       *exchange
	outErrors *exchange
	until     time.Time // when to stop waiting for room; zero: the last packet found room
}

// control is the Control function of a net.ListenConfig: it sets options before the socket is
// bound.
func (o Options) control(network, _ string, raw syscall.RawConn) error {
	switches := []struct{ level, name int }{
		{unix.SOL_SOCKET, unix.SO_RXQ_OVFL},
		{unix.SOL_IP, unix.IP_PKTINFO}, // also on a socket for both families: for its IPv4 packets
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
		if o.Buffer > 0 {
			setBuffer(int(fd), unix.SO_RCVBUFFORCE, unix.SO_RCVBUF, o.Buffer)
			setBuffer(int(fd), unix.SO_SNDBUFFORCE, unix.SO_SNDBUF, o.Buffer)
		}
	})
	return errors.Join(err, failed)
}

// setBuffer asks for size bytes, above the system's limit if the process has the privilege. It
// reports no error: Conn.Buffers returns the sizes.
func setBuffer(fd, force, plain, size int) {
	if unix.SetsockoptInt(fd, unix.SOL_SOCKET, force, size) != nil {
		_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, plain, size)
	}
}

func (c *conn) open(udp *net.UDPConn, opts Options) error {
	bound := udp.LocalAddr().(*net.UDPAddr).AddrPort()
	descriptor, err := newDescriptor(udp)
	if err != nil {
		return err
	}
	c.descriptor = descriptor
	c.bound = netip.AddrPortFrom(bound.Addr().Unmap(), bound.Port())
	c.chooses = bound.Addr().IsUnspecified()
	c.unreachable = opts.PortUnreachable
	c.in = newExchange(unix.SYS_RECVMMSG, 0)
	c.inErrors = newExchange(unix.SYS_RECVMMSG, unix.MSG_ERRQUEUE)
	c.out = newExchange(unix.SYS_SENDMMSG, 0)
	c.outErrors = newExchange(unix.SYS_RECVMMSG, unix.MSG_ERRQUEUE)
	c.inData = make([]byte, BatchSize*opts.MaxSize)
	c.in.fd, c.in.wait = descriptor.fd, true
	for i := range BatchSize {
		c.in.carry(i, c.inData[i*opts.MaxSize:][:opts.MaxSize])
	}
	var failed [3]error
	c.family, failed[0] = unix.GetsockoptInt(c.fd, unix.SOL_SOCKET, unix.SO_DOMAIN)
	c.receiveBuffer, failed[1] = unix.GetsockoptInt(c.fd, unix.SOL_SOCKET, unix.SO_RCVBUF)
	c.sendBuffer, failed[2] = unix.GetsockoptInt(c.fd, unix.SOL_SOCKET, unix.SO_SNDBUF)
	if err := errors.Join(failed[:]...); err != nil {
		return errors.Join(err, c.close())
	}
	return nil
}

func (c *conn) localAddr() netip.AddrPort { return c.bound }

// buffers halves the sizes: the kernel doubles the size asked for, for its own bookkeeping, and
// returns the double.
func (c *conn) buffers() (receive, send int) { return c.receiveBuffer / 2, c.sendBuffer / 2 }

func (c *conn) stats() Stats {
	return Stats{Dropped: uint64(c.dropped.Load()), ICMPErrors: c.icmp.Load()}
}

func (c *conn) readBatch(packets []Packet) (int, error) {
	for {
		c.in.accept(min(len(packets), BatchSize))
		err := c.descriptor.read(c.in.run)
		if errors.Is(err, os.ErrDeadlineExceeded) && c.use(c.in.call) == nil &&
			c.in.errno != unix.EAGAIN {
			err = nil // after the deadline, the poller does not call run
		}
		switch {
		case err != nil:
			return 0, err
		case c.in.errno == 0:
			for i := range c.in.done {
				packets[i] = c.received(i)
			}
			return c.in.done, nil
		case !mayBeICMP(c.in.errno):
			return 0, os.NewSyscallError("recvmmsg", c.in.errno)
		}
		c.drain(c.inErrors)
	}
}

// received returns what the last system call put into message i.
func (c *conn) received(i int) Packet {
	message := &c.in.messages[i]
	size := len(c.inData) / BatchSize
	p := Packet{
		Peer:      decodeAddress(&c.in.names[i]),
		Data:      c.inData[i*size:][:min(int(message.length), size)],
		Truncated: message.header.Flags&unix.MSG_TRUNC != 0,
	}
	for kind, data := range c.in.controlMessages(i) {
		switch {
		case kind == controlKind{unix.SOL_IP, unix.IP_PKTINFO} &&
			len(data) >= unix.SizeofInet4Pktinfo:
			// The second field is the address to reply from, also if the packet is a broadcast.
			p.Local = netip.AddrFrom4([4]byte(data[4:8]))
		case kind == controlKind{unix.SOL_IPV6, unix.IPV6_PKTINFO} &&
			len(data) >= unix.SizeofInet6Pktinfo:
			if !p.Local.IsValid() { // an IPv4 packet to a socket of both families has both
				p.Local = netip.AddrFrom16([16]byte(data[:16])).Unmap()
			}
		case kind == controlKind{unix.SOL_SOCKET, unix.SO_RXQ_OVFL} && len(data) >= 4:
			c.dropped.Store(binary.NativeEndian.Uint32(data))
		}
	}
	return p
}

// drain empties the error queue. It stops after a limit: the next system call then fails again, and
// the rest is drained.
func (c *conn) drain(queue *exchange) {
	for range 16 {
		queue.accept(BatchSize)
		err := c.use(queue.call)
		if err != nil || queue.errno != 0 {
			return
		}
		for i := range queue.done {
			c.judge(queue, i)
		}
	}
}

// judge counts an entry of the error queue if it came from the network. It reports the peer as
// unreachable if the peer itself sent the error. An ICMP error quotes addresses that anyone can
// guess: otherwise any host could report any peer.
func (c *conn) judge(queue *exchange, i int) {
	for kind, data := range queue.controlMessages(i) {
		e, fromNetwork := parseICMP(kind, data)
		if !fromNetwork {
			continue
		}
		c.icmp.Add(1)
		peer := decodeAddress(&queue.names[i])
		if e.portUnreachable && e.offender == peer.Addr() && c.unreachable != nil {
			c.unreachable(peer)
		}
	}
}

// mayBeICMP reports whether the kernel returns this errno for ICMP errors. Some also have other
// reasons.
func mayBeICMP(errno syscall.Errno) bool {
	switch errno {
	case unix.ECONNREFUSED, unix.EHOSTUNREACH, unix.ENETUNREACH, unix.EHOSTDOWN, unix.ENONET,
		unix.ENOPROTOOPT, unix.EOPNOTSUPP, unix.EMSGSIZE, unix.EACCES, unix.EPROTO:
		return true
	}
	return false
}

// attempt is what has been tried to send the current packet.
type attempt struct {
	tries, quiet int
	icmp         uint64 // conn.icmp at the last failure
	noSource     bool   // the kernel refuses to send from Packet.Local
}

func (c *conn) writeBatch(packets []Packet, failed func(i int, err error)) (sent int) {
	var try attempt
	for i := 0; i < len(packets); {
		n, err := c.offer(packets[i:], try.noSource)
		if n > 0 {
			c.until = time.Time{}
			try = attempt{}
			sent += n
			i += n
			continue
		}
		if c.again(&try, packets[i], err) {
			continue
		}
		if failed != nil {
			failed(i, err)
		}
		try = attempt{}
		i++
	}
	c.until = time.Time{}
	return sent
}

// offer makes one system call for the first packets and returns how many the kernel took. If it
// took none, the error is the reason for the first one. noSource omits the local address of that
// one.
func (c *conn) offer(packets []Packet, noSource bool) (int, error) {
	out, offered := c.out, 0
	for i, p := range packets[:min(len(packets), BatchSize)] {
		length := encodeAddress(&out.names[i], c.family, p.Peer)
		if length == 0 {
			break
		}
		out.carry(i, p.Data)
		header := &out.messages[i].header
		header.Namelen = uint32(length)
		header.SetControllen(0)
		if c.chooses && sendable(p.Local) && (i > 0 || !noSource) {
			header.SetControllen(encodeSource(out.controls[i].bytes(), c.family, p.Local))
		}
		offered++
	}
	if offered == 0 {
		return 0, unix.EAFNOSUPPORT
	}
	out.count = offered
	err := c.use(out.call)
	for i := range offered {
		out.carry(i, nil) // the data belongs to the caller again
	}
	switch {
	case err != nil:
		return 0, err
	case out.errno != 0:
		return 0, out.errno
	case out.done < offered:
		c.drain(c.outErrors)
	}
	return out.done, nil
}

// again reports whether to offer p once more after err. Before it returns true, it empties the
// error queue, waits for room, or changes the attempt.
func (c *conn) again(try *attempt, p Packet, err error) bool {
	try.tries++
	errno, ok := err.(syscall.Errno)
	switch {
	case !ok || try.tries > mostTries:
		return false
	case errno == unix.EAGAIN || errno == unix.ENOBUFS:
		return c.waitForRoom(errno)
	case mayBeICMP(errno) && c.explained(try):
		return true
	case isRefusedSource(errno) && sendable(p.Local) && !try.noSource:
		try.noSource, try.quiet = true, 0
		return true
	}
	return false
}

// isRefusedSource reports whether the kernel may have refused to send from Packet.Local.
func isRefusedSource(errno syscall.Errno) bool {
	return errno == unix.EINVAL || errno == unix.ENETUNREACH || errno == unix.EADDRNOTAVAIL
}

// explained empties the error queue and reports whether ICMP errors may have failed the last offer.
func (c *conn) explained(try *attempt) bool {
	c.drain(c.outErrors)
	if icmp := c.icmp.Load(); icmp != try.icmp {
		try.icmp, try.quiet = icmp, 0
	} else {
		try.quiet++
	}
	return try.quiet < quietTries
}

// waitForRoom waits until there may be room in the send buffer, and reports whether the packet may
// still be offered. A full queue of the network device cannot be waited for, so it pauses instead.
func (c *conn) waitForRoom(errno syscall.Errno) bool {
	now := time.Now()
	if c.until.IsZero() {
		c.until = now.Add(sendPatience)
	}
	if !now.Before(c.until) {
		return false
	}
	if errno == unix.ENOBUFS {
		time.Sleep(sendRest)
		return true
	}
	return c.descriptor.waitForRoom(c.until.Sub(now)) == nil
}
