package command

import (
	"errors"
	"strings"
	"testing"

	"parley/chat"
	"parley/locale"
)

func TestTheAdministratorIsToldWhichRoomIsTheDefault(t *testing.T) {
	for _, c := range []struct {
		caller *Caller
		help   string
	}{
		{nil, "room (default: lobby)"},
		{&Caller{}, "(default: the current room)"},
	} {
		for _, name := range []string{"who", "history"} {
			row, _ := Find(name)
			h := &Help{Rows: []Command{row.typed(c.caller)}, One: true}
			if got := h.Text(locale.English); !strings.Contains(got, c.help) {
				t.Errorf("%s: %s", name, got)
			}
		}
	}
	for _, row := range Steering() {
		if row.Name == "who" && row.Help.EN != "list the members of a room (default: lobby)" {
			t.Errorf("in a shell: %s", row.Help.EN)
		}
	}
	if roomToShow.Help.EN == roomToShow.Outside.EN {
		t.Error("a member is told what the administrator is told")
	}
}

func TestARefusalNamesTheRoom(t *testing.T) {
	_, invalid := publicRoom("@x")
	member := call{caller: &Caller{}}
	for _, c := range []struct {
		err    error
		code   chat.Code
		en, zh string
	}{
		{
			invalid, chat.RoomName,
			`invalid room name "@x": it cannot contain "@"`, `房间名 "@x" 无效：不能含有 "@"`,
		},
		{
			member.noRoom("attic"), chat.RoomUnknown,
			`no room "attic": /rooms lists the rooms`, `没有房间 "attic"，输入 /rooms 查看所有房间`,
		},
		{
			call{}.noRoom("attic"), chat.RoomUnknown,
			`no room "attic": parley rooms lists the rooms`,
			`没有房间 "attic"，用 parley rooms 查看所有房间`,
		},
		{
			call{typed: true}.noRoom("attic"), chat.RoomUnknown,
			`no room "attic": /rooms lists the rooms`, `没有房间 "attic"，输入 /rooms 查看所有房间`,
		},
		{
			call{typed: true}.noPair("@ann+大明", "大明"), chat.RoomUnknown,
			`no private messages "@ann+大明": no member is called "大明" now, and private messages ` +
				"are deleted when one of the two members leaves the chat room; " +
				"/who lists the members",
			`没有 "@ann+大明" 的私聊：聊天室里没有 "大明"，一方退出后私聊即被删除；用 /who 查看在线成员`,
		},
		{
			call{}.noRoom("@ann+大明"), chat.RoomUnknown,
			`no private messages "@ann+大明" yet`, `还没有 "@ann+大明" 的私聊`,
		},
		{
			notNumber("5", member.noRoom("5")), chat.RoomUnknown,
			`no room "5": /rooms lists the rooms; for the last 5 messages, use --last 5`,
			`没有房间 "5"，输入 /rooms 查看所有房间；查看最近 5 条消息请用 --last 5`,
		},
	} {
		var refusal *chat.Refusal
		if !errors.As(c.err, &refusal) || refusal.Code != c.code || refusal.Detail != c.en ||
			refusal.Chinese != c.zh {
			t.Errorf("%#v, want %s", c.err, c.en)
		}
	}
}

// TestARefusalSaysWhyNoRoomIsCalledSo: it names the character, if that is the reason.
func TestARefusalSaysWhyNoRoomIsCalledSo(t *testing.T) {
	for name, c := range map[string]locale.Text{
		"a/b":                   {EN: `it cannot contain "/"`, ZH: `不能含有 "/"`},
		"#a#":                   {EN: `it cannot contain "#"`, ZH: `不能含有 "#"`},
		"开会：":                   {EN: `it cannot contain "："`, ZH: `不能含有 "："`},
		"a b":                   {EN: "it cannot contain a space", ZH: "不能含有空格"},
		"a\u200bb":              {EN: "invisible character U+200B", ZH: "不可见字符 U+200B"},
		"#":                     {EN: "it is empty", ZH: "名称为空"},
		"...":                   {EN: "it needs a letter or a digit", ZH: "至少要有一个文字或数字"},
		"a\xff":                 {EN: "it is not UTF-8 text", ZH: "不是 UTF-8 文本"},
		"pаypal":                {EN: "mixes alphabets", ZH: "混用了容易混淆的文字"}, // а is Cyrillic
		strings.Repeat("房", 22): {EN: "and 64 bytes in UTF-8", ZH: "不超过 64 字节"},
		strings.Repeat("a", 33): {EN: "at most 32 characters", ZH: "最多 32 个字符"},
	} {
		var refusal *chat.Refusal
		_, err := publicRoom(name)
		if !errors.As(err, &refusal) || !strings.Contains(refusal.Detail, c.EN) ||
			!strings.Contains(refusal.Chinese, c.ZH) || refusal.Code != chat.RoomName {
			t.Errorf("%q: %+v", name, refusal)
		}
	}
}

func TestArgumentsThatNoServerTakesAreRefusedAtOnce(t *testing.T) {
	for _, c := range []struct {
		command, argument, value string
		code                     chat.Code
	}{
		{"history", "last", "x", chat.BadArgument},
		{"history", "last", "-1", chat.BadArgument},
		{"history", "last", "20", chat.OK},
		{"history", "room", "a b", chat.RoomName},
		{"history", "room", "@ann+bob", chat.OK},
		{"history", "room", "＠ann＋bob", chat.OK},
		{"who", "room", "@", chat.RoomName},
		{"kick", "nick", "a b", chat.NickCharacters},
		{"kick", "nick", "", chat.OK},
	} {
		row, _ := Find(c.command)
		err := row.CheckArguments(Arguments{c.argument: c.value})
		var refusal *chat.Refusal
		refused := errors.As(err, &refusal)
		if refused != (c.code != chat.OK) || refused && refusal.Code != c.code {
			t.Errorf("%s %q: %v, want %v", c.command, c.value, err, c.code)
		}
	}
}

// TestHelpOnACommandOfOthersSaysWhoseItIs, as the command itself does.
func TestHelpOnACommandOfOthersSaysWhoseItIs(t *testing.T) {
	help, _ := Find("help")
	for name, c := range map[string]struct {
		caller *Caller
		code   chat.Code
	}{
		"/kick": {&Caller{}, chat.NotAllowed}, "announce": {&Caller{}, chat.NotAllowed},
		"/join": {nil, chat.NotInside}, "kikc": {&Caller{}, chat.CommandUnknown},
	} {
		var refusal *chat.Refusal
		err := help.Run(t.Context(), new(Desk), c.caller, Arguments{"command": name}, nil)
		if !errors.As(err, &refusal) || refusal.Code != c.code {
			t.Errorf("/help %s: %v, want %v", name, err, c.code)
		}
	}
}

func TestARoomIsRemovedOnlyIfThatIsConfirmed(t *testing.T) {
	for _, c := range []struct {
		room      chat.RoomID
		messages  chat.Seq
		confirmed bool
		en, zh    string
	}{
		{chat.Lobby, 3, true, "the lobby cannot be removed", "大厅不能删除"},
		{chat.Everywhere, 3, true, "announcements cannot be removed", "管理员消息不能删除"},
		{
			"dev", 1, false,
			"dev has 1 message (joins and leaves included) and 2 members, and cannot be " +
				"restored after a removal: add --yes to remove it",
			"dev 有 1 条消息（含进出记录）、2 名成员，删除后无法恢复：加上 --yes 确认删除",
		},
		{
			"@2:3", 1, false, // a name that nobody typed
			"these two members have 1 private message, which cannot be restored after a removal: " +
				"add --yes to remove it",
			"这两名成员的 1 条私聊删除后无法恢复：加上 --yes 确认删除",
		},
		{"dev", 1_000_000, true, "", ""},
	} {
		err := mayRemove(c.room, c.messages, 2, c.confirmed)
		if c.en == "" {
			if err != nil {
				t.Errorf("%+v: %v", c, err)
			}
			continue
		}
		var refusal *chat.Refusal
		if !errors.As(err, &refusal) {
			t.Errorf("%+v: %v", c, err)
			continue
		}
		for lang, want := range map[locale.Lang]string{locale.English: c.en, locale.Chinese: c.zh} {
			if got := locale.HelpfulRefusal(refusal, lang); !strings.Contains(got, want) {
				t.Errorf("%+v: %q", c, got)
			}
		}
	}
}

func TestARemovalThatIsNotConfirmedSaysWhatIsRemoved(t *testing.T) {
	what, is := Unconfirmed(mayRemove("dev", 1, 2, false))
	const en = "dev has 1 message (joins and leaves included) and 2 members, and cannot be " +
		"restored after a removal"
	const zh = "dev 有 1 条消息（含进出记录）、2 名成员，删除后无法恢复"
	if !is || what.EN != en || what.ZH != zh {
		t.Errorf("%v %+v", is, what)
	}
	for _, err := range []error{
		nil, mayRemove(chat.Lobby, 1, 2, false), errors.New(en + toConfirm.EN),
		mayRemove("dev", 1, 0, true),
	} {
		if what, is := Unconfirmed(err); is {
			t.Errorf("%v: %+v", err, what)
		}
	}
}

func TestARefusalSaysHowPrivateMessagesAreNamed(t *testing.T) {
	var refusal *chat.Refusal
	if err := checkRoom("@小明"); !errors.As(err, &refusal) || refusal.Code != chat.RoomName ||
		refusal.Detail != "the private messages of two members are @NICK+NICK, such as @小明+NICK" ||
		refusal.Chinese != "两名成员的私聊写作 @昵称+昵称，例如 @小明+昵称" {
		t.Errorf("%+v", refusal)
	}
	if _, err := receiver("管理员"); !errors.As(err, &refusal) ||
		refusal.Chinese != "不能给管理员发私聊：请在大厅里说，管理员能看到" {
		t.Errorf("%+v", refusal)
	}
	for _, name := range []string{"bob", "@bob", "＠bob"} {
		if nick, err := receiver(name); err != nil || nick.Name != "bob" {
			t.Errorf("%s: %v, %v", name, nick, err)
		}
	}
	if _, err := receiver("bob@"); err == nil || err.Error() != `a nickname cannot contain "@"` {
		t.Errorf("%v", err)
	}
	for name, want := range map[string]string{
		"＠ann＋bob": "@ann+bob", "@ann+bob": "@ann+bob", "a＋b": "a＋b", "＠": "@", "": "",
	} {
		if got := plainSigns(name); got != want {
			t.Errorf("%s is read as %s", name, got)
		}
	}
}
