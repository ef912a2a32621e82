package udp

import (
	"fmt"
	"maps"
	"net"
	"testing"
	"time"

	"parley/chat"
	"parley/door/udp/socket"
	"parley/hub"
	"parley/outbox"
	"parley/wire/datagram"
)

// panics checks how many panics a door has counted.
func panics(t *testing.T, d *Door, want uint64) {
	t.Helper()
	if got := d.counts.panicked.Load(); got != want {
		t.Errorf("%d panics are counted, want %d", got, want)
	}
}

// sent returns what a member is sent next.
func sent(d *Door, m *member) string {
	d.sending = nil
	d.pack(m, paceMax)
	return fmt.Sprint(texts(d.sending))
}

// TestAPanicInDeliverCostsOneItem: the others of the batch are delivered, and all count at the
// gates.
func TestAPanicInDeliverCostsOneItem(t *testing.T) {
	d, _ := openDoor(t, Config{Members: 10})
	ann := testMember(d, "127.0.0.1:9")
	said := func(text string, to ...*hub.Session) hub.Item {
		e := chat.Posted{Message: chat.Message{Nick: "bob", Text: text}}
		return hub.Item{Event: e, To: hub.NewAudience(to...)}
	}
	visit := &request{verb: datagram.Enter, peer: strangerAt(1), name: "cid", visit: true}
	if refusal := d.translate(visit, nil); refusal != nil {
		t.Fatal(refusal)
	}
	line := &request{verb: datagram.Say, peer: ann.peer, command: chat.Post{Text: "hello"}}
	for _, q := range []*request{visit, line} {
		if err := d.gates.enter(t.Context(), q, weight(q.command)); err != nil {
			t.Fatal(err)
		}
	}
	d.Deliver(hub.Batch{
		said("one", ann.session),
		said("two", &hub.Session{Local: "not a member"}),
		{Answer: &hub.Answer{Ref: visit}}, // without a session
		{Answer: &hub.Answer{Ref: line}},
		said("three", ann.session),
	})
	panics(t, d, 2)
	if got := sent(d, ann); got != "[bob: one bob: three]" {
		t.Errorf("the others of the batch: %s", got)
	}
	if n := d.counts.refusals.Counts()["internal"]; n != 1 || len(d.seats.taken) != 1 {
		t.Errorf("%d requests are refused, %d seats are taken", n, len(d.seats.taken))
	}
	size := int64(weight(visit.command))
	want := load{visits: size, all: size + int64(weight(line.command))}
	if got := (load{d.gates.visits.Answers(), d.gates.all.Answers()}); got != want {
		t.Errorf("answered at the gates: %+v, want %+v", got, want)
	}
}

// TestAPanicOnTheWayToTheLogRefusesTheRequest: a door that is not attached to a hub panics there.
func TestAPanicOnTheWayToTheLogRefusesTheRequest(t *testing.T) {
	for name, c := range map[string]struct {
		request request
		take    func(*Door, *request, *member)
	}{
		"a member's datagram": {request{}, func(d *Door, _ *request, m *member) {
			d.seats.free(m.peer) // so that it needs a new session
			d.receive(socket.Packet{Peer: m.peer, Data: []byte("L eve")})
			d.seats.take(m.peer, chat.SessionID{})
		}},
		"a line": {
			request{verb: datagram.Say, command: chat.Post{}},
			func(d *Door, q *request, m *member) {
				d.queue(q, m)
				close(d.lines)
				d.submit()
			},
		},
		"a visit": {
			request{verb: datagram.Enter, command: chat.Enter{}, seated: true},
			func(d *Door, q *request, m *member) {
				d.seats.take(m.peer, chat.SessionID{})
				d.queue(q, m)
				close(d.visits.queue)
				d.submitVisits()
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			d, _ := openDoor(t, Config{Members: 10})
			d.doorway = nil
			m := testMember(d, "127.0.0.1:9")
			seats := maps.Clone(d.seats.taken)
			c.request.peer = m.peer
			c.take(d, &c.request, m)
			panics(t, d, 1)
			if got, want := sent(d, m), "["+chat.Internal.Sentence()+"]"; got != want {
				t.Errorf("the client is sent %s, want %s", got, want)
			}
			visits, all := d.gates.visits.Waiting(), d.gates.all.Waiting()
			if visits+all != 0 || m.lines.Load() != 0 || len(d.visits.waiting) != 0 {
				t.Errorf("%d and %d bytes at the gates, %d lines, visits of %v are left",
					visits, all, m.lines.Load(), d.visits.waiting)
			}
			if !maps.Equal(d.seats.taken, seats) {
				t.Errorf("seats are %v, were %v", d.seats.taken, seats)
			}
		})
	}
}

// TestAPanicCostsOneDatagram: the next one is read and answered.
func TestAPanicCostsOneDatagram(t *testing.T) {
	d, c := newTestDoor(Config{
		Listen: "127.0.0.1:0", OutboxBytes: 1 << 20, TextMax: 1024, Idle: time.Hour, EnterRate: 50,
	})
	faulty := true
	d.now = func() time.Time {
		if faulty { // the goroutine that reads alone asks
			faulty = false
			panic("a fault while a datagram is read")
		}
		return c.at
	}
	attach(t, d)
	if err := d.Open(t.Context(), d.doorway); err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	client, err := net.Dial("udp", d.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	for range 2 {
		fmt.Fprint(client, "what is this?")
	}
	answer := make([]byte, 1024)
	if err := client.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	n, err := client.Read(answer)
	if got := string(answer[:n]); got != datagram.Help {
		t.Errorf("the second datagram is answered %q, %v", got, err)
	}
	panics(t, d, 1)
}

// TestAPanicInTheHouseKeepsNobodyFromLeaving: also not one about an ICMP error.
func TestAPanicInTheHouseKeepsNobodyFromLeaving(t *testing.T) {
	d, c := openDoor(t, Config{Idle: time.Second})
	m := testMember(d, "127.0.0.1:9")
	m.heard = c.at.Add(-time.Hour)
	m.warned = true
	m.session.Local = m
	faulty := true
	d.now = func() time.Time {
		if faulty {
			faulty = false
			panic("a fault while members are looked over")
		}
		return c.at
	}
	d.unreachable(m.peer)
	panics(t, d, 1)
	faulty = true
	ended := make(chan struct{})
	go func() { d.keepHouse(); close(ended) }()
	q := <-d.departures
	close(d.closing)
	<-ended
	if leave := q.command.(chat.Leave); leave.Reason != chat.ReasonIdle {
		t.Errorf("the member leaves as %q", leave.Reason)
	}
	panics(t, d, 2)
}

// TestAPanicInTheWriterEndsOneMembership: the others are written to.
func TestAPanicInTheWriterEndsOneMembership(t *testing.T) {
	d, _ := openDoor(t, Config{})
	ann, bob := testMember(d, "127.0.0.1:1"), testMember(d, "127.0.0.1:2")
	bad := testMember(d, "127.0.0.1:3")
	stranger := d.newMember(strangerAt(1))
	bad.queue, stranger.queue = nil, nil
	for _, m := range []*member{ann, bob} {
		m.queue.Push(outbox.Chunk{Data: []byte("hello")})
	}
	d.flush([]*member{ann, bad, stranger, bob}, 0)
	panics(t, d, 5) // two for each of the bad ones, one as the door has no socket
	if len(d.departures) != 1 || (<-d.departures).peer != bad.peer || !bad.isGone() {
		t.Error("the member for whom nothing can be written stays")
	}
	for _, m := range []*member{ann, bob} {
		if m.queue.Len() > 0 {
			t.Errorf("nothing is written for %v", m.peer)
		}
	}
}
