package udp

import (
	"net/netip"
	"testing"
	"time"

	"parley/chat"
	"parley/door/udp/socket"
	"parley/hub"
	"parley/outbox"
	"parley/wire/datagram"
)

// TestAClientHasOneSessionWhileItHasASeat: two of its requests in one batch are of one session, and
// a client that comes back later has another.
func TestAClientHasOneSessionWhileItHasASeat(t *testing.T) {
	s := newSeats(10, 0)
	peer, other := strangerAt(1), strangerAt(2)
	made := uint64(0)
	newSession := func() chat.SessionID {
		made++
		return chat.SessionID{N: made}
	}
	is := func(peer netip.AddrPort, want uint64) {
		t.Helper()
		if got := s.session(peer); got.N != want {
			t.Errorf("session %d, want %d", got.N, want)
		}
	}
	is(peer, 0)
	for _, p := range []netip.AddrPort{peer, peer, other} {
		if refusal := s.reserve(p, newSession); refusal != nil {
			t.Fatal(refusal)
		}
	}
	is(peer, 1)
	is(other, 2)
	s.take(peer, s.session(peer))
	s.free(peer)
	s.free(peer)
	is(peer, 1)
	s.free(peer)
	is(peer, 0)
	if refusal := s.reserve(peer, newSession); refusal != nil {
		t.Fatal(refusal)
	}
	is(peer, 3)
	s.take(other, chat.SessionID{N: 9}) // as after a restart
	is(other, 9)
}

func TestOneAddressHasOnlyItsShareOfSeats(t *testing.T) {
	const share = 10
	const many = 2*share + 10
	s := newSeats(many, share)
	newSession := func() chat.SessionID { return chat.SessionID{} }
	port := uint16(0)
	taken := func(addr string, clients int) (seats int, refused chat.Code) {
		for range clients {
			port++
			peer := netip.AddrPortFrom(netip.MustParseAddr(addr), port)
			if refusal := s.reserve(peer, newSession); refusal == nil {
				seats++
			} else {
				refused = refusal.Code
			}
		}
		return seats, refused
	}
	for _, c := range []struct {
		addr    string
		clients int
		want    int
		refused chat.Code
	}{
		{"10.0.0.1", share + 5, share, chat.AddressFull},
		{"10.0.0.2", 2, 2, chat.OK},
		{"fd00::1", share - 1, share - 1, chat.OK},
		{"fd00::2", 2, 1, chat.AddressFull}, // of the same household
		{"fd00:0:0:1::1", 1, 1, chat.OK},
		{"127.0.0.1", 100, 7, chat.RoomFull},
	} {
		if got, refused := taken(c.addr, c.clients); got != c.want || refused != c.refused {
			t.Errorf("%s: %d seats, want %d; then %v, want %v", c.addr, got, c.want, refused, c.refused)
		}
	}
	s.free(netip.MustParseAddrPort("10.0.0.1:1"))
	if got, _ := taken("10.0.0.1", 2); got != 1 {
		t.Errorf("%d seats after one was given back", got)
	}
	s = newSeats(many, share)
	if got, _ := taken("127.0.0.1", many); got != many {
		t.Errorf("loopback has %d of %d seats", got, many)
	}
	s = newSeats(many, 0)
	if got, _ := taken("10.0.0.1", many); got != many {
		t.Errorf("without a bound one address has %d of %d seats", got, many)
	}
}

// enters makes a request to enter on its way to the log.
func enters(t *testing.T, d *Door, peer netip.AddrPort) *request {
	t.Helper()
	q := &request{verb: datagram.Enter, peer: peer, name: "ann"}
	if refusal := d.translate(q, d.member(peer)); refusal != nil {
		t.Fatal(refusal)
	}
	return q
}

// TestEverySeatIsGivenBack follows a client through all that may become of it.
func TestEverySeatIsGivenBack(t *testing.T) {
	d, _ := openDoor(t, Config{Members: 2})
	peer := strangerAt(1)
	answer := func(q *request, a hub.Answer) {
		a.Ref = q
		d.Deliver(hub.Batch{{Answer: &a}})
	}
	taken := func(want int, when string) {
		t.Helper()
		network := netip.MustParsePrefix("10.0.0.1/32")
		if len(d.seats.taken) != want || d.seats.byNetwork[network] != want {
			t.Errorf("%s: seats %v, %v; want %d", when, d.seats.taken, d.seats.byNetwork, want)
		}
	}
	answer(enters(t, d, peer), hub.Answer{Refusal: chat.Refuse(chat.NickOccupied)})
	taken(0, "refused by the log")

	d.submitVisit(&request{verb: datagram.Enter, peer: peer, name: "ann"}) // no hub runs
	taken(0, "the log takes nothing")

	q, again := enters(t, d, peer), enters(t, d, peer)
	taken(1, "on the way")
	session := &hub.Session{ID: d.seats.session(peer)}
	answer(q, hub.Answer{Session: session})
	answer(again, hub.Answer{Session: session})
	taken(1, "inside")

	for range 2 * requestQueue { // and nobody submits
		d.receive(socket.Packet{Peer: peer, Data: []byte("L ann")})
	}
	for len(d.visits.queue) > 0 {
		d.unseat(<-d.visits.queue)
	}
	taken(1, "more requests than there is room for")

	ended := chat.Ended{Reason: chat.ReasonQuit}
	d.Deliver(hub.Batch{{Event: ended, Self: session, To: hub.NewAudience(session)}})
	taken(0, "gone")
	if len(d.seats.byNetwork) != 0 {
		t.Errorf("%v are remembered", d.seats.byNetwork)
	}
}

// TestAClientThatAsksAgainIsNotInItsOwnWay: one seat is enough for it, however often it asks.
func TestAClientThatAsksAgainIsNotInItsOwnWay(t *testing.T) {
	for name, c := range map[string]struct{ members, perAddress int }{
		"the last seat":              {1, 0},
		"the last seat of a network": {2, 1},
	} {
		t.Run(name, func(t *testing.T) {
			d, _ := openDoor(t, Config{Members: c.members, PerAddress: c.perAddress})
			peer := strangerAt(1)
			q, again := enters(t, d, peer), enters(t, d, peer)
			session := &hub.Session{ID: d.seats.session(peer)}
			d.Deliver(hub.Batch{{Answer: &hub.Answer{Ref: q, Session: session}}})
			enters(t, d, peer) // inside by now
			d.Deliver(hub.Batch{{Answer: &hub.Answer{Ref: again, Session: session}}})
			other := &request{verb: datagram.Enter, peer: netip.AddrPortFrom(peer.Addr(), 7), name: "bob"}
			if refusal := d.translate(other, nil); refusal == nil {
				t.Error("another client finds a seat, too")
			}
		})
	}
}

// TestAVisitorWhoIsInsideByNowIsAMember: its next L is answered before all that it is told.
func TestAVisitorWhoIsInsideByNowIsAMember(t *testing.T) {
	d, _ := openDoor(t, Config{Members: 1})
	peer := strangerAt(1)
	d.receive(socket.Packet{Peer: peer, Data: []byte("L ann")})
	m := testMember(d, peer.String())
	m.queue.Push(outbox.Chunk{Data: []byte("bob: hello")})
	q := <-d.visits.queue
	q.read = time.Time{} // no hub runs: it waits no longer
	d.submitVisit(q)
	if got, want := sent(d, m), "["+chat.Busy.Sentence()+"]"; got != want {
		t.Errorf("sent %s, want %s", got, want)
	}
}

func TestWhoFindsNoSeatIsToldWhy(t *testing.T) {
	d, _ := openDoor(t, Config{Members: 10, PerAddress: 1})
	addr := strangerAt(1).Addr()
	d.seats.take(strangerAt(1), chat.SessionID{})
	q := &request{verb: datagram.Enter, peer: netip.AddrPortFrom(addr, 7), name: "ann"}
	d.submitVisit(q)
	refused := d.counts.refusals.Counts()
	if q.command != nil || refused["address_full"] != 1 || len(d.seats.taken) != 1 {
		t.Errorf("%+v, refused %v, seats %v", q, refused, d.seats.taken)
	}
}
