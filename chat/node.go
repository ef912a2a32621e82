package chat

import (
	"fmt"
	"slices"
	"strconv"
	"time"
)

// Life is one run of a node's server: 64 random bits.
type Life uint64

// node is what is known of a server of the log: how far the commands of its life have come, and
// which sessions of its former lives live on.
type node struct {
	ID    NodeID    `json:"id"`
	Epoch Epoch     `json:"epoch"`
	Life  Life      `json:"life,omitempty"` // 0: of a version before there were lives
	N     uint64    `json:"n"`
	Seen  time.Time `json:"seen"`
	Over  bool      `json:"over,omitempty"` // the life has ended, see Living

	Since Place    `json:"since,omitempty"` // sessions that entered before it are dead
	Began Place    `json:"began,omitempty"` // so are those from before it, unless through Kept
	Kept  []string `json:"kept,omitempty"`
}

// String returns the life as 16 hexadecimal digits.
func (l Life) String() string { return string(l.append(nil)) }

// append is String behind b. Every change of a session writes its ID, so it does without fmt.
func (l Life) append(b []byte) []byte {
	const digits = "0123456789abcdef"
	for shift := 60; shift >= 0; shift -= 4 {
		b = append(b, digits[l>>shift&15])
	}
	return b
}

// MarshalText implements encoding.TextMarshaler with String.
func (l Life) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler. It accepts only what String returns.
func (l *Life) UnmarshalText(text []byte) error {
	bits, err := strconv.ParseUint(string(text), 16, 64)
	if err != nil || Life(bits).String() != string(text) {
		return fmt.Errorf("%s is not a life", Quote(string(text)))
	}
	*l = Life(bits)
	return nil
}

func (n node) key() string { return string(n.ID) }

func (n node) encode(e *encoding) {
	e.text(string(n.ID))
	e.number(uint64(n.Epoch))
	e.number(n.N)
	e.time(n.Seen)
	e.later(tagLife, uint64(n.Life))
	e.laterFlag(tagOver, n.Over)
	e.later(tagSince, uint64(n.Since))
	e.later(tagBegan, uint64(n.Began))
	for _, door := range n.Kept {
		e.number(tagKept)
		e.text(door)
	}
}

func (n node) check() error {
	if n.ID == "" || !IsStorable(n.Seen) {
		return fmt.Errorf("invalid name %s or time %v", Quote(n.ID), n.Seen)
	}
	return nil
}

// hasEnded says whether a session of the node is dead.
func (n node) hasEnded(m Session) bool {
	at := Place(m.User)
	return at < n.Since || at < n.Began && !slices.Contains(n.Kept, m.Door)
}

// isDead says whether a session is over though it was not ended yet: its node is gone, or a Start
// did not keep it. A dead session holds no nickname, hears nothing and is counted nowhere.
func (s *State) isDead(m Session) bool { return s.nodes[m.ID.Node].hasEnded(m) }

// dead returns the IDs of a node's dead sessions, in order. It looks through all sessions, but only
// when the node has begun or ended a life.
func (s *State) dead(id NodeID) []SessionID {
	found, known := s.dying[id]
	if !known {
		n := s.nodes[id]
		for of, m := range s.sessions {
			if of.Node == id && n.hasEnded(m) {
				found = append(found, of)
			}
		}
		slices.SortFunc(found, SessionID.Compare)
	}
	isOver := func(of SessionID) bool {
		m, exists := s.sessions[of]
		return !exists || !s.isDead(m) // something else ended it
	}
	for len(found) > 0 && isOver(found[0]) {
		found = found[1:]
	}
	s.dying[id] = found
	return found
}

// Dead returns the first node that has dead sessions, and whether there is one. Sweep ends them.
func (s *State) Dead() (NodeID, bool) {
	for _, id := range sortedKeys(s.nodes) {
		if len(s.dead(id)) > 0 {
			return id, true
		}
	}
	return "", false
}

// Living returns the newest Origin of each life that is not over, ordered by node.
func (s *State) Living() (all []Origin) {
	for _, id := range sortedKeys(s.nodes) {
		if n := s.nodes[id]; !n.Over {
			all = append(all, Origin{Node: id, Epoch: n.Epoch, Life: n.Life, N: n.N})
		}
	}
	return all
}

// standing says what becomes of a Record for the sake of its Origin, before its Command counts:
// Repeated, a refusal, or neither. Only a Start begins a life.
func (t *turn) standing() (repeated bool, refusal *Refusal) {
	o := t.record.Origin
	n := t.state.nodes[o.Node]
	_, starts := t.record.Command.(Start)
	switch {
	case o.Epoch < n.Epoch:
		return true, nil
	case starts && o.Epoch > n.Epoch:
		return false, nil
	case o.Life != n.Life:
		return false, Refuse(NodeGone)
	case o.Epoch == n.Epoch && o.N <= n.N:
		return true, nil
	case n.Over:
		return false, Refuse(NodeGone)
	}
	return false, nil
}

// seen notes how far a node's commands have come.
func (t *turn) seen() {
	o := t.record.Origin
	n := t.state.nodes[o.Node]
	n.ID, n.Epoch, n.Life, n.N, n.Seen = o.Node, o.Epoch, o.Life, o.N, t.record.Time
	t.putNode(n)
}

func (t *turn) putNode(n node) {
	t.state.setNode(n)
	t.change(entityNode, string(n.ID), n)
}

// endLife ends a node's life: what it appended and is not applied yet counts no more.
func (t *turn) endLife(n node) {
	n.Over, n.Since = true, t.record.Place
	t.putNode(n)
	delete(t.state.dying, n.ID)
}

func (c Start) apply(t *turn) *Refusal {
	n := t.state.nodes[t.record.Origin.Node]
	n.ID = t.record.Origin.Node
	isBack := t.record.Time.Sub(n.Seen) <= c.Within && len(t.state.dead(n.ID)) == 0
	if isBack {
		n.Since, n.Kept = max(n.Since, 1), c.Resumable // 1: no session without a user lives on
	} else {
		n.Since, n.Kept = t.record.Place, nil
	}
	n.Over, n.Began = false, t.record.Place
	t.state.setNode(n)
	delete(t.state.dying, n.ID)
	if c.Alone {
		for _, id := range sortedKeys(t.state.nodes) {
			if other := t.state.nodes[id]; id != n.ID {
				t.endLife(other)
			}
		}
	}
	t.sweep()
	for _, id := range sortedKeys(t.state.rooms) { // an import may have such rooms
		t.leaveRoom(id)
	}
	t.leaveAllTalks()
	return nil
}

func (Alive) apply(*turn) *Refusal { return nil }

func (c Stop) apply(t *turn) *Refusal {
	n := t.state.nodes[t.record.Origin.Node]
	if len(t.state.dead(n.ID)) > 0 { // none of them comes to life again
		n.Since = t.record.Place
	}
	n.ID, n.Over, n.Began, n.Kept = t.record.Origin.Node, true, t.record.Place, c.Resumable
	t.state.setNode(n)
	delete(t.state.dying, n.ID)
	t.sweep()
	return nil
}

func (c Gone) apply(t *turn) *Refusal {
	n := t.state.nodes[c.Node]
	if n.Over || n.ID == "" || n.Epoch != c.Epoch || n.Life != c.Life || n.N != c.N {
		return Refuse(NodeSpoke)
	}
	t.endLife(n)
	t.sweep()
	return nil
}

func (Sweep) apply(t *turn) *Refusal {
	t.sweep()
	return nil
}

// sweepMax is how many dead sessions one Record ends at most.
const sweepMax = 2000

// sweep ends dead sessions, at most sweepMax.
func (t *turn) sweep() {
	for range t.state.sweepMax {
		id, there := t.state.Dead()
		if !there {
			return
		}
		t.leave(t.state.sessions[t.state.dead(id)[0]], ReasonEnded, "")
	}
}
