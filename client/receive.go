package client

import (
	"context"
	"net"
	"slices"
	"strings"
	"time"

	"parley/chat"
	"parley/wire/datagram"
)

// Kind says what an Event is.
type Kind int

const (
	Line        Kind = iota // somebody said something, came, or went
	Outside                 // the server does not know us any more: Enter again
	Moved                   // the server knows our nickname from another address, as a NAT has changed ours: Enter until it is free
	Removed                 // the administrator ended the session; Text is the server's sentence
	Unreachable             // nothing listens at the server's port; told once until something comes again
)

// Event is one thing that happened.
type Event struct {
	Kind Kind
	Text string // one cleaned line; empty for Unreachable
}

// inboxMax is how many Events wait for a caller that does not Receive; then the oldest are lost, as datagrams are.
const inboxMax = 4096

// inbox is what Receive has not returned yet. Conn.mu guards it.
type inbox struct {
	events []Event
	ready  chan struct{} // has something when events were added
}

func (b *inbox) put(e Event) {
	if len(b.events) >= inboxMax {
		b.events = b.events[1:]
	}
	b.events = append(b.events, e)
	select {
	case b.ready <- struct{}{}:
	default:
	}
}

// Receive waits for the next Event. After Close it returns those that came before, then net.ErrClosed; when ctx ends, its cause. One
// goroutine at a time.
func (c *Conn) Receive(ctx context.Context) (Event, error) {
	for {
		if e, ok, err := c.next(); ok || err != nil {
			return e, err
		}
		select {
		case <-c.inbox.ready:
		case <-c.done:
		case <-ctx.Done():
			return Event{}, context.Cause(ctx)
		}
	}
}

func (c *Conn) next() (e Event, ok bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case len(c.inbox.events) > 0:
		e, c.inbox.events = c.inbox.events[0], c.inbox.events[1:]
		return e, true, nil
	case c.closed:
		return Event{}, false, net.ErrClosed
	}
	return Event{}, false, nil
}

// packet is what a link read: a datagram, or the news that nothing listens there.
type packet struct {
	from    *link
	text    string // trimmed
	refused bool
}

// take is called by the link's goroutine for each packet.
func (c *Conn) take(p packet) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case p.from != c.link && !slices.Contains(c.trying, p.from):
		return // given up
	case p.refused: // the server that listens there next may be another one
		p.from.refused, p.from.repeats = true, repeats{}
		c.keeping.off, c.keeping.mute = false, 0
	case isAnswer(p.text, datagram.OK):
		c.use(p.from)
		p.from.repeats.allow()
	case isBeside(p.text) || !c.isRivaled(p.from):
		c.use(p.from)
	}
	if q := c.asking; q != nil {
		select {
		case q.packets <- p:
			return
		default: // a flood; the answer will be asked for again
		}
	}
	if !c.takeRepeat(p) {
		c.deliver(p)
	}
}

// deliver makes Events of a packet that answers nothing. c.mu is held.
func (c *Conn) deliver(p packet) {
	switch {
	case p.from != c.link: // not used, or not any more
	case p.refused:
		if !c.down {
			c.down = true
			c.inbox.put(Event{Kind: Unreachable})
		}
	case datagram.IsAsked(p.text) && time.Since(c.rivaled) < echoPatience: // this client did
	case isAnswer(p.text, datagram.OK), isAnswer(p.text, datagram.Exit): // for the second time
	case datagram.RefusalCode(p.text) == chat.NotInside:
		c.outside(Outside, p.text)
	case datagram.RefusalCode(p.text) == chat.NotYours:
		c.outside(Moved, p.text)
	default:
		if _, removed := datagram.Removal(p.text); removed {
			c.outside(Removed, p.text)
			return
		}
		for _, line := range clean(p.text) {
			if !c.echoes.take(line, time.Now()) {
				c.inbox.put(Event{Kind: Line, Text: line})
			}
		}
	}
}

// outside tells once that we are not inside; several requests may each have been answered so. c.mu is held.
func (c *Conn) outside(kind Kind, text string) {
	if !c.inside {
		return
	}
	c.inside = false
	c.link.repeats.left()
	c.keeping.off = false // our servers alone say so
	c.inbox.put(Event{Kind: kind, Text: strings.Join(clean(text), " ")})
}
