package line

import (
	"parley/chat"
	"parley/hub"
	"parley/wire/line"
)

// Deliver implements hub.Door. What follows each other and is heard by the same members is encoded once, as one chunk.
func (d *Door) Deliver(batch hub.Batch) {
	d.crowds.mu.Lock()
	defer d.crowds.mu.Unlock()
	answered := 0
	for i := range batch {
		answered += d.item(&batch[i])
	}
	d.guard(d.endRun)
	d.writer.Ready(d.dirty...)
	d.gate.Answered(answered) // after what it led to is ready to be written
	for _, m := range d.settled {
		m.settle() // likewise: what they ask next overtakes nothing that they said
	}
	clear(d.dirty)
	clear(d.settled)
	d.dirty, d.settled = d.dirty[:0], d.settled[:0]
}

// answer hands an answer to whoever waits for it, and returns what the request counts at the gate.
func (d *Door) answer(a *hub.Answer) int {
	r := a.Ref.(*request)
	switch {
	case r.answer != nil:
		d.endRun() // what happened before comes before it
		r.answer <- *a
	case a.Refusal != nil:
		d.endRun()
		d.counts.refusals.Add(a.Refusal.Code)
		d.write(r.member, line.Line(d.words.Refused(a.Refusal)))
	}
	d.settled = append(d.settled, r.member)
	return r.size
}

func (d *Door) event(item hub.Item) {
	switch e := item.Event.(type) {
	case chat.Entered:
		if item.Self != nil && item.Self.Local == nil {
			d.adopt(item.Self, e.Message.Seq)
		}
		d.come(item, e.Message, true, d.words.Coming(e.Message.Room, true, 1, e.Message.Nick))
	case chat.Left:
		d.left.note(e)
		d.come(item, e.Message, false, d.words.Leaving(e))
	case chat.Ended:
		if m := memberOf(item.Self); m != nil {
			d.endRun()
			d.dismiss(m, e)
		}
	case chat.Changed: // the command's answer says so
	case chat.Told:
		d.tellTwo(item, e)
	case chat.Announced:
		d.crowds.show()
		d.add(item)
	default:
		if room := roomOf(e); room != "" {
			d.crowds.showRoom(room)
		}
		d.add(item)
	}
}

func roomOf(e chat.Event) chat.RoomID {
	switch e := e.(type) {
	case chat.Posted:
		return e.Message.Room
	case chat.Renamed:
		return e.Message.Room
	case chat.TopicSet:
		return e.Message.Room
	}
	return ""
}

// adopt makes a connection the session that it has become. What it hears from now on waits until it is welcome.
func (d *Door) adopt(s *hub.Session, place chat.Seq) {
	m := d.member(s.ID)
	if m == nil { // it waits for its answer, so it is there
		return
	}
	s.Local = m
	m.out.Hold()
	m.mu.Lock()
	m.inside, m.entered = true, place
	m.mu.Unlock()
}

// dismiss ends a membership. Who asked for it knows; others are told why.
func (d *Door) dismiss(m *member, e chat.Ended) {
	m.mu.Lock()
	m.inside = false
	m.mu.Unlock()
	if e.Reason == chat.ReasonKicked {
		d.write(m, line.Line(d.words.Removed(e.Detail)))
	}
	m.end(e.Reason)
}

// tellTwo shows one what another says to it alone. Who said it is told if the other is away.
func (d *Door) tellTwo(item hub.Item, e chat.Told) {
	d.endRun()
	said := d.append(nil, item)
	for _, s := range item.To {
		if m := memberOf(s); m != nil {
			d.write(m, said)
		}
	}
	if m := memberOf(item.Self); m != nil && e.To.Away != "" {
		d.write(m, line.Line(d.words.IsAway(e.To.Nick.Name, e.To.Away)))
	}
}

// span is a part of a run.
type span struct{ from, to int }

// run is what the same members hear, one after the other, as one chunk.
type run struct {
	to     []*hub.Session
	data   []byte
	events int
	selves []*member // those whose own doing is in it
}

// add adds an event to the run under way, or to a new one if others hear it.
func (d *Door) add(item hub.Item) {
	d.addLines(item, func(b []byte) []byte { return d.append(b, item) })
}

func (d *Door) addLines(item hub.Item, encode func([]byte) []byte) {
	r := &d.run
	if !sameSessions(r.to, item.To) {
		d.endRun()
		r.to = item.To
	}
	from := len(r.data)
	r.data = encode(r.data)
	if len(r.data) == from {
		return
	}
	r.events++
	if m := memberOf(item.Self); m != nil {
		if len(m.own) == 0 {
			r.selves = append(r.selves, m)
		}
		m.own = append(m.own, span{from, len(r.data)})
	}
}

// sameSessions says whether two lists are one. An index that changes makes another, or a longer one.
func sameSessions(a, b []*hub.Session) bool {
	return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0])
}

// endRun hands the run under way to all who hear it.
func (d *Door) endRun() {
	r := &d.run
	if r.events > 0 {
		for _, s := range r.to {
			m := memberOf(s)
			switch {
			case m == nil:
			case len(m.own) == 0:
				d.write(m, r.data)
			default:
				d.write(m, others(r.data, m.own)...)
			}
		}
		d.counts.delivered.Add(uint64(r.events * len(r.to)))
	}
	d.resetRun()
}

// resetRun begins a run in which there is nothing yet.
func (d *Door) resetRun() {
	r := &d.run
	for _, m := range r.selves {
		m.own = m.own[:0]
	}
	clear(r.selves)
	*r = run{selves: r.selves[:0]}
}

// others returns a run's data without the parts that are somebody's own.
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

// write adds chunks to a member's Stream in Deliver, which hands all members over at its end.
func (d *Door) write(m *member, chunks ...[]byte) {
	if len(chunks) > 0 && m.follow(m.out.Push(chunks...)) {
		d.dirty = append(d.dirty, m)
	}
}

// memberOf returns the member that a session is; nil: it is none of this door, or not known yet.
func memberOf(s *hub.Session) *member {
	if s == nil || s.Local == nil {
		return nil
	}
	return s.Local.(*member)
}
