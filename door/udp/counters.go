package udp

import "sync/atomic"

// counters count what happens at the door since it opened. Any goroutine.
type counters struct {
	received, sent, refused                                          atomic.Uint64
	foreign, oversized, malformed, unknown, tooFast, crowded, unsent atomic.Uint64
	lost, unreachable                                                atomic.Uint64
}

// Counts returns, by name, what was counted since the door opened.
func (d *Door) Counts() map[string]uint64 {
	c := &d.counts
	return map[string]uint64{
		"received":    c.received.Load(),    // datagrams read
		"sent":        c.sent.Load(),        // datagrams the kernel took
		"refused":     c.refused.Load(),     // requests answered with no
		"foreign":     c.foreign.Load(),     // from networks that are not served
		"oversized":   c.oversized.Load(),   // larger than a message may be
		"malformed":   c.malformed.Load(),   // empty, not UTF-8, or with a NUL
		"unknown":     c.unknown.Load(),     // none of L, C, Q
		"too_fast":    c.tooFast.Load(),     // over a rate
		"crowded":     c.crowded.Load(),     // no room between the socket and the log
		"unsent":      c.unsent.Load(),      // datagrams the kernel did not take
		"lost":        c.lost.Load(),        // lines that found a full outbox
		"unreachable": c.unreachable.Load(), // ICMP errors
		"overflow":    d.socket.counts().dropped,
	}
}

// Waiting returns how many requests wait to be submitted, and how many members to be written to.
func (d *Door) Waiting() (requests, members int) { return len(d.requests), d.writer.Len() }
