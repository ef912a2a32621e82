package guard

import (
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// remembered bounds how many networks are remembered. Those that do not fit share one rate.
const remembered = 1 << 16

// Memory is how long a network is remembered that does not come any more.
const Memory = time.Minute

// Rates bounds how often those of one network may come. Any goroutine.
type Rates struct {
	rate float64
	now  func() time.Time

	mu       sync.Mutex // guards the rest
	networks map[netip.Prefix]*visitor
}

type visitor struct {
	limit *rate.Limiter
	seen  time.Time
}

// NewRates makes rates of so many a second for each network, and as many at once; 0: no limit.
func NewRates(perSecond float64, now func() time.Time) *Rates {
	return &Rates{rate: perSecond, now: now, networks: map[netip.Prefix]*visitor{}}
}

// Allow says whether one more from an address is within its network's rate.
func (r *Rates) Allow(addr netip.Addr) bool {
	if r.rate == 0 {
		return true
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	network := NetworkOf(addr)
	if r.networks[network] == nil && len(r.networks) >= remembered {
		network = netip.Prefix{}
	}
	v := r.networks[network]
	if v == nil {
		v = &visitor{limit: rate.NewLimiter(rate.Limit(r.rate), max(1, int(r.rate)))}
		r.networks[network] = v
	}
	v.seen = r.now()
	return v.limit.AllowN(v.seen, 1)
}

// Forget drops what is too old to matter. To be called about once a Memory.
func (r *Rates) Forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.now()
	for network, v := range r.networks {
		if now.Sub(v.seen) > Memory {
			delete(r.networks, network)
		}
	}
}
