package load

import (
	"bytes"
	"strings"
)

// IRC is the door for IRC as in RFC 2812, without capabilities. A line has at most 512 bytes, with
// its sender and its room.
var IRC = Door{Name: "irc", SizeMax: 400, Notices: true, New: func() Protocol { return irc{} }}

type irc struct{}

// What servers answer, RFC 2812 section 5.
const (
	ircWelcome    = "001"
	ircEndOfNames = "366"
	ircNoMOTD     = "422" // an error that is none
	ircNotYet     = "451" // one must register first
)

// Greet sends a request that the server refuses before registration: the refusal shows that it has
// accepted the connection. A registration that comes earlier can wait for a second in InspIRCd.
func (irc) Greet(c *Conn) error {
	return c.Ask(joinIRC(c), func(line string) (bool, error) {
		return strings.Contains(line, " "+ircNotYet+" "), nil
	})
}

func joinIRC(c *Conn) string { return "JOIN #" + c.Room() + "\r\n" }

func (irc) Enter(c *Conn) error {
	register := "NICK " + c.Nick() + "\r\nUSER b 0 * :parley bench\r\n"
	if err := c.Ask(register, ircAnswer(c, ircWelcome)); err != nil {
		return err
	}
	return c.Ask(joinIRC(c), ircAnswer(c, ircEndOfNames))
}

// ircAnswer waits for a numeric; errors are refusals.
func ircAnswer(c *Conn, numeric string) func(string) (bool, error) {
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

func (irc) Say(c *Conn, b, text []byte) []byte {
	b = append(append(b, "PRIVMSG #"...), c.Room()...)
	return append(append(append(b, " :"...), text...), "\r\n"...)
}

func (irc) Quit() string { return "QUIT\r\n" }

func (irc) Read(c *Conn, line []byte) Event {
	if asked, isPing := bytes.CutPrefix(line, []byte("PING ")); isPing {
		// If the answer cannot be sent, the server closes the connection.
		_ = c.Write(append(append([]byte("PONG "), asked...), "\r\n"...))
		return Event{Kind: Ignored}
	}
	source, rest, _ := bytes.Cut(line, space)
	verb, rest, _ := bytes.Cut(rest, space)
	source, isSourced := bytes.CutPrefix(source, []byte(":"))
	if !isSourced {
		return Event{}
	}
	nick, _, _ := bytes.Cut(source, []byte("!"))
	switch string(verb) {
	case "PRIVMSG":
		target, text, _ := bytes.Cut(rest, []byte(" :"))
		room := bytes.TrimPrefix(target, []byte("#"))
		return Event{Kind: Message, Nick: nick, Room: room, Text: text}
	case "JOIN":
		return Event{Kind: Joins, Nick: nick}
	case "QUIT", "PART":
		return Event{Kind: Leaves, Nick: nick}
	}
	if len(verb) == 3 && verb[0] <= '9' && !isIRCError(verb) {
		return Event{Kind: Ignored}
	}
	return Event{}
}
