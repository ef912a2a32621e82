package load

import "bytes"

// Raw is the door of bench/forward over TCP. The first line names the room and is answered. Every
// other line goes to all other members of the room as it is. Members put their nicknames before
// their texts, so that as many bytes travel as with other servers.
var Raw = Door{Name: "raw", New: func() Protocol { return raw{} }}

type raw struct{}

// rawInside is the answer to the name of a room.
const rawInside = "OK"

func (raw) Greet(*Conn) error { return nil }

func (raw) Enter(c *Conn) error { return c.Ask(c.Room()+"\n", is(rawInside)) }

func (raw) Say(c *Conn, b, text []byte) []byte {
	return append(append(append(append(b, c.Nick()...), said...), text...), '\n')
}

func (raw) Quit() string { return "" }

func (raw) Read(_ *Conn, line []byte) Event {
	nick, text, isSaid := bytes.Cut(line, said)
	if !isSaid {
		return Event{Kind: Damaged}
	}
	return Event{Kind: Message, Nick: nick, Text: text}
}
