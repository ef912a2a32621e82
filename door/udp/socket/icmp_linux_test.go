//go:build !portable

package socket

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"testing"

	"golang.org/x/sys/unix"

	"parley/test/namespace"
)

// extendedError is the control message of an ICMP error with an offender, as the kernel makes it.
func extendedError(errno unix.Errno, origin, kind byte, offender netip.AddrPort) []byte {
	data := binary.NativeEndian.AppendUint32(nil, uint32(errno))
	data = append(data, origin, kind, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0)
	var raw rawAddress
	family := unix.AF_INET
	if offender.Addr().Is6() {
		family = unix.AF_INET6
	}
	return append(data, raw[:encodeAddress(&raw, family, offender)]...)
}

func TestOnlyPortUnreachableFromTheNetworkIsRead(t *testing.T) {
	four := controlKind{unix.SOL_IP, unix.IP_RECVERR}
	six := controlKind{unix.SOL_IPV6, unix.IPV6_RECVERR}
	a4, a6 := netip.MustParseAddrPort("192.0.2.7:0"), netip.MustParseAddrPort("[2001:db8::7]:0")
	mapped := append(extendedError(unix.ECONNREFUSED, unix.SO_EE_ORIGIN_ICMP, 3, a6)[:16],
		extendedError(0, 0, 0, netip.AddrPortFrom(netip.AddrFrom16(a4.Addr().As16()), 0))[16:]...)
	whole := extendedError(unix.ECONNREFUSED, unix.SO_EE_ORIGIN_ICMP, 3, a4)
	none := append(bytes.Clone(whole[:16]), make([]byte, 16)...)
	whole6 := extendedError(unix.ECONNREFUSED, unix.SO_EE_ORIGIN_ICMP6, 1, a6)
	for name, c := range map[string]struct {
		kind        controlKind
		data        []byte
		fromNetwork bool
		want        icmpError
	}{
		"IPv4":             {four, whole, true, icmpError{true, a4.Addr()}},
		"IPv6":             {six, whole6, true, icmpError{true, a6.Addr()}},
		"IPv4 as IPv6":     {six, mapped, true, icmpError{true, a4.Addr()}},
		"no offender":      {four, none, true, icmpError{true, netip.Addr{}}},
		"offender missing": {four, whole[:16], true, icmpError{true, netip.Addr{}}},
		"offender cut":     {four, whole[:23], true, icmpError{true, netip.Addr{}}},
		"IPv6 cut":         {six, whole6[:16+27], true, icmpError{true, netip.Addr{}}},
		"too short":        {four, whole[:15], false, icmpError{}},
		"empty":            {four, nil, false, icmpError{}},
		"another message":  {controlKind{unix.SOL_IP, unix.IP_PKTINFO}, whole, false, icmpError{}},
		"of the kernel": {
			four, extendedError(unix.EMSGSIZE, unix.SO_EE_ORIGIN_LOCAL, 0, a4), false, icmpError{},
		},
		"host unreachable": {
			four, extendedError(unix.EHOSTUNREACH, unix.SO_EE_ORIGIN_ICMP, 3, a4),
			true,
			icmpError{false, a4.Addr()},
		},
		"time exceeded": {
			four, extendedError(unix.ECONNREFUSED, unix.SO_EE_ORIGIN_ICMP, 11, a4),
			true,
			icmpError{false, a4.Addr()},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, fromNetwork := parseICMP(c.kind, c.data)
			if got != c.want || fromNetwork != c.fromNetwork {
				t.Errorf("%+v, %v, want %+v, %v", got, fromNetwork, c.want, c.fromNetwork)
			}
		})
	}
}

func FuzzParseICMP(f *testing.F) {
	a4, a6 := netip.MustParseAddrPort("192.0.2.7:0"), netip.MustParseAddrPort("[2001:db8::7]:0")
	f.Add(int32(unix.SOL_IP), int32(unix.IP_RECVERR), extendedError(unix.ECONNREFUSED, 2, 3, a4))
	f.Add(int32(unix.SOL_IPV6), int32(unix.IPV6_RECVERR),
		extendedError(unix.ECONNREFUSED, 3, 1, a6))
	f.Fuzz(func(t *testing.T, level, kind int32, data []byte) {
		e, fromNetwork := parseICMP(controlKind{level, kind}, data)
		if !fromNetwork && e != (icmpError{}) {
			t.Errorf("%+v is read from what is not an ICMP error", e)
		}
		if e.offender.IsValid() && len(data) < 16+unix.SizeofSockaddrInet4 {
			t.Errorf("%v is read from %d bytes", e.offender, len(data))
		}
	})
}

// unreachable is the ICMP or ICMPv6 error "port unreachable" about a packet from server to peer.
func unreachable(server, peer netip.AddrPort) []byte {
	udp := binary.BigEndian.AppendUint16(nil, server.Port())
	udp = binary.BigEndian.AppendUint16(udp, peer.Port())
	udp = append(udp, 0, 8, 0, 0)
	if peer.Addr().Is6() {
		quoted := append([]byte{0x60, 0, 0, 0, 0, 8, unix.IPPROTO_UDP, 64},
			server.Addr().AsSlice()...)
		quoted = append(append(quoted, peer.Addr().AsSlice()...), udp...)
		return append([]byte{1, 4, 0, 0, 0, 0, 0, 0}, quoted...) // the kernel adds the checksum
	}
	quoted := append([]byte{0x45, 0, 0, 28, 0, 0, 0, 0, 64, unix.IPPROTO_UDP, 0, 0},
		server.Addr().AsSlice()...)
	quoted = append(append(quoted, peer.Addr().AsSlice()...), udp...)
	icmp := append([]byte{3, 3, 0, 0, 0, 0, 0, 0}, quoted...)
	sum := uint32(0)
	for i := 0; i < len(icmp); i += 2 {
		sum += uint32(binary.BigEndian.Uint16(icmp[i:]))
	}
	sum = sum>>16 + sum&0xFFFF
	binary.BigEndian.PutUint16(icmp[2:], ^uint16(sum>>16+sum))
	return icmp
}

// TestAnICMPErrorIsBelievedFromThePeerItselfOnly forges errors from another host, and then from the
// peer. The report of the last one proves that the others reached the socket and were well made.
func TestAnICMPErrorIsBelievedFromThePeerItselfOnly(t *testing.T) {
	if !namespace.Inside(t, "ip link set lo up && ip addr add 2001:db8::66/128 dev lo nodad"+
		" && while ip -6 addr show tentative | grep -q inet6; do sleep 0.01; done") {
		return
	}
	for _, c := range []struct{ network, server, peer, other string }{
		{"ip4:icmp", "127.0.0.1", "127.0.0.1", "127.0.0.66"},
		{"ip6:ipv6-icmp", "::1", "::1", "2001:db8::66"},
	} {
		graves := newGraveyard()
		server := openSocket(t, ":0", Options{PortUnreachable: graves.bury})
		ann := dialFrom(t, c.peer, c.server, server)
		says := func(text string) {
			t.Helper()
			local := netip.MustParseAddr(c.server)
			server.sendAll(t, Packet{Peer: ann.addr(), Local: local, Data: []byte(text)})
			ann.expect(text)
		}
		says("hello")
		from := netip.AddrPortFrom(netip.MustParseAddr(c.server), server.LocalAddr().Port())
		forge := func(source string) {
			raw, err := net.ListenIP(c.network, &net.IPAddr{IP: net.ParseIP(source)})
			if err != nil {
				t.Fatal(err)
			}
			defer raw.Close()
			to := &net.IPAddr{IP: net.ParseIP(c.server)}
			if _, err := raw.WriteTo(unreachable(from, ann.addr()), to); err != nil {
				t.Fatal(err)
			}
		}
		seen := func(errors uint64) {
			for tries := 0; server.Stats().ICMPErrors < errors; tries++ {
				if tries == 1000 {
					t.Fatalf("%s: %+v, want %d ICMP errors", c.network, server.Stats(), errors)
				}
				says(fmt.Sprint(tries))
			}
		}
		forge(c.other)
		seen(1)
		if len(graves.gone) != 0 {
			t.Errorf("%s: %v is reported by %s", c.network, graves.gone, c.other)
		}
		forge(c.peer)
		seen(2)
		if graves.gone[ann.addr()] != 1 {
			t.Errorf("%s: its own error is not reported, but %v", c.network, graves.gone)
		}
	}
}
