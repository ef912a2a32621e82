package udp

import (
	"context"
	"strings"

	"parley/chat"
	"parley/outbox"
	"parley/wire/datagram"
)

// gateLines is about how many lines may wait for all members together: each takes 32 bytes in the
// queue of each member, even where the line itself is shared.
const gateLines = 1 << 20

// visitsShare is the divisor that bounds visits on their way through the log: at most this part of
// all requests. A member's line that waits behind them is then hardly delayed.
const visitsShare = 16

// gates hold requests back on their way to the log. A visit passes visits and then all; a request
// that waits among the lines passes all only.
type gates struct{ visits, all passage }

// passage is a gate, and how far its requests were answered when the last flush began.
type passage struct {
	*outbox.Gate
	mark int64 // the Writer's goroutine only
}

// load is what requests count at each gate, in bytes.
type load struct{ visits, all int64 }

// add adds a request.
func (l *load) add(q *request) {
	size := int64(weight(q.command))
	l.all += size
	if q.visit {
		l.visits += size
	}
}

// newGates makes both gates. ahead returns how many bytes of requests may be on their way.
func newGates(ahead func() int64, isIdle func() bool) *gates {
	few := func() int64 { return max(1, ahead()/visitsShare) }
	return &gates{
		visits: passage{Gate: outbox.NewGate(few, isIdle)},
		all:    passage{Gate: outbox.NewGate(ahead, isIdle)},
	}
}

// enter waits until a request may go to the log, or ctx is done.
func (g *gates) enter(ctx context.Context, q *request, size int) error {
	if q.visit {
		if err := g.visits.Enter(ctx, size); err != nil {
			return err
		}
	}
	err := g.all.Enter(ctx, size)
	if err != nil && q.visit {
		g.visits.Back(size)
	}
	return err
}

// back takes back a request that the log did not take.
func (g *gates) back(q *request, size int) {
	if q.visit {
		g.visits.Back(size)
	}
	g.all.Back(size)
}

// answered notes that requests have come through the log, and that all they led to is handed to the
// Writer.
func (g *gates) answered(requests load) {
	g.visits.Answered(int(requests.visits))
	g.all.Answered(int(requests.all))
}

// flushing notes that a flush begins and returns the load that had been answered when the one
// before began: what it led to is among what this one writes.
func (g *gates) flushing() (written load) {
	return load{g.visits.flushing(), g.all.flushing()}
}

func (p *passage) flushing() (written int64) {
	written, p.mark = p.mark, p.Answers()
	return written
}

// reach notes that all that the load led to is written.
func (g *gates) reach(written load) {
	g.visits.Reach(written.visits)
	g.all.Reach(written.all)
}

// settle looks whether everything is written.
func (g *gates) settle() {
	g.visits.Settle()
	g.all.Settle()
}

// ahead returns how many bytes of requests may be on their way: half of an outbox, or what leads to gateLines.
func (d *Door) ahead() int64 {
	lines := gateLines / max(1, d.inside())
	return int64(max(1, min(d.config.OutboxBytes/2, lines*lineWeight)))
}

// lineWeight is what a line without text counts at the gate, in bytes.
const lineWeight = 128

// weight is what a command counts at the gate: bytes, and for each line of a text as if it were a command.
func weight(c chat.Command) int {
	p, ok := c.(chat.Post)
	if !ok {
		return lineWeight
	}
	return len(p.Text) + linesOf(p.Text)*lineWeight
}

// linesOf returns about how many datagrams each member is sent for a text.
func linesOf(text string) int {
	return 1 + strings.Count(text, "\n") + len(text)/datagram.MaxLine
}
