package locale

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"parley/chat"
)

// nickRules are the sentences of refused nicknames that also say what is valid.
var nickRules = map[chat.Code]Text{
	chat.NickTooLong: {
		EN: "the nickname is too long (at most 32 characters)",
		ZH: "昵称太长（最多 32 个字符）",
	},
	chat.NickCharacters: {
		EN: "the nickname has invalid characters (no spaces, invisible characters or " +
			`, : ! @ # & * ? $ % ~ + / \)`,
		ZH: `昵称含有不允许的字符（不能含空格、不可见字符和 , : ! @ # & * ? $ % ~ + / \）`,
	},
}

// ParseNick is chat.ParseNick for what people type: the refusal names the character that the
// nickname cannot have. The words for clients of the datagram protocol are fixed.
func ParseNick(typed string) (chat.Nick, error) {
	nick, err := chat.ParseNick(typed)
	if refusal, ok := err.(*chat.Refusal); ok {
		return nick, NickRefusal(typed, refusal.Code)
	}
	return nick, err
}

// NickRefusal returns the refusal of a nickname that was typed, for people.
func NickRefusal(typed string, code chat.Code) *chat.Refusal {
	if code != chat.NickCharacters {
		return chat.Refuse(code)
	}
	if !utf8.ValidString(typed) {
		return Refuse(code, Text{
			EN: "the nickname is not UTF-8 text: please type it again",
			ZH: "昵称不是 UTF-8 文本，请重新输入",
		})
	}
	if r, found := chat.Unfit(typed); found {
		return Refuse(code, Text{
			EN: "a nickname cannot contain %s", ZH: "昵称不能含有%s",
		}.Fill(Character(r)))
	}
	if !strings.ContainsFunc(typed, func(r rune) bool { return !unicode.IsPunct(r) }) {
		return Refuse(code, Text{
			EN: "a nickname cannot be punctuation only", ZH: "昵称不能只有标点符号",
		})
	}
	return chat.Refuse(code)
}

// Character names a character to the person that typed it.
func Character(r rune) Text {
	const braille = '\u2800' // its pattern without dots
	switch {
	case r == ' ' || r == '\u3000':
		return Text{EN: "a space", ZH: "空格"}
	case r == '\t':
		return Text{EN: "a tab", ZH: "制表符"}
	case r == braille || unicode.In(r, unicode.Z, unicode.Cc, unicode.Cf,
		unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector):
		return Text{EN: "the invisible character %U", ZH: "不可见字符 %U"}.Fill(r)
	case !unicode.IsGraphic(r):
		return Text{EN: "the character %U", ZH: "字符 %U"}.Fill(r)
	}
	return Text{EN: `"` + string(r) + `"`, ZH: ` "` + string(r) + `"`}
}
