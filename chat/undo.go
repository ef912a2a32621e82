package chat

import "slices"

// undo is what a batch of Records replaced in State: each value as it was before, in the order in
// which they were replaced. It is bounded by the size of the batch.
type undo struct {
	begun    bool     // a Record was applied since the last Commit or Undo
	progress Progress // before the first one
	rooms    []was[Room]
	sessions []was[Session]
	holders  []was[holding]
	nodes    []was[node]
}

// was is a value before a change. Of a value that did not exist, it has the key only.
type was[V any] struct {
	value   V
	existed bool
}

// holding is a nickname's key and the session that has the nickname.
type holding struct {
	key     string
	session SessionID
}

// undoKept is the most entries of each kind for which memory is kept from one batch to the next.
const undoKept = 4096

// Commit makes the Records applied so far permanent: Undo does not go back behind them. The owner
// calls it once a batch is stored.
func (s *State) Commit() {
	u := &s.undo
	u.begun = false
	u.rooms = emptied(u.rooms)
	u.sessions = emptied(u.sessions)
	u.holders = emptied(u.holders)
	u.nodes = emptied(u.nodes)
}

// Undo brings State back to the last Commit, as if no Record had been applied since. It may follow
// a panic in Apply. It takes as long as the batch changed entities, however many there are.
func (s *State) Undo() {
	u := &s.undo
	if !u.begun {
		return
	}
	for _, w := range slices.Backward(u.rooms) {
		s.putRoom(w.value, w.existed)
	}
	for _, w := range slices.Backward(u.sessions) {
		s.putSession(w.value, w.existed)
	}
	for _, w := range slices.Backward(u.holders) {
		put(s.holders, w.value.key, w.value.session, w.existed)
	}
	for _, w := range slices.Backward(u.nodes) {
		put(s.nodes, w.value.ID, w.value, w.existed)
	}
	clear(s.dying)
	s.progress = u.progress
	s.Commit()
}

// emptied returns a list without entries. A long one gives its memory back.
func emptied[V any](list []was[V]) []was[V] {
	if cap(list) > undoKept {
		return nil
	}
	clear(list) // else it holds the texts of a former batch
	return list[:0]
}

// put sets a key to a value, or removes it.
func put[K comparable, V any](m map[K]V, key K, value V, exists bool) {
	if exists {
		m[key] = value
		return
	}
	delete(m, key)
}
