package udp

import (
	"slices"

	"parley/chat"
	"parley/hub"
	"parley/outbox"
	"parley/wire/datagram"
)

// Deliver implements hub.Door: every event is encoded once and queued for each member it is for.
func (d *Door) Deliver(batch hub.Batch) {
	for _, item := range batch {
		if item.Answer != nil {
			d.deliverAnswer(item.Answer)
		} else {
			d.deliverEvent(item)
		}
	}
	d.writer.Ready(d.dirty...)
	clear(d.dirty)
	d.dirty = d.dirty[:0]
}

func (d *Door) deliverEvent(item hub.Item) {
	lines := datagram.Lines(item.Event)
	chunks := make([]outbox.Chunk, len(lines))
	for i, l := range lines {
		chunks[i] = outbox.Chunk{Data: l}
	}
	delivered := 0
	for _, s := range item.To {
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
	case chat.Left:
		if item.Self != nil {
			d.dismiss(d.memberOf(item.Self), e)
		}
	case chat.Wanted:
		for _, s := range item.To {
			d.memberOf(s).askedFor()
		}
	}
}

// dismiss ends a membership. Who asked for it gets an answer; others are told why, in case somebody is there to read it.
func (d *Door) dismiss(m *member, e chat.Left) {
	d.forget(m)
	why, tell := removals[e.Reason]
	if !tell {
		return
	}
	if e.Reason == chat.ReasonKicked {
		why = e.Detail
	}
	if m.queue.Push(alone(datagram.RemovedFor(why))) {
		d.dirty = append(d.dirty, m)
	}
}

// removals are the reasons for which a member is told that it is not inside any more, and how.
var removals = map[chat.Reason]string{
	chat.ReasonKicked: "",
	chat.ReasonIdle:   "nothing was said for too long",
	chat.ReasonGone:   "you could not be reached",
	chat.ReasonEnded:  "the server was down for too long, enter again",
}

func (d *Door) deliverAnswer(a *hub.Answer) {
	q := a.Ref.(*request)
	if a.Refusal != nil {
		d.refuse(q, a.Refusal)
		return
	}
	switch q.verb {
	case datagram.Enter:
		m := d.memberOf(a.Session)
		m.local.Store(&q.local)
		m.enter(q.name)
		d.answer(q, datagram.OK)
	case datagram.Quit:
		d.answer(q, datagram.Exit)
	}
}

// flush writes what waits for members: the Writer's goroutine.
func (d *Door) flush(members []*member) {
	d.sending = d.sending[:0]
	now := d.now()
	for _, m := range members {
		before := len(d.sending)
		d.pack(m)
		if !m.note(d.sending[before:], now) {
			d.sending = d.sending[:before]
			d.letGo(m, chat.ReasonGone)
		}
	}
	sent := d.socket.send(d.sending, func(i int, err error) {
		d.counts.unsent.Add(1)
		d.log.Debug("a datagram was not taken", "door", Name, "peer", d.sending[i].peer, "err", err)
	})
	d.counts.sent.Add(uint64(sent))
	clear(d.sending)
}

// pack makes datagrams of what waits for a member: one line each, unless more wait than its buffer may hold.
func (d *Door) pack(m *member) {
	chunks, lost := m.queue.Take(d.taken)
	if lost > 0 {
		d.counts.lost.Add(uint64(lost))
		at := 0
		for at < len(chunks) && chunks[at].Alone { // an answer comes first
			at++
		}
		chunks = slices.Insert(chunks, at, outbox.Chunk{Data: datagram.Lost(lost)})
	}
	d.taken = chunks
	join := d.config.Join > 0 && len(chunks) > d.config.Join
	var joined []byte
	for _, c := range chunks {
		switch {
		case !join || c.Alone:
			d.addJoined(m, &joined)
			d.add(m, c.Data)
		case len(joined) > 0 && len(joined)+1+len(c.Data) <= datagram.MaxLine:
			joined = append(append(joined, '\n'), c.Data...)
		default:
			d.addJoined(m, &joined)
			joined = append(make([]byte, 0, datagram.MaxLine), c.Data...)
		}
	}
	d.addJoined(m, &joined)
	clear(d.taken)
}

func (d *Door) addJoined(m *member, joined *[]byte) {
	if len(*joined) > 0 {
		d.add(m, *joined)
		*joined = nil
	}
}

func (d *Door) add(m *member, data []byte) {
	d.sending = append(d.sending, packet{peer: m.peer, local: m.from(), data: data})
}
