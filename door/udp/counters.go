package udp

import (
	"sync/atomic"

	"parley/hub"
)

// counters count what happens at the door since it opened. Any goroutine.
type counters struct {
	received, sent, delivered, unreachable                           atomic.Uint64
	foreign, oversized, malformed, unknown, tooFast, crowded, unsent atomic.Uint64
	lost, visits, panicked                                           atomic.Uint64
	refusals                                                         hub.Refusals
}

// Report tells what was counted since the door opened, and what waits. Any goroutine.
func (d *Door) Report() hub.Report {
	c := &d.counts
	return hub.Report{
		Name:        Name,
		Address:     d.Addr().String(),
		Received:    c.received.Load(),
		Sent:        c.sent.Load(),
		Delivered:   c.delivered.Load(),
		Overflowed:  d.socket.Stats().Dropped,
		Unreachable: c.unreachable.Load(),
		Refused:     c.refusals.Counts(),
		Dropped: map[string]uint64{
			"foreign":   c.foreign.Load(),   // datagrams from networks that are not served
			"oversized": c.oversized.Load(), // larger than a message may be
			"malformed": c.malformed.Load(), // empty, not UTF-8, or with a NUL
			"unknown":   c.unknown.Load(),   // none of L, C, Q
			"too_fast":  c.tooFast.Load(),   // over a rate
			"crowded":   c.crowded.Load(),   // lines that found no room between the socket and the log
			"visits":    c.visits.Load(),    // requests to enter or from strangers: no room, or over a rate
			"unsent":    c.unsent.Load(),    // datagrams that the system did not take
			"outbox":    c.lost.Load(),      // lines that found a member's outbox full
			"panicked":  c.panicked.Load(),  // requests, events, memberships that met a fault of ours
		},
		Queues: []hub.Queue{
			{Name: "udp.requests", Length: len(d.lines), Capacity: cap(d.lines)},
			{Name: "udp.visits", Length: len(d.visits.queue), Capacity: cap(d.visits.queue)},
			{Name: "udp.departures", Length: len(d.departures), Capacity: cap(d.departures)},
			{Name: "udp.writer", Length: d.writer.Len()},
			{Name: "udp.outboxes", Length: d.waiting()},
		},
	}
}

// waiting returns how many lines wait in the members' outboxes.
func (d *Door) waiting() (lines int) {
	for _, m := range d.everybody() {
		lines += m.queue.Len()
	}
	return lines
}
