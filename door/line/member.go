package line

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"strconv"
	"sync"
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
	room    chat.RoomID   // where it talks
	quits   bool

	mu       sync.Mutex // guards the rest
	inside   bool
	entered  chat.Seq    // its place in the lobby
	reason   chat.Reason // why it ends; empty: it does not
	pending  int         // requests without an answer
	answered chan struct{}
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

// ask asks for a nickname.
func (m *member) ask() {
	if err := m.conn.SetReadDeadline(time.Now().Add(m.door.config.Patience)); err != nil {
		m.door.log.Debug("a connection has no deadline", "door", Name, "session", m.id, "err", err)
	}
	m.push([]byte(line.Prompt))
}

// begin asks for a nickname, and takes what was typed after the Enter that told who the connection is for, or whatever was typed in
// its place.
func (m *member) begin(first []byte) error {
	m.ask()
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

// finish takes leave of who says no more, and closes the connection. err is why.
func (m *member) finish(err error) {
	if errors.Is(err, io.EOF) {
		err = m.takeRest(err)
	}
	m.leave(err)
	m.hangUp()
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
	_, rest, ok, _ := m.decoder.Next(data)
	if !ok {
		m.decoder.Skip() // what is still to come of it, if one has begun
	}
	return rest
}

// takeAll takes the lines that end in data.
func (m *member) takeAll(data []byte) error {
	for len(data) > 0 {
		typed, rest, ok, lineErr := m.decoder.Next(data)
		if ok {
			if err := m.take(typed, lineErr); err != nil {
				return err
			}
		}
		data = rest
	}
	return nil
}

// errOver ends listening: the member is leaving, by its own wish or not.
var errOver = errors.New("line: over")

// take carries out a line.
func (m *member) take(typed []byte, err error) error {
	m.door.counts.received.Add(1)
	if m.why() != "" || m.quits {
		return errOver
	}
	if err := m.slow(); err != nil {
		return err
	}
	switch {
	case err != nil:
		m.refuse(chat.Refuse(chat.TextTooLong))
	case !m.isInside():
		m.door.aside(func() { m.enter(string(typed)) })
	default:
		m.say(string(typed))
	}
	if m.quits || m.why() != "" {
		return errOver
	}
	return nil
}

// slow makes who types faster than may be wait. Nobody is dropped for pasting.
func (m *member) slow() error {
	if m.door.config.Rate == 0 {
		return nil
	}
	if m.limit == nil {
		m.limit = rate.NewLimiter(rate.Limit(m.door.config.Rate), m.door.config.Burst)
	}
	wait := m.limit.ReserveN(m.door.now(), 1).DelayFrom(m.door.now())
	if wait <= 0 {
		return nil
	}
	m.door.counts.slowed.Add(1)
	return m.pause(wait)
}

// pause returns after a while, or with an error when the door closes.
func (m *member) pause(wait time.Duration) error {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-m.door.ctx.Done():
		return errOver
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
	if err := m.door.doorway.Submit(ctx, c, &request{m, size, answer}); err != nil {
		m.door.gate.Back(size)
		m.settle()
		return err
	}
	return nil
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
		if m.answered == nil {
			m.answered = make(chan struct{})
		}
		answered := m.answered
		m.mu.Unlock()
		<-answered
	}
}

// settle notes that a request has its answer.
func (m *member) settle() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.pending--
	if m.answered != nil {
		close(m.answered)
		m.answered = nil
	}
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

// end lets a member go: its goroutine wakes up and sees to the rest. Any goroutine; never blocks.
func (m *member) end(why chat.Reason) {
	m.mu.Lock()
	over := m.reason != ""
	if !over {
		m.reason = why
	}
	m.mu.Unlock()
	if !over {
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
		m.door.counts.slow.Add(1)
		m.door.log.Debug("a member reads too slowly", "door", Name, "session", m.id)
		m.end(chat.ReasonSlow)
	}
	return fate == outbox.Ready
}

// refuse says no.
func (m *member) refuse(r *chat.Refusal) {
	m.door.counts.refusals.Add(r.Code)
	m.push(line.Line(line.Refused(r)))
}

// leave takes the member out of the chat room, unless it is out. err is why nothing more is read.
func (m *member) leave(err error) {
	m.await(0)
	why := m.why()
	switch {
	case why != "":
	case m.quits || errors.Is(err, io.EOF):
		why = chat.ReasonQuit
	default:
		why = chat.ReasonGone
	}
	m.end(why)
	if m.isInside() && why != chat.ReasonEnded {
		if _, err := m.do(m.door.ctx, chat.Leave{Session: m.id, Reason: why}); err != nil {
			m.door.log.Debug("a leave is refused", "door", Name, "session", m.id, "err", err)
		}
	}
	switch {
	case why == chat.ReasonSlow:
		m.lastWords(line.Slow)
	case m.quits:
		m.lastWords(line.Bye)
	case errors.Is(err, os.ErrDeadlineExceeded) && why == chat.ReasonGone:
		m.lastWords("! nobody entered in time")
	}
}

// lastWords are written after what waits; of who is too slow nothing waits any more.
func (m *member) lastWords(said string) {
	words := line.Line(said)
	if m.why() == chat.ReasonSlow {
		if m.follow(m.out.Last(words)) {
			m.door.writer.Ready(m)
		}
		return
	}
	m.push(words)
}

// hangUp closes the connection once what waits is written, or nobody reads it.
func (m *member) hangUp() {
	m.out.End()
	m.awaitWritten()
	m.linger()
	m.release()
	if err := m.conn.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		m.door.log.Debug("a connection is not closed well", "door", Name, "session", m.id, "err", err)
	}
}

// awaitWritten waits until nothing waits to be written, but no longer than a farewell takes.
func (m *member) awaitWritten() {
	over := time.NewTimer(farewell)
	defer over.Stop()
	for {
		written := m.out.Below(0)
		if written == nil {
			return
		}
		select {
		case <-written: // or end woke it, on its way out: look again
		case <-over.C:
			return
		}
	}
}

// release returns once nobody writes to the connection any more, so that its descriptor may become another one's.
func (m *member) release() {
	for writing := m.out.Halt(); writing != nil; writing = m.out.Halt() {
		_ = m.conn.SetWriteDeadline(past) // who waits for the socket waits no longer; of a closed one nobody does
		<-writing
	}
}

// lingerMax bounds what is read from a connection that ends.
const lingerMax = 64 << 10

// linger reads a little of what was typed too late: closing a socket that has unread bytes resets the connection, and what was
// written last would be lost with it.
func (m *member) linger() {
	half, ok := m.conn.(interface{ CloseWrite() error })
	if !ok || m.why() == chat.ReasonGone || half.CloseWrite() != nil {
		return
	}
	if m.conn.SetReadDeadline(time.Now().Add(farewell/4)) == nil {
		_, _ = io.CopyN(io.Discard, m.conn, lingerMax)
	}
}
