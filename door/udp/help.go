package udp

import (
	"net/netip"
	"sync"
	"time"

	"parley/door/udp/socket"
	"parley/guard"
)

// helpsMax bounds how many addresses are remembered that were helped. While there are as many, nobody else is.
const helpsMax = 1 << 16

// helpEvery is how often one address is helped, and how long that is remembered.
const helpEvery = time.Minute

// helps are the addresses that were helped lately. Any goroutine.
type helps struct {
	now func() time.Time

	mu   sync.Mutex // guards last
	last map[netip.AddrPort]time.Time
}

func newHelps(now func() time.Time) *helps {
	return &helps{now: now, last: map[netip.AddrPort]time.Time{}}
}

// allow says whether an address may be helped now.
func (h *helps) allow(peer netip.AddrPort) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := h.now()
	if last, ok := h.last[peer]; ok && now.Sub(last) < helpEvery || len(h.last) >= helpsMax {
		return false
	}
	h.last[peer] = now
	return true
}

// forget drops what is too old to matter.
func (h *helps) forget() {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := h.now()
	for peer, last := range h.last {
		if now.Sub(last) > helpEvery {
			delete(h.last, peer)
		}
	}
}

// help says how to speak the protocol to whoever seems not to know, now and then, and never to a public address.
func (d *Door) help(p socket.Packet) {
	if guard.IsPrivate(p.Peer.Addr()) && d.helps.allow(p.Peer) {
		m := d.newMember(p.Peer)
		m.local.Store(&p.Local)
		d.push(m, alone(d.config.words().Help))
	}
}

// Serves says whether an address is answered at all: datagrams can be forged, and nobody shall be flooded through us.
func (c Config) Serves(addr netip.Addr) bool { return guard.Networks(c.Allow).Serves(addr) }
