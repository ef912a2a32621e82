package udp

import (
	"context"
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

// strangerAt is an address at which nobody is inside, each number another network.
func strangerAt(i int) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}), 1000)
}

// openDoor makes a door that receives and delivers, but submits and writes nothing.
func openDoor(t *testing.T, config Config) (*Door, *clock) {
	config.OutboxBytes, config.TextMax = 1<<20, 1024
	d, c := newTestDoor(config)
	attach(t, d)
	d.writer = outbox.NewWriter(time.Hour, func([]*member, int) []*member { return nil }, nil)
	t.Cleanup(d.writer.Close)
	return d, c
}

func TestAFloodFromManyAddressesLeavesRoomForWhatMembersSay(t *testing.T) {
	d, _ := openDoor(t, Config{EnterRate: 50, Members: 10})
	ann := testMember(d, "127.0.0.1:9")
	for i := range 1000 {
		for _, said := range []string{"L x", "C x hello", "Q x", "L x", "C x hello", "Q x"} {
			d.receive(socket.Packet{Peer: strangerAt(i), Data: []byte(said)})
		}
		d.receive(socket.Packet{Peer: ann.peer, Data: []byte("C ann hello")})
	}
	if len(d.lines) != 1000 || d.counts.crowded.Load() != 0 {
		t.Errorf("%d of 1000 lines are taken", len(d.lines))
	}
	taken, dropped := len(d.visits.queue), d.counts.visits.Load()
	if taken != requestQueue || dropped != 6000-requestQueue {
		t.Errorf("%d visits are taken and %d dropped, of 6000", taken, dropped)
	}
}

func TestAllNetworksTogetherHaveARate(t *testing.T) {
	d, c := openDoor(t, Config{EnterRate: 50, Members: 10})
	next := 0
	taken := func(visits int) int {
		for len(d.visits.queue) > 0 {
			<-d.visits.queue
		}
		for range visits {
			next++
			d.receive(socket.Packet{Peer: strangerAt(next), Data: []byte("L x")})
		}
		return len(d.visits.queue)
	}
	if got := taken(requestQueue + 10); got != requestQueue {
		t.Errorf("%d are taken at once", got)
	}
	c.at = c.at.Add(time.Second / 2)
	if got := taken(2 * visitRate); got != visitRate/2 {
		t.Errorf("%d are taken after half a second", got)
	}
	d, _ = openDoor(t, Config{Members: 10})
	if taken(requestQueue); taken(requestQueue) != requestQueue {
		t.Error("visits are held to a rate though there is none")
	}
}

func TestAFloodOfStrangersKeepsNoMemberFromLeaving(t *testing.T) {
	d, _ := openDoor(t, Config{EnterRate: 50, Members: 10})
	ann := testMember(d, "127.0.0.1:9")
	for i := range 2 * requestQueue {
		d.receive(socket.Packet{Peer: strangerAt(i), Data: []byte("L x")})
		if len(d.visits.queue) > 1 { // they are submitted at once
			d.visits.done(<-d.visits.queue)
		}
	}
	d.receive(socket.Packet{Peer: ann.peer, Data: []byte("Q ann")})
	if len(d.lines) != 1 || d.counts.visits.Load() != requestQueue {
		t.Errorf("the quit is not taken, %d visits are dropped", d.counts.visits.Load())
	}
}

func TestStrangersTextsAreBounded(t *testing.T) {
	d, _ := openDoor(t, Config{EnterRate: 50, Members: 10})
	text := strings.Repeat("x", visitBytes/100)
	for i := range 101 {
		d.receive(socket.Packet{Peer: strangerAt(i), Data: []byte("C x " + text)})
	}
	d.receive(socket.Packet{Peer: strangerAt(0), Data: []byte("L x")})
	if n := len(d.visits.queue); n != 101 || d.counts.visits.Load() != 1 {
		t.Errorf("%d wait and %d are dropped", n, d.counts.visits.Load())
	}
	for len(d.visits.queue) > 0 {
		d.visits.done(<-d.visits.queue)
	}
	if d.visits.bytes != 0 {
		t.Errorf("%d bytes are counted, and nothing waits", d.visits.bytes)
	}
}

func TestVisitsTakeASmallPartOfTheWayToTheLog(t *testing.T) {
	g := newGates(func() int64 { return 100 * lineWeight }, func() bool { return false })
	enters := func(q *request) bool {
		ctx, cancel := context.WithCancel(t.Context())
		cancel() // who would have to wait, does not
		return g.enter(ctx, q, lineWeight) == nil
	}
	visits := 0
	for enters(&request{visit: true}) {
		visits++
	}
	lines := 0
	for enters(&request{}) {
		lines++
	}
	if visits != 100/visitsShare+1 || lines != 100-visits {
		t.Errorf("%d visits and then %d lines are let through", visits, lines)
	}
	if enters(&request{visit: true}) || g.visits.Waiting() != visits*lineWeight {
		t.Errorf("%d bytes of visits are on their way, want %d", g.visits.Waiting(), visits*lineWeight)
	}
}

func TestAVisitThatIsAnsweredAndWrittenLetsAnotherThrough(t *testing.T) {
	d, _ := openDoor(t, Config{EnterRate: 50, Members: 10})
	q := &request{verb: datagram.Say, peer: strangerAt(1), visit: true, command: chat.Post{}}
	if err := d.gates.enter(t.Context(), q, weight(q.command)); err != nil {
		t.Fatal(err)
	}
	d.Deliver(hub.Batch{{Answer: &hub.Answer{Ref: q, Refusal: chat.Refuse(chat.NotInside)}}})
	size := int64(weight(q.command))
	if visits, all := d.gates.visits.Answers(), d.gates.all.Answers(); visits != size || all != size {
		t.Errorf("%d bytes of visits and %d of all are answered, want %d", visits, all, size)
	}
	d.socket = new(socket.Conn)
	d.flush(nil, 0)
	d.flush(nil, 0)
	if visits, all := d.gates.visits.Waiting(), d.gates.all.Waiting(); visits != 0 || all != 0 {
		t.Errorf("%d bytes of visits and %d of all are not written", visits, all)
	}
}

// TestWhatAClientSendsKeepsItsOrder: a client that does not wait for its OK becomes a member while
// some of what it sent still waits.
func TestWhatAClientSendsKeepsItsOrder(t *testing.T) {
	d, _ := openDoor(t, Config{Members: 10})
	says := func(peer netip.AddrPort, said string) {
		d.receive(socket.Packet{Peer: peer, Data: []byte(said)})
	}
	peer := netip.MustParseAddrPort("127.0.0.1:9")
	says(peer, "L ann")
	says(peer, "C ann one")
	testMember(d, peer.String())
	says(peer, "C ann two")
	says(peer, "Q ann")
	var order []string
	for len(d.visits.queue) > 0 {
		q := <-d.visits.queue
		order = append(order, fmt.Sprintf("%c %s", q.verb, q.text))
		d.visits.done(q)
	}
	if got := fmt.Sprintf("%q", order); got != `["L " "C one" "C two" "Q "]` || len(d.lines) != 0 {
		t.Errorf("%s, and %d lines overtake them", got, len(d.lines))
	}
	if n := d.visits.pending.Load(); n != 0 {
		t.Errorf("%d are pending, and nothing waits", n)
	}
	says(peer, "C ann three")
	says(peer, "L anna")
	if len(d.lines) != 2 || len(d.visits.queue) != 0 || len(d.visits.waiting) != 0 {
		t.Errorf("%d requests wait among the lines, %d among the visits, of %d clients",
			len(d.lines), len(d.visits.queue), len(d.visits.waiting))
	}
}

func TestStrangersAnswersDoNotPileUp(t *testing.T) {
	d, _ := openDoor(t, Config{})
	stuck, writing := make(chan struct{}), make(chan struct{})
	d.writer.Close()
	d.writer = outbox.NewWriter(time.Hour, func([]*member, int) []*member {
		writing <- struct{}{}
		<-stuck
		return nil
	}, nil)
	refused := func(i int) {
		d.refuse(&request{verb: datagram.Say, peer: strangerAt(i)}, chat.Refuse(chat.NotInside))
	}
	refused(0)
	<-writing
	for i := range requestQueue + 10 {
		refused(i)
	}
	if n := d.writer.Len(); n != requestQueue || d.counts.visits.Load() != 10 {
		t.Errorf("%d answers wait and %d are dropped", n, d.counts.visits.Load())
	}
	go func() { <-writing }()
	close(stuck)
	d.writer.Close()
}

func TestALineThatWasSubmittedHoldsUpNoVisit(t *testing.T) {
	d, _ := openDoor(t, Config{Members: 10})
	ann := testMember(d, "127.0.0.1:9")
	q := &request{verb: datagram.Say, peer: ann.peer, command: chat.Post{}}
	d.queue(q, ann)
	close(d.lines)
	d.submit() // which the log refuses: no hub runs
	if n := ann.lines.Load(); n != 0 {
		t.Errorf("%d lines count as waiting", n)
	}
}
