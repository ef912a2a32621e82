package command

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/clipperhouse/displaywidth"

	"parley/chat"
	"parley/hub"
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
		"kick\u3000bob":                    "kick map[nick:bob]",
		"\u3000who\u3000\u3000dev\u3000":   "who map[room:dev]",
		"rooms\u3000remove dev --yes":      "rooms remove map[room:dev yes:true]",
		"history attic --last\u30005":      "history map[last:5 room:attic]",
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
		"history --last":   chat.BadArgument,
		"history --last=":  chat.BadArgument,
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
		for _, example := range []string{c.Example.EN, c.Example.ZH} {
			if _, _, err := Parse(c.Name+" "+example, nil); err != nil {
				t.Errorf("the example of %s is refused: %v", c.Name, err)
			}
		}
	}
}

func TestTheAdministratorNamesRoomsAsMembersDo(t *testing.T) {
	member := &Caller{Room: "attic"}
	for _, c := range []struct {
		typed                string
		administrator, guest chat.RoomID // empty: refused
	}{
		{"kitchen", "kitchen", "kitchen"},
		{"#Kitchen", "kitchen", "kitchen"},
		{"", chat.Lobby, "attic"},
		{"a b", "", ""},
	} {
		for caller, want := range map[*Caller]chat.RoomID{nil: c.administrator, member: c.guest} {
			call := call{caller: caller, args: Arguments{"room": c.typed}}
			if got, err := call.room("room"); got != want || (err == nil) != (want != "") {
				t.Errorf("%q of %v is %q, %v; want %q", c.typed, caller, got, err, want)
			}
		}
	}
}

func TestLinesOfHistoryAreShownInBothLanguages(t *testing.T) {
	at := time.Date(2026, 11, 22, 12, 0, 0, 0, time.Local)
	for _, c := range []struct {
		room   chat.RoomID
		kind   chat.Kind
		text   string
		en, zh string
	}{
		{chat.Lobby, chat.KindMessage, "a\nb", "ann: a\n                     b", "ann: a\n                     b"},
		{chat.Lobby, chat.KindAnnouncement, "lunch", "Administrator message: lunch", "管理员消息：lunch"},
		{chat.Lobby, chat.KindTopic, "tea", "ann changes the topic to: tea", "ann 将主题改为：tea"},
		{chat.Lobby, chat.KindTopic, "", "ann removes the topic", "ann 清除了主题"},
		{chat.Lobby, chat.KindEntered, "", "ann enters the chat room", "ann 进入聊天室"},
		{chat.Lobby, chat.KindLeft, "quit", "ann quits the chat room", "ann 退出聊天室"},
		{
			chat.Lobby, chat.KindLeft, "parted: tea",
			"ann leaves the lobby (tea)", "ann 离开大厅（tea）",
		},
		{chat.Lobby, chat.KindLeft, "parted", "ann leaves the lobby", "ann 离开大厅"},
		{"dev", chat.KindEntered, "", "ann enters the room", "ann 进入房间"},
		{"dev", chat.KindLeft, "parted", "ann leaves the room", "ann 离开房间"},
		{
			"dev", chat.KindLeft, "kicked: loud",
			"ann leaves the room (removed by the administrator: loud)",
			"ann 离开房间（被踢出：loud）",
		},
	} {
		l := &Line{chat.Message{
			Room: c.room, Kind: c.kind, Nick: "ann", Text: c.text, Time: at, Author: 4, Place: 4,
		}}
		const when = "2026-11-22 12:00:00  "
		if got := l.Text(locale.English); got != when+c.en {
			t.Errorf("%s in English: %q", c.kind, got)
		}
		if got := l.Text(locale.Chinese); got != when+c.zh {
			t.Errorf("%s in Chinese: %q", c.kind, got)
		}
	}
	back := &Line{chat.Message{
		Room: chat.Lobby, Kind: chat.KindEntered, Nick: "ann", Time: at, Author: 4, Place: 9,
	}}
	for lang, want := range map[locale.Lang]string{
		locale.English: "ann enters the lobby", locale.Chinese: "ann 进入大厅",
	} {
		if got := back.Text(lang); !strings.HasSuffix(got, "  "+want) {
			t.Errorf("%s of a member that comes back", got)
		}
	}
}

func TestWhatWasTypedComesBackEscaped(t *testing.T) {
	const hostile = "\x1b[31mred\x07\u009b2J\u202egnp.exe\r\n! forged"
	refused := func(typed string, err error) {
		t.Helper()
		var refusal *chat.Refusal
		if !errors.As(err, &refusal) {
			t.Fatalf("%q is not refused: %v", typed, err)
		}
		said := refusal.Error()
		if strings.ContainsFunc(said, func(r rune) bool { return !unicode.IsPrint(r) }) {
			t.Errorf("%q comes back as %q", typed, said)
		}
		if len(said) > 400 {
			t.Errorf("%d bytes come back as %d", len(typed), len(said))
		}
	}
	long := func(s string) string { return strings.Repeat(s, 10_000) }
	for _, argument := range []string{hostile, long("\x1b"), long("\x80")} {
		word := strings.ReplaceAll(argument, " ", "")
		for _, before := range []string{"", "who a ", "who --", "history --"} {
			_, _, err := Parse(before+word, nil)
			refused(before+word, err)
		}
		for _, row := range Table() {
			ctx, desk := context.Background(), new(Desk)
			caller := &Caller{}
			refused(row.Name, row.Run(ctx, desk, caller, Arguments{argument: "x"}, nil))
			if row.Name == "history" || row.Name == "help" {
				for _, p := range row.Parameters {
					a := Arguments{p.Name: argument}
					refused(row.Name, row.Run(ctx, desk, caller, a, nil))
				}
			}
		}
	}
}

func TestNobodyIsRefusedOnceTheClientHasGone(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	desk := new(Desk)
	if err := kick.Run(ctx, desk, nil, Arguments{}, nil); err == nil {
		t.Fatal("it is not refused")
	}
	if counts := desk.Refused.Counts(); len(counts) > 0 {
		t.Errorf("counted %v", counts)
	}
}

func TestHelpIsInOneLanguageAndFitsNarrowTerminals(t *testing.T) {
	for _, caller := range []*Caller{nil, {}} {
		answers := []*Help{{Rows: Offered(caller), Inside: caller != nil}}
		for _, row := range Offered(caller) {
			answers = append(answers, &Help{Rows: []Command{row}, One: true})
		}
		for _, h := range answers {
			for _, lang := range []locale.Lang{locale.English, locale.Chinese} {
				for line := range strings.SplitSeq(h.Text(lang), "\n") {
					if n := displaywidth.String(line); n > helpColumns {
						t.Errorf("%d columns: %s", n, line)
					}
					if lang == locale.English && strings.ContainsFunc(line, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
						t.Errorf("English with Chinese in it: %s", line)
					}
				}
			}
		}
	}
}

func TestStatusIsFourLinesUnlessAllIsAsked(t *testing.T) {
	s := &State{Version: "v1", Storage: "ok", RoomCount: 2, Messages: 6, Doors: []DoorState{
		{Report: hub.Report{Name: "udp"}, Members: 1}, {Report: hub.Report{Name: "line"}, Members: 2},
	}}
	s.Started = time.Date(2026, 11, 22, 12, 0, 0, 0, time.Local)
	const brief = "running: v1 since 2026-11-22 12:00:00\n" +
		"inside: 3 members (UDP 1, TCP 2)\nhistory: 6 messages, including joins, leaves " +
		"and private messages; 2 rooms\nstorage: ok"
	if got := s.Text(locale.English); got != brief {
		t.Errorf("it says %s", got)
	}
	const chinese = "聊天记录：6 条消息（含进出记录和私聊），2 个房间\n"
	if got := s.Text(locale.Chinese); !strings.Contains(got, chinese) {
		t.Errorf("in Chinese it says %s", got)
	}
	s.Rooms = []RoomState{{"lobby", 4, 3}, {"dev", 2, 1}}
	if s.All = true; !strings.HasPrefix(s.Text(locale.English), brief+"\n") || !strings.Contains(s.Text(locale.English), "room: dev, 1 inside, 2 messages") {
		t.Errorf("all of it is %s", s.Text(locale.English))
	}
}

func TestFullWidthSlashesAreSlashes(t *testing.T) {
	for typed, want := range map[string]string{
		"／help": "/help", "／／help": "//help", "/／help": "//help", "//／x": "//／x",
		"/help": "/help", "help": "help", "a／b": "a／b", "": "", "／": "/",
		" /msg bob hi": "/msg bob hi", "\u3000／私聊 小明 hi": "/私聊 小明 hi", "\t\u00a0/who": "/who",
		"\u200b\ufeff\u2003/who": "/who", "  //x": "//x", "  x": "  x", " ": " ", " x/": " x/",
	} {
		if got := Slashed(typed); got != want {
			t.Errorf("%q is %q, want %q", typed, got, want)
		}
	}
}
