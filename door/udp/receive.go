package udp

import (
	"context"
	"errors"
	"net/netip"
	"os"
	"time"

	"parley/chat"
	"parley/door/udp/socket"
	"parley/outbox"
	"parley/wire/datagram"
)

// submitPatience is how long after it was read a datagram may wait for the log to have room before it is refused.
const submitPatience = time.Second

// answersMax is how much may wait for one member before answers to anything but L are left out: who asks faster than it can be
// answered is not.
const answersMax = 1024

// tellEvery is how often a member is told that something of what it sent was dropped.
const tellEvery = time.Second

// request is a client's datagram on its way to the log and its answer's way back; or what the door itself asks of the log.
type request struct {
	verb    datagram.Verb // 0: of the door itself, nobody is to be answered
	peer    netip.AddrPort
	local   netip.Addr
	name    string    // as the client spells it
	text    string    // of C
	read    time.Time // by the real clock, as deadlines are
	command chat.Command

	visit  bool    // it waits among the visits
	line   *member // it waits among the lines; whose it is
	seated bool    // it has claimed its client's seat
	quits  bool    // it counts among its client's requests to leave
}

// read is the goroutine that empties the socket.
func (d *Door) read() {
	packets := make([]socket.Packet, socket.BatchSize)
	for late := 0; late < requestQueue; {
		n, err := d.socket.ReadBatch(packets)
		if d.isClosing() {
			late += n // the last look ends though they keep coming
		}
		for _, p := range packets[:n] {
			d.guard(p.Peer, func() { d.receive(p) })
		}
		switch {
		case err == nil:
		case errors.Is(err, os.ErrDeadlineExceeded):
			return // Close
		default:
			d.log.Error("the socket cannot be read any more", "door", Name, "err", err)
			return
		}
	}
}

// receive takes one datagram: counted and dropped, answered at once, or on its way to the log.
func (d *Door) receive(p socket.Packet) {
	d.counts.received.Add(1)
	if !d.config.Serves(p.Peer.Addr()) {
		d.dropped(&d.counts.foreign, "foreign", p.Peer)
		return
	}
	if m := d.member(p.Peer); m != nil {
		d.receiveMember(p, m)
	} else {
		d.receiveStranger(p)
	}
}

// receiveMember takes a member's datagram. A member is told, at most once in tellEvery, why one is
// dropped. A stranger is not: its address may be forged, and the host that has it asked for
// nothing.
func (d *Door) receiveMember(p socket.Packet, m *member) {
	now := d.now()
	silent := m.hear(p, now)
	if p.Truncated {
		d.dropped(&d.counts.oversized, "oversized", p.Peer)
		d.tell(m, chat.TextTooLong, now)
		return
	}
	r, err := datagram.Parse(p.Data)
	switch {
	case errors.Is(err, datagram.ErrUnknown):
		d.dropped(&d.counts.unknown, "unknown", p.Peer)
		d.help(p)
		return
	case err != nil:
		d.dropped(&d.counts.malformed, "malformed", p.Peer)
		if errors.Is(err, datagram.ErrEncoding) { // an empty one may be there to keep a NAT mapping alive
			d.tell(m, chat.TextEncoding, now)
		}
		return
	}
	q := newRequest(p, r)
	if r.Verb == datagram.Enter && d.isInside(m, r.Name) {
		d.guard(p.Peer, func() { d.confirm(q, m, silent, now) })
		return
	}
	if !d.admit(p, m, r.Verb, now) {
		return
	}
	d.attend(q, func() { d.take(q, m, now) })
}

// take translates a member's request and queues it, or refuses it.
func (d *Door) take(q *request, m *member, now time.Time) {
	if refusal := d.translate(q, m); refusal != nil {
		d.logRefusal(q, refusal)
		d.refuse(q, refusal)
		return
	}
	if d.admitLines(q, m, now) {
		d.queue(q, m)
	}
}

// queue puts a member's request where it waits for the log: among the visits if it asks to enter, else
// among the lines, but behind an earlier request of the same sender, wherever that waits.
func (d *Door) queue(q *request, m *member) {
	if d.visits.hasFrom(q.peer) || q.verb == datagram.Enter && m.lines.Load() == 0 {
		if !d.visits.add(q) {
			d.dropped(&d.counts.visits, "visits", q.peer)
			d.release(q, m)
		}
		return
	}
	q.line = m
	m.lines.Add(1)
	select {
	case d.lines <- q:
	default:
		m.lines.Add(-1)
		d.dropped(&d.counts.crowded, "crowded", q.peer)
		d.release(q, m)
	}
}

// release frees the seat and the member's Queue that an L holds, as it will have no answer.
func (d *Door) release(q *request, m *member) {
	d.unseat(q)
	if q.verb == datagram.Enter && m.queue.Release() {
		d.writer.Ready(m)
	}
}

// newRequest makes a request of a datagram.
func newRequest(p socket.Packet, r datagram.Request) *request {
	return &request{
		verb: r.Verb, peer: p.Peer, local: p.Local, name: r.Name, text: r.Text, read: time.Now(),
	}
}

// admit keeps a member's rates: of the lines it says, and of its requests to enter and to leave.
func (d *Door) admit(p socket.Packet, m *member, verb datagram.Verb, now time.Time) bool {
	if verb != datagram.Say {
		return d.admitTurn(p, m, now)
	}
	if m.rate == nil || m.rate.AllowN(now, 1) {
		return true
	}
	d.slowDown(m, now)
	return false
}

// admitLines keeps the rate of what a member says for the further lines of a text, and for the further
// datagrams of a long line: everybody is sent each. A text of more of them than may be said at once
// passes if nothing was said for a while.
func (d *Door) admitLines(q *request, m *member, now time.Time) bool {
	post, ok := q.command.(chat.Post)
	if !ok || m.rate == nil {
		return true
	}
	more := min(linesOf(post.Text), d.config.Burst) - 1 // one is paid for
	if m.rate.AllowN(now, more) {
		return true
	}
	d.slowDown(m, now)
	return false
}

// slowDown counts what was said too fast and says so, now and then.
func (d *Door) slowDown(m *member, now time.Time) {
	d.dropped(&d.counts.tooFast, "too_fast", m.peer)
	d.tell(m, chat.TooFast, now)
}

// tell tells a member why something that it sent was dropped, at most once in tellEvery.
func (d *Door) tell(m *member, why chat.Code, now time.Time) {
	m.mu.Lock()
	due := now.Sub(m.told) >= tellEvery
	if due {
		m.told = now
	}
	m.mu.Unlock()
	if due {
		d.push(m, alone(d.config.words().Refusal(chat.Refuse(why))))
	}
}

// translate makes the request's command, for a member or, if m is nil, for a stranger. On L it
// reserves a seat and holds the member's Queue: the answer comes first.
func (d *Door) translate(q *request, m *member) *chat.Refusal {
	if q.verb == datagram.Quit {
		d.seats.quit(q.peer)
		q.quits = true
	}
	if q.verb == datagram.Enter {
		if m != nil {
			m.queue.Hold()
		}
		nick, err := chat.ParseNick(q.name)
		if err == nil {
			if refusal := d.seats.reserve(q.peer, d.doorway.NewSession); refusal != nil {
				return refusal
			}
			q.seated = true
		}
		q.command = chat.Enter{
			Session: d.seats.session(q.peer), Door: Name, Peer: q.peer, Nick: nick,
		}
		return refusalOf(err)
	}
	session := d.seats.session(q.peer)
	nick, err := d.nickOf(m, q.name)
	if q.verb == datagram.Quit {
		if err != nil { // such a name cannot be inside
			return chat.Refuse(chat.NotInside)
		}
		q.command = chat.Leave{
			By:     chat.Actor{Session: session, As: nick.Key},
			Reason: chat.ReasonQuit,
		}
		return nil
	}
	if err != nil {
		return refusalOf(err)
	}
	text, err := chat.ParseText(q.text, d.config.TextMax)
	q.command = chat.Post{
		By: chat.Actor{Session: session, As: nick.Key}, Room: chat.Lobby,
		Text: text,
	}
	return refusalOf(err)
}

func (d *Door) nickOf(m *member, name string) (chat.Nick, error) {
	if m != nil {
		if nick, same := m.spelt(name); same {
			return nick, nil
		}
	}
	return chat.ParseNick(name)
}

func refusalOf(err error) *chat.Refusal {
	if err == nil {
		return nil
	}
	var refusal *chat.Refusal
	if errors.As(err, &refusal) {
		return refusal
	}
	return chat.Refuse(chat.Internal)
}

// submit is the goroutine that appends to the log what members say and that they leave, in the order in
// which it came.
func (d *Door) submit() {
	for {
		q, open := d.next()
		if !open {
			return
		}
		if q.verb == 0 && !d.isLeaving(q) {
			continue
		}
		d.attend(q, func() { d.submitOne(q) })
		if q.line != nil {
			q.line.lines.Add(-1)
		}
	}
}

// next waits for what is to be submitted, until the lines have ended.
func (d *Door) next() (q *request, open bool) {
	select {
	case q, open = <-d.lines:
		return q, open
	case q = <-d.departures:
		return q, true
	}
}

// isLeaving says whether a member is still to leave: it may have been heard while its leave waited.
func (d *Door) isLeaving(q *request) bool {
	m := d.member(q.peer)
	if m == nil {
		return false
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.leaving == "" {
		m.departing = false
	}
	return m.leaving != ""
}

// submitOne appends a request to the log, or refuses it.
func (d *Door) submitOne(q *request) {
	if err := d.append(q); err != nil {
		d.logRefusal(q, refusalOf(err))
		d.refuse(q, refusalOf(err))
	}
}

func (d *Door) append(q *request) error {
	ctx, cancel := context.WithDeadline(context.Background(), q.read.Add(submitPatience))
	defer cancel()
	size := weight(q.command)
	if d.gates.enter(ctx, q, size) != nil {
		return chat.Refuse(chat.Busy)
	}
	taken := false
	defer func() {
		if !taken { // also after a panic
			d.gates.back(q, size)
		}
	}()
	err := d.doorway.Submit(ctx, q.command, q)
	taken = err == nil
	return err
}

// refuse answers a request with no, but Q with what the client waits for: it stops either way. The house sees to it that the
// member leaves as soon as that can be stored; if the server ends before, it is found gone after the next start.
func (d *Door) refuse(q *request, refusal *chat.Refusal) {
	d.unseat(q)
	if q.verb == 0 {
		if m := d.member(q.peer); m != nil {
			m.stay()
		}
		return
	}
	d.counts.refusals.Add(refusal.Code)
	if q.verb != datagram.Quit || refusal.Code == chat.NotYours {
		d.answer(q, d.config.words().Refusal(refusal))
		return
	}
	leave, ok := q.command.(chat.Leave)
	m := d.member(q.peer)
	if ok && m != nil && leave.By.As == m.nick.Key && refusal.Code != chat.NotInside {
		m.leave(chat.ReasonQuit)
	}
	d.answer(q, datagram.Exit)
}

// answer sends a line that stands alone to whoever made the request: through the Queue of who is a member there now, which need
// not be who was when the request came.
func (d *Door) answer(q *request, line string) {
	m := d.member(q.peer)
	if m == nil {
		d.answerStranger(q, line)
		return
	}
	if q.verb != datagram.Enter && m.queue.Len() >= answersMax {
		d.dropped(&d.counts.tooFast, "too_fast", q.peer)
		return
	}
	ready := false
	if q.verb == datagram.Enter {
		ready = m.queue.Release(alone(line))
	} else {
		ready = m.queue.Push(alone(line))
	}
	if ready {
		d.writer.Ready(m)
	}
}

func alone(line string) outbox.Chunk { return outbox.Chunk{Data: []byte(line), Alone: true} }
