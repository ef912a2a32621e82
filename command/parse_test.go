package command

import (
	"errors"
	"testing"

	"parley/chat"
)

func TestAWordTooManyIsExplainedInBothLanguages(t *testing.T) {
	for _, c := range []struct{ typed, en, zh string }{
		{
			"nick 管理 员", `"员" is one word too many (nicknames have no spaces): /nick NICK`,
			`多余的参数 "员"（昵称不能含空格），用法：/nick 昵称`,
		},
		{
			"join 我 的", `"的" is one word too many (names of rooms have no spaces): /join ROOM`,
			`多余的参数 "的"（房间名不能含空格），用法：/join 房间`,
		},
		{"rooms dev", `"dev" is one word too many: /rooms`, `多余的参数 "dev"，用法：/rooms`},
	} {
		_, _, err := Parse(c.typed, &Caller{})
		var refusal *chat.Refusal
		if !errors.As(err, &refusal) || refusal.Detail != c.en || refusal.Chinese != c.zh {
			t.Errorf("/%s is refused with %+v", c.typed, refusal)
		}
	}
}

func TestACommandOfTwoWordsIsFoundByOtherNames(t *testing.T) {
	for second, want := range map[string]string{
		"rm": "rooms remove", "delete": "rooms remove", "Del": "rooms remove",
		"remvoe": "rooms remove", "删除": "rooms remove", "dev": "", "": "", "add": "",
	} {
		if two, found := rooms.Below(second); two.Name != want || found != (want != "") {
			t.Errorf("rooms %s is %q", second, two.Name)
		}
	}
	if two, found := who.Below("rm"); found {
		t.Errorf("who rm is %q", two.Name)
	}
}
