package udp

import (
	"errors"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"parley/door/udp/socket"
	"parley/guard"
	"parley/wire/datagram"
)

const (
	// visitRate is how many visits a second are taken from all strangers together, and from all
	// members together; requestQueue at once. A lecture hall that enters at once stays far below
	// it.
	visitRate = 2000

	// visitBytes is how much text may wait among the visits: a stranger's is of no use to anybody.
	visitBytes = 4 << 20
)

// visits are the requests to enter, and whatever else comes from addresses at which nobody is
// inside. Each network has a rate, all of them together have one, and they wait in a queue of
// their own. So a flood of them, from however many addresses, leaves the processor and the way to
// the log free for what members say.
type visits struct {
	networks           *guard.Rates
	strangers, members *rate.Limiter // so that no flood keeps a member from leaving
	queue              chan *request
	pending            atomic.Int64 // requests that were queued and are not done

	mu      sync.Mutex // guards the rest
	waiting map[netip.AddrPort]int
	bytes   int // of the texts that wait
}

// newVisits allows each network so many visits a second; 0: no limit, for all networks together
// either.
func newVisits(perNetwork float64, now func() time.Time) *visits {
	all := rate.Limit(visitRate)
	if perNetwork == 0 {
		all = rate.Inf
	}
	return &visits{
		networks:  guard.NewRates(perNetwork, now),
		strangers: rate.NewLimiter(all, requestQueue), members: rate.NewLimiter(all, requestQueue),
		queue: make(chan *request, requestQueue), waiting: map[netip.AddrPort]int{},
	}
}

// isFull reports whether another visit would find no room. For the goroutine that adds visits.
func (v *visits) isFull() bool { return len(v.queue) == cap(v.queue) }

// admitVisit reports whether a stranger's visit is within the rates: its network's, and that of all
// strangers together.
// It counts one that is not.
func (d *Door) admitVisit(p socket.Packet) bool {
	if !d.visits.networks.Allow(p.Peer.Addr()) {
		d.dropped(&d.counts.tooFast, "too_fast", p.Peer)
		return false
	}
	if !d.visits.strangers.AllowN(d.now(), 1) {
		d.dropped(&d.counts.visits, "visits", p.Peer)
		return false
	}
	return true
}

// admitTurn reports whether a member's request to enter or to leave is within the rates: its own, and
// that of all members together. It counts one that is not.
func (d *Door) admitTurn(p socket.Packet, m *member, now time.Time) bool {
	if m.turns != nil && !m.turns.AllowN(now, 1) {
		d.dropped(&d.counts.tooFast, "too_fast", p.Peer)
		return false
	}
	if !d.visits.members.AllowN(now, 1) {
		d.dropped(&d.counts.visits, "visits", p.Peer)
		return false
	}
	return true
}

// add queues a request. It returns false if there is no room.
func (v *visits) add(q *request) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.bytes+len(q.text) > visitBytes {
		return false
	}
	q.visit = true
	select {
	case v.queue <- q:
		v.waiting[q.peer]++
		v.pending.Add(1)
		v.bytes += len(q.text)
		return true
	default:
		return false
	}
}

// done notes that a request of the queue is in the log, or will never be.
func (v *visits) done(q *request) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.bytes -= len(q.text)
	v.pending.Add(-1)
	if v.waiting[q.peer]--; v.waiting[q.peer] == 0 {
		delete(v.waiting, q.peer)
	}
}

// hasFrom reports whether requests from an address wait. It is asked for each line of a member, and
// nearly always none wait at all. For the goroutine that adds visits.
func (v *visits) hasFrom(peer netip.AddrPort) bool {
	if v.pending.Load() == 0 {
		return false
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.waiting[peer] > 0
}

// receiveStranger takes a datagram from an address at which nobody is inside. It does as little as
// it can: the same goroutine reads what members say.
func (d *Door) receiveStranger(p socket.Packet) {
	if p.Truncated {
		d.dropped(&d.counts.oversized, "oversized", p.Peer)
		return
	}
	if !d.admitVisit(p) {
		return
	}
	if d.visits.isFull() {
		d.dropped(&d.counts.visits, "visits", p.Peer)
		return
	}
	r, err := datagram.Parse(p.Data)
	switch {
	case errors.Is(err, datagram.ErrUnknown):
		d.dropped(&d.counts.unknown, "unknown", p.Peer)
		d.help(p)
	case err != nil:
		d.dropped(&d.counts.malformed, "malformed", p.Peer)
	case !d.visits.add(newRequest(p, r)):
		d.dropped(&d.counts.visits, "visits", p.Peer)
	}
}

// submitVisits is the goroutine that appends visits to the log, in the order in which they came.
func (d *Door) submitVisits() {
	for q := range d.visits.queue {
		d.attend(q, func() { d.submitVisit(q) })
		d.visits.done(q)
	}
}

// submitVisit appends a visit to the log, or refuses it.
func (d *Door) submitVisit(q *request) {
	if q.command == nil { // else a member's, translated where it was read
		if refusal := d.translate(q, d.member(q.peer)); refusal != nil {
			d.logRefusal(q, refusal)
			d.refuse(q, refusal)
			return
		}
	}
	d.submitOne(q)
}

// answerStranger sends a line to an address at which nobody is inside, unless so many others wait
// to be written to that strangers' answers would pile up.
func (d *Door) answerStranger(q *request, line string) {
	if d.writer.Len() >= d.inside()+requestQueue {
		d.dropped(&d.counts.visits, "visits", q.peer)
		return
	}
	m := d.newMember(q.peer)
	m.local.Store(&q.local)
	d.push(m, alone(line))
}
