//go:build !portable

package socket

import (
	"encoding/binary"
	"net/netip"
	"syscall"

	"golang.org/x/sys/unix"
)

// icmpError is an ICMP or ICMPv6 error, as the socket's error queue describes it.
type icmpError struct {
	portUnreachable bool       // the host was reached, and no socket has the port
	offender        netip.Addr // the host that sent the error; zero: the kernel does not say
}

// parseICMP reads a control message of the error queue. It returns false if the message is not
// about an error from the network: the kernel queues errors of its own there too.
//
// The message is a struct sock_extended_err, followed by the offender's struct sockaddr: ip(7).
func parseICMP(kind controlKind, data []byte) (e icmpError, fromNetwork bool) {
	const (
		unreachable4, unreachable6 = 3, 1 // RFC 792, RFC 4443 section 3.1
		size                       = 16   // of struct sock_extended_err
	)
	isError := kind == controlKind{unix.SOL_IP, unix.IP_RECVERR} ||
		kind == controlKind{unix.SOL_IPV6, unix.IPV6_RECVERR}
	if !isError || len(data) < size {
		return icmpError{}, false
	}
	errno, origin, what := syscall.Errno(binary.NativeEndian.Uint32(data)), data[4], data[5]
	var unreachable bool
	switch origin {
	case unix.SO_EE_ORIGIN_ICMP:
		unreachable = what == unreachable4
	case unix.SO_EE_ORIGIN_ICMP6:
		unreachable = what == unreachable6
	default:
		return icmpError{}, false
	}
	e.portUnreachable = unreachable && errno == unix.ECONNREFUSED // a host may only be out of reach
	e.offender = decodeOffender(data[size:])
	return e, true
}

// decodeOffender returns the address in a struct sockaddr, the zero Addr if there is none.
func decodeOffender(data []byte) netip.Addr {
	var raw rawAddress
	size := copy(raw[:], data)
	switch binary.NativeEndian.Uint16(raw[:]) {
	case unix.AF_INET:
		if size >= unix.SizeofSockaddrInet4 {
			return decodeAddress(&raw).Addr()
		}
	case unix.AF_INET6:
		if size >= unix.SizeofSockaddrInet6 {
			return decodeAddress(&raw).Addr()
		}
	}
	return netip.Addr{}
}
