package chat

import (
	"fmt"
	"maps"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// broken is a Command whose rule takes some of the steps that rules are made of and then panics.
type broken struct{ steps []func(*turn) }

func (c broken) apply(t *turn) *Refusal {
	for _, step := range c.steps {
		step(t)
	}
	panic("a fault in the middle of a rule")
}

func (broken) kind() byte { return 0 }

// drawBroken makes up a rule that changes State in any way that a rule can, and panics.
func drawBroken(t *rapid.T) Command {
	var c broken
	for range rapid.IntRange(0, 6).Draw(t, "steps") {
		command := drawCommand(t)
		rooms := []RoomID{Lobby, "attic", "@ann+ben", "@1:2", "@2:3"}
		room := rapid.SampledFrom(rooms).Draw(t, "room")
		id := rapid.SampledFrom([]SessionID{s1, s2, s9}).Draw(t, "session")
		key := rapid.SampledFrom([]string{"ann", "ben", "zoe"}).Draw(t, "key")
		c.steps = append(c.steps, rapid.SampledFrom([]func(*turn){
			func(t *turn) { command.apply(t) },
			func(t *turn) { t.write(room, KindMessage, Session{Nick: nick("Ann")}, "hello") },
			func(t *turn) { t.keep(Session{ID: id, Rooms: []RoomID{Lobby}}) },
			func(t *turn) { t.state.removeSession(id) },
			func(t *turn) { t.removeRoom(room) },
			func(t *turn) { t.state.setHolder(key, id) },
			func(t *turn) { t.state.removeHolder(key) },
			func(t *turn) { t.seen() },
		}).Draw(t, "step"))
	}
	return c
}

// copied returns a State of its own with the same content.
func copied(s *State) *State {
	again := *s
	again.rooms, again.others = maps.Clone(s.rooms), maps.Clone(s.others)
	again.sessions, again.inside = maps.Clone(s.sessions), maps.Clone(s.inside)
	again.users, again.talks = maps.Clone(s.users), maps.Clone(s.talks)
	for user, with := range again.talks {
		again.talks[user] = maps.Clone(with)
	}
	again.holders, again.nodes = maps.Clone(s.holders), maps.Clone(s.nodes)
	again.undo, again.dying = undo{}, map[NodeID][]SessionID{}
	return &again
}

// TestUndoRestoresWhatWasCommitted: after any commands, and after a panic in the middle of a rule,
// State is as it was before, and goes on as if nothing had happened.
func TestUndoRestoresWhatWasCommitted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := newStory(t)
		s.state.sweepMax = rapid.SampledFrom([]int{1, sweepMax}).Draw(t, "swept at once")
		for range rapid.IntRange(1, 6).Draw(t, "batches") {
			for range rapid.IntRange(0, 12).Draw(t, "committed") {
				s.applies(drawRecord(t, s))
			}
			s.state.Commit()
			before := copied(s.state)
			tried := *s
			for range rapid.IntRange(0, 12).Draw(t, "undone") {
				r := drawRecord(t, &tried)
				Apply(s.state, r)
				tried.last = r
			}
			if rapid.Bool().Draw(t, "panics") {
				applyBroken(s.state, tried.next(drawBroken(t)))
			}
			s.state.Undo()
			if !equal(s.state, before) {
				t.Fatalf("after Undo the state is\n%+v\nwant\n%+v", s.state, before)
			}
		}
		s.applies(drawRecord(t, s)) // and checks what follows against a reload
	})
}

// applyBroken applies a Record whose rule panics.
func applyBroken(s *State, r Record) {
	defer func() { _ = recover() }()
	Apply(s, r)
}

func TestUndoWithoutAnything(t *testing.T) {
	s := NewState()
	s.Undo()
	s.Commit()
	s.Undo()
	if !equal(s, NewState()) {
		t.Errorf("%+v", s)
	}
}

// TestUndoGivesMemoryBack: after a long batch, and a short one holds no texts of former ones.
func TestUndoGivesMemoryBack(t *testing.T) {
	s := newStory(t)
	for i := range undoKept + 1 {
		Apply(s.state, s.next(enter(sid(i), fmt.Sprint("m", i))))
		s.last.Place, s.last.Origin.N = s.last.Place+1, s.last.Origin.N+1
	}
	s.state.Commit()
	if kept := cap(s.state.undo.sessions); kept > 0 {
		t.Errorf("memory for %d sessions is kept", kept)
	}
	Apply(s.state, s.next(leave(s1)))
	s.state.Commit()
	u := &s.state.undo
	for _, w := range u.sessions[:cap(u.sessions)] {
		if w.value.ID != (SessionID{}) {
			t.Errorf("kept: %+v", w)
		}
	}
}

// BenchmarkApply applies posts as the hub does: in batches, each of which is committed.
func BenchmarkApply(b *testing.B) {
	s := NewState()
	r := Record{Time: noon, Origin: Origin{Node: "here", Epoch: 1}}
	apply := func(c Command) {
		r.Place++
		r.Origin.N++
		r.Command = c
		Apply(s, r)
	}
	apply(enter(s1, "Ann"))
	var c Command = Post{By: By(s1), Room: Lobby, Text: string(make([]byte, 100))}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		apply(c)
		if i%32 == 31 {
			committed(s)
		}
	}
}

func committed(s *State) { s.Commit() }

// BenchmarkApplyPresence has a member leave and enter again.
func BenchmarkApplyPresence(b *testing.B) {
	s := NewState()
	r := Record{Time: noon, Origin: Origin{Node: "here", Epoch: 1}}
	commands := []Command{enter(s1, "Ann"), join(s1, "attic"), leave(s1)}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		r.Place++
		r.Origin.N++
		r.Time = r.Time.Add(time.Millisecond)
		r.Command = commands[i%len(commands)]
		Apply(s, r)
		if i%32 == 31 {
			committed(s)
		}
	}
}

// BenchmarkUndo undoes one message beside very many rooms, which a reload would read all.
func BenchmarkUndo(b *testing.B) {
	s := NewState()
	for i := range 300_000 {
		s.setRoom(Room{ID: RoomID(fmt.Sprintf("@a%d+b%d", i, i)), Seq: 1})
	}
	s.Commit()
	r := Record{Place: 1, Time: noon, Command: enter(s1, "Ann")}
	r.Origin = Origin{Node: "here", Epoch: 1, N: 1}
	b.ReportAllocs()
	for b.Loop() {
		Apply(s, r)
		s.Undo()
	}
}
