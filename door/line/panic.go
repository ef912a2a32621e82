package line

import (
	"fmt"

	"parley/fault"
	"parley/hub"
	"parley/wire/line"
)

// A panic at this edge ends one session, or costs one line, and never the server.

// panicked counts and logs a panic.
func (d *Door) panicked(p *fault.Panic, about ...any) {
	d.counts.panicked.Add(1)
	p.Log(d.log, "the door panics", append(about, "door", Name)...)
}

// guard takes a step that writes to many, and says whether it came to its end. What of the run under way was not handed on is lost.
func (d *Door) guard(step func()) (ok bool) {
	p := fault.Guard(step)
	if p != nil {
		d.panicked(p)
		d.resetRun()
	}
	return p == nil
}

// item takes an item of a batch, and returns what the request that it answers counts at the gate. Whatever panics, the request has
// its answer: its member waits for nothing else.
func (d *Door) item(i *hub.Item) (answered int) {
	if i.Answer == nil {
		d.guard(func() { d.event(*i) })
		return 0
	}
	if !d.guard(func() { answered = d.answer(i.Answer) }) {
		return d.answerAfterPanic(i.Answer)
	}
	return answered
}

// answerAfterPanic settles a request whose answer could not be taken in full.
func (d *Door) answerAfterPanic(a *hub.Answer) int {
	r := a.Ref.(*request)
	select {
	case r.answer <- *a: // a request that waits for none has a nil channel
	default:
	}
	d.settled = append(d.settled, r.member)
	return r.size
}

// append encodes an event behind b. An event that cannot be encoded is told as such: a reader must know that a line is missing.
func (d *Door) append(b []byte, item hub.Item) (encoded []byte) {
	defer func() {
		if p := fault.Caught(recover()); p != nil {
			d.panicked(p, "event", fmt.Sprintf("%T", item.Event))
			encoded = append(b, line.Line(d.words.Unshown)...)
		}
	}()
	return d.encode(b, item.Event)
}
