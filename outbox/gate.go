package outbox

import (
	"context"
	"slices"
	"sync"
)

// Gate keeps requests from running ahead of what they lead to: while more of them than its limit are on their way through the
// log, or have led to bytes that are not written yet, it is closed. So a storm waits outside instead of in every member's outbox.
// It is about the members as a whole: who is behind alone keeps nobody waiting. Any goroutine.
type Gate struct {
	limit  func() int64 // bytes, at least 1; called without the gate's lock
	isIdle func() bool  // everything that is ready is written

	mu      sync.Mutex // guards the rest
	taken   int64      // bytes of requests let through
	done    int64      // of those, answered by the log
	written int64      // of those, with all that they led to written
	waiting []*waiter  // in the order in which they came
}

// waiter is who waits to be let through.
type waiter struct {
	size    int64
	through chan struct{} // closed when it is
}

// NewGate returns an open gate. isIdle is its Writer's IsIdle; the Writer calls Settle.
func NewGate(limit func() int64, isIdle func() bool) *Gate {
	return &Gate{limit: limit, isIdle: isIdle}
}

// Enter waits until the gate is open and those before have gone through, or ctx is done, and lets a request of that many bytes
// through.
func (g *Gate) Enter(ctx context.Context, size int) error {
	w := g.queue(int64(size))
	if w == nil {
		return nil
	}
	select {
	case <-w.through:
		return nil
	case <-ctx.Done():
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if i := slices.Index(g.waiting, w); i >= 0 {
		g.waiting = slices.Delete(g.waiting, i, i+1)
		return ctx.Err()
	}
	return nil // it was let through meanwhile
}

// queue lets a request through, or returns who waits for that.
func (g *Gate) queue(size int64) *waiter {
	limit := g.limit()
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.waiting) == 0 && g.taken-g.written < limit {
		g.taken += size
		return nil
	}
	w := &waiter{size, make(chan struct{})}
	g.waiting = append(g.waiting, w)
	return w
}

// Back takes back a request that the log did not take.
func (g *Gate) Back(size int) {
	limit := g.limit()
	g.mu.Lock()
	defer g.mu.Unlock()
	g.taken -= int64(size)
	g.open(limit)
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
	limit := g.limit()
	g.mu.Lock()
	defer g.mu.Unlock()
	if mark > g.written {
		g.written = mark
		g.open(limit)
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

// open lets through who waits, as far as the limit goes. mu is held.
func (g *Gate) open(limit int64) {
	n := 0
	for n < len(g.waiting) && g.taken-g.written < limit {
		g.taken += g.waiting[n].size
		close(g.waiting[n].through)
		n++
	}
	g.waiting = slices.Delete(g.waiting, 0, n)
	if len(g.waiting) == 0 {
		g.waiting = nil // a crowd's memory goes back
	}
}
