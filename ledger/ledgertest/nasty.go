package ledgertest

import (
	"context"
	"io"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"time"

	"parley/chat"
)

// Habits says how nasty a Nasty is. The zero value delays and regroups: the stream is that of any other log.
type Habits struct {
	Seed uint64

	// Repeat returns Records again, with their Places, at any later time. A reader's hash stays what it would be.
	Repeat bool

	// Renumber returns commands again under a new Place, as a sender does that saw no acknowledgement. Places and with them a
	// reader's hash are then others; what was said is not.
	Renumber bool
}

// Nasty implements ledger.Ledger, in memory, as badly as the contract allows: what is there comes late and in odd portions,
// and some of it again. The same seed and the same calls give the same stream.
type Nasty struct {
	now      func() time.Time
	capacity int

	mu      sync.Mutex    // guards the rest
	changed chan struct{} // closed and replaced when what follows changes
	dice    *rand.Rand
	habits  Habits
	taken   []chat.Record // without place and time
	told    []chat.Record // the newest that were read, to be repeated
	again   []chat.Record // read already and due once more, with their places
	closed  bool
	place   chat.Place
	time    time.Time
}

// memory is how far back a Nasty repeats.
const memory = 20

// NewNasty returns a log that goes on after progress, with room for capacity commands. now is the clock.
func NewNasty(progress chat.Progress, capacity int, now func() time.Time, habits Habits) *Nasty {
	return &Nasty{
		now: now, capacity: capacity, changed: make(chan struct{}),
		dice: rand.New(rand.NewPCG(habits.Seed, 0)), habits: habits, place: progress.Place, time: progress.Time,
	}
}

// Append implements ledger.Ledger.
func (l *Nasty) Append(origin chat.Origin, command chat.Command) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.closed:
		return chat.Refuse(chat.ShuttingDown)
	case len(l.taken) >= l.capacity:
		return chat.Refuse(chat.Busy)
	}
	l.taken = append(l.taken, chat.Record{Origin: origin, Command: command})
	l.change()
	return nil
}

// Next implements ledger.Ledger.
func (l *Nasty) Next(ctx context.Context, max int) ([]chat.Record, error) {
	for {
		records, changed := l.read(max)
		switch {
		case len(records) > 0:
			return records, nil
		case changed == nil:
			return nil, io.EOF
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		for range l.roll(3) { // late: others may come first
			runtime.Gosched()
		}
	}
}

// read returns a portion of what is there, or a channel to wait for, or neither at the end.
func (l *Nasty) read(max int) ([]chat.Record, <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.taken)+len(l.again) == 0 {
		if l.closed {
			return nil, nil
		}
		return nil, l.changed
	}
	if now := l.now().UTC().Round(0); now.After(l.time) {
		l.time = now
	}
	var records []chat.Record
	for portion := 1 + l.dice.IntN(min(max, 1+len(l.taken)+len(l.again))); len(records) < portion; {
		r, ok := l.one()
		if !ok {
			break
		}
		records = append(records, r)
	}
	l.change()
	return records, nil
}

// one returns the next Record: one that was read before, or the oldest that was not.
func (l *Nasty) one() (r chat.Record, ok bool) {
	if len(l.again) > 0 && (len(l.taken) == 0 || l.dice.IntN(2) == 0) {
		r, l.again = l.again[0], slices.Delete(l.again, 0, 1)
		return r, true
	}
	if len(l.taken) == 0 {
		return r, false
	}
	if l.habits.Renumber && len(l.told) > 0 && l.dice.IntN(4) == 0 {
		return l.number(l.told[l.dice.IntN(len(l.told))]), true
	}
	r, l.taken = l.number(l.taken[0]), slices.Delete(l.taken, 0, 1)
	l.told = append(l.told, r)
	if len(l.told) > memory {
		l.told = slices.Delete(l.told, 0, 1)
	}
	if l.habits.Repeat && l.dice.IntN(3) == 0 {
		l.again = append(l.again, l.told[l.dice.IntN(len(l.told))])
	}
	return r, true
}

// number gives a Record its place and its time.
func (l *Nasty) number(r chat.Record) chat.Record {
	l.place++
	r.Place, r.Time = l.place, l.time
	return r
}

// roll throws the dice.
func (l *Nasty) roll(n int) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.dice.IntN(n)
}

// change wakes whoever waits. Called with mu held.
func (l *Nasty) change() {
	close(l.changed)
	l.changed = make(chan struct{})
}

// Tip implements ledger.Ledger.
func (l *Nasty) Tip(context.Context) (chat.Place, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.place, nil
}

// Shared implements ledger.Ledger.
func (l *Nasty) Shared() bool { return false }

// Close implements ledger.Ledger.
func (l *Nasty) Close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	l.change()
}

// Len implements ledger.Ledger.
func (l *Nasty) Len() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.taken)
}

// Cap implements ledger.Ledger.
func (l *Nasty) Cap() int { return l.capacity }
