package main

import (
	"bufio"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"parley/load"
)

// standIn is a server that speaks one protocol and can be told to deliver badly.
type standIn struct {
	speech
	listener net.Listener
	ended    sync.WaitGroup

	// Set before a member joins.

	// hand returns the texts that a member receives for a message. Members are called by their
	// numbers, messages are counted from 0. If it is nil, all members of the room receive the text.
	hand   func(message, to int, text string) []string
	refuse string // the answer to each member that joins

	mu       sync.Mutex // guards the rest
	guests   []*guest
	messages int
}

// guest is one connection.
type guest struct {
	conn       net.Conn
	nick, room string
	index      int
}

// speech is the server's side of a protocol.
type speech struct {
	door    load.Door
	hello   string // to each connection
	take    func(s *standIn, g *guest, line string, next func() string) (stays bool)
	message func(from *guest, text string) string
	joins   func(*guest) string // nil: joins and leaves are not announced
	leaves  func(*guest) string
}

// speeches are those of the protocols of this package.
var speeches = []speech{
	{
		door: ircDoor, take: takeIRC,
		message: func(from *guest, text string) string {
			return fmt.Sprintf(":%s!b@here PRIVMSG #%s :%s\r\n", from.nick, from.room, text)
		},
		joins: func(g *guest) string {
			return fmt.Sprintf(":%s!b@here JOIN :#%s\r\n", g.nick, g.room)
		},
		leaves: func(g *guest) string { return fmt.Sprintf(":%s!b@here QUIT :gone\r\n", g.nick) },
	},
	{
		door: natsDoor, take: takeNATS, hello: "INFO {}\r\n",
		message: func(from *guest, text string) string {
			return fmt.Sprintf("MSG room.%s 1 %d\r\n%s\r\n", from.room, len(text), text)
		},
	},
	{
		door: rawDoor, take: takeRaw,
		message: func(from *guest, text string) string { return from.nick + ": " + text + "\n" },
	},
}

func takeIRC(s *standIn, g *guest, line string, _ func() string) bool {
	verb, rest, _ := strings.Cut(line, " ")
	switch verb {
	case "NICK":
		g.nick = rest
		g.write("PING :are you there\r\n")
	case "PONG":
		if rest != ":are you there" {
			return false
		}
		g.write(":here 001 %s :hello\r\n:here 422 %s :no message of the day\r\n", g.nick, g.nick)
	case "JOIN":
		if g.nick == "" {
			g.write(":here NOTICE * :hello\r\n:here 451 * :register first\r\n")
			return true
		}
		if s.refuse != "" {
			g.write(":here 471 %s %s :%s\r\n", g.nick, rest, s.refuse)
			return true
		}
		s.enter(g, g.nick, strings.TrimPrefix(rest, "#"))
		g.write(":%s!b@here JOIN :%s\r\n:here 366 %s %s :end\r\n", g.nick, rest, g.nick, rest)
	case "PRIVMSG":
		_, text, _ := strings.Cut(rest, " :")
		s.say(g, text)
	case "QUIT":
		return false
	}
	return true
}

func takeNATS(s *standIn, g *guest, line string, next func() string) bool {
	verb, rest, _ := strings.Cut(line, " ")
	switch verb {
	case "CONNECT":
		_, g.nick, _ = strings.Cut(rest, `"name":"`)
		g.nick, _, _ = strings.Cut(g.nick, `"`)
	case "SUB":
		if s.refuse != "" {
			g.write("-ERR '%s'\r\n", s.refuse)
			return true
		}
		room, _, _ := strings.Cut(strings.TrimPrefix(rest, "room."), " ")
		s.enter(g, g.nick, room)
	case "PING":
		g.write("PONG\r\nPING\r\n")
	case "PUB":
		s.say(g, next())
	}
	return true
}

func takeRaw(s *standIn, g *guest, line string, _ func() string) bool {
	if g.room != "" {
		nick, text, _ := strings.Cut(line, ": ")
		g.nick = nick
		s.say(g, text)
		return true
	}
	if s.refuse != "" {
		return false
	}
	s.enter(g, "", line)
	g.write("OK\n")
	return true
}

// newStandIn makes a server, and stops it at the end of the test, which fails if goroutines are
// left.
func newStandIn(t *testing.T, speech speech) *standIn {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &standIn{speech: speech, listener: listener}
	leaks := goleak.IgnoreCurrent()
	t.Cleanup(func() {
		s.stop()
		goleak.VerifyNone(t, leaks)
	})
	return s
}

// stop waits until all connections have ended. Then the fields can be read.
func (s *standIn) stop() {
	_ = s.listener.Close()
	s.ended.Wait()
}

func (s *standIn) addr() netip.AddrPort { return s.listener.Addr().(*net.TCPAddr).AddrPort() }

func (s *standIn) start() {
	s.ended.Go(func() {
		for {
			conn, err := s.listener.Accept()
			if err != nil {
				return
			}
			s.ended.Go(func() { s.serve(&guest{conn: conn, index: -1}) })
		}
	})
}

func (s *standIn) serve(g *guest) {
	defer g.conn.Close()
	defer s.remove(g)
	g.write("%s", s.hello)
	lines := bufio.NewScanner(g.conn)
	next := func() string { lines.Scan(); return lines.Text() }
	for lines.Scan() {
		if !s.take(s, g, lines.Text(), next) {
			return
		}
	}
}

func (g *guest) write(format string, args ...any) {
	_, _ = fmt.Fprintf(g.conn, format, args...) // the client may have closed the connection
}

// enter adds a member to its room, and announces it.
func (s *standIn) enter(g *guest, nick, room string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g.nick, g.room = nick, room
	if _, number, found := strings.Cut(nick, "-"); found {
		g.index, _ = strconv.Atoi(number)
	}
	s.guests = append(s.guests, g)
	s.announce(g, s.joins)
}

func (s *standIn) remove(g *guest) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, other := range s.guests {
		if other == g {
			s.guests = append(s.guests[:i:i], s.guests[i+1:]...)
			s.announce(g, s.leaves)
			return
		}
	}
}

// announce writes a notice to the other members of a room. Its caller holds mu.
func (s *standIn) announce(g *guest, notice func(*guest) string) {
	for _, other := range s.guests {
		if notice != nil && other != g && other.room == g.room {
			other.write("%s", notice(g))
		}
	}
}

func (s *standIn) say(from *guest, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, g := range s.guests {
		if g == from || g.room != from.room && s.hand == nil {
			continue
		}
		texts := []string{text}
		if s.hand != nil {
			texts = s.hand(s.messages, g.index, text)
		}
		for _, text := range texts {
			g.write("%s", s.message(from, text))
		}
	}
	s.messages++
}
