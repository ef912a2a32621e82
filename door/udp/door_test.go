package udp

import (
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"testing"
	"time"

	"parley/chat"
	"parley/door/udp/socket"
	"parley/hub"
	"parley/outbox"
	"parley/wire/datagram"
)

// clock is a clock that stands still until it is moved.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

func newTestDoor(config Config) (*Door, *clock) {
	c := &clock{time.Unix(1_000_000, 0)}
	return New(config, slog.New(slog.DiscardHandler), c.now), c
}

func testMember(d *Door, peer string) *member {
	m := d.newMember(netip.MustParseAddrPort(peer))
	m.session, m.nick = &hub.Session{Local: m}, chat.Nick{Name: "ann", Key: "ann"}
	d.members[m.peer] = m
	d.seats.take(m.peer, chat.SessionID{})
	return m
}

// noStorage is a store without anything in it, for a hub that is never run.
type noStorage struct{ hub.Storage }

func (noStorage) Node() chat.NodeID          { return "test" }
func (noStorage) Load() (*chat.State, error) { return chat.NewState(), nil }

func attach(t *testing.T, d *Door) {
	t.Helper()
	h, err := hub.New(noStorage{}, nil, hub.Options{})
	if err != nil {
		t.Fatal(err)
	}
	d.doorway = h.Attach(d, false)
}

func texts(packets []socket.Packet) []string {
	var all []string
	for _, p := range packets {
		all = append(all, string(p.Data))
	}
	return all
}

func TestOneLinePerDatagramUntilTooManyWait(t *testing.T) {
	for name, c := range map[string]struct {
		lines, join, want int
	}{
		"few":              {16, 16, 16},
		"too many":         {17, 16, 1},
		"never joined":     {17, 0, 17},
		"more than fits":   {200, 16, 2},
		"one line, joined": {1, 16, 1},
	} {
		t.Run(name, func(t *testing.T) {
			d, _ := newTestDoor(Config{Join: c.join, OutboxBytes: 1 << 20})
			m := testMember(d, "127.0.0.1:9")
			var want []string
			for i := range c.lines {
				line := fmt.Sprintf("bob: %03d", i)
				want = append(want, line)
				m.queue.Push(outbox.Chunk{Data: []byte(line)})
			}
			d.pack(m, 1000)
			if len(d.sending) != c.want {
				t.Errorf("%d datagrams, want %d", len(d.sending), c.want)
			}
			for _, p := range d.sending {
				if len(p.Data) > datagram.MaxLine {
					t.Errorf("a datagram of %d bytes", len(p.Data))
				}
			}
			if got := strings.Join(texts(d.sending), "\n"); got != strings.Join(want, "\n") {
				t.Errorf("the lines arrive as %q", got)
			}
		})
	}
}

func TestAnswersStandAloneAmongJoinedLines(t *testing.T) {
	d, _ := newTestDoor(Config{Join: 2, OutboxBytes: 1 << 20})
	m := testMember(d, "127.0.0.1:9")
	for _, c := range []outbox.Chunk{{Data: []byte("a")}, {Data: []byte("b")}, alone("EXIT"), {Data: []byte("c")}, {Data: []byte("d")}} {
		m.queue.Push(c)
	}
	d.pack(m, paceMax)
	if got := fmt.Sprint(texts(d.sending)); got != "[a\nb EXIT c\nd]" {
		t.Errorf("got %q", got)
	}
}

func TestLostLinesAreToldToWhoLostThem(t *testing.T) {
	d, _ := newTestDoor(Config{OutboxBytes: 10})
	m := testMember(d, "127.0.0.1:9")
	for _, line := range []string{"one--", "two--", "three"} {
		m.queue.Push(outbox.Chunk{Data: []byte(line)})
	}
	d.pack(m, paceMax)
	if got := fmt.Sprint(texts(d.sending)); got !=
		"[(lines dropped because too many were waiting for you: 1) two-- three]" {
		t.Errorf("got %q", got)
	}
	if d.counts.lost.Load() != 1 {
		t.Error("the loss is not counted")
	}
}

func TestEnteringEmptiesTheQueueAndIsAnsweredFirst(t *testing.T) {
	d, _ := newTestDoor(Config{OutboxBytes: 1 << 20, TextMax: 1024})
	m := testMember(d, "127.0.0.1:9")
	attach(t, d)
	m.queue.Push(outbox.Chunk{Data: []byte("old line")})
	q := &request{verb: datagram.Enter, peer: m.peer, name: "ann"}
	if refusal := d.translate(q, m); refusal != nil {
		t.Fatal(refusal)
	}
	m.queue.Push(outbox.Chunk{Data: []byte("new line")})
	d.sending = nil
	if d.pack(m, paceMax); len(d.sending) != 0 {
		t.Errorf("sent before the answer: %q", texts(d.sending))
	}
	m.queue.Release(alone(datagram.OK))
	d.sending = nil
	if d.pack(m, paceMax); fmt.Sprint(texts(d.sending)) != "[OK new line]" {
		t.Errorf("sent %q", texts(d.sending))
	}
}

func TestOnlyErrorsWorthBelievingLetAMemberGo(t *testing.T) {
	d, c := newTestDoor(Config{OutboxBytes: 1024})
	send := func(m *member) { m.note([]socket.Packet{{}}, d.now()) }
	fail := func(m *member) bool { gone, _ := m.fail(d.now()); return gone }

	m := testMember(d, "127.0.0.1:1")
	if fail(m) {
		t.Error("gone for an error about nothing that was sent")
	}
	send(m)
	for range 3 {
		if fail(m) {
			t.Error("gone for errors about one sending")
		}
	}
	m.note(nil, d.now())
	if fail(m) {
		t.Error("gone for errors about one sending and one that sent nothing")
	}
	send(m)
	if !fail(m) {
		t.Error("not gone after errors about two sendings")
	}

	m = testMember(d, "127.0.0.1:2")
	send(m)
	fail(m)
	m.hear(socket.Packet{}, d.now())
	send(m)
	if fail(m) {
		t.Error("gone though it was heard between the errors")
	}

	m = testMember(d, "127.0.0.1:3")
	send(m)
	fail(m)
	send(m)
	c.at = c.at.Add(believeFor + 1)
	if fail(m) {
		t.Error("gone for an error that comes too late")
	}
}

func TestAskingTwiceProvesThatNobodyIsThere(t *testing.T) {
	d, _ := newTestDoor(Config{OutboxBytes: 1024})
	m := testMember(d, "127.0.0.1:1")
	m.askedFor()
	m.note([]socket.Packet{{}}, d.now())
	if gone, askAgain := m.fail(d.now()); gone || !askAgain {
		t.Errorf("gone %v, askAgain %v", gone, askAgain)
	}
	m.note([]socket.Packet{{}}, d.now())
	if gone, askAgain := m.fail(d.now()); !gone || askAgain {
		t.Errorf("the second time: gone %v, askAgain %v", gone, askAgain)
	}
}

func TestOnlyPrivateNetworksAreServed(t *testing.T) {
	d, _ := newTestDoor(Config{Allow: []netip.Prefix{netip.MustParsePrefix("203.0.113.0/24")}})
	for addr, want := range map[string]bool{
		"127.0.0.1": true, "127.9.9.9": true, "::1": true, "10.1.2.3": true, "172.16.0.1": true, "192.168.1.1": true,
		"169.254.1.1": true, "fe80::1": true, "fd00::1": true, "203.0.113.7": true,
		"203.0.114.7": false, "8.8.8.8": false, "172.32.0.1": false, "2001:db8::1": false, "100.64.0.1": false,
		"224.0.0.1": false, "255.255.255.255": false, "0.0.0.0": false,
	} {
		if got := d.config.Serves(netip.MustParseAddr(addr)); got != want {
			t.Errorf("%s: served %v, want %v", addr, got, want)
		}
	}
}

func TestAPublicAddressThatOnlyEnteredGetsLittle(t *testing.T) {
	d, _ := newTestDoor(Config{OutboxBytes: 1 << 20})
	const share = silentShare / 1024
	line := []socket.Packet{{Data: make([]byte, 1024)}}
	sent := func(peer string, spoken bool) (lines int) {
		m := testMember(d, peer)
		m.spoken = spoken
		for range 2 * share {
			if m.note(line, d.now()) {
				lines++
			}
		}
		return lines
	}
	if got := sent("203.0.113.7:1", false); got != share {
		t.Errorf("a public address that only entered is sent %d KiB", got)
	}
	if got := sent("203.0.113.7:2", true); got != 2*share {
		t.Errorf("a public address that spoke is sent %d KiB", got)
	}
	if got := sent("10.0.0.1:1", false); got != 2*share {
		t.Errorf("a private address is sent %d KiB", got)
	}
}

func TestHelpsAreForgottenAndBounded(t *testing.T) {
	c := &clock{time.Unix(1_000_000, 0)}
	h := newHelps(c.now)
	peer := netip.MustParseAddrPort("[2001:db8::1]:1")
	if first, second := h.allow(peer), h.allow(peer); !first || second {
		t.Error("an address is not helped just once")
	}
	c.at = c.at.Add(helpEvery + time.Second)
	if h.forget(); len(h.last) != 0 {
		t.Errorf("%d addresses are remembered", len(h.last))
	}
	for i := range helpsMax + 10 {
		h.allow(netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}), 1))
	}
	if len(h.last) != helpsMax {
		t.Errorf("%d addresses are remembered, want at most %d", len(h.last), helpsMax)
	}
}

func TestWhatFindsNoRoomOnItsWayToTheLogIsDroppedAndCounted(t *testing.T) {
	d, _ := openDoor(t, Config{})
	ann, bob := testMember(d, "127.0.0.1:9"), testMember(d, "127.0.0.1:10")
	says := func(m *member, said string) {
		d.receive(socket.Packet{Peer: m.peer, Data: []byte(said)})
	}
	for range requestQueue { // and nobody submits
		says(ann, "C ann hello")
		d.receive(socket.Packet{Peer: strangerAt(1), Data: []byte("L cid")})
	}
	dropped := func(lines, visits uint64) {
		t.Helper()
		if l, v := d.counts.crowded.Load(), d.counts.visits.Load(); l != lines || v != visits {
			t.Errorf("%d lines and %d visits are dropped, want %d and %d", l, v, lines, visits)
		}
	}
	dropped(0, 0)
	says(ann, "C ann hello")
	dropped(1, 0)
	says(ann, "L eve") // behind what ann said
	dropped(2, 0)
	says(bob, "L bob")
	dropped(2, 1)
	for _, m := range []*member{ann, bob} {
		m.queue.Push(alone("comes"))
		d.sending = nil
		if d.pack(m, paceMax); fmt.Sprint(texts(d.sending)) != "[comes]" {
			t.Errorf("after an L that was dropped, %q is sent", texts(d.sending))
		}
	}
}

func TestALossIsToldAfterTheAnswer(t *testing.T) {
	d, _ := newTestDoor(Config{OutboxBytes: 10})
	m := testMember(d, "127.0.0.1:9")
	m.queue.Hold()
	for _, line := range []string{"one--", "two--", "three"} {
		m.queue.Push(outbox.Chunk{Data: []byte(line)})
	}
	m.queue.Release(alone(datagram.OK))
	d.pack(m, paceMax)
	if got := fmt.Sprint(texts(d.sending)); got !=
		"[OK (lines dropped because too many were waiting for you: 2) three]" {
		t.Errorf("got %q", got)
	}
}

func TestOnlyTheMembersOwnQuitIsOwed(t *testing.T) {
	d, _ := newTestDoor(Config{OutboxBytes: 1024, EnterRate: 1})
	attach(t, d)
	m := testMember(d, "127.0.0.1:9")
	d.writer = outbox.NewWriter(0, func([]*member, int) []*member { return nil }, nil)
	defer d.writer.Close()
	quit := func(key string) chat.Reason {
		q := &request{
			verb: datagram.Quit, peer: m.peer,
			command: chat.Leave{By: chat.Actor{As: key}},
		}
		d.refuse(q, chat.Refuse(chat.StorageFull))
		return m.leaving
	}
	if got := quit("carl"); got != "" {
		t.Errorf("who quits for somebody else leaves: %q", got)
	}
	if got := quit("ann"); got != chat.ReasonQuit {
		t.Errorf("what is owed: %q", got)
	}
	m.hear(socket.Packet{}, d.now())
	if m.leaving != chat.ReasonQuit {
		t.Error("a quit is forgotten because something else is heard")
	}
	m.leaving = chat.ReasonIdle
	if m.hear(socket.Packet{}, d.now()); m.leaving != "" {
		t.Error("who is heard still leaves as idle")
	}
}

func TestAMembersQuitsAreHeldToARateOfItsOwn(t *testing.T) {
	d, _ := newTestDoor(Config{OutboxBytes: 1024, EnterRate: 2, TextMax: 100})
	attach(t, d)
	ann, bob := testMember(d, "127.0.0.1:9"), testMember(d, "127.0.0.1:10")
	for _, m := range []*member{ann, bob} {
		d.limit(m)
	}
	for range 5 {
		d.receive(socket.Packet{Peer: ann.peer, Data: []byte("Q somebody")})
	}
	if len(d.lines) != 2 || d.counts.tooFast.Load() != 3 {
		t.Errorf("%d are taken, %d turned away", len(d.lines), d.counts.tooFast.Load())
	}
	d.receive(socket.Packet{Peer: bob.peer, Data: []byte("Q somebody")})
	if len(d.lines) != 3 {
		t.Error("another member of the same IP address may not leave")
	}
}

func TestDeliveringNeverWaitsForTheSocket(t *testing.T) {
	d, _ := newTestDoor(Config{OutboxBytes: 1000})
	stuck, writing := make(chan struct{}), make(chan struct{}, 1)
	d.writer = outbox.NewWriter(0, func([]*member, int) []*member {
		writing <- struct{}{}
		<-stuck
		return nil
	}, nil)
	m := testMember(d, "127.0.0.1:9")
	line := chat.Posted{Message: chat.Message{Nick: "bob", Text: strings.Repeat("x", 100)}}
	d.Deliver(hub.Batch{{Event: line, To: hub.NewAudience(m.session)}})
	<-writing
	for range 1000 { // and the writer does not move
		d.Deliver(hub.Batch{{Event: line, To: hub.NewAudience(m.session)}})
	}
	lost := 0
	m.queue.Drain(func(_ []outbox.Chunk, n int) int { lost = n; return 0 })
	if lost == 0 {
		t.Error("all of it waits: the outbox is not bounded")
	}
	close(stuck)
	d.writer.Close()
}

func TestAnAnswerFindsItsWayThoughTheMemberLeftMeanwhile(t *testing.T) {
	d, _ := newTestDoor(Config{OutboxBytes: 1024})
	written := make(chan string, 1)
	d.writer = outbox.NewWriter(0, func(members []*member, _ int) []*member {
		for _, m := range members {
			m.queue.Drain(func(chunks []outbox.Chunk, _ int) int {
				written <- string(chunks[0].Data)
				return len(chunks)
			})
		}
		return nil
	}, nil)
	defer d.writer.Close()
	m := testMember(d, "127.0.0.1:9")
	m.queue.Hold() // an L with another name is on its way,
	d.forget(m)    // by which this membership ends
	d.answer(&request{verb: datagram.Quit, peer: m.peer}, datagram.Exit)
	select {
	case got := <-written:
		if got != datagram.Exit {
			t.Errorf("sent %q", got)
		}
	case <-time.After(10 * time.Second):
		t.Error("the answer is held for ever")
	}
}
