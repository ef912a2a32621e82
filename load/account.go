package load

// Account is what one member received of what several senders said. Every sender numbers what it says from 0.
type Account struct {
	self    int // whose lines are not expected; -1: all are
	streams []stream
	tally   Tally
}

// stream is what has come of one sender.
type stream struct {
	next uint32 // after the highest number that came
	gaps []span // what is missing below it, in order
}

// span is the numbers from first to before end.
type span struct{ first, end uint32 }

// Verdict is what becomes of one line.
type Verdict int

const (
	Fresh      Verdict = iota // the first time, after all that came before it
	Late                      // the first time, but after a later one
	Doubled                   // not the first time
	Unexpected                // the member's own
)

// Tally counts deliveries: one member's one line.
type Tally struct {
	Expected   uint64 `json:"expected"`
	Received   uint64 `json:"received"` // each once, however often it came
	Lost       uint64 `json:"lost"`
	Doubled    uint64 `json:"doubled"`
	OutOfOrder uint64 `json:"out_of_order"` // received after a later one of the same sender
	Damaged    uint64 `json:"damaged"`      // came changed
	Unexpected uint64 `json:"unexpected"`   // a member's own lines from a server that was not said to echo, or another room's
}

// Add adds another tally.
func (t *Tally) Add(other Tally) {
	t.Expected += other.Expected
	t.Received += other.Received
	t.Lost += other.Lost
	t.Doubled += other.Doubled
	t.OutOfOrder += other.OutOfOrder
	t.Damaged += other.Damaged
	t.Unexpected += other.Unexpected
}

// Faults says how many deliveries were not as they must be.
func (t Tally) Faults() uint64 {
	return t.Lost + t.Doubled + t.OutOfOrder + t.Damaged + t.Unexpected
}

// NewAccount returns an empty account of so many senders. self is the member's own number among them, -1 if its own lines are
// expected as well or it says nothing.
func NewAccount(senders, self int) *Account {
	return &Account{self: self, streams: make([]stream, senders)}
}

// Take enters a line that came. missing is by how many lines more, or fewer, are missing now.
func (a *Account) Take(sender int, number uint32) (v Verdict, missing int) {
	if sender == a.self {
		a.tally.Unexpected++
		return Unexpected, 0
	}
	s := &a.streams[sender]
	if number >= s.next {
		missing = int(number - s.next)
		if missing > 0 {
			s.gaps = append(s.gaps, span{s.next, number})
		}
		s.next = number + 1
		a.tally.Received++
		return Fresh, missing
	}
	if !s.fill(number) {
		a.tally.Doubled++
		return Doubled, 0
	}
	a.tally.Received++
	a.tally.OutOfOrder++
	return Late, -1
}

// fill takes a number out of what is missing, and says whether it was.
func (s *stream) fill(number uint32) bool {
	for i, g := range s.gaps {
		if number < g.first || number >= g.end {
			continue
		}
		rest := make([]span, 0, 2)
		if g.first < number {
			rest = append(rest, span{g.first, number})
		}
		if number+1 < g.end {
			rest = append(rest, span{number + 1, g.end})
		}
		s.gaps = append(s.gaps[:i:i], append(rest, s.gaps[i+1:]...)...)
		return true
	}
	return false
}

// Damaged enters a line that came changed, so that nobody can tell which it was.
func (a *Account) Damaged() { a.tally.Damaged++ }

// Misdirected enters a line that was said in another room.
func (a *Account) Misdirected() { a.tally.Unexpected++ }

// Close returns the tally, given how many messages each sender sent.
func (a *Account) Close(sent []uint32) Tally {
	t := a.tally
	for i, s := range a.streams {
		if i == a.self {
			continue
		}
		t.Expected += uint64(sent[i])
		t.Lost += uint64(max(sent[i], s.next) - s.next)
		for _, g := range s.gaps {
			t.Lost += uint64(g.end - g.first)
		}
	}
	return t
}
