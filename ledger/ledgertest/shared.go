package ledgertest

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"time"

	"parley/chat"
)

// Shared is one log that several nodes append to and read, in memory, as badly as the contract
// allows. A node's command comes late. It may wait until others have appended much more, even after
// the node was killed. Records come again, with their places or with later ones, and in odd
// portions. Nothing is lost that was appended by a node that lives.
type Shared struct {
	now func() time.Time

	mu      sync.Mutex    // guards the rest, and the Nodes
	changed chan struct{} // closed and replaced when what follows changes
	dice    *rand.Rand
	nodes   []*Node
	log     []entry
	place   chat.Place
	time    time.Time
}

// entry is a Record of the log, and whose it is; nil: it is there again.
type entry struct {
	chat.Record
	of *Node
}

// Node is one node's end of a Shared log. It implements ledger.Ledger.
type Node struct {
	log      *Shared
	capacity int
	taken    []chat.Record // appended, and not in the log yet
	unread   int           // appended, and not returned by Next yet
	held     int           // how often others are preferred before taken gets on
	read     int           // of the log
	cut      bool
	closed   bool
	killed   bool
}

// ErrKilled is what Next returns to a node that was killed.
var ErrKilled = errors.New("ledgertest: the node was killed")

// heldMost bounds how long a node's commands are held, in commands of others.
const heldMost = 200

// NewShared returns an empty log that goes on after progress. now is its clock.
func NewShared(seed uint64, progress chat.Progress, now func() time.Time) *Shared {
	return &Shared{
		now: now, changed: make(chan struct{}), dice: rand.New(rand.NewPCG(seed, 1)),
		place: progress.Place, time: progress.Time,
	}
}

// Join returns a node's end that goes on after progress, with room for capacity commands.
func (l *Shared) Join(progress chat.Progress, capacity int) *Node {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := &Node{log: l, capacity: capacity}
	n.read, _ = slices.BinarySearchFunc(l.log, progress.Place+1, byPlace)
	l.nodes = append(l.nodes, n)
	return n
}

func byPlace(r entry, place chat.Place) int { return int(int64(r.Place) - int64(place)) }

// Append implements ledger.Ledger.
func (n *Node) Append(origin chat.Origin, command chat.Command) error {
	l := n.log
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case n.closed:
		return chat.Refuse(chat.ShuttingDown)
	case n.unread >= n.capacity:
		return chat.Refuse(chat.Busy)
	}
	n.taken = append(n.taken, chat.Record{Origin: origin, Command: command})
	n.unread++
	if l.dice.IntN(50) == 0 {
		n.held = l.dice.IntN(heldMost)
	}
	l.change()
	return nil
}

// Next implements ledger.Ledger.
func (n *Node) Next(ctx context.Context, max int) ([]chat.Record, error) {
	for {
		records, changed, err := n.portion(max)
		if len(records) > 0 || err != nil {
			return records, err
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		runtime.Gosched() // late: others may come first
	}
}

// portion returns some of what the node has not read, or a channel to wait for.
func (n *Node) portion(most int) ([]chat.Record, <-chan struct{}, error) {
	l := n.log
	l.mu.Lock()
	defer l.mu.Unlock()
	if n.killed {
		return nil, nil, ErrKilled
	}
	if l.dice.IntN(3) == 0 {
		l.advance()
	}
	for n.read == len(l.log) && l.advance() {
	}
	if n.read == len(l.log) {
		if n.closed && n.unread == 0 {
			return nil, nil, io.EOF
		}
		return nil, l.changed, nil
	}
	from := n.read
	if from > 0 && l.dice.IntN(8) == 0 {
		from -= 1 + l.dice.IntN(min(from, memory)) // again
	}
	to := min(n.read+1+l.dice.IntN(len(l.log)-n.read), from+most)
	records := make([]chat.Record, 0, to-from)
	for i, e := range l.log[from:to] {
		if records = append(records, e.Record); from+i >= n.read && e.of == n {
			n.unread--
		}
	}
	n.read = max(n.read, to)
	return records, nil, nil
}

// advance brings some of what was appended into the log, and says whether anything waited. Called
// with mu held.
func (l *Shared) advance() bool {
	var waiting []*Node
	for _, n := range l.nodes {
		if len(n.taken) > 0 && !n.cut {
			waiting = append(waiting, n)
		}
	}
	if len(waiting) == 0 {
		return false
	}
	for portion := 1 + l.dice.IntN(20); portion > 0 && len(waiting) > 0; portion-- {
		i := l.dice.IntN(len(waiting))
		n := waiting[i]
		if n.held > 0 {
			n.held--
			continue
		}
		l.put(entry{n.taken[0], n})
		n.taken = n.taken[1:]
		if l.dice.IntN(20) == 0 { // again, later
			l.put(entry{l.log[len(l.log)-1-l.dice.IntN(min(len(l.log), memory))].Record, nil})
		}
		if len(n.taken) == 0 {
			waiting = slices.Delete(waiting, i, i+1)
		}
	}
	l.change()
	return true
}

// put gives a Record its place and its time. Places have holes. Called with mu held.
func (l *Shared) put(e entry) {
	if now := l.now().UTC().Round(0); now.After(l.time) {
		l.time = now
	}
	l.place += 1 + chat.Place(l.dice.IntN(3))
	e.Place, e.Time = l.place, l.time
	l.log = append(l.log, e)
}

// change wakes all that wait. Called with mu held.
func (l *Shared) change() {
	close(l.changed)
	l.changed = make(chan struct{})
}

// Tip implements ledger.Ledger.
func (n *Node) Tip(context.Context) (chat.Place, error) {
	l := n.log
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.place, nil
}

// Shared implements ledger.Ledger.
func (n *Node) Shared() bool { return true }

// Close implements ledger.Ledger.
func (n *Node) Close() {
	n.log.mu.Lock()
	defer n.log.mu.Unlock()
	n.closed = true
	n.log.change()
}

// Kill ends the node at once. Of what it appended and is not in the log, a part comes later, as
// from a socket's buffer, and the rest never.
func (n *Node) Kill() {
	l := n.log
	l.mu.Lock()
	defer l.mu.Unlock()
	n.killed, n.closed = true, true
	n.taken = n.taken[:l.dice.IntN(len(n.taken)+1)]
	n.held = l.dice.IntN(heldMost)
	l.change()
}

// Cut keeps what the node appends out of the log until it is called with false.
func (n *Node) Cut(isCut bool) {
	n.log.mu.Lock()
	defer n.log.mu.Unlock()
	n.cut = isCut
	n.log.change()
}

// Waiting returns how many commands are on their way into the log.
func (l *Shared) Waiting() (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, node := range l.nodes {
		n += len(node.taken)
	}
	return n
}

// Records returns the log so far.
func (l *Shared) Records() []chat.Record {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := make([]chat.Record, len(l.log))
	for i, e := range l.log {
		all[i] = e.Record
	}
	return all
}

// Len implements ledger.Ledger.
func (n *Node) Len() int {
	n.log.mu.Lock()
	defer n.log.mu.Unlock()
	return n.unread
}

// Cap implements ledger.Ledger.
func (n *Node) Cap() int { return n.capacity }
