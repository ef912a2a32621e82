package locale

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"
	"testing"

	"parley/chat"
)

func TestFromEnvFollowsPOSIX(t *testing.T) {
	for name, c := range map[string]struct {
		env  map[string]string
		want Lang
	}{
		"nothing set":                {nil, English},
		"Chinese":                    {map[string]string{"LANG": "zh_CN.UTF-8"}, Chinese},
		"Chinese, Taiwan":            {map[string]string{"LANG": "zh_TW"}, Chinese},
		"English":                    {map[string]string{"LANG": "en_US.UTF-8"}, English},
		"another language":           {map[string]string{"LANG": "de_DE.UTF-8"}, English},
		"LC_ALL wins over LANG":      {map[string]string{"LC_ALL": "C", "LANG": "zh_CN.UTF-8"}, English},
		"LC_MESSAGES wins over LANG": {map[string]string{"LC_MESSAGES": "zh_CN", "LANG": "C"}, Chinese},
	} {
		t.Run(name, func(t *testing.T) {
			if got := FromEnv(func(k string) string { return c.env[k] }); got != c.want {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func TestEveryRefusalIsSaidInChinese(t *testing.T) {
	for _, code := range chat.Codes() {
		if code == chat.OK {
			continue
		}
		if Refusal(chat.Refuse(code), Chinese) == code.Sentence() {
			t.Errorf("%v has no Chinese sentence", code)
		}
		if Refusal(chat.Refuse(code), English) != code.Sentence() {
			t.Errorf("%v is not said as chat says it", code)
		}
	}
}

func TestARefusedNicknameIsToldWhatIsValid(t *testing.T) {
	for _, c := range []struct {
		refusal *chat.Refusal
		en, zh  string
	}{
		{
			chat.Refuse(chat.NickTooLong), "the nickname is too long (at most 32 characters)",
			"昵称太长（最多 32 个字符）",
		},
		{
			chat.Refuse(chat.NickCharacters),
			"the nickname has invalid characters (no spaces, invisible characters or " +
				`, : ! @ # & * ? $ % ~ + / \)`,
			`昵称含有不允许的字符（不能含空格、不可见字符和 , : ! @ # & * ? $ % ~ + / \）`,
		},
		{chat.Refuse(chat.NickOccupied), "the nickname is occupied", "昵称已被占用"},
	} {
		for lang, want := range map[Lang]string{English: c.en, Chinese: c.zh} {
			if got := HelpfulRefusal(c.refusal, lang); got != want {
				t.Errorf("%v: %q", c.refusal.Code, got)
			}
		}
	}
}

// TestARefusedNicknameIsToldItsCharacter, as it was typed, and not a list of all.
func TestARefusedNicknameIsToldItsCharacter(t *testing.T) {
	for typed, want := range map[string]Text{
		"a@b":         {EN: `a nickname cannot contain "@"`, ZH: `昵称不能含有 "@"`},
		"老师，":         {EN: `a nickname cannot contain "，"`, ZH: `昵称不能含有 "，"`},
		`a\b`:         {EN: `a nickname cannot contain "\"`, ZH: `昵称不能含有 "\"`},
		"a b":         {EN: "a nickname cannot contain a space", ZH: "昵称不能含有空格"},
		"a\tb":        {EN: "a nickname cannot contain a tab", ZH: "昵称不能含有制表符"},
		"a\u200bb":    {EN: "a nickname cannot contain the invisible character U+200B"},
		"a\u3164b":    {EN: "a nickname cannot contain the invisible character U+3164"},
		"a\x1bb":      {EN: "a nickname cannot contain the invisible character U+001B"},
		"a\ue000":     {EN: "a nickname cannot contain the character U+E000"},
		"...":         {EN: "a nickname cannot be punctuation only", ZH: "昵称不能只有标点符号"},
		"赵\xe5\xad":   {EN: "the nickname is not UTF-8 text: please type it again"},
		"\u0301a":     {EN: nickRules[chat.NickCharacters].EN}, // no character of it is at fault
		"":            {EN: "the nickname is empty", ZH: "请输入昵称"},
		"管理员":         {EN: "the nickname is reserved", ZH: "该昵称为系统保留"},
		"ann\uFE0Fna": {},
		"小明":          {},
	} {
		_, err := ParseNick(typed)
		refusal, refused := err.(*chat.Refusal)
		if refused != (want.EN != "") || (err != nil) != refused {
			t.Errorf("%q: %v", typed, err)
		}
		if refused && (HelpfulRefusal(refusal, English) != want.EN ||
			want.ZH != "" && HelpfulRefusal(refusal, Chinese) != want.ZH) {
			t.Errorf("%q: %+v", typed, refusal)
		}
	}
}

func TestErrorsAreSaidInTheLanguageOfTheScreen(t *testing.T) {
	cause := errors.New("cause")
	inner := Errorf(Text{EN: "inner %d", ZH: "内 %d"}, 7)
	outer := Errorf(Text{EN: "%s: %v", ZH: "%s：%v"}, "key", inner)
	for _, c := range []struct {
		err    error
		en, zh string
	}{
		{cause, "cause", "cause"},
		{inner, "inner 7", "内 7"},
		{outer, "key: inner 7", "key：内 7"},
		{errors.Join(outer, cause), "key: inner 7\ncause", "key：内 7\ncause"},
		{fmt.Errorf("%w", inner), "inner 7", "内 7"},
		{fmt.Errorf("around: %w", inner), "around: inner 7", "around: inner 7"},
		{Errorf(Text{EN: "failed: %v", ZH: "失败：%v"}, cause), "failed: cause", "失败：cause"},
		{
			Errorf(Text{EN: "cannot read: %v", ZH: "无法读取：%v"}, &fs.PathError{
				Op:   "open",
				Path: "a.toml", Err: fs.ErrNotExist,
			}),
			"cannot read: open a.toml: file does not exist", "无法读取：a.toml：文件或目录不存在",
		},
		{
			&fs.PathError{Op: "write", Path: "a.db", Err: syscall.EACCES},
			"write a.db: permission denied", "a.db：没有权限",
		},
	} {
		if got := Explain(c.err, English); got != c.en || c.err.Error() != c.en {
			t.Errorf("in English: %q", got)
		}
		if got := Explain(c.err, Chinese); got != c.zh {
			t.Errorf("in Chinese: %q, want %q", got, c.zh)
		}
	}
	if !errors.Is(Errorf(Text{EN: "%v"}, cause), cause) {
		t.Error("the cause is not wrapped")
	}
}

func TestMembersAreNamedOrCounted(t *testing.T) {
	for _, c := range []struct {
		count  int
		named  []string
		en, zh string
	}{
		{1, []string{"ann"}, "ann ", "ann "},
		{2, []string{"ann", "bob"}, "ann, bob ", "ann、bob "},
		{3, []string{"ann", "bob"}, "ann, bob and 1 other ", "ann、bob 等 3 人"},
		{40, []string{"ann", "bob"}, "ann, bob and 38 others ", "ann、bob 等 40 人"},
	} {
		en, zh := Members(English, c.count, c.named...), Members(Chinese, c.count, c.named...)
		if en != c.en || zh != c.zh {
			t.Errorf("%d members: %q, %q", c.count, en, zh)
		}
	}
}

func TestATextIsFilledInEveryLanguage(t *testing.T) {
	cause := Errorf(Text{EN: "cause", ZH: "原因"})
	if got, want := (Text{EN: "%d: %v", ZH: "%d：%v"}).Fill(7, cause), (Text{EN: "7: cause", ZH: "7：原因"}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if got := (Text{EN: "df %s"}).Fill("/"); got.In(Chinese) != "df /" {
		t.Errorf("without Chinese: %+v", got)
	}
}
