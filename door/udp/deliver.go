package udp

import (
	"fmt"

	"parley/chat"
	"parley/fault"
	"parley/hub"
	"parley/outbox"
	"parley/wire/datagram"
)

// Deliver implements hub.Door: every event is encoded once and queued for each member it is for.
func (d *Door) Deliver(batch hub.Batch) {
	var answered load
	for _, item := range batch {
		if item.Answer == nil {
			d.deliverEvent(item)
			continue
		}
		q := item.Answer.Ref.(*request)
		answered.add(q)
		d.attend(q, func() { d.deliverAnswer(q, item.Answer) })
	}
	d.writer.Ready(d.dirty...)
	d.gates.answered(answered) // after what it led to is ready to be written
	clear(d.dirty)
	d.dirty = d.dirty[:0]
}

// deliverEvent queues an event for those who hear it. After a panic, some of them miss it.
func (d *Door) deliverEvent(item hub.Item) {
	if p := fault.Guard(func() { d.tellAll(item) }); p != nil {
		d.panicked(p, "event", fmt.Sprintf("%T", item.Event))
	}
}

func (d *Door) tellAll(item hub.Item) {
	lines := d.config.words().Lines(item.Event)
	chunks := make([]outbox.Chunk, len(lines))
	for i, l := range lines {
		chunks[i] = outbox.Chunk{Data: l}
	}
	delivered := 0
	for _, s := range item.To.Sessions() {
		if s == item.Self && !d.config.Echo {
			continue
		}
		m := d.memberOf(s)
		if m.queue.Push(chunks...) {
			d.dirty = append(d.dirty, m)
		}
		delivered += len(lines)
	}
	d.counts.delivered.Add(uint64(delivered))
	switch e := item.Event.(type) {
	case chat.Ended:
		if item.Self != nil {
			d.dismiss(d.memberOf(item.Self), e)
		}
	case chat.Wanted:
		for _, s := range item.To.Sessions() {
			d.memberOf(s).askedFor()
		}
	}
}

// dismiss ends a membership. Who asked for it gets an answer; others are told why, in case somebody is there to read it.
func (d *Door) dismiss(m *member, e chat.Ended) {
	d.forget(m)
	m.stay()
	line, told := d.config.words().Removal(e.Reason, e.Detail)
	if told && m.queue.Push(alone(line)) {
		d.dirty = append(d.dirty, m)
	}
}

func (d *Door) deliverAnswer(q *request, a *hub.Answer) {
	if a.Refusal != nil {
		d.refuse(q, a.Refusal)
		return
	}
	switch q.verb {
	case datagram.Enter:
		m := d.memberAt(a.Session, q.peer)
		m.local.Store(&q.local)
		m.enter(q.name)
		d.unseat(q)
		d.answer(q, d.config.ok())
	case datagram.Quit:
		d.unseat(q)
		d.answer(q, datagram.Exit)
	}
}
