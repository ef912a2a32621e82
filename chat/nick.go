package chat

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/secure/precis"
	"golang.org/x/text/unicode/norm"
)

// Nick is a nickname as parsed by ParseNick: how it is shown and how it is compared.
type Nick struct {
	Name string `json:"name"` // as shown: PRECIS Nickname enforced (NFKC)
	Key  string `json:"key"`  // as compared: equal keys, same nickname
}

// String returns the name as shown.
func (n Nick) String() string { return n.Name }

// Limits of a nickname. The bytes bound Name and Key each, after folding: a character can fold to many (U+FDFA to 33 bytes).
const (
	NickMaxGraphemes = 32
	NickMaxBytes     = 96

	// UTS #39 §5.4 forbids more than 4 nonspacing marks in a row. 3, counted on decomposed letters, holds what living
	// scripts stack (ᾅ, ế, Burmese မြို့, pointed Hebrew) and keeps a name on its own line.
	nickMaxMarks = 3
)

// ParseNick makes a Nick out of what somebody typed; any error is a *Refusal with NickEmpty, NickTooLong, NickCharacters,
// NickScripts or NickReserved. ParseNick(n.Name) gives n again.
//
// Name is enforced, and Key compared, by the Nickname profile of PRECIS (RFC 8266), with these differences:
//   - Spaces are refused, not trimmed or joined.
//   - U+FE0F is removed, so that an emoji is one name however it was typed. Every other invisible character is refused,
//     zero width joiners included: joined emoji (families) are no names.
//   - What IRC, mentions and NICK@HOST give a meaning is refused: , : ! @ # & * ? $ % ~ + / \
//   - The scripts are UTS #39 Highly Restrictive, see mixesScripts.
//   - Letters of one script that look like those of another are one letter in Key, see looks.
func ParseNick(s string) (Nick, error) {
	if len(s) > 4*NickMaxBytes {
		return Nick{}, Refuse(NickTooLong)
	}
	if !utf8.ValidString(s) {
		return Nick{}, Refuse(NickCharacters)
	}
	// Normalized before PRECIS does it: its profile would trim the spaces that are to be refused.
	s = normalized(strings.ReplaceAll(s, "\uFE0F", ""))
	if code := checkNick(s); code != OK {
		return Nick{}, Refuse(code)
	}
	name, err := precis.Nickname.String(s)
	if err != nil {
		return Nick{}, Refuse(NickCharacters)
	}
	folded, err := precis.Nickname.CompareKey(name)
	if err != nil {
		return Nick{}, Refuse(NickCharacters)
	}
	key := foldLooks(folded)
	switch {
	case len(key) > NickMaxBytes:
		return Nick{}, Refuse(NickTooLong)
	case mixesScripts(name) || poseAsLatin(name):
		return Nick{}, Refuse(NickScripts)
	case isReserved(key):
		return Nick{}, Refuse(NickReserved)
	}
	return Nick{Name: name, Key: key}, nil
}

// normalized returns s in NFKC, or the beginning of it if that is too long for a nickname: 384 bytes can become 4,224, and looking at
// all of those would cost fifty times as much as a name does.
func normalized(s string) string {
	var all []byte
	var i norm.Iter
	for i.InitString(norm.NFKC, s); !i.Done() && len(all) <= NickMaxBytes; {
		all = append(all, i.Next()...)
	}
	return string(all)
}

// checkNick checks a normalized name's length and characters.
func checkNick(s string) Code {
	if s == "" {
		return NickEmpty
	}
	if len(s) > NickMaxBytes {
		return NickTooLong
	}
	// Without ZWJ and conjoining jamo (PRECIS refuses those that NFKC leaves) a grapheme is a character with the marks and
	// skin tone after it. Regional indicators count one each.
	graphemes, solid := 0, false
	for _, r := range s {
		switch {
		case forbiddenInNick(r):
			return NickCharacters
		case unicode.IsMark(r) || isEmojiModifier(r):
			if graphemes == 0 { // it would join whatever is written before the name
				return NickCharacters
			}
		default:
			graphemes++
			solid = solid || !unicode.IsPunct(r)
		}
	}
	if !solid || stacksMarks(s) {
		return NickCharacters
	}
	if graphemes > NickMaxGraphemes {
		return NickTooLong
	}
	return OK
}

// forbiddenInNick says whether a name cannot have r: spaces, controls, formats (zero width, bidi), private use, unassigned,
// invisible, and what has a meaning elsewhere.
func forbiddenInNick(r rune) bool {
	return r == ' ' || !unicode.IsPrint(r) || invisible(r) || strings.ContainsRune(`,:!@#&*?$%~+/\`, r) ||
		r == '\uFFFC' || r == '\uFFFD' // what stands where something was lost
}

// Unfit returns the first character of a text, as it was typed, that no nickname and no name of a
// room can have, and whether the text has one. A name without one may still be refused as a whole.
func Unfit(s string) (rune, bool) {
	for _, r := range s {
		if r != '\uFE0F' && strings.ContainsFunc(norm.NFKC.String(string(r)), forbiddenInNick) {
			return r, true
		}
	}
	return 0, false
}

// isEmojiModifier says whether r is a skin tone, which joins the emoji before it.
func isEmojiModifier(r rune) bool { return '\U0001F3FB' <= r && r <= '\U0001F3FF' }

// stacksMarks says whether marks are piled up beyond nickMaxMarks or doubled (UTS #39 §5.4): a doubled mark is drawn over
// itself and looks like one.
func stacksMarks(s string) bool {
	marks, last := 0, rune(0)
	for _, r := range norm.NFD.String(s) {
		if !unicode.In(r, unicode.Mn, unicode.Me) {
			marks = 0
		} else if marks++; marks > nickMaxMarks || r == last {
			return true
		}
		last = r
	}
	return false
}

// together are the scripts that one name can mix (UTS #39 §5.2, Highly Restrictive).
var together = [][]*unicode.RangeTable{
	{unicode.Latin, unicode.Han, unicode.Bopomofo},
	{unicode.Latin, unicode.Han, unicode.Hiragana, unicode.Katakana},
	{unicode.Latin, unicode.Han, unicode.Hangul},
}

// mixesScripts says whether s has more than one script, and not those of one row of together. Common and Inherited
// characters go with any. The Script property decides: the standard library has no Script_Extensions, so the marks that
// kana or Indic scripts share, being Common or Inherited there, go with any too.
func mixesScripts(s string) bool {
	var met []*unicode.RangeTable
	for _, r := range s {
		if unicode.In(r, unicode.Common, unicode.Inherited) || unicode.In(r, met...) {
			continue
		}
		script := scriptOf(r)
		if script == nil {
			return true
		}
		met = append(met, script)
	}
	return len(met) > 1 && !slices.ContainsFunc(together, func(row []*unicode.RangeTable) bool {
		return !slices.ContainsFunc(met, func(script *unicode.RangeTable) bool { return !slices.Contains(row, script) })
	})
}

// scriptOf returns r's script, nil if it has none. A character has one script at most, so the map's order does not matter.
func scriptOf(r rune) *unicode.RangeTable {
	for _, script := range unicode.Scripts {
		if unicode.Is(script, r) {
			return script
		}
	}
	return nil
}

// looks folds letters that look like another script's, or are another shape of the same letter, after the confusables of
// UTS #39 §4: line by line, each letter of the left to the one of the right. The letters are small, but fold where their
// capitals are what is alike, too. Digits do not fold: player1 and playerl are two people.
var looks = lookTable([][2]string{
	{"ıȷɩɑɡǀᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢꭓ", "ijiaglabcdefghijklmnoprstuvwyzx"},       // Latin
	{"авсԁеҽԍнһіꙇјкӏморԛгѕтѵѡԝхуүьӕҫәөѳћ", "abcdeeghhiijklmopqrstvwwxyybæçəɵɵħ"}, // Cyrillic
	{"αβεϝηιϳκμϻνορσςτυωχγζθ", "abefhijkmmvopootuwxyzɵ"},                         // Greek
	{"գզհյոռօքստցա", "qqhjnnofusgw"},                                             // Armenian
	{"ꭺᏼꮟꮯꭰꮷꭼꮐᏻꮋꮒꭵꭻꮶꮮꮇꮲꭱꮢꮥꮪꭲꮩꮃꮤꭹꮍꮓ", "abbcddegghhijklmprrsstvwwyyz"},             // Cherokee
	{"ꓮꓐꓚꓓꓒꓰꓝꓖꓧꓲꓙꓗꓡꓟꓠꓳꓑꓣꓢꓔꓴꓦꓪꓫꓬꓜ", "abcddefghijklmnoprstuvwxyz"},                 // Lisu
	{"ⲥⲏⲕⳑⲙⲛⲟⲣⲧⲭⲩⲓⲅⲁⲃⲉⲍ", "chklmnoptxyirabez"},                                   // Coptic
	{"ᗅᗷᑲᖯᗞᗪᑯᖴᕼᒍᒪᗰᑭᖇᑌᐯ᙭ᕁᕽ", "abbbdddfhjlmpruvxxx"},                               // Canadian syllabics
	{"ყჿ", "yo"}, // Georgian
	{"八口二力卜夕工一ヘ", "ハロニカトタエーへ"}, // Han and katakana; towards kana, which still compose with ゛
})

func lookTable(lines [][2]string) map[rune]rune {
	table := make(map[rune]rune)
	for _, line := range lines {
		to := []rune(line[1])
		for i, r := range []rune(line[0]) {
			table[r] = to[i]
		}
	}
	return table
}

// foldLooks folds a case-folded name by looks. An i or j has its dot already, so that a dot above adds nothing to it:
// İ, which folds to i and a dot, and ı are i.
func foldLooks(s string) string {
	var base rune
	return norm.NFC.String(strings.Map(func(r rune) rune {
		if to, alike := looks[r]; alike {
			r = to
		}
		if r == '\u0307' && (base == 'i' || base == 'j') {
			return -1
		}
		if !unicode.IsMark(r) {
			base = r
		}
		return r
	}, norm.NFD.String(s)))
}

// capitalLooks are the Greek letters whose capital looks like one Latin letter and whose small form like another (ν as v).
var capitalLooks = strings.NewReplacer("Ν", "N", "Υ", "Y")

// poseAsLatin says whether a name of another script looks wholly Latin by capitals that Key, which folds case, cannot
// follow: it would show ΝΑΝΝΥ beside NANNY. A single letter that is only Greek (ΝΙΚΟΛΑΣ), or small letters, make it a name.
func poseAsLatin(name string) bool {
	parts := norm.NFD.String(name)
	shown := capitalLooks.Replace(parts)
	return shown != parts && strings.IndexFunc(foldLooks(strings.ToLower(shown)), func(r rune) bool {
		return unicode.IsLetter(r) && !unicode.Is(unicode.Latin, r)
	}) < 0
}
