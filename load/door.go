package load

import (
	"context"
	"slices"

	"parley/locale"
)

// Door is a protocol that members speak, and what a server of it can do. Plan.Door is one.
type Door struct {
	Name    string
	SizeMax int  // bytes of a text; 0: SizeMax of this package
	Notices bool // whether the server announces who joins and leaves a room
	Grouped bool // whether it may announce several in one line
	// New returns the protocol of one member, over its own TCP connection; nil: datagrams.
	New func() Protocol
}

// doors are those of Parley.
var doors = []Door{UDP, Line}

// isUDP tells datagrams from connections.
func (d Door) isUDP() bool { return d.New == nil }

// MarshalText returns the name.
func (d Door) MarshalText() ([]byte, error) { return []byte(d.Name), nil }

// UnmarshalText finds a door of Parley by its name, and returns an error for any other name.
func (d *Door) UnmarshalText(name []byte) error {
	i := slices.IndexFunc(doors, func(known Door) bool { return known.Name == string(name) })
	if i < 0 {
		return invalidDoor(string(name))
	}
	*d = doors[i]
	return nil
}

func invalidDoor(name string) error {
	var names locale.List
	for _, d := range doors {
		names = append(names, d.Name)
	}
	return locale.Errorf(locale.Text{
		EN: "invalid door %q: one of %s",
		ZH: "入口 %q 无效：应为 %s 之一",
	}, name, names)
}

// link is a member's way into the server: a datagram socket or a connection.
type link interface {
	// connect opens the connection; the member is not inside yet.
	connect(ctx context.Context) error
	// enter brings the member inside and has what comes be read from then on. It tells how often it had to ask again.
	enter(ctx context.Context) (repeats int, err error)
	// listen reads what comes to a member who does not enter.
	listen()
	// say sends a text, which is the link's until say returns. The talking goroutine only.
	say(text []byte)
	// leave lets the member out, and returns when the server has done so.
	leave(ctx context.Context) error
	// close closes the connection, which ends the reading. It may be called again.
	close()
}

// newLink opens nothing yet.
func (r *run) newLink(m *member) link {
	if r.plan.Door.isUDP() {
		return &datagrams{r: r, m: m, answer: make(chan answer, 4)}
	}
	return &Conn{r: r, m: m, protocol: r.plan.Door.New()}
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
