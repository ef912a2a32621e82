package chat

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"
)

// lives is a story in which nodes live. Each has an Origin of its own.
type lives struct {
	*story
	at map[NodeID]Origin
}

func newLives(t *testing.T) *lives { return &lives{newStory(t), map[NodeID]Origin{}} }

// by applies a command of a node's life.
func (l *lives) by(id NodeID, c Command) string {
	l.t.Helper()
	o := l.at[id]
	o.N++
	return l.from(o, c)
}

// from applies a command with an Origin, which is its node's from then on.
func (l *lives) from(o Origin, c Command) string {
	l.t.Helper()
	l.at[o.Node] = o
	r := l.next(c)
	r.Origin = o
	return told(l.applies(r))
}

// starts begins a node's life.
func (l *lives) starts(id NodeID, epoch Epoch, life Life, c Start) string {
	l.t.Helper()
	return l.from(Origin{Node: id, Epoch: epoch, Life: life, N: 1}, c)
}

// expect compares what was told.
func (l *lives) expect(got, want string) {
	l.t.Helper()
	if got != want {
		l.t.Errorf("%q, want %q", got, want)
	}
}

// id returns the ID of a node's session.
func id(of NodeID, n uint64) SessionID { return SessionID{Node: of, Life: 7, N: n} }

var keeps = Start{Resumable: []string{"udp"}, Within: time.Hour}

func TestARecordCountsOnlyUnderItsLife(t *testing.T) {
	l := newLives(t)
	l.expect(l.starts("a", 1, 7, keeps), "")
	l.expect(l.by("a", enter(s1, "Ann")), "1 Ann enters")
	mine := l.at["a"]
	other := Origin{Node: "a", Epoch: 1, Life: 8, N: 9}
	l.expect(l.from(other, post(s1, "a stranger's")), "node_gone")
	l.at["a"] = mine
	l.expect(l.by("a", post(s1, "mine")), "2 Ann: mine")
	l.expect(l.from(Origin{Node: "b", Epoch: 1, Life: 8, N: 1}, post(s1, "unbegun")), "node_gone")
}

func TestARecordOfAFormerLifeComesTooLate(t *testing.T) {
	l := newLives(t)
	l.starts("a", 1, 7, keeps)
	l.by("a", enter(s1, "Ann"))
	former := l.at["a"]
	l.starts("a", 2, 8, keeps)
	now := l.at["a"]
	former.N++
	l.expect(l.from(former, post(s1, "too late")), "repeated")
	l.at["a"] = now
	l.expect(l.by("a", post(s1, "still here")), "2 Ann: still here")
}

// TestTwoServersOfOneNode: the first to begin an epoch has it. The other begins the next one, and
// then the first is over.
func TestTwoServersOfOneNode(t *testing.T) {
	l := newLives(t)
	l.expect(l.starts("a", 1, 7, keeps), "")
	one := l.at["a"]
	l.expect(l.starts("a", 1, 8, keeps), "node_gone")
	l.at["a"] = one
	l.expect(l.by("a", enter(s1, "Ann")), "1 Ann enters")
	one = l.at["a"]
	l.expect(l.starts("a", 2, 8, Start{}), "")
	one.N++
	l.expect(l.from(one, post(s1, "I am first")), "repeated")
}

func TestAGoneNodeHasNobodyInside(t *testing.T) {
	l := newLives(t)
	l.starts("a", 1, 7, keeps)
	l.starts("b", 1, 9, keeps)
	ann, ben := id("a", 1), id("b", 1)
	l.by("a", enter(ann, "Ann"))
	l.by("b", enter(ben, "Ben"))
	a := l.at["a"]
	gone := Gone{Node: "a", Epoch: a.Epoch, Life: a.Life, N: a.N}
	for _, c := range []Gone{
		{Node: "a", Epoch: a.Epoch, Life: a.Life, N: a.N - 1},
		{Node: "a", Epoch: a.Epoch, Life: a.Life + 1, N: a.N},
		{Node: "a", Epoch: a.Epoch + 1, Life: a.Life, N: a.N},
		{Node: "c"},
	} {
		l.expect(l.by("b", c), "node_spoke")
	}
	l.expect(l.by("a", Alive{}), "")
	l.expect(l.by("b", gone), "node_spoke")
	gone.N++
	l.expect(l.by("b", gone), "3 Ann leaves, ended")
	l.expect(l.by("b", gone), "node_spoke")
	l.expect(l.by("a", post(ann, "not me")), "node_gone")
	l.expect(l.by("b", enter(id("b", 2), "Ann")), "4 Ann enters")
	l.expect(l.starts("a", 2, 8, keeps), "")
	l.expect(l.by("a", post(ann, "I am back")), "not_inside")
	l.expect(l.by("a", enter(ann, "Cid")), "5 Cid enters")
}

// TestStopKeepsWhatTheNextStartMayKeep: sessions of the other doors end at once.
func TestStopKeepsWhatTheNextStartMayKeep(t *testing.T) {
	for what, c := range map[string]struct {
		down  time.Duration
		start Start
		told  string
	}{
		"within the time":       {time.Minute, keeps, ""},
		"too late":              {2 * time.Hour, keeps, "4 Ann leaves, ended"},
		"the door is not there": {time.Minute, Start{Within: time.Hour}, "4 Ann leaves, ended"},
	} {
		t.Run(what, func(t *testing.T) {
			l := newLives(t)
			l.starts("a", 1, 7, keeps)
			l.by("a", enter(id("a", 1), "Ann"))
			l.by("a", Enter{Session: id("a", 2), Door: "line", Nick: nick("Ben")})
			l.expect(l.by("a", Stop{Resumable: []string{"udp"}}), "3 Ben leaves, ended")
			l.expect(l.by("a", post(id("a", 1), "hello?")), "node_gone")
			l.passes(c.down)
			l.expect(l.starts("a", 2, 8, c.start), c.told)
		})
	}
}

// TestAServerThatIsAloneEndsTheOthers: their ghosts would stay for ever.
func TestAServerThatIsAloneEndsTheOthers(t *testing.T) {
	l := newLives(t)
	l.starts("a", 1, 7, keeps)
	l.starts("b", 1, 9, keeps)
	l.by("a", enter(id("a", 1), "Ann"))
	l.by("b", enter(id("b", 1), "Ben"))
	alone := keeps
	alone.Alone = true
	l.expect(l.starts("a", 2, 8, alone), "3 Ben leaves, ended")
	l.expect(l.by("b", post(id("b", 1), "me too")), "node_gone")
	l.expect(l.by("a", post(id("a", 1), "alone")), "4 Ann: alone")
}

// TestADeadSessionHoldsNothing: before a Sweep has ended it, its nickname is free, and nobody can
// speak to it or as it.
func TestADeadSessionHoldsNothing(t *testing.T) {
	l := newLives(t)
	l.state.sweepMax = 1
	l.starts("a", 1, 7, keeps)
	l.starts("b", 1, 9, keeps)
	for n, name := range []string{"Ann", "Ben", "Cid", "Dan"} {
		l.by("a", enter(id("a", uint64(n+1)), name))
	}
	eve := id("b", 1)
	l.by("b", enter(eve, "Eve"))
	a := l.at["a"]
	l.expect(l.by("b", Gone{"a", a.Epoch, a.Life, a.N}), "6 Ann leaves, ended")
	if inside := l.state.Sessions(); len(inside) != 1 || inside[0].ID != eve {
		t.Errorf("inside are %+v", inside)
	}
	l.expect(l.by("b", post(id("a", 2), "a ghost")), "not_inside")
	l.expect(l.by("b", postAs("ben", eve, "a ghost")), "not_inside")
	l.expect(l.by("b", Kick{By: ByOperator(), NickKey: "ben"}), "nick_unknown")
	l.expect(l.by("b", Direct{By: By(eve), ToKey: "ben", Text: "hm", New: true}), "nick_unknown")
	l.expect(l.by("b", Rename{By: By(eve), Nick: nick("Ben")}),
		`7 Ben leaves, ended; s1 is Ben, ""; 8 Eve is now Ben in lobby`)
	l.expect(l.by("b", Enter{Session: id("a", 3), Door: "udp", Nick: nick("Cid")}),
		"9 Cid leaves, ended; 10 Cid enters")
	if id, there := l.state.Dead(); id != "a" || !there {
		t.Errorf("%s, %v: Dan is dead", id, there)
	}
	l.expect(l.by("b", Sweep{}), "11 Dan leaves, ended")
	if id, there := l.state.Dead(); there {
		t.Errorf("%s has dead sessions", id)
	}
	l.expect(l.by("b", Sweep{}), "")
}

// TestNoDeadSessionComesToLife: a Start that would keep its door ends what a former one left dead.
func TestNoDeadSessionComesToLife(t *testing.T) {
	for what, ends := range map[string]func(*lives){
		"a late Start": func(l *lives) {
			l.passes(2 * time.Hour)
			l.starts("a", 2, 8, keeps)
		},
		"a Start without the door": func(l *lives) {
			l.starts("a", 2, 8, Start{Within: time.Hour})
		},
		"Gone": func(l *lives) {
			a := l.at["a"]
			l.starts("b", 1, 9, keeps)
			l.by("b", Gone{"a", a.Epoch, a.Life, a.N})
			l.at["a"] = Origin{Node: "a", Epoch: 2}
		},
	} {
		t.Run(what, func(t *testing.T) {
			l := newLives(t)
			l.state.sweepMax = 1
			l.starts("a", 1, 7, keeps)
			l.by("a", enter(id("a", 1), "Ann"))
			l.by("a", enter(id("a", 2), "Ben"))
			ends(l)
			l.expect(l.starts("a", l.at["a"].Epoch+1, 10, keeps), "4 Ben leaves, ended")
			if inside := l.state.Sessions(); len(inside) != 0 {
				t.Errorf("inside are %+v", inside)
			}
		})
	}
}

// TestOneRecordEndsABoundedNumberOfSessions: others wait for it.
func TestOneRecordEndsABoundedNumberOfSessions(t *testing.T) {
	const members = sweepMax + 500
	s := NewState()
	place := Place(0)
	o := Origin{Node: "a", Epoch: 1, Life: 7}
	apply := func(c Command) Result {
		place++
		o.N++
		return Apply(s, Record{Place: place, Time: noon, Origin: o, Command: c})
	}
	apply(keeps)
	for n := range members {
		name := fmt.Sprint("n", n)
		apply(Enter{Session: id("a", uint64(n+1)), Door: "line", Nick: Nick{Name: name, Key: name}})
	}
	o = Origin{Node: "a", Epoch: 2, Life: 8}
	for i, want := range []int{sweepMax, 500, 0} {
		command := Command(Sweep{})
		if i == 0 {
			command = keeps
		}
		ended := 0
		for _, e := range apply(command).Events {
			if _, is := e.(Ended); is {
				ended++
			}
		}
		if ended != want {
			t.Errorf("%d sessions end, want %d", ended, want)
		}
	}
}

// TestStartRemovesWhatMembersLeft, as an import has it: the export was made while they were inside.
func TestStartRemovesWhatMembersLeft(t *testing.T) {
	s := NewState()
	for _, r := range []Room{
		{ID: "cellar", Seq: 1, Quiet: true},
		{ID: "garden", Seq: 1},
		{ID: "@1:2", Seq: 1},
		{ID: "@ann+bob", Seq: 1},
		{ID: Everywhere, Seq: 1},
	} {
		if err := s.add(r); err != nil {
			t.Fatal(err)
		}
	}
	origin := Origin{Node: "here", Epoch: 1, N: 1}
	Apply(s, Record{Place: 1, Time: noon, Origin: origin, Command: Start{}})
	if got := slices.Sorted(maps.Keys(s.rooms)); fmt.Sprint(got) != "[garden lobby]" {
		t.Errorf("there are %v", got)
	}
	if got := slices.Sorted(maps.Keys(s.others)); fmt.Sprint(got) != "[* @ann+bob]" {
		t.Errorf("there are %v", got)
	}
}

func TestStart(t *testing.T) {
	const within = 10 * time.Minute
	for _, c := range []struct {
		what      string
		resumable []string
		down      time.Duration
		told      string
	}{
		{
			"a resumable door's sessions stay after a short while",
			[]string{"udp"},
			within,
			"3 Ben leaves, ended",
		},
		{"too long", []string{"udp"}, within + 1, "3 Ann leaves, ended; 4 Ben leaves, ended"},
		{"no door is resumable", nil, 0, "3 Ann leaves, ended; 4 Ben leaves, ended"},
		{"every door is resumable", []string{"line", "udp"}, time.Minute, ""},
		{
			"another door is resumable",
			[]string{"web"},
			time.Minute,
			"3 Ann leaves, ended; 4 Ben leaves, ended",
		},
	} {
		t.Run(c.what, func(t *testing.T) {
			s := newStory(t)
			s.does(Enter{Session: s1, Door: "udp", Nick: nick("Ann")})
			s.does(Enter{Session: s2, Door: "line", Nick: nick("Ben")})
			s.passes(c.down)
			if got := told(s.restarts(Start{
				Resumable: c.resumable,
				Within:    within,
			})); got != c.told {
				t.Errorf("%q, want %q", got, c.told)
			}
		})
	}
}

// TestAliveCountsAsSeen: a quiet node was down only since it last said that it is alive.
func TestAliveCountsAsSeen(t *testing.T) {
	s := newStory(t)
	s.does(enter(s1, "Ann"))
	s.passes(time.Hour)
	s.does(Alive{})
	s.passes(time.Minute)
	if got := told(s.restarts(Start{Resumable: []string{"udp"}, Within: time.Minute})); got != "" {
		t.Error(got)
	}
}

// TestStartEndsItsOwnOnly: the sessions of another node stay.
func TestStartEndsItsOwnOnly(t *testing.T) {
	s := newStory(t)
	s.does(enter(s1, "Ann"))
	s.last.Origin = Origin{Node: "there", Epoch: 1}
	s.does(enter(SessionID{Node: "there", Life: 8, N: 1}, "Ben"))
	if got := told(s.restarts(Start{})); got != "3 Ben leaves, ended" {
		t.Error(got)
	}
	if inside := s.state.Sessions(); len(inside) != 1 || inside[0].ID != s1 {
		t.Errorf("inside: %+v", inside)
	}
}
