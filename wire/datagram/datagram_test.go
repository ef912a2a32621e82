package datagram

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"parley/chat"
	"parley/locale"
)

func TestParseReadsWhatClientsSend(t *testing.T) {
	for name, c := range map[string]struct {
		datagram string
		want     Request
		err      error
	}{
		"enter":                        {"L ann", Request{Enter, "ann", ""}, nil},
		"enter in Chinese":             {"L 小明", Request{Enter, "小明", ""}, nil},
		"enter typed by hand":          {"L ann\r\n", Request{Enter, "ann", ""}, nil},
		"enter without a name":         {"L", Request{Enter, "", ""}, nil},
		"enter with an empty name":     {"L ", Request{Enter, "", ""}, nil},
		"a name keeps its spaces":      {"L  ann lee ", Request{Enter, " ann lee ", ""}, nil},
		"say":                          {"C ann hello", Request{Say, "ann", "hello"}, nil},
		"spaces of a text are kept":    {"C ann   a  b ", Request{Say, "ann", "  a  b "}, nil},
		"a text of several lines":      {"C ann a\nb", Request{Say, "ann", "a\nb"}, nil},
		"only one line break is eaten": {"C ann a\n\n", Request{Say, "ann", "a\n"}, nil},
		"say without a text":           {"C ann", Request{Say, "ann", ""}, nil},
		"say without anything":         {"C", Request{Say, "", ""}, nil},
		"quit":                         {"Q ann", Request{Quit, "ann", ""}, nil},
		"empty":                        {"", Request{}, ErrEmpty},
		"a line break only":            {"\n", Request{}, ErrEmpty},
		"NUL":                          {"C ann a\x00b", Request{}, ErrEncoding},
		"invalid UTF-8":                {"C ann \xff", Request{}, ErrEncoding},
		"a verb in lower case":         {"l ann", Request{}, ErrUnknown},
		"an unknown verb":              {"X ann", Request{}, ErrUnknown},
		"a long verb":                  {"LOGIN ann", Request{}, ErrUnknown},
		"no verb":                      {"hello", Request{}, ErrUnknown},
		"a space first":                {" L ann", Request{}, ErrUnknown},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Parse([]byte(c.datagram))
			if !errors.Is(err, c.err) {
				t.Fatalf("error %v, want %v", err, c.err)
			}
			if got != c.want {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}

func said1(nick, text string) chat.Event {
	return chat.Posted{Message: chat.Message{Nick: nick, Text: text}}
}

func TestLinesAreWordedAsClientsExpect(t *testing.T) {
	ann := chat.Message{Nick: "ann"}
	for name, c := range map[string]struct {
		event chat.Event
		want  []string
	}{
		"entering":      {chat.Entered{Message: ann}, []string{"ann enters the chat room"}},
		"leaving":       {chat.Left{Message: ann}, []string{"ann quits the chat room"}},
		"talking":       {said1("ann", " hello  world"), []string{"ann:  hello  world"}},
		"several lines": {said1("ann", "a\n\nb"), []string{"ann: a", "ann: ", "ann: b"}},
		"administrator": {
			chat.Announced{Message: chat.Message{Text: "lunch\nat one"}},
			[]string{"Administrator message: lunch", "Administrator message: at one"},
		},
		"asked for":      {chat.Wanted{}, []string{"somebody asks for your nickname"}},
		"a long text":    {said1("ann", strings.Repeat("x", 2000)), []string{"ann: " + strings.Repeat("x", 1019), "ann: " + strings.Repeat("x", 981)}},
		"long, Chinese":  {said1("ann", strings.Repeat("好", 400)), []string{"ann: " + strings.Repeat("好", 339), "ann: " + strings.Repeat("好", 61)}},
		"exactly a line": {said1("ann", strings.Repeat("x", 1019)), []string{"ann: " + strings.Repeat("x", 1019)}},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, l := range In(locale.English).Lines(c.event) {
				got = append(got, string(l))
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestIsEventTellsEventsFromAnswers(t *testing.T) {
	for _, w := range everyWords {
		for _, e := range []chat.Event{
			chat.Entered{Message: chat.Message{Nick: "小明"}},
			chat.Left{Message: chat.Message{Nick: "ann"}},
			said1("ann", "x"), said1("ann", ""),
			chat.Announced{Message: chat.Message{Text: "x"}},
		} {
			for _, l := range w.Lines(e) {
				if !IsEvent(string(l)) {
					t.Errorf("%q should read as an event", l)
				}
			}
		}
		for _, c := range chat.Codes() {
			sentence := w.Refusal(chat.Refuse(c))
			if IsEvent(sentence) {
				t.Errorf("the refusal %q reads as an event", sentence)
			}
			if c != chat.OK && RefusalCode(sentence) != c {
				t.Errorf("%q is not read back as %v", sentence, c)
			}
		}
		removed, _ := w.Removal(chat.ReasonKicked, "")
		for _, l := range []string{OK, Exit, w.Help, w.Asked, w.Idle, w.Stopping, removed, "", " "} {
			if IsEvent(l) {
				t.Errorf("%q reads as an event", l)
			}
		}
		if len(w.Help) > 120 {
			t.Errorf("the help line has %d bytes, more than 120: it would make us an amplifier", len(w.Help))
		}
	}
}

// TestWhatOneLanguageSaysIsReadInEvery: a client does not know which its server speaks.
func TestWhatOneLanguageSaysIsReadInEvery(t *testing.T) {
	for _, w := range everyWords {
		if lines, ok := LostLines(string(w.Lost(7))); lines != 7 || !ok {
			t.Errorf("%s: %d %v", w.Lost(7), lines, ok)
		}
		if !IsAsked(w.Asked) || !IsIdle(w.Idle) || IsAsked(w.Idle) || IsIdle(w.Asked) {
			t.Errorf("%q and %q are mistaken", w.Asked, w.Idle)
		}
		for detail, want := range map[string]string{"": "", "spam: too much": "spam: too much"} {
			line, told := w.Removal(chat.ReasonKicked, detail)
			if got, ok := Removal(line); got != want || !ok || !told {
				t.Errorf("%q: %q %v %v", line, got, ok, told)
			}
		}
		if line, told := w.Removal(chat.ReasonIdle, ""); !told || line == w.removed {
			t.Errorf("silence is told as %q, %v", line, told)
		}
		if _, told := w.Removal(chat.ReasonQuit, ""); told {
			t.Error("a member that quits is told that it was removed")
		}
	}
	for _, line := range []string{"", "OK", "bob: " + Removed, Removed + " not", "你已被移出聊天室了", "（仅你可见）"} {
		if reason, ok := Removal(line); ok {
			t.Errorf("%q reads as a removal for %q", line, reason)
		}
		if _, ok := LostLines(line); ok {
			t.Errorf("%q reads as a loss", line)
		}
	}
}

// TestTheChineseWordsAreThoseOfTheExercise: clients of courses compare and cut them.
func TestTheChineseWordsAreThoseOfTheExercise(t *testing.T) {
	ming := chat.Message{Nick: "小明", Text: "你好"}
	for want, e := range map[string]chat.Event{
		"小明 进入聊天室":     chat.Entered{Message: ming},
		"小明 退出聊天室":     chat.Left{Message: ming},
		"小明: 你好":       chat.Posted{Message: ming},
		"小明: （仅你可见）你好": chat.Told{Message: ming},
		"管理员消息：开会":     chat.Announced{Message: chat.Message{Text: "开会"}},
		"有人想使用你的昵称":    chat.Wanted{},
	} {
		if got := string(bytes.Join(In(locale.Chinese).Lines(e), []byte("|"))); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if got := In(locale.Chinese).Refusal(chat.Refuse(chat.NickOccupied)); got != "昵称已被占用" {
		t.Errorf("an occupied nickname: %q", got)
	}
}

func TestComingIsNotWhatSomebodySays(t *testing.T) {
	for line, want := range map[string]string{
		"ann enters the chat room":      "ann true true",
		"小明 quits the chat room":        "小明 false true",
		"小明 进入聊天室":                      "小明 true true",
		"ann 退出聊天室":                     "ann false true",
		"bob: ann 退出聊天室":                " false false",
		"ann: enters the chat room":     " false false",
		"bob: ann enters the chat room": " false false",
		"ann enters the chat room.":     " false false",
		" enters the chat room":         " false false",
		"OK":                            " false false",
	} {
		nick, enter, ok := Coming(line)
		if got := fmt.Sprint(nick, " ", enter, " ", ok); got != want {
			t.Errorf("%q: %s, want %s", line, got, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"L ann", "C ann hello", "Q ann", "C", "L", "", "\n", "C ann a\x00", "C ann \xff\xfe", "C 小明  你好 ", "X"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := Parse(b)
		if err != nil {
			if r != (Request{}) {
				t.Fatalf("an error comes with %+v", r)
			}
			return
		}
		if !utf8.ValidString(r.Name+r.Text) || strings.ContainsRune(r.Name+r.Text, 0) {
			t.Fatalf("%+v holds what must not pass", r)
		}
		again, err := Parse(append(r.Append(nil), '\n'))
		if err != nil || again != r {
			t.Fatalf("%+v reads back as %+v, %v", r, again, err)
		}
	})
}

func FuzzLines(f *testing.F) {
	f.Add("ann", "hello")
	f.Add("小明", strings.Repeat("好\n", 600)+strings.Repeat("é", 2000))
	f.Fuzz(func(t *testing.T, nick, text string) {
		if !utf8.ValidString(text) || len(nick) > chat.NickMaxBytes || strings.ContainsAny(nick, "\n") {
			t.Skip()
		}
		var all []string
		for _, l := range In(locale.English).Lines(said1(nick, text)) {
			if len(l) > MaxLine || bytes.ContainsRune(l, '\n') || utf8.ValidString(nick) && !utf8.Valid(l) {
				t.Fatalf("not a line: %q", l)
			}
			rest, ok := strings.CutPrefix(string(l), nick+": ")
			if !ok {
				t.Fatalf("%q does not say whose it is", l)
			}
			all = append(all, rest)
		}
		if strings.Join(all, "") != strings.ReplaceAll(text, "\n", "") {
			t.Fatalf("%q arrives as %q", text, all)
		}
	})
}
