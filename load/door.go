package load

import (
	"context"

	"parley/locale"
)

// door is a protocol as one member speaks it.
type door interface {
	// connect opens the connection; the member is not inside yet.
	connect(ctx context.Context) error
	// enter brings the member inside and has what comes be read from then on. It tells how often it had to ask again.
	enter(ctx context.Context) (repeats int, err error)
	// listen reads what comes to a member who does not enter.
	listen()
	// say sends a text, which is the door's until say returns. The talking goroutine only.
	say(text []byte)
	// leave lets the member out, and returns when the server has done so.
	leave(ctx context.Context) error
	// close closes the connection, which ends the reading. It may be called again.
	close()
}

// newDoor is the plan's, for a member.
func (r *run) newDoor(m *member) door {
	if r.plan.Door == UDP {
		return &datagrams{r: r, m: m, answer: make(chan answer, 4)}
	}
	return &connection{r: r, m: m, dialect: dialects[r.plan.Door](r, m)}
}

func refused(nick, line string) error {
	return locale.Errorf(locale.Text{
		EN: "the server answers %s: %s",
		ZH: "服务器应答 %s：%s",
	}, nick, line)
}

var (
	errNoAnswer = locale.Errorf(locale.Text{
		EN: "no answer within a minute: is the server's rate limiting on? start it with parley serve --no-limits",
		ZH: "一分钟内没有应答：服务器是否开启了速率限制？请用 parley serve --no-limits 启动",
	})
	errNobody = locale.Errorf(locale.Text{
		EN: "nothing listens there: start a server first, such as parley serve --no-limits",
		ZH: "该地址没有服务器在监听：请先启动服务器，例如 parley serve --no-limits",
	})
	errHungUp = locale.Errorf(locale.Text{EN: "the server closes the connection: does it speak what --door says?", ZH: "服务器断开了连接：它使用的是 --door 指定的协议吗？"})
)
