package command

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"parley/chat"
	"parley/locale"
)

func TestParseReadsWhatIsTyped(t *testing.T) {
	for line, want := range map[string]string{
		"who":                              "who map[]",
		"  who  ":                          "who map[]",
		"WHO dev":                          "who map[room:dev]",
		"names":                            "who map[]",
		"msg bob --hi":                     "msg map[nick:bob text:--hi]",
		"kick bob":                         "kick map[nick:bob]",
		"kick bob too  loud ":              "kick map[nick:bob reason:too  loud]",
		"announce a  b":                    "announce map[text:a  b]",
		"history":                          "history map[]",
		"history attic --last 5":           "history map[last:5 room:attic]",
		"history --last=5 attic":           "history map[last:5 room:attic]",
		"history --follow attic --last  5": "history map[follow:true last:5 room:attic]",
	} {
		c, a, err := Parse(line, nil)
		if got := fmt.Sprint(c.Name, " ", map[string]string(a)); err != nil || got != want {
			t.Errorf("%q is read as %q, %v; want %q", line, got, err, want)
		}
	}
}

func TestParseRefusesWhatItCannotRead(t *testing.T) {
	for line, want := range map[string]chat.Code{
		"":                 chat.CommandUnknown,
		"dance":            chat.CommandUnknown,
		"who me now":       chat.BadArgument,
		"who --last 5":     chat.BadArgument,
		"history a b":      chat.BadArgument,
		"history --":       chat.BadArgument,
		"history --nick x": chat.BadArgument,
	} {
		_, _, err := Parse(line, nil)
		var refusal *chat.Refusal
		if !errors.As(err, &refusal) || refusal.Code != want {
			t.Errorf("%q: %v, want %v", line, err, want)
		}
	}
}

func TestRunRefusesArgumentsBeforeItDoesAnything(t *testing.T) {
	kick, _ := Find("kick")
	desk := new(Desk) // there is no server: whatever is done would panic
	for _, a := range []Arguments{{}, {"nick": " "}, {"nick": "bob", "colour": "red"}} {
		err := kick.Run(context.Background(), desk, nil, a, nil)
		var refusal *chat.Refusal
		if !errors.As(err, &refusal) || refusal.Code != chat.BadArgument {
			t.Errorf("%v: %v", a, err)
		}
	}
	if counts := desk.Refused.Counts(); counts["bad_argument"] != 3 {
		t.Errorf("counted %v", counts)
	}
}

func TestEveryRowIsComplete(t *testing.T) {
	for _, c := range Table() {
		if c.Help.EN == "" || c.Help.ZH == "" || c.Answer == nil || c.run == nil {
			t.Errorf("%s lacks something", c.Name)
		}
		for _, p := range c.Parameters {
			if p.Help.EN == "" || p.Help.ZH == "" {
				t.Errorf("%s %s has no help in both languages", c.Name, p.Name)
			}
		}
		if _, _, err := Parse(c.Name+" "+c.Example, nil); err != nil {
			t.Errorf("the example of %s is refused: %v", c.Name, err)
		}
	}
}

func TestLinesOfHistoryAreShownInBothLanguages(t *testing.T) {
	at := time.Date(2026, 11, 22, 12, 0, 0, 0, time.Local)
	for _, c := range []struct {
		kind   chat.Kind
		text   string
		en, zh string
	}{
		{chat.KindMessage, "a\nb", "ann: a\n                     b", "ann: a\n                     b"},
		{chat.KindAnnouncement, "lunch", "Administrator message: lunch", "管理员公告：lunch"},
		{chat.KindEntered, "", "ann enters the chat room", "ann 进入聊天室"},
		{chat.KindLeft, "quit", "ann quits the chat room (quit)", "ann 离开聊天室（主动退出）"},
	} {
		l := &Line{chat.Message{Kind: c.kind, Nick: "ann", Text: c.text, Time: at}}
		const when = "2026-11-22 12:00:00  "
		if got := l.Text(locale.English); got != when+c.en {
			t.Errorf("%s in English: %q", c.kind, got)
		}
		if got := l.Text(locale.Chinese); got != when+c.zh {
			t.Errorf("%s in Chinese: %q", c.kind, got)
		}
	}
}
