package main

import (
	"bytes"
	"strings"

	"parley/load"
)

// ircDoor is the door for IRC as in RFC 2812, without capabilities. A line has at most 512 bytes,
// with its sender and its room.
var ircDoor = load.Door{
	Name: "irc", SizeMax: 400, Notices: true, New: func() load.Protocol { return irc{} },
}

type irc struct{}

var space = []byte(" ")

// What servers answer, RFC 2812 section 5.
const (
	ircWelcome    = "001"
	ircEndOfNames = "366"
	ircNoMOTD     = "422" // numbered as an error, but sent to every client
	ircNotYet     = "451" // one must register first
)

// Greet sends a request that the server refuses before registration: the refusal shows that it has
// accepted the connection. A registration that comes earlier can wait for a second in InspIRCd.
func (irc) Greet(c *load.Conn) error {
	return c.Ask(joinIRC(c), func(line string) (bool, error) {
		return strings.Contains(line, " "+ircNotYet+" "), nil
	})
}

func joinIRC(c *load.Conn) string { return "JOIN #" + c.Room() + "\r\n" }

func (irc) Enter(c *load.Conn) error {
	register := "NICK " + c.Nick() + "\r\nUSER b 0 * :parley bench\r\n"
	if err := c.Ask(register, ircAnswer(c, ircWelcome)); err != nil {
		return err
	}
	return c.Ask(joinIRC(c), ircAnswer(c, ircEndOfNames))
}

// ircAnswer waits for a numeric; errors are refusals.
func ircAnswer(c *load.Conn, numeric string) func(string) (bool, error) {
	return func(line string) (bool, error) {
		source, rest, _ := strings.Cut(line, " ")
		verb, _, _ := strings.Cut(rest, " ")
		if source == "ERROR" || isIRCError([]byte(verb)) {
			return false, c.Refused(line)
		}
		return verb == numeric, nil
	}
}

// isIRCError says whether a numeric is an error.
func isIRCError(verb []byte) bool {
	return len(verb) == 3 && (verb[0] == '4' || verb[0] == '5') && string(verb) != ircNoMOTD
}

func (irc) Say(c *load.Conn, b, text []byte) []byte {
	b = append(append(b, "PRIVMSG #"...), c.Room()...)
	return append(append(append(b, " :"...), text...), "\r\n"...)
}

func (irc) Quit() string { return "QUIT\r\n" }

func (irc) Read(c *load.Conn, line []byte) load.Event {
	if asked, isPing := bytes.CutPrefix(line, []byte("PING ")); isPing {
		// If the answer cannot be sent, the server closes the connection.
		_ = c.Write(append(append([]byte("PONG "), asked...), "\r\n"...))
		return load.Event{Kind: load.Ignored}
	}
	source, rest, _ := bytes.Cut(line, space)
	verb, rest, _ := bytes.Cut(rest, space)
	source, isSourced := bytes.CutPrefix(source, []byte(":"))
	if !isSourced {
		return load.Event{}
	}
	nick, _, _ := bytes.Cut(source, []byte("!"))
	switch string(verb) {
	case "PRIVMSG":
		target, text, _ := bytes.Cut(rest, []byte(" :"))
		room := bytes.TrimPrefix(target, []byte("#"))
		return load.Event{Kind: load.Message, Nick: nick, Room: room, Text: text}
	case "JOIN":
		return load.Event{Kind: load.Joins, Nick: nick}
	case "QUIT", "PART":
		return load.Event{Kind: load.Leaves, Nick: nick}
	}
	if len(verb) == 3 && verb[0] <= '9' && !isIRCError(verb) {
		return load.Event{Kind: load.Ignored}
	}
	return load.Event{}
}
