package udp

import (
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"parley/chat"
	"parley/door/udp/socket"
	"parley/hub"
	"parley/outbox"
)

// member is somebody inside, or an address that is owed an answer (then session is nil and nobody keeps it).
type member struct {
	peer    netip.AddrPort
	session *hub.Session
	nick    chat.Nick // as inside; a datagram client that wants another one enters anew
	queue   *outbox.Queue
	local   atomic.Pointer[netip.Addr] // the address of ours that the client asked last
	rate    *rate.Limiter              // of lines; nil: no limit
	turns   *rate.Limiter              // of requests to enter and to leave; nil: no limit
	pace    pace                       // the Writer's goroutine only
	lines   atomic.Int32               // its requests among Door.lines

	mu        sync.Mutex // guards the rest
	name      string     // the nickname as the client spells it, to know it again without parsing
	heard     time.Time  // when the client last sent anything
	keeps     int        // Ls with the same nickname, each after keepSilence; at most keepRepeats
	warned    bool       // told to say something
	told      time.Time  // when it was last told to slow down
	asked     bool       // told that somebody wants its nickname, and not told again yet
	spoken    bool       // has sent more than L
	leaving   chat.Reason
	departing bool      // its leave is on its way to the log
	received  int       // bytes sent to it before it spoke
	sent      time.Time // when something was last sent to it
	round     uint64    // grows with each sending
	failures  int       // ICMP errors believed, from different rounds, since it was last heard
	failRound uint64    // the round that the last of them was for
}

// memberOf returns the member that a session is. Deliver, or before the hub runs, only.
func (d *Door) memberOf(s *hub.Session) *member { return d.memberAt(s, s.State().Peer) }

// memberAt returns the member that a session is, which it makes for a new one, at its address.
// Deliver, or before the hub runs, only.
func (d *Door) memberAt(s *hub.Session, peer netip.AddrPort) *member {
	if s.Local != nil {
		return s.Local.(*member)
	}
	m := d.newMember(peer)
	m.session, m.nick = s, s.State().Nick
	m.name = m.nick.Name
	m.heard = d.now()
	d.limit(m)
	s.Local = m
	d.seats.take(m.peer, s.ID)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.members[m.peer] = m
	return m
}

// limit gives a member rates of its own: others behind its IP address do not use them up.
func (d *Door) limit(m *member) {
	if d.config.Rate > 0 {
		m.rate = rate.NewLimiter(rate.Limit(d.config.Rate), d.config.Burst)
	}
	if r := d.config.EnterRate; r > 0 {
		m.turns = rate.NewLimiter(rate.Limit(r), max(1, int(r)))
	}
}

func (d *Door) newMember(peer netip.AddrPort) *member {
	return &member{peer: peer, queue: outbox.NewQueue(d.config.OutboxBytes)}
}

// forget ends a membership at this door: nothing more is queued for it but its last words.
func (d *Door) forget(m *member) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.members[m.peer] == m {
		delete(d.members, m.peer)
		d.seats.free(m.peer)
	}
}

// hear notes that the client is alive, and through which address of ours it speaks. It returns how
// long the client had been silent.
func (m *member) hear(p socket.Packet, now time.Time) (silent time.Duration) {
	if last := m.local.Load(); last == nil || *last != p.Local {
		local := p.Local
		m.local.Store(&local)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	silent = now.Sub(m.heard)
	m.heard, m.warned, m.failures = now, false, 0
	if m.leaving != chat.ReasonQuit { // it is neither gone nor idle
		m.leaving = ""
	}
	return silent
}

// from returns the address of ours that the client knows.
func (m *member) from() netip.Addr {
	if local := m.local.Load(); local != nil {
		return *local
	}
	return netip.Addr{}
}

// enter notes how the client writes its nickname. A leave that was still owed is forgotten: it came back.
func (m *member) enter(name string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.name, m.leaving = name, ""
}

// spelt returns the member's nickname if name is its spelling: a parse saved on every line.
func (m *member) spelt(name string) (chat.Nick, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.spoken = true
	if m.name == name {
		return m.nick, true
	}
	return chat.Nick{}, false
}
