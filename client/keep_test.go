package client

import (
	"context"
	"net/netip"
	"strings"
	"testing"
	"time"

	"parley/chat"
	"parley/locale"
	"parley/wire/datagram"
)

// keeps is a client whose clock for repeats is the test.
type keeps struct {
	*Conn
	t *testing.T
}

func enterKeeping(t *testing.T, r *room) keeps {
	t.Helper()
	timings := quick
	timings.Keep, timings.Doubt = time.Hour, time.Minute
	c := dial(t, r.address(), Options{Timings: timings})
	if err := c.Enter(t.Context(), "ann"); err != nil {
		t.Fatal(err)
	}
	return keeps{c, t}
}

// after asks what is to be sent so long from now, sends it, and reports whether there was anything.
func (k keeps) after(d time.Duration) bool {
	l, request, _ := k.nextRepeat(time.Now().Add(d))
	if l != nil {
		l.send(k.Conn, request)
	}
	return l != nil
}

// hasAnswer waits until a repeat has its answer.
func (k keeps) hasAnswer() {
	k.t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for {
		k.mu.Lock()
		asked := k.keeping.asked
		k.mu.Unlock()
		switch {
		case asked == 0:
			return
		case time.Now().After(deadline):
			k.t.Fatal("the repeat has no answer")
		}
		time.Sleep(time.Millisecond)
	}
}

// answers makes a room answer repeated Ls with lines.
func answers(r *room, lines ...string) {
	r.setHook(func(from netip.AddrPort, l string) bool {
		if !strings.HasPrefix(l, "L ") {
			return false
		}
		for _, line := range lines {
			r.send(from, line)
		}
		return true
	})
}

func TestASilentClientRepeatsLWhateverItReceives(t *testing.T) {
	r := newRoom(t, "127.0.0.1:0")
	timings := quick
	timings.Keep = 20 * time.Millisecond
	c := dial(t, r.address(), Options{Timings: timings})
	if err := c.Enter(t.Context(), "ann"); err != nil {
		t.Fatal(err)
	}
	repeats := make(chan struct{}, 1000)
	r.setHook(func(_ netip.AddrPort, l string) bool {
		if l != "L ann" {
			t.Errorf("the server heard %q", l)
		}
		r.others(netip.AddrPort{}, "bob: hi")
		repeats <- struct{}{}
		return false // it is answered OK
	})
	for range 5 {
		select {
		case <-repeats:
		case <-time.After(10 * time.Second):
			t.Fatal("no L comes")
		}
		expect(t, c, line("bob: hi"))
	}
	r.setHook(nil) // it leaves
}

func TestLIsRepeatedOnlyAfterSilence(t *testing.T) {
	r := newRoom(t, "127.0.0.1:0")
	k := enterKeeping(t, r)
	if k.after(time.Hour - time.Minute) {
		t.Error("L is repeated too soon")
	}
	if !k.after(time.Hour) {
		t.Error("L is not repeated")
	}
	k.hasAnswer()
	if k.Leave(t.Context()); k.after(3 * time.Hour) {
		t.Error("L is repeated outside")
	}
}

func TestAServerThatKnowsNoRepeatsIsSentOneAndItsAnswerIsNotShown(t *testing.T) {
	for _, answer := range []string{
		"the nickname is occupied", "昵称已被占用", "ann enters the chat room", // known at once
		"错误：昵称已被占用", "Error: ann is taken", "already here", "name exists\n",
	} {
		t.Run(answer, func(t *testing.T) {
			r := newRoom(t, "127.0.0.1:0")
			k := enterKeeping(t, r)
			answers(r, answer, "bob: hi")
			if !k.after(time.Hour) {
				t.Fatal("L is not repeated")
			}
			r.heard("L ann")
			for i := range 2 { // once more if that could be what somebody says, and the conclusion
				k.await(2)
				k.after(time.Duration(2+i) * time.Hour)
			}
			r.tell("fence")
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			for e := line(""); e.Text != "fence"; {
				var err error
				if e, err = k.Receive(ctx); err != nil {
					t.Fatal(err)
				}
				if e.Text != "fence" && e.Text != "bob: hi" {
					t.Errorf("shown: %q", e.Text)
				}
			}
			if k.after(24 * time.Hour) {
				t.Error("L is repeated again")
			}
		})
	}
}

// await waits until so many answers to each L that was sent are held, or one was acted on.
func (k keeps) await(answers int) {
	k.t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for {
		k.mu.Lock()
		done := k.keeping.off || len(k.keeping.held) >= k.keeping.asked*answers
		k.mu.Unlock()
		switch {
		case done:
			return
		case time.Now().After(deadline):
			k.t.Fatal("the answer does not come")
		}
		time.Sleep(time.Millisecond)
	}
}

func TestWhatOthersSayAfterARepeatIsShownInOrder(t *testing.T) {
	r := newRoom(t, "127.0.0.1:0")
	k := enterKeeping(t, r)
	answers(r, "bob: one", "bob 进入聊天室", "bob: two\nbob: three", "OK", "bob: four")
	k.after(time.Hour)
	all := []Event{line("bob: one"), line("bob 进入聊天室"), line("bob: two"), line("bob: three"), line("bob: four")}
	expect(t, k.Conn, all...)
	if !k.after(2 * time.Hour) {
		t.Error("L is not repeated again")
	}

	r = newRoom(t, "127.0.0.1:0")
	k = enterKeeping(t, r) // and no OK comes at all
	answers(r, "bob: one")
	k.after(time.Hour)
	k.await(1)
	answers(r, "bob: two")
	k.after(2 * time.Hour)
	k.await(1)
	k.after(4 * time.Hour)
	expect(t, k.Conn, line("bob: one"), line("bob: two"))
	if !k.after(6 * time.Hour) {
		t.Error("L is not repeated again")
	}
}

func TestAClientWhoseAddressChangedIsTold(t *testing.T) {
	occupied, notYours := chat.NickOccupied.Sentence(), chat.NotYours.Sentence()
	chinese := locale.Refusal(chat.Refuse(chat.NotYours), locale.Chinese)
	for name, c := range map[string]struct {
		known bool // the server has answered a repeat
		said  string
		want  Event
	}{
		"the repeat is refused":   {true, occupied, Event{Moved, occupied}},
		"a line is refused":       {false, notYours, Event{Moved, notYours}},
		"it is refused, Chinese":  {false, chinese, Event{Moved, chinese}},
		"the room is full for it": {true, chat.AddressFull.Sentence(), Event{Moved, chat.AddressFull.Sentence()}},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRoom(t, "127.0.0.1:0")
			k := enterKeeping(t, r)
			if c.known {
				k.after(time.Hour)
				k.hasAnswer()
				answers(r, c.said)
				k.after(2 * time.Hour)
			} else {
				r.tell(c.said)
				r.tell(c.said)
			}
			expect(t, k.Conn, c.want)
			if err := k.Say(t.Context(), "x"); err != ErrNotEntered {
				t.Error(err)
			}
			r.setHook(nil)
			if err := k.Enter(t.Context(), "ann"); err != nil {
				t.Fatal(err)
			}
			r.tell("fence")
			expect(t, k.Conn, line("fence"))
			if !k.after(3 * time.Hour) {
				t.Error("L is not repeated any more")
			}
		})
	}
}

func TestALossIsNoRefusal(t *testing.T) {
	for _, told := range []string{
		"(lines dropped because too many were waiting for you: 3)",
		"（消息太多，有 3 条未能发给你）", datagram.Idle,
	} {
		r := newRoom(t, "127.0.0.1:0")
		k := enterKeeping(t, r)
		answers(r, told)
		k.after(time.Hour)
		expect(t, k.Conn, line(told))
	}
}
