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

	"go.uber.org/goleak"
)

// streamStandIn is a server of lines that can be told to do badly.
type streamStandIn struct {
	listener net.Listener
	ended    sync.WaitGroup

	// Told before anybody enters; nil is as it must be. Members are called by their numbers, messages are counted from 0.
	hand   func(message, to int, text string) []string // what a member is sent of what somebody of its room says
	gather bool                                        // notices of those who enter
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

func newStreamStandIn(t *testing.T) *streamStandIn {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &streamStandIn{listener: listener}
	leaks := goleak.IgnoreCurrent()
	t.Cleanup(func() {
		s.stop()
		goleak.VerifyNone(t, leaks)
	})
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
	for lines := bufio.NewScanner(conn); lines.Scan(); {
		if !s.take(m, lines.Text()) {
			return
		}
	}
}

func (s *streamStandIn) write(m *streamMember, format string, args ...any) {
	_, _ = fmt.Fprintf(m.conn, format, args...) // who is gone is gone
}

// take returns false when the member leaves.
func (s *streamStandIn) take(m *streamMember, line string) bool {
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
		s.enter(m, line)
		s.write(m, "Welcome to the chat room, %s.\nsomebody: this was said before\n", line)
	}
	return true
}

// enter lets one in, and tells the others.
func (s *streamStandIn) enter(m *streamMember, nick string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m.nick, m.index = nick, numberOf(nick)
	s.members = append(s.members, m)
	s.notice(m)
}

// notice tells others who enters, gathered or each. Whoever holds mu.
func (s *streamStandIn) notice(m *streamMember) {
	told := fmt.Sprintf("%s enters the chat room\n", m.nick)
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

// encode is how a line tells what somebody says.
func (s *streamStandIn) encode(from *streamMember, text string) string {
	if from.room != "" {
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
			s.write(other, "%s quits the chat room\n", m.nick)
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
