package load

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
)

// streamStandIn is a server of lines that speaks one protocol and can be told to do badly.
type streamStandIn struct {
	door     Door
	listener net.Listener
	ended    sync.WaitGroup

	// Told before anybody enters; nil is as it must be. Members are called by their numbers, messages are counted from 0.
	hand   func(message, to int, text string) []string // what a member is sent of what somebody of its room says
	gather bool                                        // notices of those who enter, for the line door
	refuse string                                      // instead of letting anybody in

	mu       sync.Mutex // guards the rest
	members  []*streamMember
	messages int
	waiting  []string // who has entered and was told to nobody yet
}

// streamMember is one connection that has entered.
type streamMember struct {
	conn       net.Conn
	nick, room string
	index      int
}

func newStreamStandIn(t *testing.T, door Door) *streamStandIn {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &streamStandIn{door: door, listener: listener}
	t.Cleanup(s.stop)
	return s
}

func (s *streamStandIn) addr() netip.AddrPort { return s.listener.Addr().(*net.TCPAddr).AddrPort() }

func (s *streamStandIn) start() {
	s.ended.Go(func() {
		for {
			conn, err := s.listener.Accept()
			if err != nil {
				return
			}
			s.ended.Go(func() { s.serve(conn) })
		}
	})
}

// stop waits until everybody has gone; then the fields can be read.
func (s *streamStandIn) stop() {
	_ = s.listener.Close()
	s.ended.Wait()
}

// serve lets one in and takes what it says.
func (s *streamStandIn) serve(conn net.Conn) {
	defer conn.Close()
	m := &streamMember{conn: conn}
	defer s.remove(m)
	lines := bufio.NewReader(conn)
	read := func() (string, bool) {
		line, err := lines.ReadString('\n')
		return strings.TrimRight(line, "\r\n"), err == nil
	}
	entering := map[string]func(*streamMember, func() (string, bool), string) bool{
		Line.Name: s.enterLine, IRC.Name: s.enterIRC, NATS.Name: s.enterNATS, Raw.Name: s.enterRaw,
	}[s.door.Name]
	if s.door.Name == NATS.Name {
		s.write(m, "INFO {}\r\n")
	}
	for line, ok := read(); ok; line, ok = read() {
		if !entering(m, read, line) {
			return
		}
	}
}

func (s *streamStandIn) write(m *streamMember, format string, args ...any) {
	_, _ = fmt.Fprintf(m.conn, format, args...) // who is gone is gone
}

func (s *streamStandIn) enterLine(m *streamMember, _ func() (string, bool), line string) bool {
	room, isJoin := strings.CutPrefix(line, "/join ")
	switch {
	case line == "/quit":
		return false
	case m.nick != "" && isJoin:
		s.mu.Lock()
		m.room = room
		s.mu.Unlock()
		s.write(m, "[%s] you are here\n", room)
	case m.nick != "":
		s.say(m, line)
	case line == "":
		s.write(m, "hello\nPlease enter ")
		s.write(m, "nickname: ")
	case s.refuse != "":
		s.write(m, "%s\nPlease enter nickname: ", s.refuse)
	default:
		s.enter(m, line, "")
		s.write(m, "Welcome to the chat room, %s.\nsomebody: this was said before\n", line)
	}
	return true
}

func (s *streamStandIn) enterIRC(m *streamMember, _ func() (string, bool), line string) bool {
	verb, rest, _ := strings.Cut(line, " ")
	switch verb {
	case "NICK":
		m.nick = rest
		s.write(m, "PING :are you there\r\n")
	case "PONG":
		if rest != ":are you there" {
			return false
		}
		s.write(m, ":here 001 %s :hello\r\n:here 422 %s :no message of the day\r\n", m.nick, m.nick)
	case "JOIN":
		if m.nick == "" {
			s.write(m, ":here NOTICE * :hello\r\n:here 451 * :register first\r\n")
			return true
		}
		if s.refuse != "" {
			s.write(m, ":here 471 %s %s :%s\r\n", m.nick, rest, s.refuse)
			return true
		}
		s.enter(m, m.nick, strings.TrimPrefix(rest, "#"))
		s.write(m, ":%s!b@here JOIN :%s\r\n:here 366 %s %s :all told\r\n", m.nick, rest, m.nick, rest)
	case "PRIVMSG":
		_, text, _ := strings.Cut(rest, " :")
		s.say(m, text)
	case "QUIT":
		return false
	}
	return true
}

func (s *streamStandIn) enterNATS(m *streamMember, read func() (string, bool), line string) bool {
	verb, rest, _ := strings.Cut(line, " ")
	switch verb {
	case "CONNECT":
		_, m.nick, _ = strings.Cut(rest, `"name":"`)
		m.nick, _, _ = strings.Cut(m.nick, `"`)
	case "SUB":
		if s.refuse != "" {
			s.write(m, "-ERR '%s'\r\n", s.refuse)
			return true
		}
		room, _, _ := strings.Cut(strings.TrimPrefix(rest, "room."), " ")
		s.enter(m, m.nick, room)
	case "PING":
		s.write(m, "PONG\r\nPING\r\n")
	case "PUB":
		if text, ok := read(); ok {
			s.say(m, text)
		}
	}
	return true
}

func (s *streamStandIn) enterRaw(m *streamMember, _ func() (string, bool), line string) bool {
	if m.nick != "" {
		nick, text, _ := strings.Cut(line, ": ")
		m.nick = nick
		s.say(m, text)
		return true
	}
	if s.refuse != "" {
		return false
	}
	s.enter(m, "somebody", line)
	s.write(m, "OK\n")
	return true
}

// enter lets one in, and tells the others.
func (s *streamStandIn) enter(m *streamMember, nick, room string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m.nick, m.room, m.index = nick, room, numberOf(nick)
	if s.door.Name == Raw.Name {
		m.index = len(s.members)
	}
	s.members = append(s.members, m)
	if s.door.Name == Line.Name || s.door.Name == IRC.Name {
		s.notice(m)
	}
}

// notice tells others who enters, gathered or each. Whoever holds mu.
func (s *streamStandIn) notice(m *streamMember) {
	told := fmt.Sprintf("%s enters the chat room\n", m.nick)
	if s.door.Name == IRC.Name {
		told = fmt.Sprintf(":%s!b@here JOIN :#%s\r\n", m.nick, m.room)
	}
	if s.gather {
		if s.waiting = append(s.waiting, m.nick); len(s.waiting) < 3 {
			return
		}
		told = fmt.Sprintf("%s, %s and 1 others enter the chat room\n", s.waiting[0], s.waiting[1])
		s.waiting = nil
	}
	for _, other := range s.members {
		if other != m && other.room == m.room {
			s.write(other, "%s", told)
		}
	}
}

func (s *streamStandIn) say(from *streamMember, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range s.members {
		texts := []string{text}
		if m == from || m.room != from.room && s.hand == nil {
			continue
		}
		if s.hand != nil {
			texts = s.hand(s.messages, m.index, text)
		}
		for _, text := range texts {
			s.write(m, "%s", s.encode(from, text))
		}
	}
	s.messages++
}

// encode is how the protocol has what somebody says.
func (s *streamStandIn) encode(from *streamMember, text string) string {
	switch s.door.Name {
	case IRC.Name:
		return fmt.Sprintf(":%s!b@here PRIVMSG #%s :%s\r\n", from.nick, from.room, text)
	case NATS.Name:
		return fmt.Sprintf("MSG room.%s 1 %d\r\n%s\r\n", from.room, len(text), text)
	}
	if s.door.Name == Line.Name && from.room != "" {
		return fmt.Sprintf("[%s] %s: %s\n", from.room, from.nick, text)
	}
	return fmt.Sprintf("%s: %s\n", from.nick, text)
}

func (s *streamStandIn) remove(m *streamMember) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, other := range s.members {
		if other != m {
			continue
		}
		s.members = append(s.members[:i:i], s.members[i+1:]...)
		for _, other := range s.members {
			switch s.door.Name {
			case Line.Name:
				s.write(other, "%s quits the chat room\n", m.nick)
			case IRC.Name:
				s.write(other, ":%s!b@here QUIT :gone\r\n", m.nick)
			}
		}
		return
	}
}

// close closes a member's connection. Whoever holds mu.
func (s *streamStandIn) close(index int) {
	for _, m := range s.members {
		if m.index == index {
			_ = m.conn.(io.Closer).Close()
		}
	}
}
