package outbox

import "sync"

// Writer calls flush, on one goroutine, with the owners of Queues that have something to write: all that are ready at a time.
type Writer[Owner any] struct {
	flush func([]Owner)
	wake  chan struct{}
	done  chan struct{}

	mu     sync.Mutex
	ready  []Owner
	closed bool
}

// NewWriter starts a Writer. flush takes its owners' Queues and writes; it may block, and only this Writer then waits.
func NewWriter[Owner any](flush func([]Owner)) *Writer[Owner] {
	w := &Writer[Owner]{flush: flush, wake: make(chan struct{}, 1), done: make(chan struct{})}
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

// Len returns how many owners wait to be written for.
func (w *Writer[Owner]) Len() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.ready)
}

// Close writes what is ready and ends the goroutine.
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
	for range w.wake {
		w.mu.Lock()
		owners, closed := w.ready, w.closed
		w.ready = spare[:0]
		w.mu.Unlock()
		if len(owners) > 0 {
			w.flush(owners)
		}
		if closed {
			return
		}
		clear(owners)
		spare = owners
	}
}
