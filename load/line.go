package load

import (
	"bytes"
	"strconv"
	"strings"

	"parley/locale"
)

// lineDialect is text as people type it into netcat.
type lineDialect struct {
	r *run
	m *member
}

func newLineDialect(r *run, m *member) dialect { return &lineDialect{r, m} }

// What a server of lines says.
const (
	nickPrompt  = "Please enter nickname: " // no line break follows
	nickWelcome = "Welcome to the chat room, "

	chinesePrompt = "请输入昵称："
)

func (l *lineDialect) greet(s *connection) error {
	if err := s.write([]byte("\n")); err != nil {
		return err
	}
	return s.await(func(line string, whole bool) (bool, error) {
		if !whole && line == chinesePrompt {
			return true, locale.Errorf(locale.Text{
				EN: "the server speaks Chinese over lines: set line.words = \"en\" to measure it",
				ZH: "服务器对 line 客户端使用中文：请设置 line.words = \"en\" 后再测试",
			})
		}
		return !whole && line == nickPrompt, nil
	})
}

func (l *lineDialect) enter(s *connection) error {
	if err := s.write([]byte(l.m.nick + "\n")); err != nil {
		return err
	}
	reason := ""
	err := s.await(func(line string, whole bool) (bool, error) {
		if !whole && line == nickPrompt {
			return true, refused(l.m.nick, reason)
		}
		if whole {
			reason = line
		}
		return whole && strings.HasPrefix(line, nickWelcome+l.m.nick), nil
	})
	if err != nil || l.r.plan.rooms() == 1 {
		return err
	}
	return s.ask("/join "+l.r.rooms[l.m.room]+"\n", is("["+l.r.rooms[l.m.room]+"] "))
}

func (l *lineDialect) say(b, text []byte) []byte { return append(append(b, text...), '\n') }

func (l *lineDialect) quit() string { return "/quit\n" }

func (l *lineDialect) read(_ *connection, line []byte) (kind, mark) {
	tag, line := cutTag(line)
	nick, text, isSaid := bytes.Cut(line, said)
	switch {
	case isSaid && l.m.reader.isOurs(nick):
		kind, m := l.m.reader.said(nick, text)
		if kind == message && string(tag) != l.tag(l.r.roomOf(m.sender)) {
			return damaged, mark{}
		}
		return kind, m
	case isSaid:
		return nothing, mark{} // somebody who is not of this run
	}
	n, enter, ok := together(string(line))
	switch {
	case !ok:
		return other, mark{}
	case string(tag) != l.tag(l.m.room):
		return nothing, mark{}
	case enter:
		return enterTogether, mark{number: uint32(n)}
	}
	return quitTogether, mark{number: uint32(n)}
}

// tag is what stands before the lines of a room: nothing in the one that everybody enters first.
func (l *lineDialect) tag(room int) string {
	if l.r.plan.rooms() == 1 {
		return ""
	}
	return l.r.rooms[room]
}

// cutTag takes the room off a line: [ROOM] LINE.
func cutTag(line []byte) (room, rest []byte) {
	if len(line) > 0 && line[0] == '[' {
		if room, rest, found := bytes.Cut(line[1:], []byte("] ")); found {
			return room, rest
		}
	}
	return nil, line
}

// What a server of lines says of one or several who come or go.
var comings = []struct {
	verb  string
	enter bool
}{{" enters the chat room", true}, {" enter the chat room", true}, {" quits the chat room", false}, {" quit the chat room", false}}

// together reads how many enter or leave: A enters…, A, B enter…, A, B and 38 others enter… Nicknames have no spaces.
func together(line string) (n int, enter, ok bool) {
	for _, c := range comings {
		names, found := strings.CutSuffix(line, c.verb)
		if !found {
			continue
		}
		names, more, isMore := strings.Cut(names, " and ")
		n = 1 + strings.Count(names, ", ")
		if isMore {
			digits, _, _ := strings.Cut(more, " other")
			others, err := strconv.Atoi(digits)
			if err != nil || others < 0 {
				others = 1 // by name
			}
			n += others
		}
		return n, c.enter, true
	}
	return 0, false, false
}
