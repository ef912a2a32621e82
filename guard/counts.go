package guard

import "net/netip"

// Counts counts clients by network. Its owner guards it.
type Counts map[netip.Prefix]int

// Of returns how many are counted of an address's network.
func (c Counts) Of(addr netip.Addr) int { return c[NetworkOf(addr)] }

// Add counts n more of an address's network; a negative n counts fewer. A network of none is
// forgotten.
func (c Counts) Add(addr netip.Addr, n int) {
	network := NetworkOf(addr)
	if c[network] += n; c[network] == 0 {
		delete(c, network)
	}
}
