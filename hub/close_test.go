package hub_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"parley/chat"
	"parley/hub"
	"parley/ledger"
	"parley/ledger/local"
)

func TestClose(t *testing.T) {
	d := &door{name: "udp"}
	h := opens(t, plan{}, d)
	d.ask(t, d.enter("s1", "Ann"))
	release := h.holds(func() { d.submit(t, d.post("s1", "held"), "") })
	var answers []<-chan hub.Answer
	for n := range 2000 { // several batches
		answers = append(answers, d.submit(t, d.post("s1", fmt.Sprint(n)), ""))
	}
	h.Close()
	h.Close()
	if err := d.way.Submit(t.Context(), d.post("s1", "late"), &question{}); codeOf(err) != chat.ShuttingDown {
		t.Errorf("after Close: %v", err)
	}
	if err := h.Do(t.Context(), chat.Alive{}); codeOf(err) != chat.ShuttingDown {
		t.Errorf("after Close: %v", err)
	}
	release()
	if err := h.closes(); err != nil {
		t.Error(err)
	}
	for n, answer := range answers {
		select {
		case a := <-answer:
			if a.Refusal != nil {
				t.Errorf("%d: %v", n, a.Refusal)
			}
		default:
			t.Errorf("%d was taken and is not answered", n)
		}
	}
	if n := len(h.history()); n != 2002 {
		t.Errorf("%d messages stand", n)
	}
}

// TestCloseAmidCallers: Submit returning nil means one answer, anything else means none.
func TestCloseAmidCallers(t *testing.T) {
	for range 20 {
		d := &door{name: "udp"}
		h := opens(t, plan{capacity: 8}, d)
		var all sync.WaitGroup
		started := make(chan struct{}, 100)
		for range 8 {
			all.Go(func() {
				for {
					q := &question{"", make(chan hub.Answer, 1)}
					if err := d.way.Submit(context.Background(), chat.Alive{}, q); err != nil {
						if codeOf(err) != chat.ShuttingDown {
							t.Error(err)
						}
						select {
						case a := <-q.answer:
							t.Errorf("refused and yet answered: %+v", a)
						default:
						}
						return
					}
					<-q.answer
					select {
					case started <- struct{}{}:
					default:
					}
				}
			})
		}
		<-started
		if err := h.closes(); err != nil {
			t.Error(err)
		}
		all.Wait()
	}
}

// slow is a ledger whose Append can be held.
type slow struct {
	ledger.Ledger
	mu   sync.Mutex
	hold func() // called before every Append; may be nil
}

// Append implements ledger.Ledger.
func (l *slow) Append(origin chat.Origin, command chat.Command) error {
	l.mu.Lock()
	hold := l.hold
	l.mu.Unlock()
	if hold != nil {
		hold()
	}
	return l.Ledger.Append(origin, command)
}

// TestSubmitWhileTheLoopEnds: who is on the way into the log when the loop ends is refused by Submit or by an Answer, not both.
func TestSubmitWhileTheLoopEnds(t *testing.T) {
	d, l := &door{name: "udp"}, &slow{}
	h := opens(t, plan{ledger: func(after chat.Progress, capacity int, now func() time.Time) ledger.Ledger {
		l.Ledger = local.New(after, capacity, now)
		return l
	}}, d)
	standing, goOn := make(chan struct{}), make(chan struct{})
	l.mu.Lock()
	l.hold = func() { close(standing); <-goOn }
	l.mu.Unlock()
	q := &question{"", make(chan hub.Answer, 1)}
	submitted := make(chan error, 1)
	go func() { submitted <- d.way.Submit(context.Background(), chat.Alive{}, q) }()
	<-standing
	closed := make(chan error, 1)
	go func() { closed <- h.closes() }()
	close(goOn)
	if err := <-closed; err != nil {
		t.Error(err)
	}
	if err := <-submitted; (err == nil) != (len(q.answer) == 1) {
		t.Errorf("Submit returned %v, and there are %d answers", err, len(q.answer))
	}
}

// noted is a ledger that notes what is appended, in order.
type noted struct {
	ledger.Ledger
	appended chan chat.Command
}

// Append implements ledger.Ledger.
func (l noted) Append(origin chat.Origin, command chat.Command) error {
	err := l.Ledger.Append(origin, command)
	if err == nil {
		l.appended <- command
	}
	return err
}

// noting makes a local ledger that notes what is appended.
func noting(appended chan chat.Command) func(chat.Progress, int, func() time.Time) ledger.Ledger {
	return func(after chat.Progress, capacity int, now func() time.Time) ledger.Ledger {
		return noted{local.New(after, capacity, now), appended}
	}
}

// TestStartComesFirst: what doors read before this life has begun in the log waits for it, or Start would take it for a sign
// that the node was never away.
func TestStartComesFirst(t *testing.T) {
	d := &door{name: "udp"}
	appended := make(chan chat.Command, 10)
	h := plan{ledger: noting(appended)}.build(t, d)
	if err := d.way.Submit(done, d.post("s1", "early"), nil); codeOf(err) != chat.Busy {
		t.Errorf("before Run, who does not wait is told %v", err)
	}
	patient := make(chan chat.Code, 1)
	go func() { patient <- d.ask(t, d.enter("s1", "Ann")) }()
	go func() { h.ended <- h.Run() }()
	if got := <-patient; got != chat.OK {
		t.Error(got)
	}
	if c := <-appended; c != nil {
		if _, isStart := c.(chat.Start); !isStart {
			t.Errorf("%T is appended first", c)
		}
	}
}
