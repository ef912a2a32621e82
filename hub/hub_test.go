package hub_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/chat"
	"parley/hub"
)

// TestManyTalkAtOnce: everybody hears everything once, in the same order, and is answered after their own words.
func TestManyTalkAtOnce(t *testing.T) {
	const talkers, each = 6, 50
	doors := []*door{{name: "udp"}, {name: "line"}}
	h := opens(t, plan{capacity: 16}, doors...)
	for i := range talkers {
		d := doors[i%2]
		if got := d.ask(t, d.enter(fmt.Sprint("s", i), fmt.Sprint("Nick", i))); got != chat.OK {
			t.Fatal(got)
		}
	}
	for _, d := range doors {
		d.settled(t)
	}
	var all sync.WaitGroup
	for i := range talkers {
		all.Go(func() {
			d := doors[i%2]
			var answers []<-chan hub.Answer
			for n := range each {
				text := fmt.Sprintf("%d of %d", n, i)
				answers = append(answers, d.submit(t, d.post(fmt.Sprint("s", i), text), text))
			}
			for n, answer := range answers {
				if a := await(t, answer); a.Refusal != nil {
					t.Errorf("%d of %d: %v", n, i, a.Refusal)
				}
			}
		})
	}
	all.Wait()
	stored := h.history()[talkers:]
	for i, d := range doors {
		hears(t, d.settled(t), stored, []string{"s0 s2 s4", "s1 s3 s5"}[i])
	}
}

// hears checks that a door's lines are what is stored, whole and in order, told to all, each answered after it was told.
func hears(t *testing.T, lines, stored []string, all string) {
	t.Helper()
	var told []string
	for _, line := range lines {
		if name, isAnswer := strings.CutPrefix(line, "answer "); isAnswer {
			text := ": " + strings.TrimSuffix(name, ": ok") + " →"
			if !slices.ContainsFunc(told, func(line string) bool { return strings.Contains(line, text) }) {
				t.Errorf("%q comes before the words it answers", line)
			}
			continue
		}
		if told = append(told, line); !strings.Contains(line+" ", "→ "+all+" ") {
			t.Errorf("%q is not for %s alone", line, all)
		}
	}
	if len(told) != len(stored) {
		t.Fatalf("%d were told, %d are stored", len(told), len(stored))
	}
	for i := range told {
		said, _, _ := strings.Cut(told[i], " →")
		if said = strings.Replace(said, ":", " message", 1); said != stored[i] {
			t.Errorf("told %q where %q is stored", said, stored[i])
		}
	}
}

// TestNobodyElseHears: who is not inside is told nothing, and answers go to the door that asked.
func TestNobodyElseHears(t *testing.T) {
	udp, line := &door{name: "udp"}, &door{name: "line"}
	opens(t, plan{}, udp, line)
	udp.ask(t, udp.enter("s1", "Ann"))
	udp.ask(t, udp.post("s1", "alone"))
	same(t, "line, with nobody inside", line.settled(t), nil)
	await(t, line.submit(t, line.enter("s2", "Ann"), "q"))
	same(t, "line, refused", line.heard(), []string{"answer q: nick_occupied"})
	udp.settled(t)
	line.ask(t, line.enter("s2", "Ben"))
	udp.ask(t, udp.leave("s1"))
	udp.settled(t)
	line.settled(t)
	await(t, line.submit(t, line.post("s2", "anybody?"), "q"))
	same(t, "udp, after leaving", udp.settled(t), nil)
	same(t, "line", line.heard(), []string{"5 Ben: anybody? → s2 by s2", "answer q: ok"})
}

// TestSelf: a door is told what its sessions do, even where nobody else of it listens.
func TestSelf(t *testing.T) {
	d := &door{name: "udp"}
	opens(t, plan{}, d)
	for range 2 {
		await(t, d.submit(t, d.enter("s1", "Ann"), "q"))
		await(t, d.submit(t, d.leave("s1"), "q"))
	}
	same(t, "udp", d.heard(), []string{
		"1 Ann enters →  by s1", "answer q: ok, inside as s1",
		"2 Ann leaves, quit →  by s1", "end, quit → s1 by s1", "answer q: ok",
		"3 Ann enters →  by s1", "answer q: ok, inside as s1",
		"4 Ann leaves, quit →  by s1", "end, quit → s1 by s1", "answer q: ok",
	})
}

func TestAnnouncementReachesEveryDoor(t *testing.T) {
	udp, line, empty := &door{name: "udp"}, &door{name: "line"}, &door{name: "irc"}
	h := opens(t, plan{}, udp, line, empty)
	udp.ask(t, udp.enter("s1", "Ann"))
	udp.ask(t, udp.enter("s2", "Ben"))
	line.ask(t, line.enter("s3", "Cid"))
	udp.settled(t)
	line.settled(t)
	if err := h.Do(t.Context(), chat.Announce{By: chat.ByOperator(), Text: "tea"}); err != nil {
		t.Fatal(err)
	}
	same(t, "udp", udp.settled(t), []string{"all: tea → s1 s2"})
	same(t, "line", line.settled(t), []string{"all: tea → s3"})
	same(t, "irc", empty.settled(t), nil)
}

func TestDo(t *testing.T) {
	appended := make(chan chat.Command, 10)
	h := opens(t, plan{ledger: noting(appended)})
	if err := h.Do(t.Context(), chat.Announce{By: chat.ByOperator(), Text: "tea"}); err != nil {
		t.Error(err)
	}
	same(t, "history", h.history(), []string{"1 announcement tea"})
	if err := h.Do(t.Context(), chat.Kick{
		By:      chat.ByOperator(),
		NickKey: "ann",
	}); codeOf(err) != chat.NickUnknown {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	release := h.holds(func() { go h.Do(context.Background(), chat.Alive{}) })
	answer := make(chan error, 1)
	late := chat.Announce{By: chat.ByOperator(), Text: "late"}
	go func() { answer <- h.Do(ctx, late) }()
	for c := range appended {
		if nameOf(c) == nameOf(late) && c == late { // it is taken, and its outcome is open
			break
		}
	}
	cancel()
	if err := <-answer; err != context.Canceled {
		t.Error(err)
	}
	release()
}

func TestFollow(t *testing.T) {
	const posts = 300
	d := &door{name: "udp"}
	h := opens(t, plan{}, d)
	d.ask(t, d.enter("s1", "Ann"))
	stop := errors.New("that is all")
	var all sync.WaitGroup
	for after := range chat.Seq(20) {
		all.Go(func() {
			next := after + 1
			err := h.Follow(context.Background(), chat.Lobby, chat.Cursor{Seq: after},
				func(messages []chat.Message) error {
					for _, m := range messages {
						if m.Seq != next {
							t.Errorf("%d comes where %d is due", m.Seq, next)
						}
						next = m.Seq + 1
					}
					if next > posts {
						return stop
					}
					return nil
				})
			if err != stop {
				t.Errorf("after %d: %v", after, err)
			}
		})
	}
	for n := range posts {
		d.submit(t, d.post("s1", fmt.Sprint(n)), "")
	}
	all.Wait()

	ctx, cancel := context.WithCancel(t.Context())
	all.Go(func() {
		if err := h.Follow(ctx, chat.Lobby, chat.Cursor{},
			func([]chat.Message) error { cancel(); return nil }); !errors.Is(err,
			context.Canceled) {
			t.Errorf("ctx done: %v", err)
		}
	})
	seen := make(chan struct{}, 100)
	all.Go(func() {
		if err := h.Follow(context.Background(), chat.Lobby, chat.Cursor{},
			func([]chat.Message) error { seen <- struct{}{}; return nil }); err != nil {
			t.Errorf("the hub ends: %v", err)
		}
	})
	<-ctx.Done()
	<-seen
	h.closes()
	all.Wait()
	if err := h.Follow(t.Context(), "attic", chat.Cursor{}, nil); codeOf(err) != chat.RoomUnknown {
		t.Error(err)
	}
}

// TestFollowSeesWhatComesMeanwhile: what is committed between Follow's look into the store and its waiting wakes it.
func TestFollowSeesWhatComesMeanwhile(t *testing.T) {
	h := opens(t, plan{})
	var once sync.Once
	h.storage.afters(func(found int) {
		once.Do(func() {
			if err := h.Do(context.Background(), chat.Announce{
				By:   chat.ByOperator(),
				Text: "meanwhile",
			}); found > 0 || err != nil {
				t.Errorf("%d found, %v", found, err)
			}
			h.Do(context.Background(), chat.Alive{}) // what follows a commit is done once the next command is answered
		})
	})
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	seen := errors.New("seen")
	if err := h.Follow(ctx, chat.Lobby, chat.Cursor{},
		func([]chat.Message) error { return seen }); err != seen {
		t.Error(err)
	}
}

// TestManyDeadSessionsEndInPortions: all of them, and no other.
func TestManyDeadSessionsEndInPortions(t *testing.T) {
	const members = 4500
	p := plan{
		storage: stores(t, t.TempDir()), clock: &clock{now: noon}, resume: 10 * time.Minute,
		capacity: members + 1,
	}
	udp, line := &door{name: "udp", resumable: true}, &door{name: "line"}
	first := opens(t, p, udp, line)
	udp.ask(t, udp.enter("s1", "Ann"))
	for n := range members {
		name := fmt.Sprint("m", n)
		enter := chat.Enter{
			Session: line.way.NewSession(), Door: "line", Nick: chat.Nick{Name: name, Key: name},
		}
		if err := line.way.Submit(t.Context(), enter, nil); err != nil {
			t.Fatal(err)
		}
	}
	first.closes()
	udp.heard()

	second := opens(t, p, udp, line)
	ended := 0
	for deadline := time.Now().Add(patience); ended < members && time.Now().Before(deadline); {
		udp.ask(t, chat.Alive{})
		for _, told := range withoutAnswers(udp.heard()) {
			if !strings.HasSuffix(told, " leaves, ended → s1") {
				t.Errorf("%q", told)
			}
			ended++
		}
	}
	if inside := second.Present(chat.Lobby); ended != members || inside != 1 {
		t.Errorf("%d of %d have left, %d are inside", ended, members, inside)
	}
}

func TestQueries(t *testing.T) {
	udp, line := &door{name: "udp"}, &door{name: "line"}
	h := opens(t, plan{capacity: 77}, udp, line)
	udp.ask(t, udp.enter("s1", "Zoe"))
	line.ask(t, line.enter("s2", "Ann"))
	var nicks []string
	for s := range h.Who(chat.Lobby) {
		nicks = append(nicks, s.Nick.Name)
	}
	same(t, "who", nicks, []string{"Ann", "Zoe"})
	if who := slices.Collect(h.Who("attic")); len(who) > 0 {
		t.Errorf("in no room: %+v", who)
	}
	if _, err := h.Last(t.Context(), "attic", 1); codeOf(err) != chat.RoomUnknown {
		t.Error(err)
	}
	s := h.Status()
	if s.Node != "here" || s.Epoch != 1 || s.Members["udp"] != 1 || s.Members["line"] != 1 || s.Queues[0].Capacity != 77 || !s.Ready || s.Place != 3 {
		t.Errorf("%+v", s)
	}
}

// TestResume: sessions of a resumable door outlive a short restart, and what is theirs is still theirs.
func TestResume(t *testing.T) {
	p := plan{storage: stores(t, t.TempDir()), clock: &clock{now: noon}, resume: 10 * time.Minute}
	udp, line := &door{name: "udp", resumable: true}, &door{name: "line"}
	first := opens(t, p, udp, line)
	udp.ask(t, udp.enter("s1", "Ann"))
	line.ask(t, line.enter("s2", "Ben"))
	first.closes()
	udp.heard()
	line.heard()

	p.clock.passes(10 * time.Minute)
	p.prepare = func(*hub.Hub) {
		if ss := udp.way.Sessions(); len(ss) != 1 || ss[0].State().Nick.Name != "Ann" {
			t.Errorf("udp resumes %+v", ss)
		}
		if ss := line.way.Sessions(); len(ss) > 0 {
			t.Errorf("line resumes %+v", ss)
		}
	}
	second := opens(t, p, udp, line)
	same(t, "udp", udp.settled(t), []string{"3 Ben leaves, ended → s1"})
	same(t, "line", line.settled(t), nil)
	if got := second.Status().Epoch; got != 2 {
		t.Errorf("epoch %d", got)
	}
	await(t, udp.submit(t, udp.post("s1", "still here"), "q"))
	same(t, "udp", udp.heard(), []string{"4 Ann: still here → s1 by s1", "answer q: ok"})
	second.closes()

	p.clock.passes(10*time.Minute + 1)
	p.prepare = nil
	third := opens(t, p, udp, line)
	same(t, "udp, too late", udp.settled(t), []string{"5 Ann leaves, ended →  by s1", "end, ended → s1 by s1"})
	if who := slices.Collect(third.Who(chat.Lobby)); len(who) > 0 {
		t.Errorf("inside: %+v", who)
	}
}

// TestBusy: a full log refuses who does not wait, and takes who does once there is room.
func TestBusy(t *testing.T) {
	d := &door{name: "udp"}
	h := opens(t, plan{capacity: 3}, d)
	d.ask(t, d.enter("s1", "Ann"))
	release := h.holds(func() { d.submit(t, d.post("s1", "held"), "") })
	for n := range 3 {
		if err := d.way.Submit(done, d.post("s1", fmt.Sprint(n)), nil); err != nil {
			t.Errorf("%d of 3: %v", n, err)
		}
	}
	if q := h.Status().Queues[0]; q != (hub.Queue{Name: "ledger", Length: 3, Capacity: 3}) {
		t.Errorf("queued: %+v", q)
	}
	q := &question{"", make(chan hub.Answer, 1)}
	if err := d.way.Submit(done, d.post("s1", "refused"), q); codeOf(err) != chat.Busy {
		t.Error(err)
	}
	patient := make(chan chat.Code, 1)
	go func() { patient <- d.ask(t, d.post("s1", "patient")) }()
	release()
	if got := <-patient; got != chat.OK {
		t.Error(got)
	}
	if len(q.answer) > 0 {
		t.Error("what was refused is answered")
	}
	same(t, "history", h.history(), []string{
		"1 Ann entered", "2 Ann message held", "3 Ann message 0", "4 Ann message 1", "5 Ann message 2", "6 Ann message patient",
	})
}

// TestCrowdIsNotBusy: while there is room, who does not wait is taken, however many submit at the same time.
func TestCrowdIsNotBusy(t *testing.T) {
	const callers, each = 8, 500
	d := &door{name: "udp"}
	h := opens(t, plan{capacity: callers*each + 10}, d)
	release := h.holds(func() { go h.Do(context.Background(), chat.Alive{}) })
	defer release()
	var all sync.WaitGroup
	for range callers {
		all.Go(func() {
			for range each {
				if err := d.way.Submit(done, chat.Alive{}, nil); err != nil {
					t.Errorf("with %+v: %v", h.Status().Queues[0], err)
					return
				}
			}
		})
	}
	all.Wait()
}

// TestBatchGrows: what comes while a batch is being stored shares the next one, up to 2,048; idle, each goes straight through.
func TestBatchGrows(t *testing.T) {
	d := &door{name: "udp"}
	h := opens(t, plan{}, d)
	d.ask(t, d.enter("s1", "Ann"))
	var batches []int
	release := h.holds(func() { d.submit(t, d.post("s1", "held"), "") })
	var last <-chan hub.Answer
	for n := range 2200 {
		last = d.submit(t, d.post("s1", fmt.Sprint(n)), "")
	}
	h.storage.commits(func(results []chat.Result) error {
		batches = append(batches, len(results))
		return nil
	})
	release()
	await(t, last)
	for range 3 {
		d.ask(t, d.post("s1", "idle"))
	}
	h.closes()
	if want := []int{2048, 152, 1, 1, 1}; !slices.Equal(batches, want) {
		t.Errorf("batches of %v, want %v", batches, want)
	}
}

// TestNoTwoSessionsHaveOneID: nor do those of two lives of a node.
func TestNoTwoSessionsHaveOneID(t *testing.T) {
	seen := map[chat.SessionID]bool{}
	storage := stores(t, t.TempDir())
	for range 3 {
		h, err := hub.New(storage, nil, hub.Options{})
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"udp", "line"} {
			way := h.Attach(&door{name: name}, false)
			for range 3 {
				id := way.NewSession()
				if id.Node != "here" || id.Life == 0 || id.N == 0 || seen[id] {
					t.Errorf("%v after %v", id, seen)
				}
				seen[id] = true
			}
		}
	}
}
