package udp

import (
	"time"

	"parley/chat"
)

// isInside reports whether a member that asks to enter as name is inside under that nickname, and
// nothing on its way to the log is about to change that.
func (d *Door) isInside(m *member, name string) bool {
	if !m.isCalled(name) || d.visits.hasFrom(m.peer) || !d.seats.isSettled(m.peer) {
		return false
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.leaving == "" && !m.departing
}

// isCalled reports whether name is the member's nickname, in whatever spelling means the same.
func (m *member) isCalled(name string) bool {
	m.mu.Lock()
	same := m.name == name
	m.mu.Unlock()
	if same {
		return true
	}
	nick, err := chat.ParseNick(name)
	return err == nil && nick == m.nick
}

// confirm answers a member that asks to enter under the nickname that it has: OK, ahead of all
// that waits for it. silent is how long the client had sent nothing. Above the member's rate the
// request is dropped without a word, as the client would take any for the answer.
func (d *Door) confirm(q *request, m *member, silent time.Duration, now time.Time) {
	if m.rate != nil && !m.rate.AllowN(now, 1) || m.rate == nil && m.queue.Len() >= answersMax {
		d.dropped(&d.counts.tooFast, "too_fast", q.peer)
		return
	}
	m.keep(q.name, silent)
	if m.queue.PushFirst(alone(d.config.ok())) {
		d.writer.Ready(m)
	}
}

// keep notes how the client writes its nickname, and whether it repeats itself to keep a NAT
// mapping.
func (m *member) keep(name string, silent time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.name = name
	if silent >= keepSilence {
		m.keeps = min(m.keeps+1, keepRepeats)
	}
}
