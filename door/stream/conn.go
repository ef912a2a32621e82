package stream

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"parley/chat"
	"parley/hub"
	"parley/outbox"
)

// Conn is a connection, and the member that has entered through it. A Session embeds it. Unless a
// method says otherwise, the goroutine of Serve calls it, or a step that this goroutine runs with
// Aside.
type Conn struct {
	own []span // Deliver only: the parts of the run under way that are not for this session
	socket
	door    *Door
	session Session

	// Serve's goroutine only, or the step that it runs aside.
	limit  *rate.Limiter // nil: nothing was received yet, or there is no limit
	unpaid int           // bytes received and answered that do not count against limit yet
	quits  *string       // the member's reason for leaving; nil: it has not asked to leave
	over   error         // why nothing more is read; nil while it is
	aside  bool          // a step runs aside

	converts atomic.Bool // output goes through Session.Convert

	mu      sync.Mutex   // guards the rest
	member  *hub.Session // nil: it has not entered yet
	inside  bool
	pending int32         // requests without an answer
	entered chat.Place    // at which its member entered
	reason  chat.Reason   // why it ends; empty: it does not
	changed chan struct{} // closed when a request is answered, and when the session ends; or nil
}

// base implements Session for types that embed Conn.
func (c *Conn) base() *Conn { return c }

func (c *Conn) init(d *Door, s Session, conn net.Conn) {
	c.door, c.session = d, s
	c.socket.init(conn, d.config.Outbox)
}

// ID returns the ID of the member's session; the zero one: it has not entered yet. Any goroutine.
func (c *Conn) ID() chat.SessionID {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.member == nil {
		return chat.SessionID{}
	}
	return c.member.ID
}

// name returns the ID for a log.
func (c *Conn) name() string {
	if id := c.ID(); id != (chat.SessionID{}) {
		return id.String()
	}
	return "none"
}

// Addr returns the address of the client, as a PROXY header names it if there is one; the zero one:
// unknown.
func (c *Conn) Addr() netip.Addr { return addrOf(c.remote()) }

// Context is done when the door closes. Any goroutine.
func (c *Conn) Context() context.Context { return c.door.ctx }

// begin greets the client and takes the input that was read with the connection.
func (c *Conn) begin(first []byte) error {
	if err := c.readUntil(time.Now().Add(c.door.config.Patience)); err != nil {
		c.door.log.Debug("a connection has no deadline",
			"door", c.door.name, "session", c.name(), "err", err)
	}
	return c.take(c.session.Begin(first))
}

// hear waits for input and takes it.
func (c *Conn) hear() error {
	if err := c.read(); err != nil {
		return err
	}
	err := c.take(c.source.data())
	c.source.done()
	return err
}

// take hands input to the session. Input without an end of a message counts against the rate, too.
func (c *Conn) take(data []byte) error {
	if len(data) == 0 {
		return nil
	}
	c.unpaid += len(data)
	if err := c.session.Input(data); err != nil {
		return err
	}
	if c.isOver() {
		return ErrOver
	}
	if c.unpaid < messageBytes {
		return nil
	}
	return c.throttle(0)
}

// ErrOver ends reading: the session ends, by the member's wish or not.
var ErrOver = errors.New("stream: the session is over")

// isOver says whether nothing that the member sends counts any more.
func (c *Conn) isOver() bool { return c.quits != nil || c.why() != "" }

// Enter asks to enter under a nickname and waits for the answer. Errors are *chat.Refusal. After
// nil, output waits until Welcome.
func (c *Conn) Enter(nick chat.Nick) error {
	id := c.door.doorway.NewSession()
	defer c.door.enters(c, id)()
	return c.Do(c.door.ctx, chat.Enter{Session: id, Door: c.door.name, Nick: nick})
}

// Welcome sends the first output to a member that has entered, before anything that happened since.
func (c *Conn) Welcome(first ...[]byte) {
	_ = c.readUntil(time.Time{}) // or the session ends: then End sets another
	if c.why() != "" {
		_ = c.readUntil(past)
	}
	c.ready(c.out.Release(first...))
}

// IsInside says whether the member is in the chat room. Any goroutine.
func (c *Conn) IsInside() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.inside
}

// Entered returns the place in the log at which the member entered. Any goroutine.
func (c *Conn) Entered() chat.Place {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.entered
}

// Quit notes that the member asks to leave. Nothing more is read.
func (c *Conn) Quit(reason string) { c.quits = &reason }

// Converts puts all output from now on through Session.Convert. Such a connection is written by a
// goroutine of its own. Any goroutine.
func (c *Conn) Converts() { c.converts.Store(true) }

// why returns why the session ends, empty while it does not.
func (c *Conn) why() chat.Reason {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.reason
}

// End ends the session. The goroutine of Serve wakes up and does the rest, unless a blocked write
// delays it, as within TLS: then when the time for a farewell is over. Any goroutine; never blocks.
func (c *Conn) End(why chat.Reason) {
	c.mu.Lock()
	over := c.reason != ""
	if !over {
		c.reason = why
		c.change()
	}
	c.mu.Unlock()
	if !over {
		c.writeUntil(time.Now().Add(farewell))
		c.interrupt()
	}
}

// Push adds chunks to the output. Nothing may change them from then on. Any goroutine.
func (c *Conn) Push(chunks ...[]byte) { c.ready(c.out.Push(chunks...)) }

// ready has the output written, as the fate of what was added to it demands.
func (c *Conn) ready(fate outbox.Fate) {
	if c.follow(fate) {
		c.door.writer.Ready(c)
	}
}

// follow ends a session whose output has overflowed. It says whether the Writer must be told.
func (c *Conn) follow(fate outbox.Fate) (ready bool) {
	if fate == outbox.Overflowed {
		c.tooSlow()
	}
	return fate == outbox.Ready
}

// tooSlow ends a session whose client does not read.
func (c *Conn) tooSlow() {
	c.door.counts.slow.Add(1)
	c.door.log.Debug("a member reads too slowly", "door", c.door.name, "session", c.name())
	c.End(chat.ReasonSlow)
}

// Refuse tells the client why its request failed, and counts it. err is a *chat.Refusal, or an
// error of a query. ErrOver is not told: the client has gone.
func (c *Conn) Refuse(err error) {
	if errors.Is(err, ErrOver) {
		return
	}
	r := refusalOf(err)
	c.door.counts.refusals.Add(r.Code)
	c.Push(c.door.protocol.Refuse(r))
}

func refusalOf(err error) *chat.Refusal {
	var refusal *chat.Refusal
	if errors.As(err, &refusal) {
		return refusal
	}
	if errors.Is(err, context.Canceled) { // the door's context: nothing else ends a query
		return chat.Refuse(chat.ShuttingDown)
	}
	return chat.Refuse(chat.Internal)
}

// isEOF says whether the client has ended its input.
func (c *Conn) isEOF() bool { return errors.Is(c.over, io.EOF) }

// connOf returns the connection of a session; nil: it is not of this door, or not known yet.
func connOf(s *hub.Session) *Conn {
	if s == nil || s.Local == nil {
		return nil
	}
	return s.Local.(*Conn)
}
