package udp

import (
	"math"
	"time"

	"parley/chat"
	"parley/door/udp/socket"
	"parley/outbox"
	"parley/wire/datagram"
)

// A client's socket has room for 212,992 bytes where nobody changed Linux's default, of which a datagram of 1,024 bytes takes
// 2,304, and the kernel gives back what was read a quarter at a time: about 70 datagrams may be on their way at once. So who reads
// is sent at most paceMax in paceRest, and again as many after that at the soonest, joined if they are many lines.
const (
	paceMax  = 16
	paceRest = 25 * time.Millisecond
)

// farewell is how long a door that closes keeps to the pace with what still waits.
const farewell = 2 * time.Second

// flush writes what waits for members, as far as their pace allows: the Writer's goroutine.
func (d *Door) flush(members []*member, resting int) (again []*member) {
	written := d.gates.flushing()
	now := d.now()
	clear(d.again)
	d.sending, d.again = d.sending[:0], d.again[:0]
	for _, m := range members {
		before := len(d.sending)
		if !d.guard(m.peer, func() { d.gather(m, now) }) {
			d.sending = d.sending[:before]
			d.guard(m.peer, func() { d.giveUp(m) })
		}
	}
	d.guardAll(d.send)
	clear(d.sending)
	if 2*(len(d.again)+resting) <= d.inside() { // no few can keep all others waiting
		d.gates.reach(written)
	}
	return d.again
}

// gather adds what one member may be sent now to what is being sent.
func (d *Door) gather(m *member, now time.Time) {
	if m.isGone() { // each datagram to nobody costs three: itself, the answer, and what that cut short
		m.discard()
		return
	}
	before := len(d.sending)
	if left := d.pack(m, d.allow(m, now)); left {
		d.again = append(d.again, m)
	}
	m.pace.took(len(d.sending) - before)
	if !m.note(d.sending[before:], now) {
		d.sending = d.sending[:before]
		d.letGo(m, chat.ReasonGone)
	}
}

// giveUp ends a membership for which nothing can be written: its client would not know what it
// missed.
func (d *Door) giveUp(m *member) {
	if m.session != nil {
		d.letGo(m, chat.ReasonGone)
	}
	m.discard()
}

// discard drops what waits for a member.
func (m *member) discard() {
	m.queue.Drain(func(chunks []outbox.Chunk, _ int) int { return len(chunks) })
}

// send gives what was gathered to the system.
func (d *Door) send() {
	sent := d.socket.WriteBatch(d.sending, func(i int, err error) {
		d.counts.unsent.Add(1)
		d.log.Debug("a datagram was not taken", "door", Name, "peer", d.sending[i].Peer, "err", err)
	})
	d.counts.sent.Add(uint64(sent))
}

// allow returns how many datagrams a member may be sent now.
func (d *Door) allow(m *member, now time.Time) int {
	if d.hurries.Load() {
		return math.MaxInt
	}
	return m.pace.allow(now)
}

// pace bounds how much one member is sent at a time. The Writer's goroutine only.
type pace struct {
	since time.Time
	sent  int // datagrams since then
}

// allow returns how many datagrams the member may be sent now.
func (p *pace) allow(now time.Time) int {
	if elapsed := now.Sub(p.since); elapsed >= paceRest || elapsed < 0 {
		p.since, p.sent = now, 0
	}
	return paceMax - p.sent
}

func (p *pace) took(datagrams int) { p.sent += datagrams }

// pack makes at most so many datagrams of what waits for a member: one line each, unless more lines wait than its buffer may
// hold. It says whether something is left.
func (d *Door) pack(m *member, most int) (left bool) {
	if most <= 0 {
		return m.queue.Len() > 0
	}
	return m.queue.Drain(func(chunks []outbox.Chunk, lost int) (used int) {
		d.counts.lost.Add(uint64(lost))
		out := packing{door: d, member: m, room: most, joins: d.config.Join > 0 && len(chunks) > d.config.Join}
		for lost > 0 && used < len(chunks) && chunks[used].Alone && out.add(chunks[used]) { // an answer comes first
			used++
		}
		if lost > 0 {
			out.send(d.config.words().Lost(lost))
		}
		for used < len(chunks) && out.add(chunks[used]) {
			used++
		}
		out.finish()
		return used
	})
}

// packing is one member's datagrams being made.
type packing struct {
	door   *Door
	member *member
	room   int    // datagrams that may still be made
	joins  bool   // lines are joined
	joined []byte // the datagram being filled
}

// add takes a chunk, unless there is no room for it.
func (p *packing) add(c outbox.Chunk) bool {
	if p.joins && !c.Alone && len(p.joined) > 0 && len(p.joined)+1+len(c.Data) <= datagram.MaxLine {
		p.joined = append(append(p.joined, '\n'), c.Data...)
		return true
	}
	p.finish()
	if p.room == 0 {
		return false
	}
	p.room--
	if p.joins && !c.Alone {
		p.joined = append(make([]byte, 0, datagram.MaxLine), c.Data...)
		return true
	}
	p.send(c.Data)
	return true
}

// finish sends what was joined.
func (p *packing) finish() {
	if len(p.joined) > 0 {
		p.send(p.joined)
		p.joined = nil
	}
}

func (p *packing) send(data []byte) {
	p.door.sending = append(p.door.sending, socket.Packet{
		Peer: p.member.peer, Local: p.member.from(), Data: data,
	})
}
