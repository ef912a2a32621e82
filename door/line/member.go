package line

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/time/rate"

	"parley/chat"
	"parley/hub"
	"parley/outbox"
	"parley/wire/line"
)

// ahead of their answers at most so many lines of one member are on their way: what is typed after them waits outside.
const pendingMax = 64

// member is a connection, and who came in through it.
type member struct {
	own        []span          // Deliver only: what of the run under way is its own, and so not for it
	raw        syscall.RawConn // nil: read and written as any other connection
	descriptor uintptr         // of raw; good for whoever has something from out to write: see release
	out        outbox.Stream   // beside what else Deliver and the Writer look at, member by member
	door       *Door
	id         chat.SessionID
	conn       net.Conn

	// Serve's goroutine only.
	source  source
	decoder line.Decoder
	limit   *rate.Limiter // nil: nothing said yet, or no limit
	unpaid  int           // bytes received and answered that do not count against limit yet
	room    chat.RoomID   // where it talks
	quits   *string       // why, in its words, the member asked to leave; nil: it did not
	over    error         // why nothing more is read; nil while it is

	telnet atomic.Bool // output is converted, see writeAll; here it fills a gap, see size_test.go

	mu      sync.Mutex // guards the rest
	inside  bool
	entered chat.Seq      // its place in the lobby
	reason  chat.Reason   // why it ends; empty: it does not
	pending int           // requests without an answer
	changed chan struct{} // closed when a request is answered, and when the session ends; nil: nobody waits for that
}

func newMember(d *Door, conn net.Conn) *member {
	m := &member{door: d, conn: conn, room: chat.Lobby, decoder: line.Decoder{Max: d.config.TextMax}}
	m.raw, m.descriptor = rawOf(conn)
	m.out.Init(d.config.Outbox)
	m.source.readable = m.readNow
	return m
}

func number(n uint64) string { return strconv.FormatUint(n, 10) }

// request is what a member asks of the log.
type request struct {
	member *member
	size   int             // at the gate
	answer chan hub.Answer // nil: only a refusal is of interest
}

// prompt asks for a nickname.
func (m *member) prompt() {
	if err := m.conn.SetReadDeadline(time.Now().Add(m.door.config.Patience)); err != nil {
		m.door.log.Debug("a connection has no deadline", "door", Name, "session", m.id, "err", err)
	}
	m.push([]byte(m.door.words.Prompt))
}

// begin asks for a nickname, and takes what was typed after the Enter that told who the connection is for, or whatever was typed in
// its place.
func (m *member) begin(first []byte) error {
	m.prompt()
	return m.takeAll(m.skip(first))
}

// hear waits for what is typed next and takes it.
func (m *member) hear() error {
	if err := m.read(); err != nil {
		return err
	}
	err := m.takeAll(m.source.data)
	m.source.done()
	return err
}

// takeRest takes a line that will not end, as the input has.
func (m *member) takeRest(end error) error {
	if typed, ok, err := m.decoder.Rest(); ok {
		return cmp.Or(m.take(typed, err), end)
	}
	return end
}

// skip drops the line that data begins with, and returns what follows it.
func (m *member) skip(data []byte) []byte {
	if len(data) == 0 {
		return nil
	}
	_, rest, ok, _ := m.next(data)
	if !ok {
		m.decoder.Skip() // what is still to come of it, if one has begun
	}
	return rest
}

// takeAll takes the lines that end in data.
func (m *member) takeAll(data []byte) error {
	m.unpaid += len(data)
	for len(data) > 0 {
		typed, rest, ok, lineErr := m.next(data)
		if ok {
			if err := m.take(typed, lineErr); err != nil {
				return err
			}
		}
		data = rest
	}
	if m.unpaid < lineBytes {
		return nil
	}
	return m.throttle(0) // a line without an end costs, too
}

// errOver ends listening: the member is leaving, by its own wish or not.
var errOver = errors.New("line: over")

// take carries out a line.
func (m *member) take(typed []byte, err error) error {
	m.door.counts.received.Add(1)
	if m.why() != "" || m.quits != nil {
		return errOver
	}
	if err := m.throttle(1); err != nil {
		return err
	}
	switch {
	case errors.Is(err, io.EOF):
		return err
	case errors.Is(err, line.ErrProxy):
		m.push(line.Line(m.door.words.NoProxy))
		return io.EOF // nothing that follows is a line
	case err != nil:
		m.refuse(chat.Refuse(chat.TextTooLong))
	case !m.isInside():
		m.door.asides.run(func() { m.enter(string(typed)) })
	default:
		m.say(string(typed))
	}
	if m.quits != nil || m.why() != "" {
		return errOver
	}
	return nil
}

// lineBytes is how many bytes count as a line for line.rate: of what is received, whether or not a line ends in them, and of answers.
const lineBytes = 1 << 10

// pauseMax bounds how long one line waits, and with it how late it is noticed that a throttled client has gone. What is not paid then
// counts for the lines after it.
const pauseMax = 2 * time.Second

// throttle delays a member that sends more than line.rate allows: some lines, and the bytes since the ones before. Nobody is dropped
// for pasting.
func (m *member) throttle(lines int) error {
	if m.door.config.Rate == 0 {
		return nil
	}
	if m.limit == nil {
		m.limit = rate.NewLimiter(rate.Limit(m.door.config.Rate), m.door.config.Burst)
	}
	now := m.door.now()
	most := min(m.door.config.Burst, max(1, int(m.door.config.Rate*pauseMax.Seconds())))
	kibs := min(m.unpaid/lineBytes, most-lines)
	m.unpaid -= kibs * lineBytes
	wait := m.limit.ReserveN(now, lines+kibs).DelayFrom(now)
	if wait <= 0 {
		return nil
	}
	m.door.counts.slowed.Add(1)
	return m.pause(wait)
}

// pause returns after a while, or with an error when the session ends or the door closes.
func (m *member) pause(wait time.Duration) error {
	over := time.NewTimer(wait)
	defer over.Stop()
	for {
		m.mu.Lock()
		ended, changed := m.reason != "", m.nextChange()
		m.mu.Unlock()
		if ended {
			return errOver
		}
		select {
		case <-over.C:
			return nil
		case <-changed:
		case <-m.door.ctx.Done():
			return errOver
		}
	}
}

// do asks the log and waits for its answer; an error is a *chat.Refusal.
func (m *member) do(ctx context.Context, c chat.Command) (hub.Answer, error) {
	answer := make(chan hub.Answer, 1)
	if err := m.submit(ctx, c, answer); err != nil {
		return hub.Answer{}, err
	}
	a := <-answer // the hub answers whatever it took
	if a.Refusal != nil {
		return a, a.Refusal
	}
	return a, nil
}

// submit asks the log, waiting for its turn at the gate.
func (m *member) submit(ctx context.Context, c chat.Command, answer chan hub.Answer) error {
	size := weight(c)
	if m.door.gate.Enter(ctx, size) != nil {
		return chat.Refuse(chat.ShuttingDown)
	}
	m.expect()
	taken := false
	defer func() {
		if !taken { // refused, or a panic
			m.door.gate.Back(size)
			m.settle()
		}
	}()
	err := m.door.doorway.Submit(ctx, c, &request{m, size, answer})
	taken = err == nil
	return err
}

// weight is what a command counts at the gate, in bytes.
func weight(c chat.Command) int {
	switch c := c.(type) {
	case chat.Post:
		return lineWeight + len(c.Text)
	case chat.Direct:
		return lineWeight + len(c.Text)
	}
	return lineWeight
}

// expect counts a request under way, having waited until there are not too many.
func (m *member) expect() {
	m.await(pendingMax - 1)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.pending++
}

// await waits until at most so many requests have no answer. The hub answers each.
func (m *member) await(most int) {
	for {
		m.mu.Lock()
		if m.pending <= most {
			m.mu.Unlock()
			return
		}
		changed := m.nextChange()
		m.mu.Unlock()
		<-changed
	}
}

// nextChange returns a channel that is closed by the next change. mu is held.
func (m *member) nextChange() <-chan struct{} {
	if m.changed == nil {
		m.changed = make(chan struct{})
	}
	return m.changed
}

// change wakes those who wait for one. mu is held.
func (m *member) change() {
	if m.changed != nil {
		close(m.changed)
		m.changed = nil
	}
}

// settle notes that a request has its answer.
func (m *member) settle() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.pending--
	m.change()
}

func (m *member) isInside() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.inside
}

// why returns why the member ends, empty while it does not.
func (m *member) why() chat.Reason {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.reason
}

// end ends a session: its goroutine wakes up and sees to the rest, at the latest when a write that blocks, which TLS makes even a
// reading goroutine wait for, has had its time. Any goroutine; never blocks.
func (m *member) end(why chat.Reason) {
	m.mu.Lock()
	over := m.reason != ""
	if !over {
		m.reason = why
		m.change()
	}
	m.mu.Unlock()
	if !over {
		_ = m.conn.SetWriteDeadline(time.Now().Add(farewell))
		_ = m.conn.SetReadDeadline(past) // of a connection that is closed already there is nothing to wake
		m.out.Wake()
	}
}

// past is a deadline that is over.
var past = time.Unix(1, 0)

// push adds chunks to what is written to the member.
func (m *member) push(chunks ...[]byte) {
	if m.follow(m.out.Push(chunks...)) {
		m.door.writer.Ready(m)
	}
}

// follow does what the fate of a push asks for, and says whether the member is to be written for.
func (m *member) follow(fate outbox.Fate) (ready bool) {
	if fate == outbox.Overflowed {
		m.tooSlow()
	}
	return fate == outbox.Ready
}

// tooSlow ends a session whose client does not read.
func (m *member) tooSlow() {
	m.door.counts.slow.Add(1)
	m.door.log.Debug("a member reads too slowly", "door", Name, "session", m.id)
	m.end(chat.ReasonSlow)
}

// refuse says no.
func (m *member) refuse(r *chat.Refusal) {
	m.door.counts.refusals.Add(r.Code)
	m.push(line.Line(m.door.words.Refused(r)))
}
