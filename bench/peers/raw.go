package main

import (
	"bytes"
	"strings"

	"parley/load"
)

// rawDoor is the door of bench/forward over TCP. The first line names the room and is answered.
// Every other line goes to all other members of the room as it is. Members put their nicknames
// before their texts, so that as many bytes travel as with other servers.
var rawDoor = load.Door{Name: "raw", New: func() load.Protocol { return raw{} }}

type raw struct{}

// said separates a nickname from its text.
var said = []byte(": ")

// rawInside is the answer to the name of a room.
const rawInside = "OK"

func (raw) Greet(*load.Conn) error { return nil }

func (raw) Enter(c *load.Conn) error { return c.Ask(c.Room()+"\n", begins(rawInside)) }

func (raw) Say(c *load.Conn, b, text []byte) []byte {
	return append(append(append(append(b, c.Nick()...), said...), text...), '\n')
}

func (raw) Quit() string { return "" }

func (raw) Read(_ *load.Conn, line []byte) load.Event {
	nick, text, isSaid := bytes.Cut(line, said)
	if !isSaid {
		return load.Event{Kind: load.Damaged}
	}
	return load.Event{Kind: load.Message, Nick: nick, Text: text}
}

// begins accepts a line that begins so.
func begins(beginning string) func(string) (bool, error) {
	return func(line string) (bool, error) { return strings.HasPrefix(line, beginning), nil }
}
