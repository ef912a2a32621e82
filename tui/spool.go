package tui

import (
	"context"
	"strings"
	"sync"
	"time"
)

// What a Spool holds at most: beyond either bound, lines are counted instead.
const (
	spoolLines = 1000
	spoolBytes = 256 << 10
)

// stuckAfter is how long a terminal takes no output before Wait and Flush give up on it.
const stuckAfter = time.Second

// Spool is a Console whose output never waits for the terminal: Print, PrintColored, Echo and
// SetPrompt put it into a bounded queue, which a goroutine of its own writes. Lines that do not
// fit are left out, and their number is shown in their place.
type Spool struct {
	Console
	leftOut func(lines int) string

	mu      sync.Mutex
	queue   []piece
	lines   int           // in queue
	bytes   int           // in queue
	missing int           // lines left out since the newest piece
	queued  uint64        // pieces that were ever queued
	taken   uint64        // of these, pieces that the terminal has taken
	changed chan struct{} // closed when the terminal has taken the next piece; nil: nobody waits
	writing bool          // there is a goroutine that writes
}

// piece is one thing to write.
type piece struct {
	lines, bytes int
	show         func()
}

// NewSpool returns a Spool in front of a Console. leftOut words that so many lines are missing.
func NewSpool(c Console, leftOut func(lines int) string) *Spool {
	return &Spool{Console: c, leftOut: leftOut}
}

// write writes what is queued until the queue is empty. In a terminal that takes no output it
// stays for ever.
func (s *Spool) write() {
	for next, ok := s.next(); ok; next, ok = s.next() {
		next.show()
		s.took()
	}
}

// next takes the oldest piece out of the queue, if there is one.
func (s *Spool) next() (piece, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.queue) == 0 && s.missing > 0 {
		s.tellMissing()
	}
	if len(s.queue) == 0 {
		s.writing = false
		s.change()
		return piece{}, false
	}
	p := s.queue[0]
	s.queue = s.queue[1:]
	s.lines -= p.lines
	s.bytes -= p.bytes
	return p, true
}

func (s *Spool) took() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.taken++
	s.change()
}

// change wakes those that wait. mu is held.
func (s *Spool) change() {
	if s.changed != nil {
		close(s.changed)
		s.changed = nil
	}
}

// tellMissing queues how many lines were left out. mu is held.
func (s *Spool) tellMissing() {
	text := s.leftOut(s.missing)
	s.missing = 0
	s.push(piece{1, len(text), func() { s.Console.Print(text) }})
}

// push adds a piece. mu is held.
func (s *Spool) push(p piece) {
	s.queue = append(s.queue, p)
	s.queued++
	s.lines += p.lines
	s.bytes += p.bytes
	if !s.writing {
		s.writing = true
		go s.write()
	}
}

// put queues text, or counts its lines where they do not fit. The first piece always fits.
func (s *Spool) put(text string, show func()) {
	p := piece{1 + strings.Count(text, "\n"), len(text), show}
	s.mu.Lock()
	defer s.mu.Unlock()
	full := s.lines+p.lines > spoolLines || s.bytes+p.bytes > spoolBytes
	if len(s.queue) > 0 && (full || s.missing > 0 && !s.roomy()) {
		s.missing += p.lines
		return
	}
	if s.missing > 0 {
		s.tellMissing()
	}
	s.push(p)
}

// roomy says that at most half of what fits waits. mu is held.
func (s *Spool) roomy() bool { return s.lines <= spoolLines/2 && s.bytes <= spoolBytes/2 }

// Print implements Console.
func (s *Spool) Print(text string) { s.put(text, func() { s.Console.Print(text) }) }

// PrintColored implements Console.
func (s *Spool) PrintColored(text string) { s.put(text, func() { s.Console.PrintColored(text) }) }

// Echo implements Console.
func (s *Spool) Echo(line string) { s.put(line, func() { s.Console.Echo(line) }) }

// SetPrompt implements Console.
func (s *Spool) SetPrompt(prompt string) { s.put("", func() { s.Console.SetPrompt(prompt) }) }

// ReadLine implements Console. It lets the terminal take first what was printed so far, for up to
// a second, as some terminals show the prompt once.
func (s *Spool) ReadLine(ctx context.Context) (string, error) {
	s.mu.Lock()
	mark := s.queued
	s.mu.Unlock()
	s.until(ctx, func() bool { return s.taken >= mark })
	return s.Console.ReadLine(ctx)
}

// Roomy says whether much more can be printed without leaving lines out.
func (s *Spool) Roomy() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.roomy()
}

// Wait returns true once the Spool is roomy, and false when ctx ends or the terminal takes no
// output for a second. Only a goroutine that nobody waits for may call it.
func (s *Spool) Wait(ctx context.Context) bool {
	return s.until(ctx, s.roomy)
}

// Flush returns once all is written, or when the terminal takes no output for a second.
func (s *Spool) Flush() {
	s.until(context.Background(), func() bool { return !s.writing })
}

// until waits for a condition of the queue, which is asked with mu held.
func (s *Spool) until(ctx context.Context, is func() bool) bool {
	stuck := time.NewTimer(stuckAfter)
	defer stuck.Stop()
	for {
		s.mu.Lock()
		if is() {
			s.mu.Unlock()
			return true
		}
		if s.changed == nil {
			s.changed = make(chan struct{})
		}
		changed := s.changed
		s.mu.Unlock()
		select {
		case <-changed:
			stuck.Reset(stuckAfter)
		case <-stuck.C:
			return false
		case <-ctx.Done():
			return false
		}
	}
}
