package chat

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

func TestLoadStateRefuses(t *testing.T) {
	for _, c := range []struct {
		what   string
		entity Change
	}{
		{"an unknown kind", Change{"poll", "1", json.RawMessage(`{"id":"1"}`)}},
		{"no JSON", Change{EntityRoom, "lobby", json.RawMessage(`lobby`)}},
		{"nothing", Change{EntityRoom, "lobby", nil}},
		{"half a value", Change{EntityRoom, "lobby", json.RawMessage(`{"id":"lobby","seq":`)}},
		{"more after the value", Change{
			EntityRoom, "lobby",
			json.RawMessage(`{"id":"lobby","seq":1}{}`),
		}},
		{"null", Change{EntityRoom, "lobby", json.RawMessage(`null`)}},
		{"another type", Change{
			EntityRoom, "lobby",
			json.RawMessage(`{"id":"lobby","seq":"one"}`),
		}},
		{"a field of a newer version", Change{
			EntityRoom, "lobby",
			json.RawMessage(`{"id":"lobby","seq":1,"colour":"tea"}`),
		}},
		{"the value of another key", Change{
			EntityRoom, "lobby",
			json.RawMessage(`{"id":"attic","seq":1}`),
		}},
		{"a session without an id", Change{EntitySession, s1.String(), json.RawMessage(`{}`)}},
		{"a node without an id", Change{entityNode, "here", json.RawMessage(`{}`)}},
	} {
		t.Run(c.what, func(t *testing.T) {
			s, err := LoadState(Progress{}, []Change{c.entity})
			if err == nil || s != nil {
				t.Fatalf("loaded %+v", s)
			}
			if c.entity.Kind != "" && !strings.Contains(err.Error(), c.entity.Kind) {
				t.Errorf("%q does not say which", err)
			}
		})
	}
}

// TestLoadStateTakesWhatStricterRulesRefuse: a new version starts on what an old one allowed.
func TestLoadStateTakesWhatStricterRulesRefuse(t *testing.T) {
	for what, c := range map[string]Change{
		"two scripts in a room's name": {
			EntityRoom, "раypal",
			json.RawMessage(`{"id":"раypal","seq":1}`),
		},
		"a long topic": {
			EntityRoom, "tea",
			json.RawMessage(`{"id":"tea","seq":1,"topic":"` +
				strings.Repeat("x", NoteMaxBytes+1) + `"}`),
		},
		"a character without a name": {EntitySession, s1.String(), json.RawMessage(
			`{"id":"here/0000000000000007/1","door":"udp",` +
				`"nick":{"name":"x\u0378","key":"x\u0378"},"rooms":[],"entered":"2030-05-01T12:00:00Z"}`)},
	} {
		if err := NewState().AddEntity(c); err == nil {
			t.Errorf("%s: the rules allow it", what)
		}
		s, err := LoadState(Progress{}, []Change{c})
		if err != nil || len(s.rooms)+len(s.sessions) != 2 {
			t.Errorf("%s: %+v, %v", what, s, err)
		}
	}
}

func TestLoadStateRefusesTwoHolders(t *testing.T) {
	s := newStory(t)
	s.does(enter(s1, "Ann"))
	one := s.entities[[2]string{EntitySession, s1.String()}]
	value := bytes.ReplaceAll(one.Value.(json.RawMessage), []byte(s1.String()), []byte(s2.String()))
	other := Change{EntitySession, s2.String(), json.RawMessage(value)}
	if _, err := LoadState(Progress{}, []Change{one, other}); err == nil {
		t.Error("two sessions loaded with one nickname")
	}
}

func TestStateBeforeTheFirstRecord(t *testing.T) {
	s, err := LoadState(Progress{}, nil)
	if err != nil || !reflect.DeepEqual(s, NewState()) {
		t.Errorf("%+v, %v", s, err)
	}
	if room, ok := s.Room(Lobby); !ok || room.Seq != 0 {
		t.Errorf("the lobby is %+v, %v", room, ok)
	}
}

// TestDirectRoomsCostNothing: a room that is joined for the first time, an announcement and a
// message cost the same work beside very many direct rooms, which no list and no limit counts.
func TestDirectRoomsCostNothing(t *testing.T) {
	work := func(directs int) (allocations [3]float64) {
		s := newStory(t)
		for i := range directs {
			id := RoomID(fmt.Sprintf("@a%d+b%d", i, i))
			s.state.add(Room{ID: id, Seq: 1})
		}
		s.state.undo = undo{}
		apply := func(c Command) Result {
			s.last = s.next(c)
			defer s.state.Commit()
			return Apply(s.state, s.last)
		}
		apply(enter(s1, "Ann"))
		if r := apply(Join{
			By: By(s1), Room: "attic", Rooms: 2, Joined: 2,
			New: true,
		}); r.Refusal != nil {
			t.Errorf("a second room beside %d direct rooms: %v", directs, r.Refusal)
		}
		if r := apply(Announce{By: ByOperator(), Text: "tea"}); len(r.Messages) != 1 {
			t.Errorf("announced %d times beside %d direct rooms", len(r.Messages), directs)
		}
		for i, c := range []Command{
			Join{By: By(s1), Room: "cellar", Rooms: 3, Joined: 3, New: true},
			Announce{By: ByOperator(), Text: "tea"},
			post(s1, "hello"),
		} {
			allocations[i] = testing.AllocsPerRun(10, func() {
				s.last = s.next(c)
				Apply(s.state, s.last)
				s.state.Undo()
			})
		}
		return allocations
	}
	if without, beside := work(0), work(20_000); without != beside {
		t.Errorf("allocations without direct rooms %v, beside 20,000 of them %v", without, beside)
	}
}

// BenchmarkJoin has a member join a room that is new.
func BenchmarkJoin(b *testing.B) {
	for _, directs := range []int{0, 300_000} {
		b.Run(fmt.Sprint("directs=", directs), func(b *testing.B) {
			s := newStory(b)
			for i := range directs {
				s.state.add(Room{ID: RoomID(fmt.Sprintf("@a%d+b%d", i, i)), Seq: 1})
			}
			Apply(s.state, s.next(enter(s1, "Ann")))
			s.state.Commit()
			s.last.Place, s.last.Origin.N = 1, 1
			r := s.next(join(s1, "attic"))
			b.ReportAllocs()
			for b.Loop() {
				Apply(s.state, r)
				s.state.Undo()
			}
		})
	}
}

// TestAnAnnouncementCostsTheSame however many rooms there are.
func TestAnAnnouncementCostsTheSame(t *testing.T) {
	work := func(rooms int) float64 {
		s := newStory(t)
		for i := range rooms {
			id := RoomID(fmt.Sprint("room", i))
			s.state.add(Room{ID: id, Seq: 1})
		}
		return testing.AllocsPerRun(10, func() {
			s.last = s.next(Announce{By: ByOperator(), Text: "tea"})
			Apply(s.state, s.last)
			s.state.Undo()
		})
	}
	if few, many := work(1), work(1000); few != many {
		t.Errorf("%v allocations beside one room, %v beside a thousand", few, many)
	}
}

// TestLeavingCostsTheSame however many others the member talked to that are inside: one that all
// members wrote to must not make all of them leave slowly.
func TestLeavingCostsTheSame(t *testing.T) {
	work := func(talks int) float64 {
		s := newStory(t)
		s.does(enter(s1, "Ann"))
		s.does(enter(s2, "Ben"))
		for i := range talks {
			if err := s.state.add(Room{ID: DirectRoom(1, UserID(10+i)), Seq: 1}); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.state.add(Room{ID: DirectRoom(1, 2), Seq: 1}); err != nil {
			t.Fatal(err)
		}
		return testing.AllocsPerRun(10, func() {
			s.last = s.next(leave(s2))
			Apply(s.state, s.last)
			s.state.Undo()
		})
	}
	if few, many := work(1), work(5000); few != many {
		t.Errorf("%v allocations beside one conversation, %v beside 5000", few, many)
	}
}
