package line

import (
	"context"
	"sync"

	"parley/chat"
	"parley/command"
	"parley/wire/line"
)

const (
	// departuresMax is of how many it is remembered when they left.
	departuresMax = 10_000

	// recallMax is how many of the lobby's newest messages are looked through at the start for who left.
	recallMax = 2000
)

// departures remember when somebody left the lobby, to tell them what they missed.
type departures struct {
	mu    sync.Mutex
	at    map[string]chat.Seq // by nickname as shown: the place of the newest notice that says so
	order []departure         // oldest first; one that is not in at is over
}

type departure struct {
	nick string
	at   chat.Seq
}

func newDepartures() departures { return departures{at: map[string]chat.Seq{}} }

// note keeps who left the lobby when.
func (l *departures) note(e chat.Left) { l.keep(e.Message) }

func (l *departures) keep(m chat.Message) {
	if m.Room != chat.Lobby || m.Kind != chat.KindLeft {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.at[m.Nick] = m.Seq
	l.order = append(l.order, departure{m.Nick, m.Seq})
	for len(l.order) > departuresMax {
		if oldest := l.order[0]; l.at[oldest.nick] == oldest.at {
			delete(l.at, oldest.nick)
		}
		l.order = l.order[1:]
	}
}

// when returns the place after which somebody missed what was said; 0: that is not known.
func (l *departures) when(nick string) chat.Seq {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.at[nick]
}

// recall looks up who left lately, before this start.
func (d *Door) recall(ctx context.Context) error {
	messages, err := d.desk.Hub.Last(ctx, chat.Lobby, recallMax)
	for _, m := range messages {
		d.left.keep(m)
	}
	return err
}

// recent is what was said before somebody entered: what they missed since they left, if that is known, else the last of it.
func (d *Door) recent(m *member, nick chat.Nick) (lines []byte) {
	if d.config.History == 0 {
		return nil
	}
	m.mu.Lock()
	entered := m.entered
	m.mu.Unlock()
	left := d.left.when(nick.Name)
	said, missed, err := d.desk.Hub.Said(d.ctx, chat.Lobby, left, entered, d.config.History)
	if err != nil {
		d.log.Debug("the history is not shown", "door", Name, "session", m.id, "err", err)
		return nil
	}
	switch {
	case len(said) == 0:
		return nil
	case left > 0 && missed > 0:
		lines = line.Line(line.Missed(missed, min(missed, len(said))))
		said = said[len(said)-min(missed, len(said)):]
	case left > 0:
		return nil
	default:
		lines = line.Line(line.Latest)
	}
	for _, message := range said {
		lines = append(lines, shown(&command.Line{Message: message})...)
	}
	return lines
}
