package hub_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"testing"
	"time"

	"parley/chat"
	"parley/hub"
	"parley/ledger"
	"parley/ledger/local"
	"parley/store"
)

// poisoned is a ledger in which some commands cannot be applied: those that say "poison".
type poisoned struct{ ledger.Ledger }

// poison is a plan's ledger that is poisoned.
func poison(after chat.Progress, capacity int, now func() time.Time) ledger.Ledger {
	return poisoned{local.New(after, capacity, now)}
}

// Next implements ledger.Ledger.
func (l poisoned) Next(ctx context.Context, max int) ([]chat.Record, error) {
	records, err := l.Ledger.Next(ctx, max)
	for i, r := range records {
		if post, ok := r.Command.(chat.Post); ok && post.Text == "poison" {
			records[i].Command = nil // Apply panics
		}
	}
	return records, err
}

// TestPanicIsOneRefusal: a command that the rules cannot take is refused, and its neighbours in the batch pass.
func TestPanicIsOneRefusal(t *testing.T) {
	d := &door{name: "udp"}
	p := plan{storage: stores(t, t.TempDir()), ledger: poison}
	h := opens(t, p, d)
	d.ask(t, d.enter("s1", "Ann"))
	d.heard()
	var answers []<-chan hub.Answer
	release := h.holds(func() {
		d.submit(t, d.post("s1", "held"), "held")
	})
	for _, text := range []string{"one", "poison", "two", "poison", "three"} {
		answers = append(answers, d.submit(t, d.post("s1", text), text))
	}
	release()
	for _, answer := range answers {
		await(t, answer)
	}
	same(t, "udp", d.heard(), []string{
		"2 Ann: held → s1 by s1", "answer held: ok",
		"3 Ann: one → s1 by s1", "answer one: ok", "answer poison: internal",
		"4 Ann: two → s1 by s1", "answer two: ok", "answer poison: internal",
		"5 Ann: three → s1 by s1", "answer three: ok",
	})
	want := h.Status().Progress.Progress
	h.closes()
	if state, err := p.storage.Load(); err != nil || state.Progress() != want {
		t.Errorf("stored is %v, %v; the hub was at %v", state.Progress(), err, want)
	}
}

// holds makes the loop stand in the Commit of what submit submits, until release is called: what is submitted in between
// becomes the next batch.
func (h *house) holds(submit func()) (release func()) {
	standing, goOn := make(chan struct{}), make(chan struct{})
	var once sync.Once
	h.storage.commits(func([]chat.Result) error {
		once.Do(func() { close(standing); <-goOn })
		return nil
	})
	submit()
	<-standing
	return func() { close(goOn) }
}

// TestALifeThatCannotBegin: a disk that takes nothing at the start ends the hub with that reason, ready for nobody.
func TestALifeThatCannotBegin(t *testing.T) {
	s := stores(t, t.TempDir())
	s.commits(func([]chat.Result) error { return fmt.Errorf("commit: %w", store.ErrFull) })
	h := plan{storage: s}.build(t)
	go func() { h.ended <- h.Run() }()
	h.closed = true // by itself
	var refusal *chat.Refusal
	if err := <-h.ended; !errors.As(err, &refusal) || refusal.Code != chat.StorageFull {
		t.Errorf("ended with %v", err)
	}
	if h.Status().Ready {
		t.Error("it is ready")
	}
}

// TestFullDisk: everybody in the batch is told, nothing is shown, and later it heals by itself.
func TestFullDisk(t *testing.T) {
	d := &door{name: "udp"}
	h := opens(t, plan{}, d)
	d.ask(t, d.enter("s1", "Ann"))
	d.heard()
	before := h.Status().Progress

	tried := 0
	full := func([]chat.Result) error { tried++; return fmt.Errorf("commit: %w", store.ErrFull) }
	release := h.holds(func() { d.submit(t, d.post("s1", "stored"), "0") })
	answers := []<-chan hub.Answer{
		d.submit(t, d.post("s1", "lost"), "1"), d.submit(t, d.enter("s2", "Ben"), "2"), d.submit(t, d.leave("s9"), "3"),
	}
	h.storage.commits(full)
	release()
	for _, answer := range answers {
		await(t, answer)
	}
	same(t, "udp", d.heard(), []string{
		"2 Ann: stored → s1 by s1", "answer 0: ok", "answer 1: storage_full", "answer 2: storage_full", "answer 3: storage_full",
	})
	if s := h.Status(); s.Storage != chat.StorageFull || s.Place != before.Place+1 {
		t.Errorf("status %+v after %+v", s, before)
	}
	if who := slices.Collect(h.Who(chat.Lobby)); len(who) != 1 {
		t.Errorf("inside: %+v", who)
	}

	h.storage.commits(nil) // there is room again, but it is not time to look
	if got := d.ask(t, d.post("s1", "too soon")); got != chat.StorageFull || tried != 1 {
		t.Errorf("%v, tried %d times", got, tried)
	}
	h.storage.commits(full)
	h.clock.passes(time.Second)
	if got := d.ask(t, d.post("s1", "still full")); got != chat.StorageFull || tried != 2 {
		t.Errorf("%v, tried %d times", got, tried)
	}
	h.storage.commits(nil)
	h.clock.passes(time.Second)
	if got := d.ask(t, d.post("s1", "healed")); got != chat.OK || h.Status().Storage != chat.OK {
		t.Errorf("%v, %v", got, h.Status().Storage)
	}
	same(t, "history", h.history(), []string{"1 Ann entered", "2 Ann message stored", "3 Ann message healed"})
}

// TestFailedDisk: after any other error nothing is stored until a restart; reading goes on.
func TestFailedDisk(t *testing.T) {
	d := &door{name: "udp"}
	h := opens(t, plan{}, d)
	d.ask(t, d.enter("s1", "Ann"))
	h.storage.commits(func([]chat.Result) error { return errors.New("fsync: input/output error") })
	if got := d.ask(t, d.post("s1", "lost")); got != chat.StorageFailed {
		t.Error(got)
	}
	h.storage.commits(nil)
	for range 3 {
		h.clock.passes(time.Hour)
		if got := d.ask(t, d.post("s1", "lost")); got != chat.StorageFailed {
			t.Error(got)
		}
	}
	if all, err := h.Last(t.Context(), chat.Lobby, 10); err != nil || len(all) != 1 {
		t.Errorf("%+v, %v", all, err)
	}
	if got := h.Status().Storage; got != chat.StorageFailed {
		t.Error(got)
	}
	if err := h.closes(); err != nil {
		t.Error(err)
	}
}

// TestNothingIsBuiltOnWhatIsNotStored: when the disk refuses in the middle of a batch that goes
// record by record, nothing more is applied, and what follows later builds on what is stored.
func TestNothingIsBuiltOnWhatIsNotStored(t *testing.T) {
	d := &door{name: "udp"}
	h := opens(t, plan{ledger: poison}, d)
	d.ask(t, d.enter("s1", "Ann"))
	release := h.holds(func() { d.submit(t, d.post("s1", "held"), "") })
	first, second := d.submit(t, d.post("s1", "refused"), ""), d.submit(t, d.post("s1", "built on it"), "")
	d.submit(t, d.post("s1", "poison"), "")
	h.storage.commits(func(results []chat.Result) error {
		if len(results[0].Messages) == 1 && results[0].Messages[0].Text == "refused" {
			return store.ErrFull
		}
		return nil
	})
	release()
	for _, answer := range []<-chan hub.Answer{first, second} {
		if a := await(t, answer); code(a.Refusal) != chat.StorageFull {
			t.Errorf("answered with %v", a.Refusal)
		}
	}
	h.clock.passes(time.Second)
	if got := d.ask(t, d.post("s1", "healed")); got != chat.OK {
		t.Error(got)
	}
	same(t, "history", h.history(), []string{
		"1 Ann entered", "2 Ann message held", "3 Ann message healed",
	})
}

// TestNothingIsReadAgain: neither a disk that refuses nor a rule that panics makes the loop read
// the stored State, which would take seconds where there are very many rooms.
func TestNothingIsReadAgain(t *testing.T) {
	d := &door{name: "udp"}
	h := opens(t, plan{ledger: poison}, d)
	d.ask(t, d.enter("s1", "Ann"))
	h.storage.loads(func() error { t.Error("the State is read again"); return nil })
	before := h.Status().Progress.Progress
	h.storage.commits(func([]chat.Result) error { return store.ErrFull })
	for range 3 { // probes
		if got := d.ask(t, d.enter("s2", "Ben")); got != chat.StorageFull {
			t.Error(got)
		}
		if now := h.Status().Progress.Progress; now != before {
			t.Errorf("progress went from %+v to %+v", before, now)
		}
		h.clock.passes(time.Second)
	}
	h.storage.commits(nil)
	if got := d.ask(t, d.post("s1", "poison")); got != chat.Internal {
		t.Error(got)
	}
	if got := d.ask(t, d.enter("s2", "Ben")); got != chat.OK {
		t.Error(got)
	}
	want := h.Status().Progress.Progress
	h.closes()
	h.storage.loads(nil)
	if state, err := h.storage.Load(); err != nil || state.Progress() != want {
		t.Errorf("stored is %v, %v; the hub was at %v", state.Progress(), err, want)
	}
}

// breakable is a ledger whose reading fails once it is broken.
type breakable struct {
	ledger.Ledger
	broken chan struct{}
}

var errBroken = errors.New("the log cannot be read")

// Next implements ledger.Ledger.
func (l breakable) Next(ctx context.Context, max int) ([]chat.Record, error) {
	select {
	case <-l.broken:
		return nil, errBroken
	default:
		return l.Ledger.Next(ctx, max)
	}
}

// TestLedgerFails: Run says so and ends, and everybody is told, those in the log and those still waiting to get in.
func TestLedgerFails(t *testing.T) {
	d := &door{name: "udp"}
	l := breakable{broken: make(chan struct{})}
	h := opens(t, plan{capacity: 2, ledger: func(after chat.Progress, capacity int, now func() time.Time) ledger.Ledger {
		l.Ledger = local.New(after, capacity, now)
		return l
	}}, d)
	d.ask(t, d.enter("s1", "Ann"))
	release := h.holds(func() { d.submit(t, d.post("s1", "held"), "") })
	inside := []<-chan hub.Answer{d.submit(t, d.post("s1", "1"), ""), d.submit(t, d.post("s1", "2"), "")}
	outside := make(chan error, 1)
	go func() { outside <- d.way.Submit(context.Background(), d.post("s1", "3"), nil) }()
	close(l.broken)
	release()
	if err := h.closes(); !errors.Is(err, errBroken) {
		t.Errorf("Run ends with %v", err)
	}
	for _, answer := range inside {
		if a := await(t, answer); code(a.Refusal) != chat.ShuttingDown {
			t.Errorf("taken and not read: %v", a.Refusal)
		}
	}
	if err := <-outside; codeOf(err) != chat.ShuttingDown {
		t.Errorf("not taken: %v", err)
	}
}

func TestNewFails(t *testing.T) {
	s := stores(t, t.TempDir())
	s.loads(func() error { return io.ErrUnexpectedEOF })
	if _, err := hub.New(s, local.New(chat.Progress{}, 1, time.Now), hub.Options{}); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Error(err)
	}
}

// TestADoorThatPanicsHurtsNoOtherDoor: nor the loop, which goes on.
func TestADoorThatPanicsHurtsNoOtherDoor(t *testing.T) {
	bad, good := &door{name: "udp"}, &door{name: "line"}
	bad.look = func(i hub.Item) {
		if p, ok := i.Event.(chat.Posted); ok && p.Message.Text == "cursed" {
			panic("a fault of the door")
		}
	}
	opens(t, plan{}, bad, good)
	bad.ask(t, bad.enter("s1", "Ann"))
	good.ask(t, good.enter("s2", "Ben"))
	good.ask(t, good.post("s2", "cursed"))
	good.ask(t, good.post("s2", "after"))
	for _, d := range []*door{bad, good} {
		want := map[string][]string{"udp": {"2 Ben enters → s1", "4 Ben: after → s1"}, "line": {"3 Ben: cursed → s2 by s2", "4 Ben: after → s2 by s2"}}[d.name]
		got := withoutAnswers(d.settled(t))
		same(t, d.name, got[len(got)-2:], want)
	}
}
