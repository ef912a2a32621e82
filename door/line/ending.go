package line

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"time"

	"parley/chat"
	"parley/fault"
	"parley/wire/line"
)

// farewell is how long a connection that ends may take to read its last lines.
const farewell = 2 * time.Second

// finish ends a session, also one whose conversation panicked: the member leaves the chat room, and the connection is closed.
// Whatever happens in here, the descriptor is closed after its last write. Deferred by Serve.
func (m *member) finish() {
	panicked := fault.Caught(recover())
	defer m.door.serving.Done()
	defer m.door.forget(m)
	defer m.hangUp()
	if panicked != nil {
		m.door.panicked(panicked, "session", m.id)
		m.end(chat.ReasonGone)
	}
	m.leave()
	if panicked != nil {
		m.onlyWords(line.Line(m.door.words.Refused(chat.Refuse(chat.Internal))))
	}
}

// leave takes the member out of the chat room, unless it is out.
func (m *member) leave() {
	m.await(0)
	why := m.why()
	switch {
	case why != "":
	case m.quits != nil || errors.Is(m.over, io.EOF):
		why = chat.ReasonQuit
	default:
		why = chat.ReasonGone
	}
	m.end(why)
	if m.isInside() && why != chat.ReasonEnded {
		leave := chat.Leave{Session: m.id, Reason: why}
		if why == chat.ReasonQuit && m.quits != nil {
			leave.Detail = *m.quits
		}
		if _, err := m.do(m.door.ctx, leave); isRefusedForNow(err) {
			m.door.leaveLater(leave, err)
		}
	}
	_ = m.conn.SetWriteDeadline(time.Now().Add(farewell)) // the log may have taken its time
	switch {
	case why == chat.ReasonSlow:
		m.lastWords(m.door.words.Slow)
	case m.quits != nil:
		m.lastWords(m.door.words.Bye)
	case errors.Is(m.over, os.ErrDeadlineExceeded) && why == chat.ReasonGone:
		m.lastWords(m.door.words.TimedOut)
	}
}

// lastWords are written after what waits, or in its place if the reader is too slow for it.
func (m *member) lastWords(said string) {
	words := line.Line(said)
	if m.why() == chat.ReasonSlow {
		m.onlyWords(words)
		return
	}
	m.push(words)
}

// onlyWords are written in the place of all that waits.
func (m *member) onlyWords(words []byte) {
	if m.follow(m.out.Last(words)) {
		m.door.writer.Ready(m)
	}
}

// hangUp closes the connection: after what waits is written, or once the client has had the time to read it. Nothing writes to the
// descriptor any more when it is closed, as the system may give its number to the next connection.
func (m *member) hangUp() {
	m.out.End()
	written := m.awaitWritten()
	m.release()
	if written && m.why() != chat.ReasonGone {
		m.linger()
	}
	if err := m.closer(written).Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		m.door.log.Debug("a connection is not closed well", "door", Name, "session", m.id, "err", err)
	}
}

// awaitWritten waits until nothing waits to be written, but no longer than a farewell takes, and says whether all of it is written.
func (m *member) awaitWritten() bool {
	over := time.NewTimer(farewell)
	defer over.Stop()
	for {
		written := m.out.Below(0)
		if written == nil {
			return true
		}
		select {
		case <-written: // or end woke it, on its way out: look again
		case <-over.C:
			return false
		}
	}
}

// release returns once nobody writes to the connection any more.
func (m *member) release() {
	for writing := m.out.Halt(); writing != nil; writing = m.out.Halt() {
		_ = m.conn.SetWriteDeadline(past) // a blocked write fails; of a closed connection there is none
		<-writing
	}
}

// lingerMax bounds what is read from a connection that ends, lingerTime for how long.
const (
	lingerMax  = 64 << 10
	lingerTime = farewell / 4
)

// linger reads a little of what was typed too late: closing a socket that has unread bytes resets the connection, and what was
// written last would be lost with it.
func (m *member) linger() {
	half, ok := m.conn.(interface{ CloseWrite() error })
	if !ok {
		return
	}
	if below := m.below(); below != nil { // TLS waits five seconds for room for its last record
		bound := time.AfterFunc(lingerTime, func() { _ = below.Close() })
		defer bound.Stop()
	}
	if half.CloseWrite() == nil && m.conn.SetReadDeadline(time.Now().Add(lingerTime)) == nil {
		_, _ = io.CopyN(io.Discard, m.conn, lingerMax)
	}
}

// closer returns what to close: of a TLS connection whose client has stopped reading only the connection below, as TLS would wait
// for room for its last record.
func (m *member) closer(written bool) io.Closer {
	if below := m.below(); below != nil && !written {
		return below
	}
	return m.conn
}

// below returns the connection that carries a TLS connection; nil: this is not one.
func (m *member) below() net.Conn {
	if c, ok := m.conn.(*tls.Conn); ok {
		return c.NetConn()
	}
	return nil
}
