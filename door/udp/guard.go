package udp

import (
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// guardMax bounds how many networks and addresses a guard remembers. The networks that do not fit share one rate.
const guardMax = 1 << 16

// helpEvery is how often one address is helped, and how long a guard remembers.
const helpEvery = time.Minute

// guard bounds what those can cause who are not inside.
type guard struct {
	rate float64
	now  func() time.Time

	mu       sync.Mutex // guards the rest
	networks map[netip.Prefix]*visitor
	helped   map[netip.AddrPort]time.Time
}

type visitor struct {
	limit *rate.Limiter
	seen  time.Time
}

func newGuard(perSecond float64, now func() time.Time) *guard {
	return &guard{rate: perSecond, now: now, networks: map[netip.Prefix]*visitor{}, helped: map[netip.AddrPort]time.Time{}}
}

// allow says whether one more request from an address is within its network's rate.
func (g *guard) allow(addr netip.Addr) bool {
	if g.rate == 0 {
		return true
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	network := networkOf(addr)
	if g.networks[network] == nil && len(g.networks) >= guardMax {
		network = netip.Prefix{}
	}
	v := g.networks[network]
	if v == nil {
		v = &visitor{limit: rate.NewLimiter(rate.Limit(g.rate), max(1, int(g.rate)))}
		g.networks[network] = v
	}
	v.seen = g.now()
	return v.limit.AllowN(v.seen, 1)
}

// helps says whether an address may be helped now.
func (g *guard) helps(peer netip.AddrPort) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.now()
	if last, ok := g.helped[peer]; ok && now.Sub(last) < helpEvery || len(g.helped) >= guardMax {
		return false
	}
	g.helped[peer] = now
	return true
}

// forget drops what is too old to matter.
func (g *guard) forget() {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.now()
	for network, v := range g.networks {
		if now.Sub(v.seen) > helpEvery {
			delete(g.networks, network)
		}
	}
	for peer, last := range g.helped {
		if now.Sub(last) > helpEvery {
			delete(g.helped, peer)
		}
	}
}

// networkOf is what one household has: an IPv4 address, or an IPv6 /64.
func networkOf(addr netip.Addr) netip.Prefix {
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

// Serves says whether an address is answered at all: datagrams can be forged, and nobody shall be flooded through us.
func (c Config) Serves(addr netip.Addr) bool {
	if private(addr) {
		return true
	}
	for _, p := range c.Allow {
		if p.Contains(addr) {
			return true
		}
	}
	return false
}

// private says whether an address is of this machine or of a network without a way from outside: loopback, RFC 1918, RFC 4193,
// link-local.
func private(addr netip.Addr) bool {
	return addr.IsLoopback() || addr.IsPrivate() || addr.IsLinkLocalUnicast()
}
