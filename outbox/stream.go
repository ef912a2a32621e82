package outbox

import (
	"slices"
	"sync"
)

// Stream is what waits to be written to one connection: bytes in their order, bounded. What a full Stream gets is more than its
// reader takes: it is dropped, and so must the reader be, as a stream with a hole in it is worth nothing. Any goroutine, but for
// Next, which belongs to whoever writes at the moment.
type Stream struct {
	mu      sync.Mutex
	busy    bool          // somebody writes, or was told to
	held    bool          // see Hold
	full    bool          // see Push
	halted  bool          // see Halt
	limit   int           // bytes
	bytes   int           // what all of it costs
	chunks  [][]byte      // shared between Streams: nobody changes them
	written int           // of the first chunk
	one     [1][]byte     // chunks, while there is at most one: an idle Stream holds nothing else
	flying  int           // bytes that Next gave out last
	open    int           // while held: how many chunks came before Hold
	below   int           // see Below
	roomy   chan struct{} // closed when no more waits; nil: nobody waits for that
}

// Fate is what becomes of a Push.
type Fate int

const (
	Queued     Fate = iota // in its place; somebody writes already, or will at Release
	Ready                  // in its place; the owner must be given to whoever writes
	Overflowed             // dropped, with everything else: the reader is too slow. Said once
	Dropped                // dropped, as after Overflowed
)

// NewStream returns an empty Stream that holds at most limit bytes.
func NewStream(limit int) *Stream {
	s := new(Stream)
	s.Init(limit)
	return s
}

// Init makes a Stream that stands in something else an empty one. It must not be copied then.
func (s *Stream) Init(limit int) {
	s.limit = limit
	s.chunks = s.one[:0]
}

// Push adds chunks.
func (s *Stream) Push(chunks ...[]byte) Fate {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.push(chunks)
}

func (s *Stream) push(chunks [][]byte) Fate {
	if s.full {
		return Dropped
	}
	for _, c := range chunks {
		if len(c) > 0 { // an empty one would never be written
			s.chunks = append(s.chunks, c)
			s.bytes += len(c) + chunkCost
		}
	}
	if s.bytes > s.limit {
		s.full = true
		s.empty()
		return Overflowed
	}
	return s.start()
}

// start says whether somebody has to begin writing.
func (s *Stream) start() Fate {
	if s.busy || s.ready() == 0 {
		return Queued
	}
	s.busy = true
	return Ready
}

// ready returns how many chunks may be written.
func (s *Stream) ready() int {
	if s.held {
		return s.open
	}
	return len(s.chunks)
}

// empty drops all but the chunks that are written in part, or are being written: what follows must not begin in the middle of one.
func (s *Stream) empty() {
	kept := 0
	for begun := s.written + s.flying; begun > 0; kept++ {
		begun -= len(s.chunks[kept])
	}
	clear(s.chunks[kept:])
	s.chunks = s.chunks[:kept]
	s.open = min(s.open, kept)
	s.bytes = 0
	for _, c := range s.chunks {
		s.bytes += len(c) + chunkCost
	}
	s.rest()
}

// Hold keeps back what is pushed from now on until Release.
func (s *Stream) Hold() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held, s.open = true, len(s.chunks)
}

// Release ends Hold, with first before whatever came meanwhile.
func (s *Stream) Release(first ...[]byte) Fate {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.full {
		return Dropped
	}
	if !s.held { // what waits may be half written
		return s.push(first)
	}
	later := s.chunks[s.open:]
	for _, c := range later {
		s.bytes -= len(c) + chunkCost
	}
	s.chunks = slices.Clip(s.chunks[:s.open])
	s.held = false
	return s.push(append(first, later...))
}

// Last drops what waits, takes nothing more, and leaves one chunk to be written: last words.
func (s *Stream) Last(words []byte) Fate {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.halted {
		return Dropped
	}
	s.empty()
	s.chunks = append(s.chunks, words)
	s.bytes += len(words) + chunkCost
	s.full, s.held = true, false
	return s.start()
}

// End takes nothing more; what waits is still to be written.
func (s *Stream) End() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.full = true
}

// Next returns what is to be written next, once n bytes of what it returned before were: the first chunk, or as much of all of them
// as scratch holds. nil: nothing for now, and whoever pushes next is told Ready.
func (s *Stream) Next(n int, scratch []byte) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.flying > 0 {
		s.wrote(n)
	}
	ready := s.ready()
	if ready == 0 {
		s.busy = false
		return nil
	}
	first := s.chunks[0][s.written:]
	if ready == 1 || len(first) >= cap(scratch) {
		s.flying = len(first)
		return first
	}
	gathered := append(scratch[:0], first...)
	for _, c := range s.chunks[1:ready] {
		n := min(len(c), cap(gathered)-len(gathered))
		gathered = append(gathered, c[:n]...)
		if n < len(c) {
			break
		}
	}
	s.flying = len(gathered)
	return gathered
}

// wrote takes away n bytes that were written. mu is held.
func (s *Stream) wrote(n int) {
	s.flying = 0
	if s.halted {
		s.clear()
		return
	}
	n += s.written
	done := 0
	for done < len(s.chunks) && n >= len(s.chunks[done]) {
		n -= len(s.chunks[done])
		s.bytes -= len(s.chunks[done]) + chunkCost
		done++
	}
	s.written = n
	s.open = max(0, s.open-done)
	if done == len(s.chunks) {
		s.one[0] = nil
		s.chunks = s.one[:0] // a burst's memory goes back
	} else if done > 0 {
		rest := copy(s.chunks, s.chunks[done:])
		clear(s.chunks[rest:])
		s.chunks = s.chunks[:rest]
	}
	s.rest()
}

// rest lets go on who waits for room. mu is held.
func (s *Stream) rest() {
	if s.roomy != nil && s.bytes <= s.below {
		close(s.roomy)
		s.roomy = nil
	}
}

// Below returns a channel that is closed once no more than so many bytes wait, with what they cost; nil: no more do. One at a time
// can wait.
func (s *Stream) Below(bytes int) <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.bytes <= bytes {
		return nil
	}
	s.below, s.roomy = bytes, make(chan struct{})
	return s.roomy
}

// Wake lets go on who waits for room, though there is none: it has something else to look at.
func (s *Stream) Wake() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.roomy != nil {
		close(s.roomy)
		s.roomy = nil
	}
}

// Fail says that nothing can be written any more: all of it is dropped. It takes the place of Next for who called that last.
func (s *Stream) Fail() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.full, s.busy = true, false
	s.clear()
}

// Halt drops what waits and takes nothing more. It returns a channel that is closed once what Next returned last is written or has
// failed, or by Wake; nil: nothing is being written, and Next returns nothing any more.
func (s *Stream) Halt() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.full, s.halted = true, true
	if s.flying == 0 {
		s.clear()
		return nil
	}
	if s.roomy == nil {
		s.roomy = make(chan struct{})
	}
	s.below = 0
	return s.roomy
}

// clear drops everything. mu is held.
func (s *Stream) clear() {
	s.chunks, s.bytes, s.written, s.flying, s.open = nil, 0, 0, 0, 0
	s.rest()
}

// Len returns how many bytes wait.
func (s *Stream) Len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := -s.written
	for _, c := range s.chunks {
		n += len(c)
	}
	return n
}
