package line

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"sync"
	"time"

	"parley/chat"
	"parley/command"
	"parley/hub"
	"parley/outbox"
	"parley/wire/line"
)

// Name is the door's name in sessions and status.
const Name = "line"

// Door implements hub.Door.
type Door struct {
	config  Config
	log     *slog.Logger
	now     func() time.Time
	doorway *hub.Doorway
	desk    *command.Desk
	counts  counters
	words   *line.Words
	encode  func([]byte, chat.Event) []byte // words.Append

	gate   *outbox.Gate
	writer *outbox.Writer[*member]
	mark   int64 // the Writer's goroutine only: what the gate had answered when the last flush began

	asides  asides
	unread  unread
	ctx     context.Context // ends when the door closes
	cancel  context.CancelFunc
	serving sync.WaitGroup // Serve's goroutines
	writing sync.WaitGroup // those of sockets that took no more

	mu      sync.Mutex // guards the rest
	members map[chat.SessionID]*member
	latest  uint64 // numbers connections
	closed  bool

	crowds    crowds
	left      departures
	recalled  sync.Once // left knows who left before this start
	departing departing

	// Deliver only.
	run     run
	dirty   []*member
	settled []*member // likewise: whose requests have their answers
}

// New makes a door that is not open yet. desk is what members' commands work on; now is the
// clock of rates and of crowds.
func New(config Config, desk *command.Desk, log *slog.Logger, now func() time.Time) *Door {
	words := line.In(config.Language())
	d := &Door{
		config: config, desk: desk, log: log, now: now, words: words, encode: words.Append,
		members: map[chat.SessionID]*member{}, asides: newAsides(), left: newDepartures(),
		unread: unread{most: unreadMax, patience: unreadPatience}, departing: departing{every: leaveEvery},
	}
	d.ctx, d.cancel = context.WithCancel(context.Background())
	d.gate = outbox.NewGate(d.ahead, func() bool { return d.writer.IsIdle() })
	d.crowds.init(d)
	return d
}

// Name implements hub.Door.
func (d *Door) Name() string { return Name }

// Open begins to take connections. doorway is where the door was attached. Called once, before the hub runs.
func (d *Door) Open(ctx context.Context, doorway *hub.Doorway) error {
	d.doorway = doorway
	d.writer = outbox.NewWriter(0, d.flush, d.gate.Settle)
	return nil
}

// Close tells every member that the server stops, writes what waits, and returns when every connection is closed. Called after the
// hub's loop has ended.
func (d *Door) Close() error {
	d.mu.Lock()
	d.closed = true
	all := make([]*member, 0, len(d.members))
	for _, m := range d.members {
		all = append(all, m)
	}
	d.mu.Unlock()
	d.crowds.stop()
	for _, m := range all {
		m.push(line.Line(d.words.Stopping))
		m.end(chat.ReasonEnded)
	}
	d.cancel()
	d.serving.Wait()
	d.writer.Close()
	d.writing.Wait()
	return nil
}

// ahead returns how many bytes of requests may be on their way: so many that what they lead to fits every outbox with ease.
func (d *Door) ahead() int64 { return int64(max(1, d.config.Outbox/2)) }

// lineWeight is what a line counts at the gate beside its text, in bytes: about what it costs an outbox.
const lineWeight = 64

// Serve takes a connection of which some bytes were read already, and returns when it is closed. Any number of goroutines.
//
// While a connection is idle, this is all of its stack but what waits for the socket: a stack that has grown keeps its size unless less
// than a quarter of it is in use. So what is called here, and what that calls, is kept small or runs aside.
func (d *Door) Serve(conn net.Conn, first []byte) {
	m := d.admit(conn)
	if m == nil {
		_ = conn.Close()
		return
	}
	defer m.finish()
	m.over = m.begin(first)
	for m.over == nil {
		m.over = m.hear()
	}
	if errors.Is(m.over, io.EOF) {
		m.over = m.takeRest(m.over)
	}
}

// admit makes a member of a connection; nil: the door is closed.
func (d *Door) admit(conn net.Conn) *member {
	m := newMember(d, conn)
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed || d.doorway == nil {
		return nil
	}
	d.serving.Add(1)
	d.latest++
	m.id = d.doorway.SessionID(number(d.latest))
	d.members[m.id] = m
	return m
}

func (d *Door) forget(m *member) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.members, m.id)
}

// member returns the connection that a session is of, nil if it is closed.
func (d *Door) member(id chat.SessionID) *member {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.members[id]
}
