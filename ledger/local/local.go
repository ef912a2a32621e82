// Package local is the ordered log of a server that stands alone: a bounded queue in memory.
//
// It knows nothing of disks: a command becomes durable when the hub commits what it led to, and is not answered before. So
// nothing is lost that anybody was told.
//
// Its laws: a place and a time are given when a record is read, continuing those of the store; a time never goes back, even
// when the clock does.
package local

import (
	"context"
	"io"
	"sync"
	"time"

	"parley/chat"
)

// batchBytes bounds what one Next returns, beside its max: a transaction stays small enough for the next to wait for it.
const batchBytes = 1 << 20

// Ledger implements ledger.Ledger.
type Ledger struct {
	now      func() time.Time
	capacity int
	ready    chan struct{} // holds a token when the reader has something to look for

	mu     sync.Mutex // guards the rest
	taken  []entry
	closed bool
	place  chat.Place
	time   time.Time
}

type entry struct {
	origin  chat.Origin
	command chat.Command
}

// New returns a log that goes on after progress, with room for capacity commands. now is the clock.
func New(progress chat.Progress, capacity int, now func() time.Time) *Ledger {
	return &Ledger{now: now, capacity: capacity, ready: make(chan struct{}, 1), place: progress.Place, time: progress.Time}
}

// Append implements ledger.Ledger.
func (l *Ledger) Append(origin chat.Origin, command chat.Command) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.closed:
		return chat.Refuse(chat.ShuttingDown)
	case len(l.taken) >= l.capacity:
		return chat.Refuse(chat.Busy)
	}
	l.taken = append(l.taken, entry{origin, command})
	l.wake()
	return nil
}

// Next implements ledger.Ledger.
func (l *Ledger) Next(ctx context.Context, max int) ([]chat.Record, error) {
	for {
		select {
		case <-l.ready:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		if records, end := l.read(max); end {
			return nil, io.EOF
		} else if len(records) > 0 {
			return records, nil
		}
	}
}

func (l *Ledger) read(max int) (records []chat.Record, end bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n, size := 0, 0
	for n < len(l.taken) && n < max && size < batchBytes {
		size += chat.Size(l.taken[n].command)
		n++
	}
	if n == 0 {
		if l.closed {
			l.wake() // for every later call
		}
		return nil, l.closed
	}
	if now := l.now().UTC().Round(0); now.After(l.time) {
		l.time = now
	}
	records = make([]chat.Record, n)
	for i, e := range l.taken[:n] {
		l.place++
		records[i] = chat.Record{Place: l.place, Time: l.time, Origin: e.origin, Command: e.command}
	}
	l.taken = append(l.taken[:0], l.taken[n:]...)
	clear(l.taken[len(l.taken):cap(l.taken)])
	if len(l.taken) > 0 || l.closed {
		l.wake()
	}
	return records, false
}

// wake lets the reader look again. Called with mu held.
func (l *Ledger) wake() {
	select {
	case l.ready <- struct{}{}:
	default:
	}
}

// Tip implements ledger.Ledger. A command has no place before it is read, so the newest is what the
// reader has.
func (l *Ledger) Tip(context.Context) (chat.Place, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.place, nil
}

// Shared implements ledger.Ledger.
func (l *Ledger) Shared() bool { return false }

// Close implements ledger.Ledger.
func (l *Ledger) Close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	l.wake()
}

// Len implements ledger.Ledger.
func (l *Ledger) Len() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.taken)
}

// Cap implements ledger.Ledger.
func (l *Ledger) Cap() int { return l.capacity }
