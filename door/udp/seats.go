package udp

import (
	"net/netip"
	"sync"

	"parley/chat"
	"parley/guard"
)

// seats bound how many clients are inside or entering, in all and from one network. A client has
// one seat, however many of its requests to enter are on their way. Any goroutine.
type seats struct {
	most, perNetwork int // perNetwork 0: no bound; loopback is not counted

	mu        sync.Mutex             // guards the rest
	claims    map[netip.AddrPort]int // a client's requests to enter on their way, and its membership
	quits     map[netip.AddrPort]int // a client's requests to leave on their way
	byNetwork guard.Counts           // seats of clients that are not on loopback
}

func newSeats(most, perNetwork int) *seats {
	return &seats{
		most: most, perNetwork: perNetwork,
		claims: map[netip.AddrPort]int{}, quits: map[netip.AddrPort]int{}, byNetwork: guard.Counts{},
	}
}

// reserve claims a client's seat, or returns why there is none for it.
func (s *seats) reserve(peer netip.AddrPort) *chat.Refusal {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.claims[peer] > 0:
	case len(s.claims) >= s.most:
		return chat.Refuse(chat.RoomFull)
	case s.perNetwork > 0 && s.byNetwork.Of(peer.Addr()) >= s.perNetwork:
		return chat.Refuse(chat.AddressFull)
	}
	s.claim(peer)
	return nil
}

// take claims the seat of a client that is inside, whatever the bounds are.
func (s *seats) take(peer netip.AddrPort) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.claim(peer)
}

// claim counts a claim. mu is held.
func (s *seats) claim(peer netip.AddrPort) {
	s.claims[peer]++
	if s.claims[peer] == 1 && !peer.Addr().IsLoopback() {
		s.byNetwork.Add(peer.Addr(), 1)
	}
}

// free ends a claim. The client's seat is free when it has no other.
func (s *seats) free(peer netip.AddrPort) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.claims[peer]--; s.claims[peer] > 0 {
		return
	}
	delete(s.claims, peer)
	if !peer.Addr().IsLoopback() {
		s.byNetwork.Add(peer.Addr(), -1)
	}
}

// quit counts a request to leave.
func (s *seats) quit(peer netip.AddrPort) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.quits[peer]++
}

// stay ends what quit began.
func (s *seats) stay(peer netip.AddrPort) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.quits[peer]--; s.quits[peer] == 0 {
		delete(s.quits, peer)
	}
}

// isSettled reports whether a client is inside and none of its requests to enter or to leave is on
// its way.
func (s *seats) isSettled(peer netip.AddrPort) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.claims[peer] == 1 && s.quits[peer] == 0
}

// unseat ends a request's claims, once it is answered or dropped: a member has another.
func (d *Door) unseat(q *request) {
	if q.quits {
		q.quits = false
		d.seats.stay(q.peer)
	}
	if q.seated {
		q.seated = false
		d.seats.free(q.peer)
	}
}
