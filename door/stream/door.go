package stream

import (
	"context"
	"log/slog"
	"net"
	"sync"
	"time"

	"parley/chat"
	"parley/hub"
	"parley/outbox"
)

// Door implements hub.Door for a Protocol.
type Door struct {
	name     string
	config   Config
	protocol Protocol
	log      *slog.Logger
	now      func() time.Time
	doorway  *hub.Doorway
	counts   counters

	gate   *outbox.Gate
	writer *outbox.Writer[*Conn]
	mark   int64 // Writer's goroutine only: what the gate had answered when the last flush began

	asides    asides
	unread    unread
	departing departing
	ctx       context.Context // ends when the door closes
	cancel    context.CancelFunc
	serving   sync.WaitGroup // Serve's goroutines
	writing   sync.WaitGroup // the goroutines of sockets that were full

	mu       sync.Mutex // guards the next three
	conns    map[*Conn]struct{}
	entering map[chat.SessionID]*Conn // those that wait for the answer to Enter
	closed   bool

	delivering sync.Mutex // held by Deliver and by Turn; guards the rest
	run        run
	dirty      []*Conn // have new output
	settled    []*Conn // have answers to their requests
}

// New makes a door that is not open yet. name is the door's in sessions and status. now is the
// clock of rates.
func New(
	name string, config Config, protocol Protocol, log *slog.Logger, now func() time.Time,
) *Door {
	d := &Door{
		name: name, config: config, protocol: protocol, log: log, now: now,
		conns: map[*Conn]struct{}{}, entering: map[chat.SessionID]*Conn{}, asides: newAsides(),
		unread:    unread{most: unreadMax, patience: unreadPatience},
		departing: departing{every: leaveEvery},
	}
	d.ctx, d.cancel = context.WithCancel(context.Background())
	d.gate = outbox.NewGate(d.ahead, func() bool { return d.writer.IsIdle() })
	return d
}

// Name implements hub.Door.
func (d *Door) Name() string { return d.name }

// Open begins to take connections. doorway is where the door was attached. Called once, before the
// hub runs.
func (d *Door) Open(_ context.Context, doorway *hub.Doorway) error {
	d.doorway = doorway
	d.writer = outbox.NewWriter(0, d.flush, d.gate.Settle)
	return nil
}

// Close tells every client that the server stops, writes what waits, and returns when every
// connection is closed. Called after the hub's loop has ended.
func (d *Door) Close() error {
	d.mu.Lock()
	d.closed = true
	all := make([]*Conn, 0, len(d.conns))
	for c := range d.conns {
		all = append(all, c)
	}
	d.mu.Unlock()
	for _, c := range all {
		c.Push(c.lastWords(Stopping))
		c.End(chat.ReasonEnded)
	}
	d.cancel()
	d.serving.Wait()
	d.writer.Close()
	d.writing.Wait()
	return nil
}

// ahead returns how many bytes of requests may be under way: their output must fit every outbox.
func (d *Door) ahead() int64 { return int64(max(1, d.config.Outbox/2)) }

// Serve takes a connection of which first was read already, and returns when it is closed. Any
// number of goroutines.
//
// While a connection is idle, this frame and those that wait for the socket are its whole stack. A
// stack that has grown keeps its size unless less than a quarter of it is in use. So all steps here
// need little stack, or run aside.
func (d *Door) Serve(conn net.Conn, first []byte) {
	c := d.admit(conn)
	if c == nil {
		_ = conn.Close()
		return
	}
	defer c.finish()
	c.over = c.begin(first)
	for c.over == nil {
		c.over = c.hear()
	}
	if c.isEOF() {
		c.session.Rest()
	}
}

// admit makes a session of a connection; nil: the door is closed, or the Protocol panics.
func (d *Door) admit(conn net.Conn) *Conn {
	var s Session
	if !d.Guard(func() { s = d.protocol.NewSession() }) {
		return nil
	}
	c := s.base()
	c.init(d, s, conn)
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed || d.doorway == nil {
		return nil
	}
	d.serving.Add(1)
	d.conns[c] = struct{}{}
	return c
}

func (d *Door) forget(c *Conn) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.conns, c)
}

// enters notes which connection a session is to be of, until done.
func (d *Door) enters(c *Conn, id chat.SessionID) (done func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.entering[id] = c
	return func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		delete(d.entering, id)
	}
}

// entered returns the connection of a session that has entered and waits for the answer; nil: the
// door closes, and it does not wait any more.
func (d *Door) entered(id chat.SessionID) *Conn {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.entering[id]
}
