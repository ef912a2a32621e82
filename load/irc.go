package load

import (
	"bytes"
	"strings"
)

// ircDialect is IRC as RFC 2812 has it, without capabilities.
type ircDialect struct {
	r *run
	m *member
}

func newIRCDialect(r *run, m *member) dialect { return &ircDialect{r, m} }

// What servers answer, RFC 2812 section 5.
const (
	ircWelcome    = "001"
	ircEndOfNames = "366"
	ircNoMOTD     = "422" // an error that is none
	ircNotYet     = "451" // one must register first
)

// greet asks for what cannot be granted yet: who registers may have to wait for a second (InspIRCd looks that often).
func (i *ircDialect) greet(s *connection) error {
	return s.ask(i.join(), func(line string) (bool, error) { return strings.Contains(line, " "+ircNotYet+" "), nil })
}

func (i *ircDialect) join() string { return "JOIN #" + i.r.rooms[i.m.room] + "\r\n" }

func (i *ircDialect) enter(s *connection) error {
	err := s.ask("NICK "+i.m.nick+"\r\nUSER b 0 * :parley bench\r\n", i.answers(ircWelcome))
	if err != nil {
		return err
	}
	return s.ask(i.join(), i.answers(ircEndOfNames))
}

// answers waits for a numeric; errors are refusals.
func (i *ircDialect) answers(numeric string) func(string) (bool, error) {
	return func(line string) (bool, error) {
		source, rest, _ := strings.Cut(line, " ")
		verb, _, _ := strings.Cut(rest, " ")
		switch {
		case source == "ERROR", isIRCError([]byte(verb)):
			return false, refused(i.m.nick, line)
		}
		return verb == numeric, nil
	}
}

// isIRCError says whether a numeric tells of an error.
func isIRCError(verb []byte) bool {
	return len(verb) == 3 && (verb[0] == '4' || verb[0] == '5') && string(verb) != ircNoMOTD
}

func (i *ircDialect) say(b, text []byte) []byte {
	b = append(append(b, "PRIVMSG #"...), i.r.rooms[i.m.room]...)
	return append(append(append(b, " :"...), text...), "\r\n"...)
}

func (i *ircDialect) quit() string { return "QUIT\r\n" }

func (i *ircDialect) read(s *connection, line []byte) (kind, mark) {
	if asked, isPing := bytes.CutPrefix(line, []byte("PING ")); isPing {
		_ = s.write(append(append([]byte("PONG "), asked...), "\r\n"...)) // if not, the server will close
		return nothing, mark{}
	}
	source, rest, _ := bytes.Cut(line, space)
	verb, rest, _ := bytes.Cut(rest, space)
	source, isSourced := bytes.CutPrefix(source, []byte(":"))
	if !isSourced {
		return other, mark{}
	}
	nick, _, _ := bytes.Cut(source, []byte("!"))
	ours := i.m.reader.isOurs(nick)
	switch string(verb) {
	case "PRIVMSG":
		return i.said(nick, rest)
	case "JOIN", "QUIT", "PART":
		if !ours || string(nick) == i.m.nick {
			return nothing, mark{}
		}
		return i.m.reader.who(string(nick), string(verb) == "JOIN")
	}
	if len(verb) == 3 && verb[0] <= '9' && !isIRCError(verb) {
		return nothing, mark{}
	}
	return other, mark{}
}

// said reads what somebody says, and where: TARGET :TEXT.
func (i *ircDialect) said(nick, rest []byte) (kind, mark) {
	target, text, _ := bytes.Cut(rest, []byte(" :"))
	target, isRoom := bytes.CutPrefix(target, []byte("#"))
	if !i.m.reader.isOurs(nick) {
		return nothing, mark{}
	}
	kind, m := i.m.reader.said(nick, text)
	if kind == message && (!isRoom || string(target) != i.r.rooms[i.r.roomOf(m.sender)]) {
		return damaged, mark{}
	}
	return kind, m
}
