package chat

import "slices"

// Apply brings State forward by one Record and returns what came of it. A Record at or before the
// place reached, or one whose Origin was applied before, is a repeat and leads to nothing. So does
// one of a life that has ended, or never began: it is refused with NodeGone.
//
// State remembers what it replaces until Commit, so that Undo can restore it. A panic may leave
// State half changed: the owner calls Undo, applies the Records before this one again and gives
// this one to Reject.
func Apply(s *State, r Record) Result {
	return s.advance(r, r.Command.apply)
}

// Reject brings State forward by a Record that cannot be applied: its Command is refused with code,
// the same everywhere.
func Reject(s *State, r Record, code Code) Result {
	return s.advance(r, func(*turn) *Refusal { return Refuse(code) })
}

func (s *State) advance(r Record, command func(*turn) *Refusal) Result {
	t := turn{state: s, record: r, result: Result{Place: r.Place}}
	if r.Place <= s.progress.Place {
		t.result.Repeated = true
		return t.result
	}
	if !s.undo.begun {
		s.undo.begun, s.undo.progress = true, s.progress
	}
	s.progress.Place = r.Place
	s.progress.Time = r.Time
	repeated, refusal := t.standing()
	t.result.Repeated, t.result.Refusal = repeated, refusal
	if !repeated && refusal == nil {
		t.result.Refusal = command(&t)
		t.result.Messages = t.withoutRemoved()
		t.seen()
	}
	s.progress.Hash = t.hash(s.progress.Hash)
	return t.result
}

// turn is one Record's application: every change of State goes through it, so that the Result tells
// all of them.
type turn struct {
	state   *State
	record  Record
	result  Result
	removed map[RoomID]bool // rooms; nil: none
}

func (t *turn) emit(e Event) { t.result.Events = append(t.result.Events, e) }

func (t *turn) change(kind, key string, e entity) {
	t.result.Changes = append(t.result.Changes, Change{Kind: kind, Key: key, Value: e})
}

func (t *turn) remove(kind, key string) {
	t.result.Changes = append(t.result.Changes, Change{Kind: kind, Key: key})
}

// write gives a message its place in its room. by is its author; of an announcement it is empty.
func (t *turn) write(room RoomID, kind Kind, by Session, text string) Message {
	r, _ := t.state.Room(room)
	r.ID = room // the first message makes the room
	r.Seq++
	r.Quiet = r.Quiet && kind.IsNotice()
	t.state.setRoom(r)
	t.change(EntityRoom, string(room), r)
	m := Message{
		Room: room, Seq: r.Seq, Time: t.record.Time, Kind: kind, Nick: by.Nick.Name,
		Text: text, Author: by.User, Place: t.record.Place,
	}
	t.result.Messages = append(t.result.Messages, m)
	return m
}

// leaveRoom removes a room that its last member has left, if it has notices only. Its history goes
// with it, so that rooms which are only visited do not add up for ever.
func (t *turn) leaveRoom(id RoomID) {
	if r := t.state.rooms[id]; r.Quiet && t.state.inside[id] == 0 {
		t.removeRoom(id)
	}
}

// removeRoom removes a room and its history, with the messages that this turn wrote there.
func (t *turn) removeRoom(id RoomID) {
	t.state.removeRoom(id)
	t.remove(EntityRoom, string(id))
	if t.removed == nil {
		t.removed = map[RoomID]bool{}
	}
	t.removed[id] = true
}

// withoutRemoved returns the messages written in rooms that this turn did not remove.
func (t *turn) withoutRemoved() []Message {
	if t.removed == nil {
		return t.result.Messages
	}
	return slices.DeleteFunc(t.result.Messages, func(m Message) bool { return t.removed[m.Room] })
}
