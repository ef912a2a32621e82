// Package guard says which clients are let in: which networks are served at all, how many clients
// of one there are, and how often they may come. It also counts what they may have in an hour.
//
// It knows nothing of protocols, of sockets, or of what those who are let in then do.
//
// Its laws: an address that is not served gets nothing that could be sent to somebody else in its
// name; what is remembered of strangers is bounded, and forgotten.
package guard

import "net/netip"

// Networks are those that are served beside loopback and private ones.
type Networks []netip.Prefix

// Serves says whether an address is served. IPv4 addresses are plain ones, not mapped into IPv6. Any goroutine.
func (n Networks) Serves(addr netip.Addr) bool {
	if IsPrivate(addr) {
		return true
	}
	for _, p := range n {
		if p.Contains(addr) {
			return true
		}
	}
	return false
}

// IsPrivate says whether an address is of this machine or of a network without a way from outside: loopback, RFC 1918, RFC 4193,
// link-local.
func IsPrivate(addr netip.Addr) bool {
	return addr.IsLoopback() || addr.IsPrivate() || addr.IsLinkLocalUnicast()
}

// NetworkOf is what one household has: an IPv4 address, or an IPv6 /64.
func NetworkOf(addr netip.Addr) netip.Prefix {
	bits := 32
	if addr.Is6() {
		bits = 64
	}
	network, err := addr.WithZone("").Prefix(bits)
	if err != nil { // the zero Addr
		return netip.Prefix{}
	}
	return network
}
