package load

import (
	"bytes"
	"strconv"
	"strings"

	"parley/locale"
)

// Line is the door for lines of text, as people type them into netcat.
var Line = Door{
	Name: "line", Notices: true, Grouped: true, New: func() Protocol { return lineProtocol{} },
}

type lineProtocol struct{}

// What a server of lines says.
const (
	nickPrompt  = "Please enter nickname: " // no line break follows
	nickWelcome = "Welcome to the chat room, "

	chinesePrompt = "请输入昵称："
)

func (lineProtocol) Greet(c *Conn) error {
	if err := c.Write([]byte("\n")); err != nil {
		return err
	}
	return c.await(func(line string, whole bool) (bool, error) {
		if !whole && line == chinesePrompt {
			return true, locale.Errorf(locale.Text{
				EN: "the server speaks Chinese over lines: set line.words = \"en\" to measure it",
				ZH: "服务器对 line 客户端使用中文：请设置 line.words = \"en\" 后再测试",
			})
		}
		return !whole && line == nickPrompt, nil
	})
}

func (lineProtocol) Enter(c *Conn) error {
	if err := c.Write([]byte(c.Nick() + "\n")); err != nil {
		return err
	}
	reason := ""
	err := c.await(func(line string, whole bool) (bool, error) {
		if !whole && line == nickPrompt {
			return true, c.Refused(reason)
		}
		if whole {
			reason = line
		}
		return whole && strings.HasPrefix(line, nickWelcome+c.Nick()), nil
	})
	if err != nil || c.lobby() {
		return err
	}
	return c.Ask("/join "+c.Room()+"\n", func(line string) (bool, error) {
		return strings.HasPrefix(line, "["+c.Room()+"] "), nil
	})
}

func (lineProtocol) Say(_ *Conn, b, text []byte) []byte { return append(append(b, text...), '\n') }

func (lineProtocol) Quit() string { return "/quit\n" }

func (lineProtocol) Read(c *Conn, line []byte) Event {
	room, line := cutTag(line)
	if len(room) == 0 && c.lobby() {
		room = nil // its lines have no tag
	}
	if nick, text, isSaid := bytes.Cut(line, said); isSaid {
		return Event{Kind: Message, Nick: nick, Room: room, Text: text}
	}
	n, enter, ok := together(string(line))
	switch {
	case !ok:
		return Event{}
	case enter:
		return Event{Kind: GroupJoins, Room: room, Count: n}
	}
	return Event{Kind: GroupLeaves, Room: room, Count: n}
}

// cutTag takes the room off a line: [ROOM] LINE. Without a tag the room is empty, not nil.
func cutTag(line []byte) (room, rest []byte) {
	if len(line) > 0 && line[0] == '[' {
		if room, rest, found := bytes.Cut(line[1:], []byte("] ")); found {
			return room, rest
		}
	}
	return line[:0], line
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
