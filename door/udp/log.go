package udp

import (
	"context"
	"log/slog"
	"net/netip"
	"sync/atomic"

	"parley/chat"
)

// dropped counts a datagram that is not taken. Nothing of what is in it is logged: it may be what somebody said.
func (d *Door) dropped(counter *atomic.Uint64, reason string, peer netip.AddrPort) {
	counter.Add(1)
	if d.debugs() {
		d.log.Debug("a datagram is dropped", "door", Name, "peer", peer, "reason", reason)
	}
}

// logRefusal logs a request that the door refuses by itself; the hub logs the others.
func (d *Door) logRefusal(q *request, refusal *chat.Refusal) {
	if q.verb != 0 && d.debugs() {
		d.log.Debug("a request is refused", "door", Name, "peer", q.peer, "verb", string(q.verb), "code", refusal.Code.String())
	}
}

// debugs says whether it is worth gathering what to log.
func (d *Door) debugs() bool { return d.log.Enabled(context.Background(), slog.LevelDebug) }
