package outbox

import (
	"context"
	"sync"
)

// Gate keeps requests from running ahead of what they lead to: while more of them than its limit are on their way through the
// log, or have led to bytes that are not written yet, it is closed. So a storm waits outside instead of in every member's outbox.
// It is about the members as a whole: who is behind alone keeps nobody waiting. Any goroutine.
type Gate struct {
	limit  func() int64 // bytes, at least 1
	isIdle func() bool  // everything that is ready is written

	mu      sync.Mutex // guards the rest
	taken   int64      // bytes of requests let through
	done    int64      // of those, answered by the log
	written int64      // of those, with all that they led to written
	opened  chan struct{}
}

// NewGate returns an open gate. isIdle is its Writer's IsIdle; the Writer calls Settle.
func NewGate(limit func() int64, isIdle func() bool) *Gate {
	return &Gate{limit: limit, isIdle: isIdle}
}

// Enter waits until the gate is open, or ctx is done, and lets a request of that many bytes through.
func (g *Gate) Enter(ctx context.Context, size int) error {
	for {
		opened := g.enter(int64(size))
		if opened == nil {
			return nil
		}
		select {
		case <-opened:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// enter lets a request through, or returns what is closed when that may pass.
func (g *Gate) enter(size int64) (opened <-chan struct{}) {
	limit := g.limit()
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.taken-g.written < limit {
		g.taken += size
		return nil
	}
	if g.opened == nil {
		g.opened = make(chan struct{})
	}
	return g.opened
}

// Back takes back a request that the log did not take.
func (g *Gate) Back(size int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.taken -= int64(size)
	g.open()
}

// Answered notes that requests have come through the log, and that all they led to is handed to the Writer.
func (g *Gate) Answered(size int) {
	g.mu.Lock()
	g.done += int64(size)
	g.mu.Unlock()
	g.Settle() // perhaps nobody was there to be told
}

// Answers returns the bytes of all requests answered so far.
func (g *Gate) Answers() int64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.done
}

// Reach notes that all that requests up to mark led to is written. mark is what Answers returned before it was.
func (g *Gate) Reach(mark int64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if mark > g.written {
		g.written = mark
		g.open()
	}
}

// Settle looks whether everything is written.
func (g *Gate) Settle() {
	mark := g.Answers() // before: what is answered meanwhile may be ready and not written
	if g.isIdle() {
		g.Reach(mark)
	}
}

// Waiting returns how many bytes of requests are on their way.
func (g *Gate) Waiting() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return int(g.taken - g.written)
}

// open lets those try again who wait. mu is held.
func (g *Gate) open() {
	if g.opened != nil {
		close(g.opened)
		g.opened = nil
	}
}
