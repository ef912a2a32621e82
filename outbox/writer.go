package outbox

import (
	"sync"
	"time"
)

// Writer calls flush, on one goroutine, with the owners of Queues that have something to write: all that are ready at a time.
type Writer[Owner comparable] struct {
	flush   Flush[Owner]
	settled func() // nil: nobody wants to know
	rest    time.Duration
	wake    chan struct{}
	done    chan struct{}

	mu     sync.Mutex // guards the rest
	ready  []Owner
	later  map[Owner]struct{} // those who rest
	busy   bool               // in flush
	closed bool
}

// Flush takes from the Queues of its owners and writes; it may block, and only its Writer then waits. It returns those of its
// owners who are to rest before more is written for them; resting is how many rest already and are not among its owners.
type Flush[Owner comparable] func(owners []Owner, resting int) (again []Owner)

// NewWriter starts a Writer. Who is to rest does so for rest, or longer. settled, if given, is called on its goroutine whenever
// everything that was ready is written.
func NewWriter[Owner comparable](rest time.Duration, flush Flush[Owner], settled func()) *Writer[Owner] {
	w := &Writer[Owner]{flush: flush, settled: settled, rest: rest, wake: make(chan struct{}, 1), done: make(chan struct{}), later: map[Owner]struct{}{}}
	go w.run()
	return w
}

// Ready hands over owners whose Push or Release returned true. It never blocks. Any goroutine.
func (w *Writer[Owner]) Ready(owners ...Owner) {
	if len(owners) == 0 {
		return
	}
	w.mu.Lock()
	w.ready = append(w.ready, owners...)
	w.mu.Unlock()
	w.signal()
}

// Len returns how many owners wait to be written for, those who rest among them.
func (w *Writer[Owner]) Len() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.ready) + len(w.later)
}

// IsIdle says whether everything that was ready is written.
func (w *Writer[Owner]) IsIdle() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.ready) == 0 && len(w.later) == 0 && !w.busy
}

// Close writes what is ready, at the pace at which it may be, and ends the goroutine.
func (w *Writer[Owner]) Close() {
	w.mu.Lock()
	w.closed = true
	w.mu.Unlock()
	w.signal()
	<-w.done
}

func (w *Writer[Owner]) signal() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

func (w *Writer[Owner]) run() {
	defer close(w.done)
	var spare []Owner
	var rested <-chan time.Time // nil: nobody rests
	for {
		due := false
		select {
		case <-w.wake:
		case <-rested:
			due, rested = true, nil
		}
		owners, resting := w.take(spare, due)
		var again []Owner
		if len(owners) > 0 {
			again = w.flush(owners, resting)
		}
		ended := w.putOff(again)
		if w.settled != nil && len(again) == 0 && w.IsIdle() {
			w.settled()
		}
		if ended {
			return
		}
		if rested == nil && len(again)+resting > 0 {
			rested = time.After(w.rest)
		}
		clear(owners)
		spare = owners
	}
}

// take returns who is ready, and with those who have rested if it is due; and how many rest on.
func (w *Writer[Owner]) take(spare []Owner, due bool) (owners []Owner, resting int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	owners, w.ready, w.busy = w.ready, spare[:0], true
	if due {
		for o := range w.later {
			owners = append(owners, o)
		}
		clear(w.later)
	}
	return owners, len(w.later)
}

// putOff ends a flush and says whether it was the last.
func (w *Writer[Owner]) putOff(again []Owner) (ended bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.busy = false
	for _, o := range again {
		w.later[o] = struct{}{}
	}
	return w.closed && len(w.later) == 0 && len(w.ready) == 0
}
