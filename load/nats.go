package load

import (
	"bytes"
	"fmt"
	"strconv"
)

// natsDialect is the plain text of NATS (docs.nats.io, client protocol): a room is a subject.
type natsDialect struct {
	r       *run
	m       *member
	headed  bool   // a message's head has come, and its text comes next
	subject []byte // of it
	size    int    // of the text
}

func newNATSDialect(r *run, m *member) dialect { return &natsDialect{r: r, m: m} }

// natsRooms is what the rooms' subjects begin with.
const natsRooms = "room."

func (n *natsDialect) greet(s *connection) error { return s.ask("", is("INFO ")) }

func (n *natsDialect) enter(s *connection) error {
	hello := fmt.Sprintf("CONNECT {\"verbose\":false,\"pedantic\":false,\"echo\":false,\"lang\":\"parley\",\"version\":\"1\",\"protocol\":1,\"name\":%q}\r\n"+
		"SUB %s%s 1\r\nPING\r\n", n.m.nick, natsRooms, n.r.rooms[n.m.room])
	answered := is("PONG")
	return s.ask(hello, func(line string) (bool, error) {
		if isError, _ := is("-ERR")(line); isError {
			return false, refused(n.m.nick, line)
		}
		return answered(line)
	})
}

func (n *natsDialect) say(b, text []byte) []byte {
	b = append(append(append(b, "PUB "...), natsRooms...), n.r.rooms[n.m.room]...)
	b = append(strconv.AppendInt(append(b, ' '), int64(len(text)), 10), "\r\n"...)
	return append(append(b, text...), "\r\n"...)
}

func (n *natsDialect) quit() string { return "" }

func (n *natsDialect) read(s *connection, line []byte) (kind, mark) {
	if n.headed {
		return n.text(line)
	}
	verb, rest, _ := bytes.Cut(line, space)
	switch string(verb) {
	case "MSG":
		subject, rest, _ := bytes.Cut(rest, space)
		digits := rest[bytes.LastIndexByte(rest, ' ')+1:]
		size, err := strconv.Atoi(string(digits))
		if err != nil || len(subject) == 0 {
			return damaged, mark{}
		}
		n.headed, n.subject, n.size = true, append(n.subject[:0], subject...), size
		return nothing, mark{}
	case "PING":
		_ = s.write([]byte("PONG\r\n")) // if not, the server will close
		return nothing, mark{}
	case "PONG", "+OK", "INFO":
		return nothing, mark{}
	}
	return other, mark{}
}

// text reads what follows a MSG.
func (n *natsDialect) text(text []byte) (kind, mark) {
	room, isRoom := bytes.CutPrefix(n.subject, []byte(natsRooms))
	n.headed = false
	if len(text) != n.size {
		return damaged, mark{}
	}
	if string(text) == knock {
		return nothing, mark{}
	}
	kind, m := n.m.reader.text(text)
	if kind == message && (!isRoom || string(room) != n.r.rooms[n.r.roomOf(m.sender)]) {
		return damaged, mark{}
	}
	return kind, m
}
