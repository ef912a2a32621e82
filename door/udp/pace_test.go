package udp

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"parley/chat"
	"parley/outbox"
)

func TestAMemberIsSentNoMoreThanItsSocketHolds(t *testing.T) {
	d, c := newTestDoor(Config{Join: 16, OutboxBytes: 1 << 20})
	m := testMember(d, "127.0.0.1:9")
	const lines = 3 * paceMax
	for i := range lines {
		m.queue.Push(outbox.Chunk{Data: fmt.Appendf(nil, "%03d %s", i, strings.Repeat("x", 1000))})
	}
	var sent []string
	turn := func(most int) (datagrams int, left bool) {
		d.sending = nil
		left = d.pack(m, most)
		m.pace.took(len(d.sending))
		sent = append(sent, texts(d.sending)...)
		return len(d.sending), left
	}
	if n, left := turn(m.pace.allow(c.at)); n != paceMax || !left {
		t.Errorf("%d at once, left: %v", n, left)
	}
	if n, left := turn(m.pace.allow(c.at.Add(paceRest - 1))); n != 0 || !left {
		t.Errorf("%d too soon, left: %v", n, left)
	}
	c.at = c.at.Add(paceRest)
	if n, left := turn(m.pace.allow(c.at)); n != paceMax || !left {
		t.Errorf("%d after a rest, left: %v", n, left)
	}
	if n, left := turn(m.pace.allow(c.at.Add(-time.Hour))); n != paceMax || left {
		t.Errorf("%d after the clock was set back, left: %v", n, left)
	}
	for i, line := range sent {
		if !strings.HasPrefix(line, fmt.Sprintf("%03d ", i)) {
			t.Fatalf("datagram %d is %.10q", i, line)
		}
	}
}

func TestTheGateIsClosedWhileTooMuchIsOnItsWay(t *testing.T) {
	idle := false
	g := newGate(func() int64 { return 100 }, func() bool { return idle })
	over, cancel := context.WithCancel(context.Background())
	cancel()
	for range 2 {
		if err := g.enter(over, 60); err != nil {
			t.Fatalf("an open gate: %v", err)
		}
	}
	if err := g.enter(over, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("more than its limit is on its way: %v", err)
	}
	g.answered(60)
	mark := g.answers()
	g.answered(60)
	if err := g.enter(over, 1); err == nil {
		t.Error("answered, but not written")
	}
	g.reach(mark)
	if err := g.enter(over, 60); err != nil {
		t.Errorf("half of it is written: %v", err)
	}
	g.back(60)
	g.answered(0)
	if err := g.enter(over, 1000); err != nil {
		t.Errorf("one was taken back: %v", err)
	}
	entered := make(chan error)
	go func() { entered <- g.enter(context.Background(), 1) }()
	g.answered(1000)
	g.reach(g.answers())
	if err := <-entered; err != nil {
		t.Errorf("waiting until it opens: %v", err)
	}
	if err := g.enter(over, 1000); err != nil {
		t.Fatal(err)
	}
	g.answered(1001)
	idle = true
	if err := g.enter(over, 1); err != nil {
		t.Errorf("nobody was there to be told: %v", err)
	}
}

func TestWhoIsGoneIsSentNothingButLastWords(t *testing.T) {
	d, _ := newTestDoor(Config{OutboxBytes: 1024})
	d.gate = newGate(func() int64 { return 100 }, func() bool { return true })
	attach(t, d)
	d.socket = new(socket)
	m := testMember(d, "127.0.0.1:9")
	for range 3 {
		d.letGo(m, chat.ReasonGone)
	}
	if len(d.departures) != 1 {
		t.Errorf("%d leaves are on their way", len(d.departures))
	}
	m.queue.Push(outbox.Chunk{Data: []byte("to nobody")})
	d.flush([]*member{m}, 0)
	if len(d.sending) != 0 || m.queue.Len() != 0 {
		t.Errorf("sent %q, %d wait", texts(d.sending), m.queue.Len())
	}
	d.refuse(<-d.departures, chat.Refuse(chat.StorageFull))
	if d.pack(m, paceMax); m.isGone() {
		t.Error("its leave was refused, and still it counts as gone")
	}
	d.letGo(m, chat.ReasonGone)
	d.dirty = nil
	d.dismiss(m, chat.Left{Reason: chat.ReasonGone})
	if m.isGone() || m.queue.Len() != 1 || len(d.dirty) != 1 {
		t.Error("its last words are not sent")
	}
}
