package load

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// NATS is the door for the text protocol of NATS (docs.nats.io, client protocol). A room is a
// subject.
var NATS = Door{Name: "nats", New: func() Protocol { return new(nats) }}

type nats struct {
	headed  bool   // the head of a message has come, and its text comes next
	subject []byte // of it
	size    int    // of the text
}

// natsRooms is the beginning of the rooms' subjects.
const natsRooms = "room."

func (*nats) Greet(c *Conn) error { return c.Ask("", is("INFO ")) }

func (*nats) Enter(c *Conn) error {
	hello := fmt.Sprintf("CONNECT {\"verbose\":false,\"pedantic\":false,\"echo\":false,"+
		"\"lang\":\"parley\",\"version\":\"1\",\"protocol\":1,\"name\":%q}\r\n"+
		"SUB %s%s 1\r\nPING\r\n", c.Nick(), natsRooms, c.Room())
	return c.Ask(hello, func(line string) (bool, error) {
		if strings.HasPrefix(line, "-ERR") {
			return false, c.Refused(line)
		}
		return strings.HasPrefix(line, "PONG"), nil
	})
}

func (*nats) Say(c *Conn, b, text []byte) []byte {
	b = append(append(append(b, "PUB "...), natsRooms...), c.Room()...)
	b = append(strconv.AppendInt(append(b, ' '), int64(len(text)), 10), "\r\n"...)
	return append(append(b, text...), "\r\n"...)
}

func (*nats) Quit() string { return "" }

func (n *nats) Read(c *Conn, line []byte) Event {
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
			return Event{Kind: Damaged}
		}
		n.headed, n.subject, n.size = true, append(n.subject[:0], subject...), size
		return Event{Kind: Ignored}
	case "PING":
		// If the answer cannot be sent, the server closes the connection.
		_ = c.Write([]byte("PONG\r\n"))
		return Event{Kind: Ignored}
	case "PONG", "+OK", "INFO":
		return Event{Kind: Ignored}
	}
	return Event{}
}

// text reads the line after the head of a message.
func (n *nats) text(text []byte) Event {
	n.headed = false
	if len(text) != n.size {
		return Event{Kind: Damaged}
	}
	return Event{Kind: Message, Room: bytes.TrimPrefix(n.subject, []byte(natsRooms)), Text: text}
}
