package line

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"parley/chat"
	"parley/locale"
)

// decode gives data to a Decoder in pieces of a size and returns its lines; a line that is too long is shown as such.
func decode(d *Decoder, data []byte, size int) (lines []string) {
	for len(data) > 0 {
		piece := data[:min(size, len(data))]
		data = data[len(piece):]
		for len(piece) > 0 {
			line, rest, ok, err := d.Next(piece)
			if ok {
				lines = append(lines, told(line, err))
			}
			piece = rest
		}
	}
	return lines
}

func told(line []byte, err error) string {
	if err != nil {
		return "(" + err.Error() + ")"
	}
	return string(line)
}

func TestDecoder(t *testing.T) {
	tooLong := "(" + ErrTooLong.Error() + ")"
	for _, c := range []struct {
		typed string
		want  []string
	}{
		{"ann\nhello\n", []string{"ann", "hello"}},
		{"ann\r\nhello\r\n", []string{"ann", "hello"}},
		{"\n\r\n\n", []string{"", "", ""}},
		{"telnet\r\x00next\r\x00", []string{"telnet", "next"}},
		{"a\rb\n", []string{"a", "b"}},
		{"a\r\r\n", []string{"a", ""}},
		{"raw\rterminal\r", []string{"raw", "terminal"}},
		{"a\r\nb\r\x00c\r\n\x00\n", []string{"a", "b", "c", "\x00"}},
		{"小明好\n", []string{"小明好"}},
		{"\xff\xfb\x01\xff\xfd\x03ann\n", []string{"ann"}},
		{"0123456789\n", []string{"0123456789"}},
		{"0123456789\r\n", []string{"0123456789"}},
		{"0123456789x\nnext\n", []string{tooLong, "next"}},
		{"0123456789\rx\nnext\n", []string{"0123456789", "x", "next"}},
		{strings.Repeat("x", 5000) + "\nnext\n", []string{tooLong, "next"}},
		{"a\x00b\x1b[31m\n", []string{"a\x00b\x1b[31m"}},
		{"\x0c/who\n\x0c\x01/who\x07\x0b\n", []string{"/who", "/who"}},
		{"\x0c\n\tx\t\x0c\n", []string{"", "\tx\t"}},
		{"a\x0cb\x07c\n", []string{"a\x0cb\x07c"}},
		{"\x1b[A/who\n\x00x\x00\n", []string{"\x1b[A/who", "\x00x\x00"}},
		{"\x0c0123456789\x0c\n", []string{"0123456789"}},
		{"unfinished", nil},
	} {
		for _, size := range []int{1, 2, 3, 7, 1 << 20} {
			d := &Decoder{Max: 10}
			if got := decode(d, []byte(c.typed), size); !equal(got, c.want) {
				t.Errorf("%q in pieces of %d is %q, want %q", c.typed, size, got, c.want)
			}
		}
	}
}

func equal(a, b []string) bool { return fmt.Sprintf("%q", a) == fmt.Sprintf("%q", b) }

func TestTheRestOfWhatDoesNotEnd(t *testing.T) {
	d := &Decoder{Max: 10}
	decode(d, []byte("one\ntwo"), 100)
	if line, ok, err := d.Rest(); string(line) != "two" || !ok || err != nil {
		t.Errorf("%q, %v, %v", line, ok, err)
	}
	if _, ok, _ := d.Rest(); ok {
		t.Error("it is there twice")
	}
	decode(d, bytes.Repeat([]byte("x"), 100), 100)
	if _, ok, err := d.Rest(); !ok || !errors.Is(err, ErrTooLong) {
		t.Errorf("too long: %v, %v", ok, err)
	}
}

func TestSkipDropsALineThatHasBegun(t *testing.T) {
	d := &Decoder{Max: 10}
	decode(d, []byte("GET / HT"), 100)
	d.Skip()
	if got := decode(d, []byte("TP/1.1 and more than it could hold\r\nann\n"), 3); !equal(got, []string{"ann"}) {
		t.Errorf("%q", got)
	}
	d = &Decoder{Max: 10}
	d.Skip()
	if got := decode(d, []byte("ann\n"), 100); !equal(got, []string{"ann"}) {
		t.Errorf("nothing had begun, and it is %q", got)
	}
}

func TestAppend(t *testing.T) {
	m := func(room chat.RoomID, kind chat.Kind, text string) chat.Message {
		return chat.Message{Room: room, Kind: kind, Nick: "ann", Text: text}
	}
	for want, e := range map[string]chat.Event{
		"ann: hello\n": chat.Posted{Message: m(chat.Lobby,
			chat.KindMessage, "hello")},
		"ann: one\nann: \nann: three\n": chat.Posted{Message: m(chat.Lobby,
			chat.KindMessage, "one\n\nthree")},
		"[dev] ann: one\n[dev] ann: bob: two\n": chat.Posted{Message: m("dev", chat.KindMessage,
			"one\nbob: two")},
		"* ann waves\n": chat.Posted{Message: m(chat.Lobby, chat.KindAction,
			"waves")},
		"[dev] * ann waves\n": chat.Posted{Message: m("dev", chat.KindAction,
			"waves")},
		"(to you alone) ann: psst\n": chat.Told{Message: m("@ann+bob", chat.KindMessage,
			"psst")},
		"ann enters the chat room\n": chat.Entered{Message: m(chat.Lobby,
			chat.KindEntered, "")},
		"ann enters the lobby\n": chat.Entered{Message: chat.Message{
			Room: chat.Lobby, Kind: chat.KindEntered, Nick: "ann", Author: 4, Place: 9,
		}},
		"[dev] ann enters the room\n": chat.Entered{Message: m("dev", chat.KindEntered,
			"")},
		"ann quits the chat room\n": chat.Left{Message: m(chat.Lobby, chat.KindLeft,
			"quit")},
		"ann leaves the lobby\n": chat.Left{
			Message: m(chat.Lobby, chat.KindLeft, "parted"), Reason: chat.ReasonParted,
		},
		"ann leaves the lobby (tea)\n": chat.Left{
			Message: m(chat.Lobby, chat.KindLeft, "parted: tea"), Reason: chat.ReasonParted,
			Detail: "tea",
		},
		"[dev] ann leaves the room\n":                               chat.Left{Message: m("dev", chat.KindLeft, "parted")},
		"ann is now anna\n":                                         chat.Renamed{Message: m(chat.Lobby, chat.KindRenamed, "anna")},
		"[dev] ann changes the topic to: tea\n":                     chat.TopicSet{Message: m("dev", chat.KindTopic, "tea")},
		"ann removes the topic\n":                                   chat.TopicSet{Message: m(chat.Lobby, chat.KindTopic, "")},
		"Administrator message: a\n" + "Administrator message: b\n": chat.Announced{Message: chat.Message{Text: "a\nb"}},
		english.Asked + "\n":                                        chat.Wanted{},
		"":                                                          chat.Changed{},
	} {
		if got := string(english.Append(nil, e)); got != want {
			t.Errorf("%+v is %q, want %q", e, got, want)
		}
	}
}

func TestParting(t *testing.T) {
	for _, c := range []struct {
		room   chat.RoomID
		count  int
		named  []string
		en, zh string
	}{
		{chat.Lobby, 1, []string{"ann"}, "ann leaves the lobby", "ann 离开大厅"},
		{
			chat.Lobby, 3,
			[]string{"ann", "bob"},
			"ann, bob and 1 other leave the lobby",
			"ann、bob 等 3 人离开大厅",
		},
		{"dev", 1, []string{"ann"}, "[dev] ann leaves the room", "[dev] ann 离开房间"},
	} {
		for lang, want := range map[locale.Lang]string{locale.English: c.en, locale.Chinese: c.zh} {
			if got := In(lang).Parting(c.room, c.count, c.named...); got != want {
				t.Errorf("%q, want %q", got, want)
			}
		}
	}
}

func TestReturning(t *testing.T) {
	for want, got := range map[string]string{
		"ann enters the lobby":                 english.Returning(chat.Lobby, 1, "ann"),
		"ann, bob and 1 other enter the lobby": english.Returning(chat.Lobby, 3, "ann", "bob"),
		"小明 进入大厅":                              chinese.Returning(chat.Lobby, 1, "小明"),
		"[dev] ann enters the room":            english.Returning("dev", 1, "ann"),
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestComing(t *testing.T) {
	for _, c := range []struct {
		room  chat.RoomID
		enter bool
		count int
		named []string
		want  string
	}{
		{chat.Lobby, true, 2, []string{"ann", "bob"}, "ann, bob enter the chat room"},
		{chat.Lobby, true, 40, []string{"ann", "bob"}, "ann, bob and 38 others enter the chat room"},
		{chat.Lobby, false, 3, []string{"ann", "bob"}, "ann, bob and 1 other quit the chat room"},
		{"dev", false, 2, []string{"ann", "bob"}, "[dev] ann, bob leave the room"},
		{"dev", true, 1, []string{"ann"}, "[dev] ann enters the room"},
	} {
		if got := english.Coming(c.room, c.enter, c.count, c.named...); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

func TestWhatTheServerSaysIsOneLine(t *testing.T) {
	for want, got := range map[string]string{
		"Welcome to the chat room, ann. 38 others are here. /help lists commands.":  english.Welcome("ann", 38),
		"Welcome to the chat room, ann. 1 other is here. /help lists commands.":     english.Welcome("ann", 1),
		"Welcome to the chat room, ann. Nobody else is here. /help lists commands.": english.Welcome("ann", 0),
		"--- you missed 12 messages ---":                                            english.Missed(12, 12, false),
		"--- you missed 1 message ---":                                              english.Missed(1, 1, false),
		"--- you missed 120 messages, the last 20 follow ---":                       english.Missed(120, 20, false),
		"--- you missed 200 messages or more, the last 20 follow ---":               english.Missed(200, 20, true),
		"! the nickname is occupied":                                                english.Refused(chat.Refuse(chat.NickOccupied)),
		"! not sent: you have left that room, or it was removed; " +
			"/join lobby first": english.Refused(chat.Refuse(chat.RoomUnknown)),
		"! two lines":        english.Refused(&chat.Refusal{Detail: "two\nlines"}),
		"bob is away: lunch": english.IsAway("bob", "lunch"),
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// TestLinesInChinese: a Chinese reader reads the same, and the structure is that of English.
func TestLinesInChinese(t *testing.T) {
	m := func(room chat.RoomID, kind chat.Kind, text string) chat.Message {
		return chat.Message{Room: room, Kind: kind, Nick: "小明", Text: text}
	}
	w := In(locale.Chinese)
	for want, e := range map[string]chat.Event{
		"小明: 你好\n":        chat.Posted{Message: m(chat.Lobby, chat.KindMessage, "你好")},
		"[dev] * 小明 挥手\n": chat.Posted{Message: m("dev", chat.KindAction, "挥手")},
		"（仅你可见） 小明: 嘘\n":  chat.Told{Message: m("@a+b", chat.KindMessage, "嘘")},
		"小明 进入聊天室\n":      chat.Entered{Message: m(chat.Lobby, chat.KindEntered, "")},
		"[dev] 小明 进入房间\n": chat.Entered{Message: m("dev", chat.KindEntered, "")},
		"小明 退出聊天室\n":      chat.Left{Message: m(chat.Lobby, chat.KindLeft, "quit")},
		"[dev] 小明 离开房间（吃饭）\n": chat.Left{Reason: chat.ReasonParted, Detail: "吃饭", Message: m("dev",
			chat.KindLeft, "parted")},
		"小明 改名为 大明\n":              chat.Renamed{Message: m(chat.Lobby, chat.KindRenamed, "大明")},
		"[dev] 小明 将主题改为：茶\n":       chat.TopicSet{Message: m("dev", chat.KindTopic, "茶")},
		"小明 清除了主题\n":               chat.TopicSet{Message: m(chat.Lobby, chat.KindTopic, "")},
		"管理员消息：一\n管理员消息：二\n":       chat.Announced{Message: chat.Message{Text: "一\n二"}},
		"有人想使用你的昵称，已被拒绝：昵称仍归你使用\n": chat.Wanted{},
		"": chat.Changed{},
	} {
		if got := string(w.Append(nil, e)); got != want {
			t.Errorf("%+v is %q, want %q", e, got, want)
		}
	}
	for want, got := range map[string]string{
		"欢迎来到聊天室，小明。另有 38 人在线。输入 /help 查看命令。": w.Welcome("小明", 38),
		"欢迎来到聊天室，小明。现在只有你一个人。输入 /help 查看命令。":  w.Welcome("小明", 0),
		"主题：茶":                w.Topic("茶"),
		"--- 你错过了 12 条消息 ---": w.Missed(12, 12, false),
		"--- 你错过了 至少 200 条消息，以下是最后 20 条 ---": w.Missed(200, 20, true),
		"! 昵称已被占用":               w.Refused(chat.Refuse(chat.NickOccupied)),
		"小红 暂离：吃饭":               w.IsAway("小红", "吃饭"),
		"你已被移出聊天室":               w.Removed(""),
		"你已被移出聊天室：刷屏":            w.Removed("刷屏"),
		"小红、小明 进入聊天室":            w.Coming(chat.Lobby, true, 2, "小红", "小明"),
		"[dev] 小红、小明 等 40 人离开房间": w.Coming("dev", false, 40, "小红", "小明"),
		strings.Repeat("一", 200) + "……（还有 3 字节，用 /history 查看）": w.Shortened(strings.Repeat("一",
			201)),
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// FuzzAppend: whatever is said, each line of it begins with who said it, so nobody can put words into another's mouth.
func FuzzAppend(f *testing.F) {
	f.Add("hello\nbob: no")
	f.Fuzz(func(t *testing.T, typed string) {
		text, err := chat.ParseText(typed, 1<<16)
		if err != nil {
			return
		}
		out := string(english.Append(nil, chat.Posted{Message: chat.Message{
			Room: "dev",
			Kind: chat.KindMessage, Nick: "ann", Text: text,
		}}))
		if !utf8.ValidString(out) || !strings.HasSuffix(out, "\n") {
			t.Fatalf("%q", out)
		}
		for line := range strings.SplitSeq(strings.TrimSuffix(out, "\n"), "\n") {
			if !strings.HasPrefix(line, "[dev] ann: ") || strings.ContainsAny(line, "\r\x00\x1b\x07") {
				t.Fatalf("%q", line)
			}
		}
	})
}
