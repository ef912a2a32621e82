package hub_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"parley/chat"
	"parley/hub"
	"parley/ledger"
	"parley/ledger/ledgertest"
	"parley/store"
)

// act is a step of a made-up story: what a session does, one of the two of a door, one of two
// doors.
type act struct {
	door  int
	verb  string
	local string
	room  chat.RoomID
	word  string // a nickname or a text
	most  int    // rooms there may be, with the lobby
}

// verbs are what is drawn; rapid prefers the first. With Start, which begins each life, they make
// every Command there is.
var verbs = []string{
	"topic", "enter", "join", "post", "rename", "direct", "part", "away", "do", "enter", "join",
	"kick", "leave", "announce", "alive", "remove", "topic", "post", "enter", "join", "rename",
	"enter", "gone", "sweep",
}

// rooms are where things are said.
var rooms = []chat.RoomID{chat.Lobby, "attic", "cellar"}

const joinedMax = 2 // rooms that one session may be in

// story is the lives of a server: between two of them it is stopped and started again.
type story [][]act

// opening brings members inside, so that the acts that are drawn after it are not all refused.
var opening = []act{
	{door: 0, verb: "enter", local: "s1", word: "Ann"},
	{door: 1, verb: "enter", local: "s1", word: "Ben"},
	{door: 1, verb: "enter", local: "s2", word: "Cid"},
	{door: 0, verb: "join", local: "s1", room: "attic", most: 3},
	{door: 1, verb: "join", local: "s1", room: "attic", most: 3},
}

func drawStory(t *rapid.T) story {
	one := rapid.Custom(func(t *rapid.T) act {
		a := act{
			door:  rapid.IntRange(0, 1).Draw(t, "door"),
			verb:  rapid.SampledFrom(verbs).Draw(t, "verb"),
			local: rapid.SampledFrom([]string{"s1", "s2"}).Draw(t, "session"),
		}
		switch a.verb {
		case "enter", "kick", "rename", "direct":
			a.word = rapid.SampledFrom([]string{"Ann", "ann", "Ben", "Cid"}).Draw(t, "nick")
		default:
			a.room = rapid.SampledFrom(rooms).Draw(t, "room")
			a.most = rapid.IntRange(2, len(rooms)).Draw(t, "most")
			a.word = rapid.SampledFrom([]string{"hello", "tea?", "yes"}).Draw(t, "text")
		}
		return a
	})
	opened := rapid.Map(rapid.SliceOfN(one, 8, 16), func(acts []act) []act {
		return append(slices.Clone(opening), acts...)
	})
	life := rapid.OneOf(rapid.SliceOfN(one, 0, 6), opened)
	return rapid.SliceOfN(life, 1, 3).Draw(t, "story")
}

// command is what an act submits.
func (a act) command(d *door) chat.Command { return a.by(d.id(a.local), d.name) }

// named is command without a hub: sessions are named by node, door and local.
func (a act) named(node chat.NodeID, door string) chat.Command {
	return a.by(session(node, door, a.local), door)
}

// by is what a session of a door submits.
func (a act) by(id chat.SessionID, door string) chat.Command {
	key := strings.ToLower(a.word)
	switch a.verb {
	case "enter":
		return chat.Enter{Session: id, Door: door, Nick: chat.Nick{Name: a.word, Key: key}}
	case "post", "do":
		return chat.Post{By: chat.By(id), Room: a.room, Text: a.word, Action: a.verb == "do"}
	case "leave":
		return chat.Leave{By: chat.By(id), Reason: chat.ReasonQuit}
	case "kick":
		return chat.Kick{By: chat.ByOperator(), NickKey: key, Detail: "enough"}
	case "announce":
		return chat.Announce{By: chat.ByOperator(), Text: a.word}
	case "join":
		return chat.Join{By: chat.By(id), Room: a.room, Rooms: a.most, Joined: joinedMax, New: true}
	case "part":
		return chat.Part{By: chat.By(id), Room: a.room}
	case "rename":
		return chat.Rename{By: chat.By(id), Nick: chat.Nick{Name: a.word, Key: key}}
	case "topic":
		return chat.SetTopic{By: chat.By(id), Room: a.room, Text: a.word}
	case "away":
		return chat.SetAway{By: chat.By(id), Text: a.word}
	case "gone":
		return chat.Gone{Node: "there"}
	case "sweep":
		return chat.Sweep{}
	case "remove":
		return chat.RemoveRoom{By: chat.ByOperator(), Room: a.room}
	case "direct":
		return chat.Direct{By: chat.By(id), ToKey: key, Text: "to " + a.word, New: true}
	}
	return chat.Alive{}
}

// TestEveryCommandIsInStories fails when a Command is missing from the stories that are made up.
func TestEveryCommandIsInStories(t *testing.T) {
	asked := []string{"Start", "Stop"} // a life begins with Start; after Stop it would say nothing
	for _, verb := range verbs {
		asked = append(asked, nameOf(act{verb: verb}.named("here", "udp")))
	}
	slices.Sort(asked)
	same(t, "commands", slices.Compact(asked), declared(t, "apply"))
}

// outcome is what is left of a story: what each door was given, item by item, the history of every
// room, and how far the log came.
type outcome struct {
	heard    [2][]string
	history  []string
	progress chat.Progress
}

// doorNames are the names of the two doors; sessions of the first outlive a restart.
var doorNames = [2]string{"udp", "line"}

// telling is how a story is told to a real hub.
type telling struct {
	ledger  func(chat.Progress, int, func() time.Time) ledger.Ledger
	patient bool // each act waits for the answer to the one before: every batch is a single record
}

// tell lives through a story and returns what is left of it.
func (tell telling) tell(t *testing.T, s story) (o outcome) {
	dir := t.TempDir()
	for _, life := range s {
		opened, err := store.Open(dir, store.Options{})
		if err != nil {
			t.Fatal(err)
		}
		doors := []*door{{name: doorNames[0], resumable: true}, {name: doorNames[1]}}
		h := opens(t, plan{storage: &storage{Store: opened}, ledger: tell.ledger}, doors...)
		tell.live(t, life, doors)
		if err := h.closes(); err != nil {
			t.Error(err)
		}
		for i, d := range doors {
			o.heard[i] = append(o.heard[i], d.heard()...)
		}
		o.history, o.progress = histories(t, h.storage), h.Status().Progress.Progress
		checkCensus(t, h)
		if state, err := opened.Load(); err != nil || state.Progress() != o.progress {
			t.Errorf("the hub is at %v, stored is %v, %v", o.progress, state.Progress(), err)
		}
		if err := opened.Close(); err != nil {
			t.Error(err)
		}
	}
	return o
}

// checkCensus checks what Status counts against the rooms themselves.
func checkCensus(t *testing.T, h *house) {
	t.Helper()
	status, rooms, messages := h.Status(), 0, uint64(0)
	for range h.Rooms() {
		rooms++
	}
	state, err := h.storage.Store.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range state.Rooms() {
		messages += uint64(r.Seq)
	}
	if status.Rooms != rooms || status.Messages != messages {
		t.Errorf("counted are %d rooms with %d messages, want %d with %d",
			status.Rooms, status.Messages, rooms, messages)
	}
	directs := 0
	for _, r := range state.Rooms() {
		if r.ID.IsDirect() {
			directs++
		}
	}
	if status.Directs != directs {
		t.Errorf("counted are %d direct rooms, want %d", status.Directs, directs)
	}
}

func (tell telling) live(t *testing.T, life []act, doors []*door) {
	var answers []<-chan hub.Answer
	for n, a := range life {
		d := doors[a.door]
		answer := d.submit(t, a.command(d), fmt.Sprint(n))
		if tell.patient {
			await(t, answer)
			continue
		}
		answers = append(answers, answer)
	}
	for _, answer := range answers {
		await(t, answer)
	}
}

// TestAnyStory: whatever is said, however it falls into batches, wherever the server is stopped and started again, over every
// ledger: each door is given exactly what it must be, in the order of the log, answers in their place; and equal logs end in
// equal hashes.
func TestAnyStory(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		s := drawStory(r)
		seed := rapid.Uint64().Draw(r, "seed")
		nasty := func(habits ledgertest.Habits) func(chat.Progress, int, func() time.Time) ledger.Ledger {
			habits.Seed = seed
			return func(after chat.Progress, capacity int, now func() time.Time) ledger.Ledger {
				return ledgertest.NewNasty(after, capacity, now, habits)
			}
		}
		want := foretell(s)
		other := rapid.SampledFrom([]struct {
			what string
			telling
			otherHash bool
		}{
			{"all at once", telling{}, false},
			{"delayed and regrouped", telling{ledger: nasty(ledgertest.Habits{})}, false},
			{"repeated", telling{ledger: nasty(ledgertest.Habits{Repeat: true})}, false},
			{"renumbered", telling{ledger: nasty(ledgertest.Habits{Repeat: true, Renumber: true})}, true},
		}).Draw(r, "told")
		plain, awkward := telling{patient: true}.tell(t, s), other.tell(t, s)
		if d := plain.differs(want); d != "" {
			r.Fatalf("one at a time: %s", d)
		}
		if d := awkward.differs(want); d != "" {
			r.Fatalf("%s: %s", other.what, d)
		}
		if plain.progress.Hash != awkward.progress.Hash && !other.otherHash {
			r.Fatalf("one at a time: hash %v; %s: %v", plain.progress.Hash, other.what, awkward.progress.Hash)
		}
	})
}

func (o outcome) differs(want outcome) string {
	d := differs("history", o.history, want.history)
	for i, name := range doorNames {
		d += differs(name, o.heard[i], want.heard[i])
	}
	return d
}

// TestAnyLog: one log of several nodes, with repeats, in any batches and with the store closed and opened anywhere, ends in one
// hash and one history.
func TestAnyLog(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		log := drawLog(r)
		whole := applied(r, log, func(int) (bool, bool) { return false, false })
		parts := applied(r, log, func(int) (bool, bool) {
			const seldom = 19
			ends := rapid.Bool().Draw(r, "batch ends")
			return ends, rapid.IntRange(0, seldom).Draw(r, "restart") == seldom
		})
		if whole.progress != parts.progress {
			r.Fatalf("in one batch %v, in parts %v", whole.progress, parts.progress)
		}
		if !slices.Equal(whole.history, parts.history) {
			r.Fatalf("in one batch %q, in parts %q", whole.history, parts.history)
		}
	})
}

func drawLog(r *rapid.T) (log []chat.Record) {
	at, place := noon, chat.Place(0)
	n, epoch := map[chat.NodeID]uint64{}, map[chat.NodeID]chat.Epoch{}
	doors := []*door{{name: doorNames[0]}, {name: doorNames[1]}}
	for _, life := range drawStory(r) {
		for i, a := range life {
			node := rapid.SampledFrom([]chat.NodeID{"here", "there"}).Draw(r, "node")
			place += chat.Place(rapid.IntRange(1, 3).Draw(r, "hole"))
			at = at.Add(time.Duration(rapid.IntRange(0, 90).Draw(r, "seconds")) * time.Second)
			record := chat.Record{Place: place, Time: at, Command: a.named(node, doors[a.door].name)}
			if i == 0 {
				epoch[node]++
				n[node] = 0
				record.Command = chat.Start{Resumable: doorNames[:1], Within: time.Minute}
			}
			n[node]++
			record.Origin = chat.Origin{Node: node, Epoch: epoch[node], N: n[node]}
			log = append(log, record)
			for rapid.IntRange(0, 4).Draw(r, "repeat") == 0 {
				again := log[rapid.IntRange(0, len(log)-1).Draw(r, "which")]
				if rapid.Bool().Draw(r, "renumber") {
					place++
					again.Place, again.Time = place, at
				}
				log = append(log, again)
			}
		}
	}
	return log
}

// applied brings a log into a store of its own. After each record, ends says whether the batch ends there, and whether then
// the store is closed and opened again.
func applied(r *rapid.T, log []chat.Record, ends func(int) (batch, restart bool)) (o outcome) {
	dir, err := os.MkdirTemp("", "parley")
	if err != nil {
		r.Fatal(err)
	}
	defer os.RemoveAll(dir)
	var s *store.Store
	var state *chat.State
	open := func() {
		if s, err = store.Open(dir, store.Options{}); err != nil {
			r.Fatal(err)
		}
		if state, err = s.Load(); err != nil {
			r.Fatal(err)
		}
	}
	open()
	defer func() { s.Close() }()
	var batch []chat.Result
	commit := func() {
		if err := s.Commit(batch, state.Progress()); err != nil {
			r.Fatal(err)
		}
		batch = nil
	}
	for i, record := range log {
		batch = append(batch, chat.Apply(state, record))
		end, restart := ends(i)
		if end || restart {
			commit()
		}
		if restart {
			s.Close()
			open()
		}
	}
	commit()
	for _, room := range slices.Concat(rooms, directs(named(state))) {
		messages, err := s.After(r.Context(), room, chat.Cursor{}, 1_000_000)
		if err != nil {
			r.Fatal(err)
		}
		own := chat.Seq(0)
		for _, m := range messages {
			if m.Room == room {
				own++
			}
			if m.Room == room && m.Seq != own {
				r.Fatalf("in %s message %d stands at %d", room, m.Seq, own)
			}
			o.history = append(o.history, fmt.Sprintf("%+v", m))
		}
	}
	o.progress = state.Progress()
	return o
}
