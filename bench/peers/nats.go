package main

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"parley/load"
)

// natsDoor is the door for the text protocol of NATS (docs.nats.io, client protocol). A room is a
// subject.
var natsDoor = load.Door{Name: "nats", New: func() load.Protocol { return new(nats) }}

type nats struct {
	headed  bool   // the head of a message has come, and its text comes next
	subject []byte // of it
	size    int    // of the text
}

// natsRooms is the beginning of the rooms' subjects.
const natsRooms = "room."

func (*nats) Greet(c *load.Conn) error { return c.Ask("", begins("INFO ")) }

func (*nats) Enter(c *load.Conn) error {
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

func (*nats) Say(c *load.Conn, b, text []byte) []byte {
	b = append(append(append(b, "PUB "...), natsRooms...), c.Room()...)
	b = append(strconv.AppendInt(append(b, ' '), int64(len(text)), 10), "\r\n"...)
	return append(append(b, text...), "\r\n"...)
}

func (*nats) Quit() string { return "" }

func (n *nats) Read(c *load.Conn, line []byte) load.Event {
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
			return load.Event{Kind: load.Damaged}
		}
		n.headed, n.subject, n.size = true, append(n.subject[:0], subject...), size
		return load.Event{Kind: load.Ignored}
	case "PING":
		// If the answer cannot be sent, the server closes the connection.
		_ = c.Write([]byte("PONG\r\n"))
		return load.Event{Kind: load.Ignored}
	case "PONG", "+OK", "INFO":
		return load.Event{Kind: load.Ignored}
	}
	return load.Event{}
}

// text reads the line after the head of a message.
func (n *nats) text(text []byte) load.Event {
	n.headed = false
	if len(text) != n.size {
		return load.Event{Kind: load.Damaged}
	}
	return load.Event{
		Kind: load.Message, Room: bytes.TrimPrefix(n.subject, []byte(natsRooms)),
		Text: text,
	}
}
