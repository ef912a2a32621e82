//go:build !portable

package socket

import (
	"encoding/binary"
	"iter"
	"net"
	"net/netip"
	"strconv"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// exchange is the message array of recvmmsg(2) or sendmmsg(2), and the result of the last call. It
// is made once and used for every call. One goroutine.
type exchange struct {
	messages [BatchSize]message
	vectors  [BatchSize]unix.Iovec
	names    [BatchSize]rawAddress
	controls [BatchSize]control

	trap, flags uintptr
	fd          int  // the socket, for run
	wait        bool // run: wait for packets instead of returning EAGAIN
	count       int  // messages the next call is for

	done  int
	errno syscall.Errno

	run  func(uintptr) bool // e.step, bound once: binding allocates
	call func(fd int)       // e.exchange, bound once too
}

// message is struct mmsghdr.
type message struct {
	header unix.Msghdr
	length uint32
}

// rawAddress is a struct sockaddr_in or sockaddr_in6.
type rawAddress [unix.SizeofSockaddrInet6]byte

// control has room for control messages. An ICMP error has the longest, about 150 bytes.
type control [32]uint64

func (c *control) bytes() []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(c)), unsafe.Sizeof(*c))
}

func newExchange(trap, flags uintptr) *exchange {
	e := &exchange{trap: trap, flags: flags | unix.MSG_DONTWAIT}
	e.run, e.call = e.step, e.exchange
	for i := range e.messages {
		header := &e.messages[i].header
		header.Name = &e.names[i][0]
		header.Iov = &e.vectors[i]
		header.SetIovlen(1)
		header.Control = &e.controls[i].bytes()[0]
	}
	return e
}

// carry makes data the buffer of message i.
func (e *exchange) carry(i int, data []byte) {
	e.vectors[i].Base = unsafe.SliceData(data)
	e.vectors[i].SetLen(len(data))
}

// accept prepares the first count messages for receiving.
func (e *exchange) accept(count int) {
	e.count = count
	for i := range count {
		header := &e.messages[i].header
		header.Namelen = uint32(len(e.names[i]))
		header.SetControllen(len(e.controls[i].bytes()))
		header.Flags = 0
	}
}

// step is exchange for descriptor.read. It returns false to wait for packets.
func (e *exchange) step(uintptr) bool {
	e.exchange(e.fd)
	return e.errno != unix.EAGAIN || !e.wait
}

// exchange makes the system call. The call never blocks, so the runtime is not told of it: it could
// hand the processor to another thread each time, and take it back.
func (e *exchange) exchange(fd int) {
	for {
		n, _, errno := unix.RawSyscall6(e.trap, uintptr(fd),
			uintptr(unsafe.Pointer(&e.messages[0])), uintptr(e.count), e.flags, 0, 0)
		if errno == unix.EINTR {
			continue
		}
		e.done, e.errno = int(n), errno
		if errno != 0 {
			e.done = 0
		}
		return
	}
}

// controlKind is the type of a control message.
type controlKind struct{ level, kind int32 }

// controlMessages returns the control messages that the last call left with message i.
func (e *exchange) controlMessages(i int) iter.Seq2[controlKind, []byte] {
	return func(yield func(controlKind, []byte) bool) {
		rest := e.controls[i].bytes()[:e.messages[i].header.Controllen]
		for len(rest) >= unix.SizeofCmsghdr {
			header, data, after, err := unix.ParseOneSocketControlMessage(rest)
			if err != nil || !yield(controlKind{header.Level, header.Type}, data) {
				return
			}
			rest = after
		}
	}
}

func decodeAddress(raw *rawAddress) netip.AddrPort {
	port := binary.BigEndian.Uint16(raw[2:])
	if binary.NativeEndian.Uint16(raw[:]) == unix.AF_INET {
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte(raw[4:8])), port)
	}
	addr := netip.AddrFrom16([16]byte(raw[8:24])).Unmap()
	if scope := binary.NativeEndian.Uint32(raw[24:]); scope != 0 && addr.Is6() {
		addr = addr.WithZone(strconv.FormatUint(uint64(scope), 10))
	}
	return netip.AddrPortFrom(addr, port)
}

// encodeAddress writes peer for a socket of that family and returns the length; 0: the socket
// cannot reach peer.
func encodeAddress(raw *rawAddress, family int, peer netip.AddrPort) int {
	addr := peer.Addr()
	if !addr.IsValid() || family == unix.AF_INET && !addr.Is4() {
		return 0
	}
	*raw = rawAddress{}
	binary.NativeEndian.PutUint16(raw[:], uint16(family))
	binary.BigEndian.PutUint16(raw[2:], peer.Port())
	if family == unix.AF_INET {
		ip := addr.As4()
		copy(raw[4:], ip[:])
		return unix.SizeofSockaddrInet4
	}
	ip := addr.As16()
	copy(raw[8:], ip[:])
	binary.NativeEndian.PutUint32(raw[24:], scopeOf(addr.Zone()))
	return unix.SizeofSockaddrInet6
}

// scopeOf returns the interface index of a zone that is a number or a name; 0: no such interface.
func scopeOf(zone string) uint32 {
	if zone == "" {
		return 0
	}
	if n, err := strconv.ParseUint(zone, 10, 32); err == nil {
		return uint32(n)
	}
	if link, err := net.InterfaceByName(zone); err == nil {
		return uint32(link.Index)
	}
	return 0
}

// sendable reports whether local may be the source of a packet, as far as is known without the
// kernel.
func sendable(local netip.Addr) bool {
	return local.IsValid() && !local.IsUnspecified() && !local.IsMulticast()
}

// encodeSource writes the control message that makes local the source, and returns its length; 0:
// the socket's family has no such address.
func encodeSource(buffer []byte, family int, local netip.Addr) int {
	level, kind, size := int32(unix.SOL_IPV6), int32(unix.IPV6_PKTINFO), unix.SizeofInet6Pktinfo
	if family == unix.AF_INET {
		if !local.Is4() {
			return 0
		}
		level, kind, size = unix.SOL_IP, unix.IP_PKTINFO, unix.SizeofInet4Pktinfo
	}
	clear(buffer[:unix.CmsgSpace(size)])
	header := (*unix.Cmsghdr)(unsafe.Pointer(&buffer[0]))
	header.Level, header.Type = level, kind
	header.SetLen(unix.CmsgLen(size))
	data := buffer[unix.CmsgLen(0):]
	if family == unix.AF_INET {
		ip := local.As4()
		copy(data[4:], ip[:]) // ipi_spec_dst
	} else {
		ip := local.As16() // for an IPv4 peer, Linux takes the mapped address
		copy(data, ip[:])
	}
	return unix.CmsgSpace(size)
}
