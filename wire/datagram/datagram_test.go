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
		"entering":       {chat.Entered{Message: ann}, []string{"ann enters the chat room"}},
		"leaving":        {chat.Left{Message: ann}, []string{"ann quits the chat room"}},
		"talking":        {said1("ann", " hello  world"), []string{"ann:  hello  world"}},
		"several lines":  {said1("ann", "a\n\nb"), []string{"ann: a", "ann: ", "ann: b"}},
		"administrator":  {chat.Announced{Text: "lunch\nat one"}, []string{"Administrator message: lunch", "Administrator message: at one"}},
		"asked for":      {chat.Wanted{}, []string{"somebody asks for your nickname"}},
		"a long text":    {said1("ann", strings.Repeat("x", 2000)), []string{"ann: " + strings.Repeat("x", 1019), "ann: " + strings.Repeat("x", 981)}},
		"long, Chinese":  {said1("ann", strings.Repeat("好", 400)), []string{"ann: " + strings.Repeat("好", 339), "ann: " + strings.Repeat("好", 61)}},
		"exactly a line": {said1("ann", strings.Repeat("x", 1019)), []string{"ann: " + strings.Repeat("x", 1019)}},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, l := range Lines(c.event) {
				got = append(got, string(l))
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestIsEventTellsEventsFromAnswers(t *testing.T) {
	for _, e := range []chat.Event{
		chat.Entered{Message: chat.Message{Nick: "小明"}},
		chat.Left{Message: chat.Message{Nick: "ann"}},
		said1("ann", "x"), said1("ann", ""),
		chat.Announced{Text: "x"},
	} {
		for _, l := range Lines(e) {
			if !IsEvent(string(l)) {
				t.Errorf("%q should read as an event", l)
			}
		}
	}
	for _, c := range chat.Codes() {
		if IsEvent(c.Sentence()) {
			t.Errorf("the refusal %q reads as an event", c.Sentence())
		}
		if c != chat.OK && RefusalCode(c.Sentence()) != c {
			t.Errorf("%q is not read back as %v", c.Sentence(), c)
		}
	}
	for _, l := range []string{OK, Exit, Help, Asked, Idle, Stopping, Removed, "", " "} {
		if IsEvent(l) {
			t.Errorf("%q reads as an event", l)
		}
	}
	if len(Help) > 120 {
		t.Errorf("the help line has %d bytes, more than 120: it would make us an amplifier", len(Help))
	}
}

func TestComingIsNotWhatSomebodySays(t *testing.T) {
	for line, want := range map[string]string{
		"ann enters the chat room":      "ann true true",
		"小明 quits the chat room":        "小明 false true",
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
		for _, l := range Lines(said1(nick, text)) {
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
