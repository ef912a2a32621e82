package udp

import (
	"net/netip"
	"sync"

	"parley/chat"
	"parley/guard"
)

// perAddress is how many may be inside or entering from one IP address (IPv6: /64), so that one
// machine cannot take all of udp.members. Loopback has no such bound.
const perAddress = 1000

// seats counts who is inside or entering, all together and by network. Any goroutine.
type seats struct {
	most int

	mu        sync.Mutex // guards the rest
	taken     int
	byNetwork map[netip.Prefix]int // of those not on loopback
}

func newSeats(most int) *seats { return &seats{most: most, byNetwork: map[netip.Prefix]int{}} }

// reserve takes a seat for an address, or returns why there is none.
func (s *seats) reserve(addr netip.Addr) *chat.Refusal {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.taken >= s.most:
		return chat.Refuse(chat.RoomFull)
	case s.byNetwork[guard.NetworkOf(addr)] >= perAddress:
		return chat.Refuse(chat.AddressFull)
	}
	s.add(addr, 1)
	return nil
}

// take takes a seat for an address that is inside already.
func (s *seats) take(addr netip.Addr) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.add(addr, 1)
}

// free gives a seat back.
func (s *seats) free(addr netip.Addr) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.add(addr, -1)
}

// add changes the counts. mu is held.
func (s *seats) add(addr netip.Addr, seats int) {
	s.taken += seats
	if addr.IsLoopback() {
		return
	}
	network := guard.NetworkOf(addr)
	if s.byNetwork[network] += seats; s.byNetwork[network] == 0 {
		delete(s.byNetwork, network)
	}
}

// unseat gives back what a request reserved, once it is answered: whoever is inside by then has a
// seat as a member.
func (d *Door) unseat(q *request) {
	if q.seated {
		q.seated = false
		d.seats.free(q.peer.Addr())
	}
}
