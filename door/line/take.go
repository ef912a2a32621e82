package line

import (
	"context"
	"errors"
	"strings"
	"time"

	"parley/chat"
	"parley/command"
	"parley/wire/line"
)

// enter takes what was typed as the nickname.
func (m *member) enter(typed string) {
	typed = strings.TrimSpace(typed)
	if typed == "" {
		m.push([]byte(m.door.words.Prompt))
		return
	}
	nick, err := chat.ParseNick(typed)
	if err == nil {
		err = m.ask(m.door.ctx, chat.Enter{Session: m.id, Door: Name, Nick: nick})
	}
	if err != nil {
		m.refuse(refusalOf(err))
		m.push([]byte(m.door.words.Prompt))
		return
	}
	_ = m.conn.SetReadDeadline(time.Time{}) // or it ends: then end sets another
	if m.why() != "" {
		_ = m.conn.SetReadDeadline(past)
	}
	first := line.Line(m.door.words.Welcome(nick.Name, max(0,
		m.door.desk.Hub.Present(chat.Lobby)-1)))
	if topic := m.door.desk.Hub.Topic(chat.Lobby); topic != "" {
		first = append(first, line.Line(m.door.words.Topic(topic))...)
	}
	first = append(first, m.door.recent(m, nick)...)
	if m.follow(m.out.Release(first)) {
		m.door.writer.Ready(m)
	}
}

// say takes what was typed as a command, or says it.
func (m *member) say(typed string) {
	typed = command.Slashed(typed)
	rest, slash := strings.CutPrefix(typed, "/")
	if slash && !strings.HasPrefix(rest, "/") {
		m.door.asides.run(func() { m.command(rest) })
		return
	}
	if slash {
		typed = rest
	}
	text, err := chat.ParseText(typed, m.door.config.TextMax)
	if err == nil {
		err = m.submit(m.door.ctx, chat.Post{Session: m.id, Room: m.room, Text: text}, nil)
	}
	if err == nil {
		return
	}
	if r := refusalOf(err); r.Code != chat.TextEmpty { // an Enter alone is no mistake
		m.refuse(r)
	}
}

// command carries out what was typed behind a slash, after all that was said before.
func (m *member) command(typed string) {
	m.door.asides.rest(func() { m.await(0) })
	caller := &command.Caller{Session: m.id, Room: m.room, Do: m.ask}
	told := answers{member: m}
	row, arguments, err := command.Parse(typed, caller)
	if err == nil {
		err = row.Run(m.door.ctx, m.door.desk, caller, arguments, told.tell)
		if empty := row.Empty.In(m.door.config.Language()); err == nil && !told.any && empty != "" {
			told.rows = line.Line(empty)
		}
	}
	m.room = caller.Room
	if caller.Quits {
		m.quits = &caller.Bye
	}
	if told.flush() != nil || errors.Is(err, errOver) {
		return // a client that has gone is refused nothing
	}
	if err != nil {
		m.refuse(refusalOf(err))
	}
}

// ask asks the log for something in a command, and waits for its answer; an error is a *chat.Refusal.
func (m *member) ask(ctx context.Context, c chat.Command) (err error) {
	m.door.asides.rest(func() { _, err = m.do(ctx, c) })
	return err
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
