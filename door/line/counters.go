package line

import (
	"sync/atomic"

	"parley/hub"
)

// counters count what happens at the door since it opened. Any goroutine.
type counters struct {
	received, sent, delivered, waited, slow, slowed, panicked atomic.Uint64
	refusals                                                  hub.Refusals
}

// Report tells what was counted since the door opened, and what waits. Any goroutine.
func (d *Door) Report() hub.Report {
	c := &d.counts
	return hub.Report{
		Name:      Name,
		Received:  c.received.Load(),
		Sent:      c.sent.Load(),
		Delivered: c.delivered.Load(),
		Refused:   c.refusals.Counts(),
		Dropped: map[string]uint64{
			"slow":     c.slow.Load(),     // members who read more slowly than others spoke
			"panicked": c.panicked.Load(), // sessions that ended, and lines that were not shown, by a fault of the server
		},
		Queues: []hub.Queue{
			{Name: "line.connections", Length: d.connections()},
			{Name: "line.requests", Length: d.gate.Waiting(), Capacity: int(d.ahead())},
			{Name: "line.unread", Length: d.unread.len(), Capacity: d.unread.most},
			{Name: "line.departures", Length: d.departing.len()},
			{Name: "line.writer", Length: d.writer.Len()},
			{Name: "line.outboxes", Length: d.waiting()},
		},
	}
}

func (d *Door) connections() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.members)
}

// waiting returns how many bytes wait in the members' outboxes.
func (d *Door) waiting() (bytes int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, m := range d.members {
		bytes += m.out.Len()
	}
	return bytes
}
