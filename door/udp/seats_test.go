package udp

import (
	"net/netip"
	"testing"

	"parley/chat"
	"parley/hub"
	"parley/wire/datagram"
)

func TestOneAddressHasOnlyItsShareOfSeats(t *testing.T) {
	const many = 2*perAddress + 10
	s := newSeats(many)
	taken := func(addr string, tries int) (seats int, refused chat.Code) {
		for range tries {
			if refusal := s.reserve(netip.MustParseAddr(addr)); refusal == nil {
				seats++
			} else {
				refused = refusal.Code
			}
		}
		return seats, refused
	}
	for _, c := range []struct {
		addr    string
		tries   int
		want    int
		refused chat.Code
	}{
		{"10.0.0.1", perAddress + 5, perAddress, chat.AddressFull},
		{"10.0.0.2", 2, 2, chat.OK},
		{"fd00::1", perAddress - 1, perAddress - 1, chat.OK},
		{"fd00::2", 2, 1, chat.AddressFull}, // of the same household
		{"fd00:0:0:1::1", 1, 1, chat.OK},
		{"127.0.0.1", 100, 7, chat.RoomFull},
	} {
		if got, refused := taken(c.addr, c.tries); got != c.want || refused != c.refused {
			t.Errorf("%s: %d seats, want %d; then %v, want %v", c.addr, got, c.want, refused, c.refused)
		}
	}
	s.free(netip.MustParseAddr("10.0.0.1"))
	if got, _ := taken("10.0.0.1", 2); got != 1 {
		t.Errorf("%d seats after one was given back", got)
	}
	s = newSeats(many)
	if got, _ := taken("127.0.0.1", many); got != many {
		t.Errorf("loopback has %d of %d seats", got, many)
	}
}

// TestEverySeatIsGivenBack follows a client through all that may become of it.
func TestEverySeatIsGivenBack(t *testing.T) {
	d, _ := openDoor(t, Config{Members: 2})
	peer := strangerAt(1)
	asks := func() *request {
		q := &request{verb: datagram.Enter, peer: peer, name: "ann"}
		if refusal := d.translate(q, nil); refusal != nil {
			t.Fatal(refusal)
		}
		return q
	}
	answer := func(q *request, a hub.Answer) {
		a.Ref = q
		d.Deliver(hub.Batch{{Answer: &a}})
	}
	taken := func(want int, when string) {
		t.Helper()
		if d.seats.taken != want || d.seats.byNetwork[netip.MustParsePrefix("10.0.0.1/32")] != want {
			t.Errorf("%s: %d seats are taken, %v; want %d", when, d.seats.taken, d.seats.byNetwork, want)
		}
	}
	answer(asks(), hub.Answer{Refusal: chat.Refuse(chat.NickOccupied)})
	taken(0, "refused by the log")

	d.submitVisit(&request{verb: datagram.Enter, peer: peer, name: "ann"}) // no hub runs
	taken(0, "the log takes nothing")

	q, again := asks(), asks()
	taken(2, "on the way")
	session := &hub.Session{ID: d.sessionOf(peer)}
	answer(q, hub.Answer{Session: session})
	answer(again, hub.Answer{Session: session})
	taken(1, "inside")

	ended := chat.Ended{Reason: chat.ReasonQuit}
	d.Deliver(hub.Batch{{Event: ended, Self: session, To: []*hub.Session{session}}})
	taken(0, "gone")
	if len(d.seats.byNetwork) != 0 {
		t.Errorf("%v are remembered", d.seats.byNetwork)
	}
}

func TestWhoFindsNoSeatIsToldWhy(t *testing.T) {
	d, _ := openDoor(t, Config{Members: 10 * perAddress})
	addr := strangerAt(1).Addr()
	for range perAddress {
		d.seats.take(addr)
	}
	q := &request{verb: datagram.Enter, peer: netip.AddrPortFrom(addr, 7), name: "ann"}
	d.submitVisit(q)
	refused := d.counts.refusals.Counts()
	if q.command != nil || refused["address_full"] != 1 || d.seats.taken != perAddress {
		t.Errorf("%+v, refused %v, %d seats", q, refused, d.seats.taken)
	}
}
