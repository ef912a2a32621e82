package stream

import (
	"errors"
	"os"
	"time"

	"parley/chat"
	"parley/fault"
)

// farewell is how long a connection that ends may take to read its last output.
const farewell = 2 * time.Second

// finish ends a session, also one that has panicked: the member leaves the chat room, and the
// connection is closed. Deferred by Serve.
func (c *Conn) finish() {
	panicked := fault.Caught(recover())
	defer c.door.serving.Done()
	defer c.door.forget(c)
	defer c.hangUp()
	if panicked != nil {
		c.door.panicked(panicked, "session", c.name())
		c.End(chat.ReasonGone)
	}
	why := c.leave()
	c.writeUntil(time.Now().Add(farewell)) // the log may have taken its time
	c.sayLast(why, panicked != nil)
}

// leave takes the member out of the chat room, unless it is out, and returns why the session ends.
func (c *Conn) leave() chat.Reason {
	c.await(0)
	why := c.why()
	switch {
	case why != "":
	case c.quits != nil || c.isEOF():
		why = chat.ReasonQuit
	default:
		why = chat.ReasonGone
	}
	c.End(why)
	if c.IsInside() && why != chat.ReasonEnded {
		leave := chat.Leave{By: chat.By(c.ID()), Reason: why}
		if why == chat.ReasonQuit && c.quits != nil {
			leave.Detail = *c.quits
		}
		if err := c.do(c.door.ctx, leave); isRefusedForNow(err) {
			c.door.leaveLater(leave, err)
		}
	}
	return why
}

// sayLast has the last output written. Everything that waits comes before it, unless the reader is
// too slow or the server failed.
func (c *Conn) sayLast(why chat.Reason, failed bool) {
	c.ready(c.out.Release()) // if it ended before its Welcome
	ending, told := c.ending(why, failed)
	if !told {
		return
	}
	words := c.lastWords(ending)
	switch {
	case len(words) == 0:
	case ending == Failed || ending == Slow:
		c.ready(c.out.Last(words))
	default:
		c.Push(words)
	}
}

// ending returns how the client is told that the session ends, and whether it is told at all.
func (c *Conn) ending(why chat.Reason, failed bool) (ending Ending, told bool) {
	switch {
	case failed:
		return Failed, true
	case why == chat.ReasonSlow:
		return Slow, true
	case c.quits != nil:
		return Quit, true
	case errors.Is(c.over, os.ErrDeadlineExceeded) && why == chat.ReasonGone:
		return TimedOut, true
	}
	return 0, false
}

// lastWords returns what the session says at its end; nil: nothing.
func (c *Conn) lastWords(ending Ending) (words []byte) {
	c.guard(func() { words = c.session.LastWords(ending) })
	return words
}

// hangUp closes the connection: after everything that waits is written, or once the client has had
// the time to read it.
func (c *Conn) hangUp() {
	c.out.End()
	written := c.awaitWritten()
	lingers := c.why() != chat.ReasonGone
	if err := c.close(written, lingers); err != nil {
		c.door.log.Debug("a connection is not closed well",
			"door", c.door.name, "session", c.name(), "err", err)
	}
}

// awaitWritten waits until nothing waits to be written, but no longer than a farewell takes. It
// says whether everything is written.
func (c *Conn) awaitWritten() bool {
	over := time.NewTimer(farewell)
	defer over.Stop()
	for {
		written := c.out.Below(0)
		if written == nil {
			return true
		}
		select {
		case <-written: // or End woke it, on its way out: look again
		case <-over.C:
			return false
		}
	}
}
