package udp

import (
	"context"
	"strings"

	"parley/chat"
	"parley/outbox"
	"parley/wire/datagram"
)

// gateLines is about how many lines may wait for all members together: what they cost in memory is theirs in a list each, 32 bytes,
// even where the line itself is the same for all.
const gateLines = 1 << 20

// visitsShare is what part of all that may be on its way through the log may be visits: so few that
// a member's line among them is late by little.
const visitsShare = 16

// gates are what a visit passes on its way to the log, in this order. What waits among the lines passes
// the last one only.
type gates [2]passage

// passage is a gate, and how far its requests were answered when the last flush began.
type passage struct {
	*outbox.Gate
	mark int64 // the Writer's goroutine only
}

// newGates makes both gates. ahead returns how many bytes of requests may be on their way.
func newGates(ahead func() int64, isIdle func() bool) *gates {
	return &gates{
		{Gate: outbox.NewGate(func() int64 { return max(1, ahead()/visitsShare) }, isIdle)},
		{Gate: outbox.NewGate(ahead, isIdle)},
	}
}

// of returns the gates that a request passes.
func (g *gates) of(q *request) []passage {
	if q.visit {
		return g[:]
	}
	return g[1:]
}

// enter waits until a request may go to the log, or ctx is done.
func (g *gates) enter(ctx context.Context, q *request, size int) error {
	passages := g.of(q)
	for i := range passages {
		if err := passages[i].Enter(ctx, size); err != nil {
			back(passages[:i], size)
			return err
		}
	}
	return nil
}

// back takes back a request that the log did not take.
func (g *gates) back(q *request, size int) { back(g.of(q), size) }

func back(passages []passage, size int) {
	for i := range passages {
		passages[i].Back(size)
	}
}

// answered notes that requests have come through the log, and that all they led to is handed to the
// Writer.
func (g *gates) answered(sizes [len(gates{})]int) {
	for i := range g {
		g[i].Answered(sizes[i])
	}
}

// flushing notes that a flush begins and returns how far requests had been answered when the one
// before began: what they led to is among what this one writes.
func (g *gates) flushing() (marks [len(gates{})]int64) {
	for i := range g {
		marks[i], g[i].mark = g[i].mark, g[i].Answers()
	}
	return marks
}

// reach notes that all that requests up to the marks led to is written.
func (g *gates) reach(marks [len(gates{})]int64) {
	for i := range g {
		g[i].Reach(marks[i])
	}
}

// settle looks whether everything is written.
func (g *gates) settle() {
	for i := range g {
		g[i].Settle()
	}
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
