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

	mu        sync.Mutex // guards the rest
	taken     map[netip.AddrPort]seat
	quits     map[netip.AddrPort]int // a client's requests to leave on their way
	byNetwork guard.Counts           // seats of clients that are not on loopback
}

// seat is a client's place, from its first request to enter until it is not inside and no other
// request to enter is on its way. All that time the client has one session.
type seat struct {
	claims  int // its requests to enter on their way, and its membership
	session chat.SessionID
}

func newSeats(most, perNetwork int) *seats {
	return &seats{
		most: most, perNetwork: perNetwork,
		taken: map[netip.AddrPort]seat{}, quits: map[netip.AddrPort]int{},
		byNetwork: guard.Counts{},
	}
}

// reserve claims a client's seat, or returns why there is none for it. A client that had no seat
// has the session that newSession returns.
func (s *seats) reserve(peer netip.AddrPort, newSession func() chat.SessionID) *chat.Refusal {
	s.mu.Lock()
	defer s.mu.Unlock()
	at, seated := s.taken[peer]
	switch {
	case seated:
	case len(s.taken) >= s.most:
		return chat.Refuse(chat.RoomFull)
	case s.perNetwork > 0 && s.byNetwork.Of(peer.Addr()) >= s.perNetwork:
		return chat.Refuse(chat.AddressFull)
	}
	if !seated {
		at.session = newSession()
	}
	s.claim(peer, at)
	return nil
}

// take claims the seat of a client whose session is inside, whatever the bounds are.
func (s *seats) take(peer netip.AddrPort, session chat.SessionID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.claim(peer, seat{claims: s.taken[peer].claims, session: session})
}

// claim counts a claim to a seat. mu is held.
func (s *seats) claim(peer netip.AddrPort, at seat) {
	at.claims++
	s.taken[peer] = at
	if at.claims == 1 && !peer.Addr().IsLoopback() {
		s.byNetwork.Add(peer.Addr(), 1)
	}
}

// session returns the session of a client that has a seat; the zero one: it has none.
func (s *seats) session(peer netip.AddrPort) chat.SessionID {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.taken[peer].session
}

// free ends a claim. The client's seat is free when it has no other.
func (s *seats) free(peer netip.AddrPort) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := s.taken[peer]
	if at.claims--; at.claims > 0 {
		s.taken[peer] = at
		return
	}
	delete(s.taken, peer)
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
	return s.taken[peer].claims == 1 && s.quits[peer] == 0
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
