package chat

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/secure/precis"
	"golang.org/x/text/unicode/norm"
)

// parsed returns what ParseNick says of s: the Nick, or the Code it is refused with.
func parsed(t *testing.T, s string) (Nick, Code) {
	t.Helper()
	n, err := ParseNick(s)
	if err == nil {
		return n, OK
	}
	var refusal *Refusal
	if !errors.As(err, &refusal) {
		t.Fatalf("ParseNick(%q): %v is no *Refusal", s, err)
	}
	if n != (Nick{}) {
		t.Errorf("ParseNick(%q) refuses with %v and returns %v", s, refusal.Code, n)
	}
	return n, refusal.Code
}

func TestNickTaken(t *testing.T) {
	for _, c := range []struct{ what, in, name, key string }{
		{"plain", "ann", "ann", "ann"},
		{"case is kept in the name alone", "Ann", "Ann", "ann"},
		{"digits", "player1", "player1", "player1"},
		{"punctuation that means nothing", "ann_b-c.d'e|f^[g]", "ann_b-c.d'e|f^[g]", "ann_b-c.d'e|f^[g]"},
		{"accents stay", "José", "José", "josé"},
		{"accents are composed", "Jose\u0301", "José", "josé"},
		{"fullwidth becomes plain", "Ｔｏｍ", "Tom", "tom"},
		{"ligature becomes letters", "ﬁn", "fin", "fin"},
		{"Chinese", "小明", "小明", "小明"},
		{"Chinese with Latin", "小明Tom", "小明Tom", "小明tom"},
		{"Chinese with Bopomofo and Latin", "小ㄅTom", "小ㄅTom", "小ㄅtom"},
		{"Japanese with Latin", "山田たろうカメTom", "山田たろうカメTom", "山田たろうカメtom"},
		{"Korean with Han and Latin", "金민준Kim", "金민준Kim", "金민준kim"},
		{"Cyrillic", "Жанна", "Жанна", "жahha"},
		{"Arabic", "محمد", "محمد", "محمد"},
		{"pointed Hebrew", "שָׁלוֹם", "שָׁלוֹם", "שָׁלוֹם"},
		{"Devanagari", "हिन्दी", "हिन्दी", "हिन्दी"},
		{"Burmese, three marks on one letter", "မြို့", "မြို့", "မြို့"},
		{"Thai", "น้ำ", norm.NFKC.String("น้ำ"), norm.NFKC.String("น้ำ")},
		{"emoji", "🐱", "🐱", "🐱"},
		{"emoji with a skin tone", "👍🏽", "👍🏽", "👍🏽"},
		{"flag", "🇩🇪", "🇩🇪", "🇩🇪"},
		{"emoji loses FE0F", "❤\uFE0Fann", "❤ann", "❤ann"},
		{"sharp s is not ss", "Straße", "Straße", "straße"},
		{"a mark that nothing composes", "x\u0323", "x\u0323", "x\u0323"},
		{"32 letters", strings.Repeat("a", 32), strings.Repeat("a", 32), strings.Repeat("a", 32)},
		{"32 Chinese, 96 bytes", strings.Repeat("明", 32), strings.Repeat("明", 32), strings.Repeat("明", 32)},
		{"32 letters and 32 marks", strings.Repeat("x\u0323", 32), strings.Repeat("x\u0323", 32), strings.Repeat("x\u0323", 32)},
		{"32 kana that fold and compose", strings.Repeat("ガ", 32), strings.Repeat("ガ", 32), strings.Repeat("ガ", 32)},
		{"24 emoji, 96 bytes", strings.Repeat("🐱", 24), strings.Repeat("🐱", 24), strings.Repeat("🐱", 24)},
	} {
		t.Run(c.what, func(t *testing.T) {
			n, code := parsed(t, c.in)
			if code != OK || n.Name != c.name || n.Key != c.key {
				t.Errorf("ParseNick(%q) = %+q %v, want name %+q key %+q", c.in, n, code, c.name, c.key)
			}
			if n.String() != n.Name {
				t.Errorf("String is %q, not the name", n.String())
			}
		})
	}
}

// refusedNicks are what nobody can be called, and why.
var refusedNicks = []struct {
	what, in string
	code     Code
}{
	{"nothing", "", NickEmpty},
	{"only FE0F", "\uFE0F\uFE0F", NickEmpty},

	{"33 letters", strings.Repeat("a", 33), NickTooLong},
	{"33 letters with marks", strings.Repeat("q\u0323", 33), NickTooLong},
	{"97 bytes", strings.Repeat("🐱", 24) + "a", NickTooLong},
	{"96 bytes whose small letters are 120", strings.Repeat("Ⱥ\u0323", 24), NickTooLong},
	{"absurdly long", strings.Repeat("a", 1<<20), NickTooLong},
	{"absurdly long and not UTF-8", strings.Repeat("\xff", 1<<20), NickTooLong},
	{"20 × U+FDFA fold to 660 bytes", strings.Repeat("\uFDFA", 20), NickTooLong},

	{"not UTF-8", "ann\xff", NickCharacters},
	{"surrogate", "\xed\xa0\x80", NickCharacters},
	{"space inside", "ann b", NickCharacters},
	{"space before", " ann", NickCharacters},
	{"space after", "ann ", NickCharacters},
	{"only a space", " ", NickCharacters},
	{"no-break space", "ann\u00A0b", NickCharacters},
	{"no-break space after", "ann\u00A0", NickCharacters},
	{"ideographic space", "\u3000小明", NickCharacters},
	{"ogham space", "ann\u1680", NickCharacters},
	{"spacing diaeresis, a space in NFKC", "ann\u00A8", NickCharacters},
	{"tab", "ann\t", NickCharacters},
	{"CR LF", "ann\r\n", NickCharacters},
	{"NUL", "a\x00b", NickCharacters},
	{"escape", "\x1b[31mann", NickCharacters},
	{"delete", "ann\x7f", NickCharacters},
	{"C1", "ann\u009b", NickCharacters},
	{"next line", "ann\u0085", NickCharacters},
	{"line separator", "ann\u2028", NickCharacters},
	{"zero width space", "an\u200Bn", NickCharacters},
	{"zero width joiner", "an\u200Dn", NickCharacters},
	{"zero width joiner where PRECIS has it", "क्\u200Dष", NickCharacters},
	{"zero width non-joiner", "an\u200Cn", NickCharacters},
	{"zero width no-break space", "\uFEFFann", NickCharacters},
	{"word joiner", "an\u2060n", NickCharacters},
	{"family joined by ZWJ", "👨\u200D👩\u200D👧", NickCharacters},
	{"left-to-right mark", "ann\u200E", NickCharacters},
	{"right-to-left override", "ann\u202Eb", NickCharacters},
	{"isolate", "\u2067ann\u2069", NickCharacters},
	{"soft hyphen", "an\u00ADn", NickCharacters},
	{"grapheme joiner", "a\u034Fn", NickCharacters},
	{"variation selector 1", "a\uFE00", NickCharacters},
	{"text presentation", "❤\uFE0E", NickCharacters},
	{"variation selector 17", "葛\U000E0100", NickCharacters},
	{"tag", "ann\U000E0061", NickCharacters},
	{"middle dot, which PRECIS has between two l only", "ann·b", NickCharacters},
	{"Arabic number sign, a format character", "\u06001", NickCharacters},
	{"braille blank", "\u2800", NickCharacters},
	{"braille blank inside", "an\u2800n", NickCharacters},
	{"Hangul filler", "ann\u3164", NickCharacters},
	{"halfwidth Hangul filler", "ann\uFFA0", NickCharacters},
	{"Hangul choseong filler", "\u115F", NickCharacters},
	{"Hangul jungseong filler", "\u1160", NickCharacters},
	{"old Hangul jamo", "\u1113", NickCharacters},
	{"Khmer inherent vowel", "ក\u17B4", NickCharacters},
	{"musical null notehead", "\U0001D159", NickCharacters},
	{"Khitan filler", "ann\U00016FE4", NickCharacters},
	{"Egyptian blank", "\U00013441", NickCharacters},
	{"replacement character", "a\uFFFD", NickCharacters},
	{"object replacement character", "\uFFFC", NickCharacters},
	{"private use", "\uE000", NickCharacters},
	{"unassigned", "\u0378", NickCharacters},
	{"noncharacter", "a\uFFFF", NickCharacters},
	{"fullwidth comma", "ann，b", NickCharacters},
	{"small at sign", "ann﹫b", NickCharacters},
	{"fullwidth solidus", "ann／b", NickCharacters},
	{"one dot leader is punctuation", "\u2024", NickCharacters},
	{"two exclamation marks in one", "ann‼", NickCharacters},
	{"account of", "℀", NickCharacters},
	{"punctuation only", "_.-", NickCharacters},
	{"mark only", "\u0301", NickCharacters},
	{"mark first", "\u0301ann", NickCharacters},
	{"keycap first", "\u20E3ann", NickCharacters},
	{"skin tone only", "🏽", NickCharacters},
	{"skin tone first", "🏽ann", NickCharacters},
	{"four marks in a row", "x\u0300\u0301\u0302\u0303", NickCharacters},
	{"four marks in a row, one composed", "á\u0300\u0302\u0303", NickCharacters},
	{"four enclosing marks", "x\u20DD\u20DE\u20DF\u20E0", NickCharacters},
	{"the same mark twice", "x\u0323\u0323", NickCharacters},
	{"the same mark twice, one composed", "á\u0301", NickCharacters},
	{"a hundred marks", "x" + strings.Repeat("\u0301\u0300", 20), NickCharacters},

	{"Latin with Cyrillic", "аnn", NickScripts},
	{"Latin with Greek", "αnn", NickScripts},
	{"Cyrillic with Greek", "жω", NickScripts},
	{"Han with Cyrillic", "小明ж", NickScripts},
	{"Bopomofo with kana", "ㄅか", NickScripts},
	{"Hangul with kana", "김か", NickScripts},
	{"Hangul with Bopomofo", "김ㄅ", NickScripts},
	{"Latin with Cherokee", "Ꭺnn", NickScripts},
	{"Latin with Armenian", "tօm", NickScripts},
	{"Latin with Devanagari digits", "tom१", NickScripts},
	{"Greek capitals that are all Latin", "ΝΑΝΝΥ", NickScripts},
	{"Greek capitals that are all Latin but accents", "ΆΝΝΑ", NickScripts},
	{"Greek capital upsilon with accent", "ΎΟ", NickScripts},
}

func TestNickRefused(t *testing.T) {
	for _, c := range refusedNicks {
		t.Run(c.what, func(t *testing.T) {
			if n, code := parsed(t, c.in); code != c.code {
				t.Errorf("ParseNick(%+q) = %+q %v, want %v", c.in, n, code, c.code)
			}
		})
	}
	for _, r := range `,:!@#&*?$%~+/\` {
		for _, s := range []string{string(r), "a" + string(r) + "b", string(r) + "b", "a" + string(r)} {
			if _, code := parsed(t, s); code != NickCharacters {
				t.Errorf("%q: %v, want %v", s, code, NickCharacters)
			}
		}
	}
}

// TestNickThreeMarks is the other side of the four marks refused.
func TestNickThreeMarks(t *testing.T) {
	for _, s := range []string{"x\u0300\u0301\u0302", "ᾅ", "ế", "x\u0323y\u0323"} {
		if n, code := parsed(t, s); code != OK {
			t.Errorf("ParseNick(%+q) = %v %v", s, n, code)
		}
	}
}

func TestNickSameKey(t *testing.T) {
	for _, c := range []struct{ what, a, b string }{
		{"case", "ANN", "ann"},
		{"Cyrillic сосо", "сосо", "coco"},
		{"Cyrillic СОСО", "СОСО", "Coco"},
		{"Cyrillic ВОВА", "ВОВА", "BOBA"},
		{"Cyrillic with composed letters", "сёсї", "cëcï"},
		{"Greek", "Κοκα", "koka"},
		{"Greek small nu", "νονα", "vova"},
		{"Greek accents", "όάό", "óáó"},
		{"Greek capitals with a letter of their own", "ΝΙΚΟΛΑΣ", "νικολας"},
		{"Armenian", "օօսհ", "oouh"},
		{"Cherokee", "ᎪᏴᏟ", "ꭺᏼꮯ"},
		{"Cherokee and Latin", "ᎪᎪᎡ", "aar"},
		{"Lisu", "ꓝꓰꓡꓲꓫ", "felix"},
		{"Canadian syllabics", "ᗷᑌᗷ", "bub"},
		{"small capitals", "ᴛᴏᴍ", "tom"},
		{"Latin alpha", "ɑnn", "ann"},
		{"script g", "ɡreg", "greg"},
		{"dotless i", "ılk", "ilk"},
		{"Turkish capital İ", "İlk", "ilk"},
		{"i with a dot above", "i\u0307lk", "ilk"},
		{"i with a dot above and one below", "i\u0323\u0307lk", "i\u0323lk"},
		{"capital I", "Ilk", "ilk"},
		{"dotless j", "ȷan", "jan"},
		{"j with a dot above", "j\u0307an", "jan"},
		{"final sigma", "ΟΔΟΣ", "οδος"},
		{"capital sharp s", "GROẞ", "groß"},
		{"long s", "ſam", "sam"},
		{"kelvin sign", "\u212Aarl", "karl"},
		{"mathematical letters", "𝖙𝖔𝖒", "tom"},
		{"circled letters", "ⓣⓞⓜ", "tom"},
		{"halfwidth kana", "ｶﾞ", "ガ"},
		{"Han 力 and kana カ", "カ", "力"},
		{"hiragana へ and katakana ヘ", "へへ", "ヘヘ"},
		{"compatibility ideograph", "\uF9F4", "林"},
		{"heart with and without FE0F", "❤\uFE0F", "❤"},
	} {
		t.Run(c.what, func(t *testing.T) {
			a, codeA := parsed(t, c.a)
			b, codeB := parsed(t, c.b)
			if codeA != OK || codeB != OK || a.Key != b.Key {
				t.Errorf("%+q %v and %+q %v have not one key", a, codeA, b, codeB)
			}
		})
	}
}

func TestNickOtherKey(t *testing.T) {
	for _, c := range [][2]string{
		{"player1", "playerl"},
		{"tom0", "tomo"},
		{"José", "Jose"},
		{"Strasse", "Straße"},
		{"modern", "modem"},
		{"νίκος", "νίκη"},
		{"小明", "小朋"},
		{"ann", "anna"},
		{"i", "í"},
		{"l\u0307", "l"},
		{"ǎ", "a"},
	} {
		a, codeA := parsed(t, c[0])
		b, codeB := parsed(t, c[1])
		if codeA != OK || codeB != OK || a.Key == b.Key {
			t.Errorf("%+q %v and %+q %v have one key", a, codeA, b, codeB)
		}
	}
}

// TestLooks checks what the tables need to work: one pass ends at a letter that folds no further, and what it folds is
// still there after case folding and decomposition.
func TestLooks(t *testing.T) {
	for r, to := range looks {
		if again, more := looks[to]; more {
			t.Errorf("%c folds to %c and that to %c", r, to, again)
		}
		folded, err := precis.Nickname.CompareKey(string(r))
		if err != nil || norm.NFD.String(folded) != string(r) {
			t.Errorf("%c (%U) never comes to looks: %q %v", r, r, folded, err)
		}
	}
	for r := range disguises {
		if folded, err := precis.Nickname.CompareKey(string(r)); err != nil || norm.NFD.String(foldLooks(folded)) != string(r) {
			t.Errorf("%c (%U) never comes to disguises: %q %v", r, r, folded, err)
		}
	}
}

func TestNickReserved(t *testing.T) {
	for _, s := range []string{
		"administrator", "admin", "server", "system", "parley", "管理员", "系统管理员", "系统", "群主",
		"Administrator", "ADMIN", "ａｄｍｉｎ", "𝖆𝖉𝖒𝖎𝖓", "ⓐⓓⓜⓘⓝ", "🅐🅓🅜🅘🅝", "🅰🅳🅼🅸🅽", "🇦🇩🇲🇮🇳", "ᵃᵈᵐⁱⁿ", "ᴀᴅᴍɪɴ",
		"ádmïn", "a\u0323d\u0323min", "ađmin", "admın", "ADMİN", "ɑdmin", "pärley", "sýstem",
		"adm1n", "4dm1n", "adm|n", "adm¡n", "admln", "admIn", "4dm1n1str4t0r", "adrnin", "adrninistrator", "aclmin", "ac1min",
		"s3rv3r", "5erver", "§erver", "serveɾ", "5y5t3m", "syst€m", "sy5tem", "par1ey", "parIey", "p4rl3y", "par£ey", "parłey",
		"a.d.m.i.n", "a_d_m_i_n", "ad-min", "-admin-", "[admin]", "admin'", "'admin'", "(admin)", "«admin»", "admin.", "ad•min", "★admin★", "👑admin", "admin✓",
		"adminn", "aadmin", "addmin", "serverrr", "systeem",
		"аԁміп", "ѕегѵег", "рагӏеу", "ꓮꓓꓟꓲꓠ", "ꓢꓰꓣꓦꓰꓣ", "ᏚᎬᏒᏙᎬᏒ", "ᏢᎪᏒᏞᎬᎩ",
		"管理員", "管理貟", "系統", "系綂", "系統管理員", "羣主", "系.统", "系-统", "管埋员", "菅理员", "糸统", "【管理员】", "👑群主",
		"管理员2", "管理员消息", "管理員消息", "管理员通知", "系统管理员2", "系统消息", "群主任", "（仅你可见）bob", "僅你可見",
		"Administratormessage", "administrator-message",
	} {
		if n, code := parsed(t, s); code != NickReserved {
			t.Errorf("ParseNick(%q) = %q %v, want %v", s, n, code, NickReserved)
		}
	}
}

func TestNickNotReserved(t *testing.T) {
	for _, s := range []string{
		"admiral", "adminton", "Adnan", "Amin", "Damian", "systematic", "ecosystem", "servera", "observer", "sever", "serving", "paisley", "Parker",
		"Shirley", "小系", "仅你", "群", "主", "统一", "小明", "admin2", "admin1",
		"administrator7", "system64", "parleyvoo",
		"管理", "小管理员", "🇦🇩", "rn", "vv",
	} {
		if n, code := parsed(t, s); code != OK {
			t.Errorf("ParseNick(%q) = %q %v", s, n, code)
		}
	}
}

func FuzzParseNick(f *testing.F) {
	for _, s := range []string{
		"ann", "小明Tom", "сосо", "ΝΑΝΝΥ", "İlk", "ſ", "ẞ", "ΟΔΟΣ", "\uFE0F", "❤\uFE0F", "👍🏽", " ann ", "ann\u00A8", "\xff", "क्\u200Dष",
		strings.Repeat("\uFDFA", 20), strings.Repeat("x\u0301", 60), "á\u0301", "ガ", "ｶﾞ", "が", "adm1n", "ᾳ", "ǅ", "\u0344", "\u1E9B\u0323", "각\u11A8",
		"\u0F73x", "ꭺᎪ", "ϒ\u0301", "ϴ", "i\u0307\u0301", "ⓐ", "㍿", "﷽", "\u212B", "a\u0315\u0300", strings.Repeat("İ", 32),
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, code := parsed(t, s)
		if code != OK {
			if code < NickEmpty || code > NickReserved {
				t.Fatalf("%q: refused with %v", s, code)
			}
			return
		}
		if again, code := parsed(t, n.Name); again != n {
			t.Fatalf("%+q is %+q, that is %+q %v", s, n, again, code)
		}
		for _, part := range []string{n.Name, n.Key} {
			if part == "" || len(part) > NickMaxBytes || !utf8.ValidString(part) {
				t.Fatalf("%+q: bad %+q", s, part)
			}
			solid := 0
			for _, r := range part {
				if forbiddenInNick(r) {
					t.Fatalf("%+q: %U in %+q", s, r, part)
				}
				if !unicode.IsMark(r) && !isEmojiModifier(r) {
					solid++
				}
			}
			if part == n.Name && solid > NickMaxGraphemes {
				t.Fatalf("%+q: %d graphemes", s, solid)
			}
		}
		if !norm.NFKC.IsNormalString(n.Name) || mixesScripts(n.Name) || isReserved(n.Key) {
			t.Fatalf("%+q: bad %+q", s, n)
		}
	})
}

func BenchmarkParseNick(b *testing.B) {
	for _, c := range []struct{ what, in string }{
		{"latin", "Annabelle"},
		{"chinese", "小明Tom"},
		{"cyrillic", "Владимир"},
		{"hostile fold", strings.Repeat("\uFDFA", 4*NickMaxBytes/3)},
		{"hostile marks", "x" + strings.Repeat("\u0301\u0300", 95)},
		{"hostile scripts", "աаαაᎪअক"},
	} {
		b.Run(fmt.Sprintf("%s %dB", c.what, len(c.in)), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				ParseNick(c.in)
			}
		})
	}
}

// TestTheCharacterThatNoNameCanHaveIsFound as it was typed, not as it is normalized.
func TestTheCharacterThatNoNameCanHaveIsFound(t *testing.T) {
	for typed, want := range map[string]rune{
		"a@b:": '@', "ann：": '：', "a b": ' ', "a\u200db": '\u200d', "℀": '℀', // a/c
		"ann": 0, "小明": 0, "...": 0, "❤\uFE0F": 0, "": 0, "ａｎｎ": 0,
	} {
		got, found := Unfit(typed)
		if got != want || found != (want != 0) {
			t.Errorf("%q: %q, %v", typed, got, found)
		}
	}
}
