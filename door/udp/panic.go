package udp

import (
	"net/netip"

	"parley/chat"
	"parley/fault"
)

// guard takes a step for the client at peer and reports whether it came to its end.
func (d *Door) guard(peer netip.AddrPort, step func()) (ok bool) {
	p := fault.Guard(step)
	if p != nil {
		d.panicked(p, "peer", peer)
	}
	return p == nil
}

// guardAll takes a step for several clients.
func (d *Door) guardAll(step func()) {
	if p := fault.Guard(step); p != nil {
		d.panicked(p)
	}
}

// panicked counts and logs a panic.
func (d *Door) panicked(p *fault.Panic, about ...any) {
	d.counts.panicked.Add(1)
	p.Log(d.log, "the door panics", append(about, "door", Name)...)
}

// attend takes a step for a request. After a panic the request is refused: a client that asks to
// enter is sent nothing else before it has an answer.
func (d *Door) attend(q *request, step func()) {
	if !d.guard(q.peer, step) {
		d.guard(q.peer, func() { d.refuse(q, chat.Refuse(chat.Internal)) })
	}
}
