package line

import (
	"context"
	"errors"
	"math"
	"strings"
	"time"

	"parley/chat"
	"parley/command"
	"parley/locale"
	"parley/wire/line"
)

// asidesMax is how many commands run at once.
const asidesMax = 64

// aside runs what needs a deep stack on a goroutine that ends with it, and waits: a stack that has grown stays, and there is one for
// every connection. A panic in it goes on in the caller.
func (d *Door) aside(do func()) {
	d.asides <- struct{}{}
	done := make(chan any, 1)
	go func() {
		defer func() { done <- caught(recover()) }()
		do()
	}()
	panicked := <-done
	<-d.asides
	if panicked != nil {
		panic(panicked)
	}
}

// enter takes what was typed as the nickname.
func (m *member) enter(typed string) {
	typed = strings.TrimSpace(typed)
	if typed == "" {
		m.push([]byte(line.Prompt))
		return
	}
	nick, err := chat.ParseNick(typed)
	if err == nil {
		_, err = m.do(m.door.ctx, chat.Enter{Session: m.id, Door: Name, Nick: nick})
	}
	if err != nil {
		m.refuse(refusalOf(err))
		m.push([]byte(line.Prompt))
		return
	}
	_ = m.conn.SetReadDeadline(time.Time{}) // or it ends: then end sets another
	if m.why() != "" {
		_ = m.conn.SetReadDeadline(past)
	}
	first := append(line.Line(line.Welcome(nick.Name, max(0, m.door.desk.Hub.Present(chat.Lobby)-1))), m.door.recent(m, nick)...)
	if m.follow(m.out.Release(first)) {
		m.door.writer.Ready(m)
	}
}

// say takes what was typed as a command, or says it.
func (m *member) say(typed string) {
	rest, slash := strings.CutPrefix(typed, "/")
	if slash && !strings.HasPrefix(rest, "/") {
		m.door.aside(func() { m.command(rest) })
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
	m.await(0)
	caller := &command.Caller{Session: m.id, Room: m.room, Do: func(ctx context.Context, c chat.Command) error {
		_, err := m.do(ctx, c)
		return err
	}}
	row, arguments, err := command.Parse(typed, caller)
	if err == nil {
		err = row.Run(m.door.ctx, m.door.desk, caller, arguments, m.tell)
	}
	m.room, m.quits = caller.Room, caller.Quits
	if err != nil {
		m.refuse(refusalOf(err))
	}
}

// tell shows an answer to a command, as fast as it is read.
func (m *member) tell(a command.Answer) error {
	if roomy := m.out.Below(answerAhead); roomy != nil {
		<-m.door.asides // another command's turn: a slow reader keeps nobody waiting
		m.door.unread.wait(m, roomy)
		m.door.asides <- struct{}{}
	}
	if m.why() != "" {
		return errOver
	}
	m.push(shown(a))
	return nil
}

// shown is an answer as it is written: whatever is in it steers no terminal.
func shown(a command.Answer) []byte {
	text, err := chat.ParseText(a.Text(locale.English), math.MaxInt)
	if err != nil {
		return nil
	}
	return line.Line(text)
}

func refusalOf(err error) *chat.Refusal {
	var refusal *chat.Refusal
	if errors.As(err, &refusal) {
		return refusal
	}
	return chat.Refuse(chat.Internal)
}
