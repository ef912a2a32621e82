package stream

import (
	"fmt"

	"parley/fault"
	"parley/hub"
)

// A panic at this edge ends one session or loses one event, and never ends the server.

// panicked counts and logs a panic.
func (d *Door) panicked(p *fault.Panic, about ...any) {
	d.counts.panicked.Add(1)
	p.Log(d.log, "the door panics", append(about, "door", d.name)...)
}

// Guard takes a step, and says whether it came to its end. A panic in it is counted and logged. Any
// goroutine.
func (d *Door) Guard(step func()) (ok bool) {
	p := fault.Guard(step)
	if p != nil {
		d.panicked(p)
	}
	return p == nil
}

// guard is Guard for a step on behalf of one session.
func (c *Conn) guard(step func()) (ok bool) {
	p := fault.Guard(step)
	if p != nil {
		c.door.panicked(p, "session", c.name())
	}
	return p == nil
}

// append encodes an event behind b. After a panic the client reads that an event is missing.
func (d *Door) append(b []byte, item hub.Item) (encoded []byte) {
	defer func() {
		if p := fault.Caught(recover()); p != nil {
			d.panicked(p, "event", fmt.Sprintf("%T", item.Event))
			encoded = b
			d.Guard(func() { encoded = append(b, d.protocol.Unshown()...) })
		}
	}()
	return d.protocol.Append(b, item)
}
