package stream

import (
	"sync/atomic"

	"parley/hub"
)

// counters count what happens at the door since it opened. Any goroutine.
type counters struct {
	received, sent, delivered, waited, slow, slowed, panicked atomic.Uint64
	refusals                                                  hub.Refusals
}

// Report returns what was counted since the door opened, and what waits in it. Any goroutine.
func (d *Door) Report() hub.Report {
	c := &d.counts
	return hub.Report{
		Name:      d.name,
		Received:  c.received.Load(),
		Sent:      c.sent.Load(),
		Delivered: c.delivered.Load(),
		Refused:   c.refusals.Counts(),
		Dropped: map[string]uint64{
			"slow":     c.slow.Load(),     // members that read more slowly than others spoke
			"panicked": c.panicked.Load(), // sessions that ended, and events that were not shown
		},
		Queues: []hub.Queue{
			{Name: d.name + ".connections", Length: d.connections()},
			{Name: d.name + ".requests", Length: d.gate.Waiting(), Capacity: int(d.ahead())},
			{Name: d.name + ".unread", Length: d.unread.len(), Capacity: d.unread.most},
			{Name: d.name + ".departures", Length: d.departing.len()},
			{Name: d.name + ".writer", Length: d.writer.Len()},
			{Name: d.name + ".outboxes", Length: d.waiting()},
		},
	}
}

func (d *Door) connections() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.conns)
}

// waiting returns how many bytes wait in the members' outboxes.
func (d *Door) waiting() (bytes int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for c := range d.conns {
		bytes += c.out.Len()
	}
	return bytes
}
