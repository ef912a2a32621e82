package udp

import (
	"context"
	"strings"
	"sync/atomic"
	"time"

	"parley/chat"
	"parley/wire/datagram"
)

// gateEvery is how often a closed gate looks for itself whether everything is written.
const gateEvery = 10 * time.Millisecond

// gateLines is about how many lines may wait for all members together: what they cost in memory is theirs in a list each, 32 bytes,
// even where the line itself is the same for all.
const gateLines = 1 << 20

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
	lines := 1 + strings.Count(p.Text, "\n") + len(p.Text)/datagram.MaxLine
	return len(p.Text) + lines*lineWeight
}

// gate keeps requests from running ahead of what they lead to: while more of them than its limit are on their way through the
// log, or have led to lines that are not written yet, it is closed. So a storm waits outside instead of in every member's outbox.
// It is about the members as a whole: who is behind alone keeps nobody waiting.
type gate struct {
	limit   func() int64 // bytes, at least 1
	isIdle  func() bool  // everything is written
	moved   chan struct{}
	taken   atomic.Int64 // bytes of requests let through
	done    atomic.Int64 // of those, answered by the log
	written atomic.Int64 // of those, with all that they led to written
}

func newGate(limit func() int64, isIdle func() bool) *gate {
	return &gate{limit: limit, isIdle: isIdle, moved: make(chan struct{}, 1)}
}

// enter waits until the gate is open, or ctx is done, and lets a request of that many bytes through. One goroutine.
func (g *gate) enter(ctx context.Context, size int) error {
	for g.isClosed() {
		look := time.NewTimer(gateEvery)
		select {
		case <-g.moved:
		case <-look.C:
		case <-ctx.Done():
			look.Stop()
			return ctx.Err()
		}
		look.Stop()
	}
	g.taken.Add(int64(size))
	return nil
}

func (g *gate) isClosed() bool {
	limit := g.limit()
	if g.taken.Load()-g.written.Load() < limit {
		return false
	}
	if g.isIdle() { // perhaps nobody was there to be told
		g.written.Store(g.done.Load())
	}
	return g.taken.Load()-g.written.Load() >= limit
}

// back takes back a request that the log did not take.
func (g *gate) back(size int) { g.taken.Add(-int64(size)) }

// answered notes that a request has come through the log.
func (g *gate) answered(size int) { g.done.Add(int64(size)) }

// reach notes that all that requests up to mark led to is written. mark is what answers returned before it was.
func (g *gate) reach(mark int64) {
	g.written.Store(mark)
	select {
	case g.moved <- struct{}{}:
	default:
	}
}

// answers returns the bytes of all requests answered so far.
func (g *gate) answers() int64 { return g.done.Load() }
