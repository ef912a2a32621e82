package line

import (
	"context"
	"slices"
	"sync"

	"parley/chat"
	"parley/command"
	"parley/hub"
	"parley/wire/line"
)

const (
	// departuresMax is of how many it is remembered when they left.
	departuresMax = 10_000

	// recallMax is how many of the lobby's newest messages are looked through at the start for who left.
	recallMax = departuresMax
)

// departures remember when somebody left the lobby, to tell them what they missed.
type departures struct {
	mu    sync.Mutex
	at    map[string]chat.Place // by nickname as shown: the place of the newest notice that says so
	order []departure           // oldest first; one that is not in at is over
}

type departure struct {
	nick string
	at   chat.Place
}

func newDepartures() departures { return departures{at: map[string]chat.Place{}} }

// keep notes that a member has left the lobby, if the message says so.
func (l *departures) keep(m chat.Message) {
	if m.Room != chat.Lobby || m.Kind != chat.KindLeft {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.at[m.Nick] >= m.Place {
		return // it is known already
	}
	l.at[m.Nick] = m.Place
	l.order = append(l.order, departure{m.Nick, m.Place})
	for len(l.order) > departuresMax {
		if oldest := l.order[0]; l.at[oldest.nick] == oldest.at {
			delete(l.at, oldest.nick)
		}
		l.order = l.order[1:]
	}
}

// when returns the place after which a member missed what was said; 0: it is not known, as of a
// departure that was stored before messages had places.
func (l *departures) when(nick string) chat.Place {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.at[nick]
}

// recall looks up which members left lately. It is done when a member enters, so that it sees those
// whose sessions the start of the server ended.
func (d *Door) recall(ctx context.Context) {
	recent, err := d.desk.Hub.Recent(ctx, chat.Lobby, recallMax)
	for err == nil && recent.More() {
		var page []chat.Message // of bounded size, unlike all of them together
		page, err = recent.Next(ctx, recallMax)
		for _, m := range page {
			d.left.keep(m)
		}
	}
	if err != nil {
		d.log.Debug("the latest departures are not known", "door", Name, "err", err)
	}
}

// recent is what was said before a member entered: everything it missed since it left, if that is
// known, otherwise the newest of it.
func (d *Door) recent(m *member, nick chat.Nick) (lines []byte) {
	if d.config.History == 0 {
		return nil
	}
	d.recalled.Do(func() { d.recall(m.Context()) })
	said, err := d.desk.Hub.Said(m.Context(), chat.Lobby, m.Entered())
	if err != nil {
		d.log.Debug("the history is not shown", "door", Name, "session", m.ID(), "err", err)
		return nil
	}
	return d.missed(said, d.left.when(nick.Name))
}

// recentMax bounds what a client is sent when it enters, in bytes: more of it is only sent to a client that asks and reads.
const recentMax = 32 << 10

// missed words what was said: what is after the place at which somebody left, or with 0 the last of it.
func (d *Door) missed(said []chat.Message, left chat.Place) (lines []byte) {
	missed := said
	if left > 0 {
		first := len(said)
		for first > 0 && said[first-1].Place > left {
			first--
		}
		missed = said[first:]
	}
	if len(missed) == 0 {
		return nil
	}
	last := d.newest(missed, d.config.History, recentMax)
	intro := d.words.Latest
	if left > 0 {
		intro = d.words.Missed(len(missed), len(last), len(missed) == hub.SaidMax)
	}
	lines = line.Line(intro)
	for _, l := range last {
		lines = append(lines, l...)
	}
	return lines
}

// newest words the last of some messages: at most so many, and so many bytes unless the very last
// has more. Long ones are shortened.
func (d *Door) newest(messages []chat.Message, most, bytes int) (lines [][]byte) {
	for i := len(messages) - 1; i >= 0 && len(lines) < most; i-- {
		m := messages[i]
		m.Text = d.words.Shortened(m.Text)
		l := shown(&command.Line{Message: m}, d.config.Language())
		if bytes -= len(l); bytes < 0 && len(lines) > 0 {
			break
		}
		lines = append(lines, l)
	}
	slices.Reverse(lines)
	return lines
}
