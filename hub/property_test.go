package hub_test

import (
	"fmt"
	"maps"
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

// act is what somebody does in a made-up story: through a door of two, under a session of the door's three.
type act struct {
	door  int
	verb  string
	local string
	word  string // a nickname or a text
}

// story is the lives of a server: between two of them it is stopped and started again.
type story [][]act

func drawStory(t *rapid.T) story {
	one := rapid.Custom(func(t *rapid.T) act {
		a := act{
			door:  rapid.IntRange(0, 1).Draw(t, "door"),
			verb:  rapid.SampledFrom([]string{"enter", "enter", "post", "post", "post", "leave", "kick", "announce"}).Draw(t, "verb"),
			local: rapid.SampledFrom([]string{"s1", "s2", "s3"}).Draw(t, "session"),
		}
		switch a.verb {
		case "enter", "kick":
			a.word = rapid.SampledFrom([]string{"Ann", "ann", "Ben", "Cid"}).Draw(t, "nick")
		default:
			a.word = rapid.SampledFrom([]string{"hello", "tea?", "yes"}).Draw(t, "text")
		}
		return a
	})
	return rapid.SliceOfN(rapid.SliceOfN(one, 0, 25), 1, 3).Draw(t, "story")
}

// command is what an act submits.
func (a act) command(d *door) chat.Command {
	switch a.verb {
	case "enter":
		return d.enter(a.local, a.word)
	case "post":
		return d.post(a.local, a.word)
	case "leave":
		return d.leave(a.local)
	case "kick":
		return chat.Kick{NickKey: strings.ToLower(a.word), Detail: "enough"}
	default:
		return chat.Announce{Text: a.word}
	}
}

// outcome is what is left of a story: what each door was given, item by item, the history, and how far the log came.
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
		o.history, o.progress = h.history(), h.Status().Progress.Progress
		if state, err := opened.Load(); err != nil || state.Progress() != o.progress {
			t.Errorf("the hub is at %v, stored is %v, %v", o.progress, state.Progress(), err)
		}
		if err := opened.Close(); err != nil {
			t.Error(err)
		}
	}
	return o
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

// foretell says what must be left of a story, by the rules as people know them and without the code that is tested.
func foretell(s story) outcome {
	w := &world{inside: map[string]member{}, asked: map[string]bool{}}
	for _, life := range s {
		for _, id := range w.begin() {
			w.leaves(id, "ended")
		}
		for n, a := range life {
			w.act(n, a)
		}
	}
	return w.outcome
}

// world is who is inside; sessions are named door/local.
type world struct {
	outcome
	inside map[string]member
	asked  map[string]bool   // told that somebody wants their nickname: once is enough while the clock stands still
	ghosts map[string]member // of a door's former life: still inside, but the door knows nothing of them
}

type member struct{ nick, door, local string }

// begin starts a life and returns the sessions that do not outlive the one before.
func (w *world) begin() []string {
	w.ghosts, w.asked = map[string]member{}, map[string]bool{}
	for id, m := range w.inside {
		if m.door != doorNames[0] {
			w.ghosts[id] = m
		}
	}
	return slices.Sorted(maps.Keys(w.ghosts))
}

func (w *world) act(n int, a act) {
	door := doorNames[a.door]
	id := door + "/" + a.local
	verdict := "ok"
	switch a.verb {
	case "enter":
		if verdict = w.enters(id, member{a.word, door, a.local}); verdict == "ok" {
			verdict += ", inside as " + a.word
		}
	case "post":
		if m, inside := w.inside[id]; inside {
			w.happens(m.nick+" message "+a.word, m.nick+": "+a.word, m)
		} else {
			verdict = "not_inside"
		}
	case "leave":
		if _, inside := w.inside[id]; inside {
			w.leaves(id, "quit")
		} else {
			verdict = "not_inside"
		}
	case "kick":
		if holder := w.holder(a.word); holder != "" {
			w.leaves(holder, "kicked: enough")
		} else {
			verdict = "nick_unknown"
		}
	case "announce":
		w.history = append(w.history, fmt.Sprint(len(w.history)+1, " announcement ", a.word))
		w.tell("all: "+a.word, member{})
	}
	w.heard[a.door] = append(w.heard[a.door], fmt.Sprintf("answer %d: %s", n, verdict))
}

func (w *world) holder(nick string) string {
	for id, m := range w.inside {
		if strings.EqualFold(m.nick, nick) {
			return id
		}
	}
	return ""
}

func (w *world) enters(id string, m member) string {
	before, inside := w.inside[id]
	if inside && before.nick == m.nick {
		return "ok"
	}
	if holder := w.holder(m.nick); holder != "" && holder != id {
		h := w.inside[holder]
		i := slices.Index(doorNames[:], h.door)
		if !w.asked[holder] {
			w.asked[holder] = true
			w.heard[i] = append(w.heard[i], "wanted → "+h.local)
		}
		return "nick_occupied"
	}
	if inside {
		w.leaves(id, "quit")
	}
	w.happens(m.nick+" entered", m.nick+" enters", m)
	w.inside[id] = m
	return "ok"
}

func (w *world) leaves(id, why string) {
	m := w.inside[id]
	delete(w.inside, id)
	delete(w.asked, id)
	self := m
	if _, ghost := w.ghosts[id]; ghost {
		self = member{}
	}
	delete(w.ghosts, id)
	w.happens(m.nick+" left "+why, m.nick+" leaves, "+why, self)
	if i := slices.Index(doorNames[:], self.door); i >= 0 {
		reason, _, _ := strings.Cut(why, ":")
		w.heard[i] = append(w.heard[i], "end, "+reason+" → "+self.local+" by "+self.local)
	}
}

// happens writes history and tells those inside, and the door of self.
func (w *world) happens(stands, told string, self member) {
	seq := len(w.history) + 1
	w.history = append(w.history, fmt.Sprint(seq, " ", stands))
	w.tell(fmt.Sprint(seq, " ", told), self)
}

func (w *world) tell(told string, self member) {
	for i, door := range doorNames {
		var to []string
		for id, m := range w.inside {
			if _, ghost := w.ghosts[id]; m.door == door && !ghost {
				to = append(to, m.local)
			}
		}
		slices.Sort(to)
		line := told + " → " + strings.Join(to, " ")
		if self.door == door {
			line += " by " + self.local
		}
		if len(to) > 0 || self.door == door {
			w.heard[i] = append(w.heard[i], line)
		}
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
			return rapid.Bool().Draw(r, "batch ends"), rapid.IntRange(0, 5).Draw(r, "restart") == 0
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

// named is command without a hub: sessions are named by node, door and local.
func (a act) named(node chat.NodeID, door string) chat.Command {
	id := chat.SessionID(fmt.Sprint(node, "/", door, "/", a.local))
	switch a.verb {
	case "enter":
		return chat.Enter{Session: id, Door: door, Nick: chat.Nick{Name: a.word, Key: strings.ToLower(a.word)}}
	case "post":
		return chat.Post{Session: id, Room: chat.Lobby, Text: a.word}
	case "leave":
		return chat.Leave{Session: id, Reason: chat.ReasonQuit}
	}
	return a.command(nil)
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
	messages, err := s.After(r.Context(), chat.Lobby, 0, 1_000_000)
	if err != nil {
		r.Fatal(err)
	}
	for i, m := range messages {
		if m.Seq != chat.Seq(i+1) {
			r.Fatalf("message %d stands at %d", m.Seq, i+1)
		}
		o.history = append(o.history, fmt.Sprintf("%+v", m))
	}
	o.progress = state.Progress()
	return o
}
