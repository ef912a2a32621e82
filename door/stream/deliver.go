package stream

import (
	"parley/chat"
	"parley/hub"
)

// Deliver implements hub.Door. Consecutive events for the same sessions are encoded once, as one
// chunk.
func (d *Door) Deliver(batch hub.Batch) {
	d.delivering.Lock()
	defer d.delivering.Unlock()
	answered := 0
	defer func() { // after a panic, too: members wait for their answers
		d.gate.Answered(answered) // after the output that it led to is ready to be written
		for _, c := range d.settled {
			c.settle() // then, too: the member's next request overtakes nothing
		}
		clear(d.settled)
		d.settled = d.settled[:0]
	}()
	for i := range batch {
		if item := &batch[i]; item.Answer != nil {
			answered += d.answer(item.Answer)
		} else {
			d.event(item)
		}
	}
	d.endTurn()
}

// Turn runs a step that may Tell and Write, as if it stood in a batch. Any goroutine.
func (d *Door) Turn(do func()) {
	d.delivering.Lock()
	defer d.delivering.Unlock()
	d.Guard(do)
	d.endTurn()
}

// endTurn hands everything that was told to the Writer.
func (d *Door) endTurn() {
	d.endRun()
	d.writer.Ready(d.dirty...)
	clear(d.dirty)
	d.dirty = d.dirty[:0]
}

// answer hands an answer to the goroutine that waits for it, and returns the request's size at the
// gate.
func (d *Door) answer(a *hub.Answer) int {
	r := a.Ref.(*request)
	switch {
	case r.answer != nil:
		d.endRun() // earlier events come before it
		r.answer <- *a
	case a.Refusal != nil:
		d.endRun()
		d.counts.refusals.Add(a.Refusal.Code)
		r.conn.guard(func() { d.write(r.conn, d.protocol.Refuse(a.Refusal)) })
	}
	d.settled = append(d.settled, r.conn)
	return r.size
}

// event keeps the place of the connection that an event is about, and has the Protocol tell of it.
func (d *Door) event(item *hub.Item) {
	if e, ok := item.Event.(chat.Entered); ok && item.Self != nil && item.Self.Local == nil {
		d.adopt(item.Self, e.Message.Place)
	}
	d.Guard(func() { d.protocol.Hear(*item) })
	if e, ok := item.Event.(chat.Ended); ok {
		if c := connOf(item.Self); c != nil {
			d.endRun()
			c.dismiss(e.Reason)
		}
	}
}

// adopt makes a connection the session that it has become. Its output waits from now on until it is
// welcome.
func (d *Door) adopt(s *hub.Session, place chat.Place) {
	c := d.entered(s.ID)
	if c == nil {
		return
	}
	s.Local = c
	c.out.Hold()
	c.mu.Lock()
	c.member, c.inside, c.entered = s, true, place
	c.mu.Unlock()
}

// dismiss ends a membership.
func (c *Conn) dismiss(why chat.Reason) {
	c.mu.Lock()
	c.inside = false
	c.mu.Unlock()
	c.End(why)
}

// span is a part of a run.
type span struct{ from, to int }

// run is what the same sessions receive, one event after the other, as one chunk.
type run struct {
	to     *hub.Audience
	data   []byte
	events int
	selves []*Conn // the connections of which an event in it is about their own member
}

// Tell encodes an event for the sessions that it is for, except item.Self. In Hear and Turn only.
func (d *Door) Tell(item hub.Item) {
	d.tell(item, d.append(d.fit(item.To), item))
}

// TellAs is Tell with an encoding of the caller's. In Hear and Turn only.
func (d *Door) TellAs(item hub.Item, encoded string) {
	d.tell(item, append(d.fit(item.To), encoded...))
}

// fit returns the data of the run that is for these sessions. If it is not the one under way, that
// run ends.
func (d *Door) fit(to *hub.Audience) []byte {
	if d.run.to != to {
		d.endRun()
		d.run.to = to
	}
	return d.run.data
}

// tell adds an event to the run. data is the run's, with the event behind it.
func (d *Door) tell(item hub.Item, data []byte) {
	r := &d.run
	from := len(r.data)
	r.data = data
	if len(data) == from {
		return
	}
	r.events++
	if c := connOf(item.Self); c != nil {
		if len(c.own) == 0 {
			r.selves = append(r.selves, c)
		}
		c.own = append(c.own, span{from, len(data)})
	}
}

// endRun hands the run under way to all sessions that it is for.
func (d *Door) endRun() {
	if d.run.events > 0 {
		d.Guard(d.handOn)
	}
	r := &d.run
	for _, c := range r.selves {
		c.own = c.own[:0]
	}
	clear(r.selves)
	*r = run{selves: r.selves[:0]}
}

func (d *Door) handOn() {
	r := &d.run
	to := r.to.Sessions()
	for _, s := range to {
		c := connOf(s)
		switch {
		case c == nil:
		case len(c.own) == 0:
			d.write(c, r.data)
		default:
			d.write(c, others(r.data, c.own)...)
		}
	}
	d.counts.delivered.Add(uint64(r.events * len(to)))
}

// others returns a run's data without a session's own parts.
func others(data []byte, own []span) (parts [][]byte) {
	from := 0
	for _, s := range own {
		if s.from > from {
			parts = append(parts, data[from:s.from])
		}
		from = s.to
	}
	if from < len(data) {
		parts = append(parts, data[from:])
	}
	return parts
}

// Encode encodes an event for Write. In Hear and Turn only.
func (d *Door) Encode(item hub.Item) []byte { return d.append(nil, item) }

// Write sends a chunk to one session, after everything that was told before. Nothing may change the
// chunk from then on. In Hear and Turn only.
func (d *Door) Write(to *hub.Session, chunk []byte) {
	if c := connOf(to); c != nil && len(chunk) > 0 {
		d.endRun()
		d.write(c, chunk)
		d.counts.delivered.Add(1)
	}
}

// write adds chunks to a connection's output. endTurn tells the Writer.
func (d *Door) write(c *Conn, chunks ...[]byte) {
	if len(chunks) > 0 && c.follow(c.out.Push(chunks...)) {
		d.dirty = append(d.dirty, c)
	}
}
