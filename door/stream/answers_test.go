package stream

import (
	"context"
	"fmt"
	"net/netip"
	"testing"
	"time"

	"parley/chat"
)

// pages is the answer that is several times what may be ahead of its reader.
const pages = 12

// asks lets nick enter and ask for a long answer, and read nothing of it.
func (h *house) asks(nick string) *client {
	h.t.Helper()
	c := h.pipe()
	c.sends("E" + nick)
	c.reads("welcome")
	c.sends(fmt.Sprint("A", pages))
	return c
}

// TestAnAnswerIsDroppedThatNobodyReads: another client that does not read takes its place. The ones
// that stay receive theirs whole.
func TestAnAnswerIsDroppedThatNobodyReads(t *testing.T) {
	const most, clients = 2, 4
	h := open(t, nil, func(h *house) { h.door.unread.most = most })
	ann := h.enter("ann")
	var silent []*client
	dropped := map[string]bool{}
	for i := range clients {
		silent = append(silent, h.asks(fmt.Sprint("s", i)))
		for want := i + 1 - most; len(dropped) < want; {
			if left := ann.next(); left[0] == '-' {
				dropped[left[1:]] = true
			}
		}
		for h.door.unread.len() < min(i+1, most) {
			ann.sends("S")
			ann.awaits("settled")
		}
	}
	for i, c := range silent {
		want := "the end"
		if dropped[fmt.Sprint("s", i)] {
			want = "end 1"
		}
		c.awaits(want)
	}
}

// TestAnAnswerWaitsForItsReaderOnlySoLong: then its client is disconnected, and told why.
func TestAnAnswerWaitsForItsReaderOnlySoLong(t *testing.T) {
	h := open(t, nil, func(h *house) { h.door.unread.patience = time.Millisecond })
	ann := h.enter("ann")
	silent := h.asks("silent")
	ann.reads("+silent", "-silent")
	silent.awaits("end 1")
	silent.ends()
	if got := h.lastLeft(); got != "silent slow" {
		t.Errorf("stored is %q", got)
	}
}

// TestTheNetworkWithMostUnreadAnswersGoesFirst: a client of another network waits on, however long
// it has waited.
func TestTheNetworkWithMostUnreadAnswersGoesFirst(t *testing.T) {
	u := unread{most: 3}
	at := func(ip string) waiter { return waiter{new(Conn), netip.MustParsePrefix(ip + "/32")} }
	const two = "192.0.2.2"
	alone, first, second, third := at("192.0.2.1"), at(two), at(two), at(two)
	for _, w := range []waiter{alone, first, second} {
		if last := u.enter(w); last != nil {
			t.Fatal("a client goes though there is room")
		}
	}
	if last := u.enter(third); last != first.conn {
		t.Error("it is not the one of the largest network that has waited longest")
	}
	u.leave(second.conn)
	if last := u.enter(at("192.0.2.3")); last != nil {
		t.Error("a client goes though one has left")
	}
	if last := u.enter(at("192.0.2.4")); last != alone.conn {
		t.Error("among equals it is not the one that has waited longest")
	}
}

// TestAClientThatDoesNotReadAnAnswerKeepsNobodyWaiting: another step takes its place meanwhile.
func TestAClientThatDoesNotReadAnAnswerKeepsNobodyWaiting(t *testing.T) {
	h := open(t, func(c *Config) { c.Outbox = 64 << 10 })
	for range asidesMax - 1 { // there is one place
		h.door.asides.places <- struct{}{}
	}
	defer func() {
		for range asidesMax - 1 {
			<-h.door.asides.places
		}
	}()
	ann := h.enter("ann")
	cid := h.enter("cid")
	ann.reads("+cid")
	cid.sends("A1000")                     // more than any socket's buffers hold; it reads nothing
	for h.door.counts.waited.Load() == 0 { // it takes no more
		ann.sends("A0")
		ann.reads("the end")
	}
	ann.sends("A1")
	ann.next()
	ann.reads("the end")
	if err := h.Do(t.Context(), chat.Kick{By: chat.ByOperator(), NickKey: "cid"}); err != nil {
		t.Fatal(err)
	}
	ann.reads("-cid")
	for { // what was on its way, and then the end, though nothing was read for so long
		if _, err := cid.receive(); err != nil {
			break
		}
	}
}

func TestARequestThatTheStopInterruptsIsNotAFault(t *testing.T) {
	interrupted := fmt.Errorf("read history: %w", context.Canceled)
	if got := refusalOf(interrupted).Code; got != chat.ShuttingDown {
		t.Errorf("refused with %v", got)
	}
}
