package load

import (
	"sync"
	"sync/atomic"
	"time"
)

// seen is what all readers count together.
type seen struct {
	reads, lines         atomic.Uint64 // datagrams, or reads of a stream, with at least one message, and messages
	received             atomic.Uint64 // deliveries, each once
	missing              atomic.Int64  // deliveries of which a later one has come
	notices              atomic.Uint64 // of members entering
	quits                atomic.Uint64 // of members leaving, as the first member is told
	dropped              atomic.Uint64 // lines of which the server says that it dropped them
	closed               atomic.Int64  // connections that the server closed before anybody left
	latency              Histogram     // of what was due in the measured time
	timeline             timeline
	mu                   sync.Mutex // guards others
	others               map[string]int
	measuredFrom, before atomic.Int64 // the measured time, by the run's clock
}

// measures says whether what was due then is measured.
func (s *seen) measures(due time.Duration) bool {
	return int64(due) >= s.measuredFrom.Load() && int64(due) < s.before.Load()
}

// arrived enters how long a delivery took.
func (s *seen) arrived(now, due time.Duration) {
	if s.measures(due) {
		s.latency.Record(now - due)
	}
	s.timeline.arrived(now, due)
}

// add enters what came at once.
func (s *seen) add(b batch) {
	if b.messages == 0 {
		return
	}
	s.reads.Add(1)
	s.lines.Add(uint64(b.messages))
	s.received.Add(uint64(b.fresh))
	s.missing.Add(int64(b.missing))
}

// othersMax bounds how many different other lines are kept.
const othersMax = 20

// note keeps a line that is none of the run's: what the server says beside the chat.
func (s *seen) note(line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, known := s.others[line]; known || len(s.others) < othersMax {
		s.others[line]++
	}
}
