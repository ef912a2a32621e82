package udp

import (
	"fmt"
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

func TestADoorThatClosesDoesNotKeepToThePaceForEver(t *testing.T) {
	d, c := newTestDoor(Config{OutboxBytes: 1 << 20})
	d.socket = new(socket.Conn)
	m := testMember(d, "127.0.0.1:9")
	for range 3 * paceMax {
		m.queue.Push(alone("an answer"))
	}
	if got := d.allow(m, c.at); got != paceMax {
		t.Errorf("%d may be sent", got)
	}
	d.hurries.Store(true)
	if left := d.pack(m, d.allow(m, c.at)); left || len(d.sending) != 3*paceMax {
		t.Errorf("%d are sent, left: %v", len(d.sending), left)
	}
}

func TestWhoIsGoneIsSentNothingButLastWords(t *testing.T) {
	d, _ := newTestDoor(Config{OutboxBytes: 1024})
	d.gates = newGates(func() int64 { return 100 }, func() bool { return true })
	attach(t, d)
	d.socket = new(socket.Conn)
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
	d.dismiss(m, chat.Ended{Reason: chat.ReasonGone})
	if m.isGone() || m.queue.Len() != 1 || len(d.dirty) != 1 {
		t.Error("its last words are not sent")
	}
}

func TestTheGateCountsLinesNotTexts(t *testing.T) {
	if one, many := weight(chat.Post{Text: "x"}), weight(chat.Post{Text: strings.Repeat("x\n", 1000)}); many < 1000*one/2 {
		t.Errorf("a thousand lines weigh %d, one weighs %d", many, one)
	}
	if long := weight(chat.Post{Text: strings.Repeat("x", 10*1024)}); long < 10*1024+10*lineWeight {
		t.Errorf("a line that is cut in ten weighs %d", long)
	}
}

func TestFurtherLinesAreHeldToTheRate(t *testing.T) {
	d, c := newTestDoor(Config{Rate: 10, Burst: 20, OutboxBytes: 1 << 20, TextMax: 1 << 14})
	attach(t, d)
	m := d.memberAt(&hub.Session{}, netip.MustParseAddrPort("127.0.0.1:9"))
	m.nick, m.name = chat.Nick{Name: "ann", Key: "ann"}, "ann"
	d.writer = outbox.NewWriter(0, func([]*member, int) []*member { return nil }, nil)
	defer d.writer.Close()
	says := func(lines int) bool {
		before := len(d.lines)
		text := strings.Repeat("x\n", lines-1) + "x"
		d.receive(socket.Packet{Peer: m.peer, Data: []byte("C ann " + text)})
		return len(d.lines) > before
	}
	if !says(200) {
		t.Error("a long text is refused though nothing was said before")
	}
	if says(1) {
		t.Error("and then there is more")
	}
	c.at = c.at.Add(time.Second)
	if !says(10) || says(2) {
		t.Error("ten lines a second, as lines of their own or of a text")
	}
}

// TestALongLineCountsForEachOfItsDatagrams: else a few members could say more than all others are able
// to receive.
func TestALongLineCountsForEachOfItsDatagrams(t *testing.T) {
	const rate, burst = 10, 20
	d, c := openDoor(t, Config{Rate: rate, Burst: burst})
	d.config.TextMax = 1 << 16
	m := d.memberAt(&hub.Session{}, netip.MustParseAddrPort("127.0.0.1:9"))
	m.nick, m.name = chat.Nick{Name: "ann", Key: "ann"}, "ann"
	says := func(bytes int) bool {
		before := len(d.lines)
		d.receive(socket.Packet{Peer: m.peer, Data: []byte("C ann " + strings.Repeat("x", bytes))})
		return len(d.lines) > before
	}
	if !says(40 * datagram.MaxLine) {
		t.Error("a text of more datagrams than the burst is refused though nothing was said before")
	}
	if says(1) {
		t.Error("it did not use up the burst")
	}
	c.at = c.at.Add(time.Second)
	if !says(9*datagram.MaxLine) || says(1) {
		t.Error("a line of ten datagrams does not count as ten")
	}
}

func TestOneWhoRestsKeepsNobodyWaiting(t *testing.T) {
	d, _ := newTestDoor(Config{OutboxBytes: 1 << 20})
	d.socket = new(socket.Conn)
	d.writer = outbox.NewWriter(time.Hour, func([]*member, int) []*member { return nil }, nil)
	defer d.writer.Close()
	for i := range 3 {
		testMember(d, fmt.Sprintf("127.0.0.1:%d", i+1))
	}
	d.gates = newGates(func() int64 { return 1 << 20 }, func() bool { return false })
	gate := d.gates.all
	written := func(resting int) bool {
		if err := gate.Enter(t.Context(), 100); err != nil {
			t.Fatal(err)
		}
		gate.Answered(100)
		d.flush(nil, resting)
		d.flush(nil, resting) // what was answered before a flush began is known to be written after the next
		return gate.Waiting() == 0
	}
	if !written(0) || !written(1) {
		t.Error("one of three who rests counts for all")
	}
	if written(2) {
		t.Error("most of them rest, and it counts as written")
	}
}

func TestAnsweredMeansReadyToBeWritten(t *testing.T) {
	d, _ := newTestDoor(Config{OutboxBytes: 1 << 20})
	d.writer = outbox.NewWriter(time.Hour, func(all []*member, _ int) []*member { return all }, nil)
	m := testMember(d, "127.0.0.1:1")
	q := &request{verb: datagram.Say, peer: m.peer, command: chat.Post{Text: "x"}}
	said := chat.Posted{Message: chat.Message{Nick: "bob", Text: "x"}}
	line := hub.Item{Event: said, To: hub.NewAudience(m.session)}
	d.Deliver(hub.Batch{line, {Answer: &hub.Answer{Ref: q}}})
	if d.gates.all.Answers() != int64(weight(q.command)) {
		t.Errorf("%d bytes are answered", d.gates.all.Answers())
	}
	if d.writer.IsIdle() {
		t.Error("answered, and nothing is ready to be written")
	}
}

func TestWhoIsHeardWhileItsLeaveWaitsStays(t *testing.T) {
	d, _ := newTestDoor(Config{OutboxBytes: 1024})
	attach(t, d)
	m := testMember(d, "127.0.0.1:9")
	d.letGo(m, chat.ReasonGone)
	q := <-d.departures
	if !d.isLeaving(q) {
		t.Error("nobody was heard")
	}
	m.hear(socket.Packet{}, d.now())
	if d.isLeaving(q) || m.departing {
		t.Error("it was heard and is to leave")
	}
	d.letGo(m, chat.ReasonGone)
	if len(d.departures) != 1 {
		t.Error("it cannot be found gone later")
	}
}

func TestWhoAsksTooFastIsNotAnswered(t *testing.T) {
	d, _ := newTestDoor(Config{OutboxBytes: 1024})
	attach(t, d)
	d.writer = outbox.NewWriter(time.Hour, func([]*member, int) []*member { return nil }, nil)
	defer d.writer.Close()
	m := testMember(d, "127.0.0.1:9")
	for range 2 * answersMax {
		d.refuse(&request{verb: datagram.Say, peer: m.peer}, chat.Refuse(chat.NotYours))
	}
	if n := m.queue.Len(); n != answersMax {
		t.Errorf("%d answers wait", n)
	}
	if n := d.counts.tooFast.Load(); n != answersMax {
		t.Errorf("%d are counted", n)
	}
}
