package chat

import (
	"errors"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"
)

// cleaned returns what ParseText says of s: the text, or the Code it is refused with.
func cleaned(t *testing.T, s string, maxBytes int) (string, Code) {
	t.Helper()
	text, err := ParseText(s, maxBytes)
	if err == nil {
		return text, OK
	}
	var refusal *Refusal
	if !errors.As(err, &refusal) {
		t.Fatalf("ParseText(%q): %v is no *Refusal", s, err)
	}
	if text != "" {
		t.Errorf("ParseText(%q) refuses with %v and returns %q", s, refusal.Code, text)
	}
	return text, refusal.Code
}

func TestTextTaken(t *testing.T) {
	for _, c := range []struct{ what, in, out string }{
		{"plain", "hello", "hello"},
		{"Chinese", "大家好，我是小明。", "大家好，我是小明。"},
		{"leading, inner and trailing spaces", "  if x {\t \u3000y  ", "  if x {\t \u3000y  "},
		{"not normalized", "e\u0301 ﬁ", "e\u0301 ﬁ"},
		{"joined emoji", "👨\u200D👩\u200D👧 ❤\uFE0F", "👨\u200D👩\u200D👧 ❤\uFE0F"},
		{"Persian with ZWNJ", "می\u200Cخواهم", "می\u200Cخواهم"},
		{"direction marks", "\u200Ea\u200Fb\u061C", "\u200Ea\u200Fb\u061C"},
		{"lines", "a\nb\n\nc", "a\nb\n\nc"},
		{"leading line breaks", "\n\na", "\n\na"},
		{"one newline at the end", "a\n", "a"},
		{"newlines at the end", "a\n\n\n", "a"},
		{"spaces after the last newline", "a\n ", "a\n "},
		{"CR LF", "a\r\nb\r\n", "a\nb"},
		{"CR", "a\rb\r", "a\nb"},
		{"LF CR is two", "a\n\rb", "a\n\nb"},
		{"CR CR LF is two", "a\r\r\nb", "a\n\nb"},
		{"vertical tab and form feed", "a\vb\fc\v", "a\nb\nc"},
		{"next line, line and paragraph separator", "a\u0085b\u2028c\u2029d\u2029", "a\nb\nc\nd"},
		{"escape sequence", "\x1b[31mred", "\uFFFD[31mred"},
		{"every other C0", "\x01\x02\x03\x04\x05\x06\x07\x08\x0e\x0f\x10\x1f", strings.Repeat("\uFFFD", 12)},
		{"tab beside a control", "a\tb\x01", "a\tb\uFFFD"},
		{"delete", "a\x7f", "a\uFFFD"},
		{"C1", "a\u0080\u009B31m\u009F", "a\uFFFD\uFFFD31m\uFFFD"},
		{"a replacement character", "a\uFFFD", "a\uFFFD"},

		{"bidi, closed", "a \u202Eb\u202C c", "a \u202Eb\u202C c"},
		{"override left open", "a\u202Eb", "a\u202Eb\u202C"},
		{"every embedding left open", "\u202Aa\u202B\u202D\u202E", "\u202Aa\u202B\u202D\u202E\u202C\u202C\u202C\u202C"},
		{"every isolate left open", "\u2066a\u2067\u2068", "\u2066a\u2067\u2068\u2069\u2069\u2069"},
		{"each line is closed", "a\u202Eb\nc\u2067d\ne", "a\u202Eb\u202C\nc\u2067d\u2069\ne"},
		{"closed at every kind of line's end", "\u202Ea\r\n\u202Eb\u2029c", "\u202Ea\u202C\n\u202Eb\u202C\nc"},
		{"closed before a trailing newline", "a\u202Eb\n", "a\u202Eb\u202C"},
		{"closers alone", "\u202Ca\u2069b", "ab"},
		{"a closer too many", "\u202Ea\u202C\u202Cb", "\u202Ea\u202Cb"},
		{"an isolate's closer too many", "\u2067a\u2069\u2069b", "\u2067a\u2069b"},
		{"an isolate's closer in the next line", "\u2067a\n\u2069b", "\u2067a\u2069\nb"},
		{"a closer in the next line", "\u202Ea\n\u202Cb", "\u202Ea\u202C\nb"},
		{"PDF does not close an isolate", "\u2067a\u202Cb", "\u2067ab\u2069"},
		{"PDI does not close an embedding", "\u202Ea\u2069b", "\u202Eab\u202C"},
		{"PDF does not reach out of an isolate", "\u202Ea\u2067b\u202Cc", "\u202Ea\u2067bc\u2069\u202C"},
		{"PDI closes the embeddings in its isolate", "\u2067a\u202Eb\u2069c\u202Cd", "\u2067a\u202Eb\u2069cd"},
		{"an embedding in an open isolate", "\u2067a\u202Eb", "\u2067a\u202Eb\u202C\u2069"},

		{"Arabic number sign is seen", "\u0600", "\u0600"},
		{"a full stop", ".", "."},
	} {
		t.Run(c.what, func(t *testing.T) {
			if out, code := cleaned(t, c.in, TextMaxBytes); code != OK || out != c.out {
				t.Errorf("ParseText(%+q) = %+q %v, want %+q", c.in, out, code, c.out)
			}
		})
	}
}

func TestTextRefused(t *testing.T) {
	for _, c := range []struct {
		what, in string
		maxBytes int
		code     Code
	}{
		{"nothing", "", 9, TextEmpty},
		{"spaces", " \t\u00A0\u3000", 99, TextEmpty},
		{"line breaks", "\n\r\n\u2028", 9, TextEmpty},
		{"zero width", "\u200B\u200C\u200D\uFEFF\u2060", 99, TextEmpty},
		{"marks of direction", "\u200E\u061C", 9, TextEmpty},
		{"bidi controls", "\u202E\u2069\u2067", 99, TextEmpty},
		{"variation selector", "\uFE0F\U000E0100", 9, TextEmpty},
		{"tags", "\U000E0061", 9, TextEmpty},
		{"braille blank and Hangul filler", "\u2800\u3164", 9, TextEmpty},
		{"soft hyphen", "\u00AD", 9, TextEmpty},

		{"a byte too many", "abcd", 3, TextTooLong},
		{"a byte too many, a newline", "abc\n", 3, TextTooLong},
		{"too long and not UTF-8", "abc\xff", 3, TextTooLong},
		{"over the default", strings.Repeat("a", TextMaxBytes+1), TextMaxBytes, TextTooLong},
		{"too long once replaced", "ab\x01", 4, TextTooLong},
		{"too long once closed", "\u202Eab", 7, TextTooLong},

		{"not UTF-8", "a\xffb", 9, TextEncoding},
		{"cut character", "a\xe5\xb0", 9, TextEncoding},
		{"surrogate", "\xed\xa0\x80", 9, TextEncoding},
		{"overlong", "\xc0\x80", 9, TextEncoding},
		{"NUL", "a\x00b", 9, TextEncoding},
	} {
		t.Run(c.what, func(t *testing.T) {
			if out, code := cleaned(t, c.in, c.maxBytes); code != c.code {
				t.Errorf("ParseText(%+q) = %+q %v, want %v", c.in, out, code, c.code)
			}
		})
	}
}

// TestTextBound is the other side of the bytes refused: what just fits, is taken.
func TestTextBound(t *testing.T) {
	for _, c := range []struct {
		in       string
		maxBytes int
	}{
		{"abc", 3}, {strings.Repeat("a", TextMaxBytes), TextMaxBytes}, {"ab\x01", 5}, {"\u202Eab", 8}, {"a\u2028\u2028b", 8},
	} {
		if _, code := cleaned(t, c.in, c.maxBytes); code != OK {
			t.Errorf("%+q in %d bytes: %v", c.in, c.maxBytes, code)
		}
	}
}

func TestTextPlainIsNotCopied(t *testing.T) {
	for _, s := range []string{"hello", "大家好，我是小明。👍🏽\n\tnext line", "hello\n", strings.Repeat("a long message ", 500)} {
		if n := testing.AllocsPerRun(100, func() { ParseText(s, TextMaxBytes) }); n != 0 {
			t.Errorf("%.20q: %v allocations", s, n)
		}
	}
}

// TestTextManyClosers: closers that match nothing must not each search all that is open, which would take minutes here.
func TestTextManyClosers(t *testing.T) {
	const each = 1 << 18
	s := strings.Repeat("\u202E", each) + "a" + strings.Repeat("\u2069", each)
	start := time.Now()
	if _, code := cleaned(t, s, 8*each); code != OK {
		t.Error(code)
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("took %v", took)
	}
}

func FuzzParseText(f *testing.F) {
	for _, s := range []string{
		"hello", "  大家好 \n", "a\r\n\r\rb", "\x1b[31m\x7f\u009b", "a\u0085b\u2028c\u2029d\ve\f", "\xff", "a\x00", "\u2800\u3164",
		"\u202Ea\u2067b\u202Cc", "\u2067a\u202Eb\u2069c\u202Cd", "\u202E\n\u202C\u2069", "\u2069\u202C", "a\n\u202E\n\n", "👨\u200D👩",
	} {
		f.Add(s, 64)
	}
	f.Add("\x01\x02", 4)
	f.Add("", -1)
	f.Fuzz(func(t *testing.T, s string, maxBytes int) {
		out, code := cleaned(t, s, maxBytes)
		if code != OK {
			if code < TextEmpty || code > TextEncoding {
				t.Fatalf("%q: refused with %v", s, code)
			}
			return
		}
		if again, code := cleaned(t, out, maxBytes); again != out {
			t.Fatalf("%+q is %+q, that is %+q %v", s, out, again, code)
		}
		if len(out) > maxBytes || !utf8.ValidString(out) || strings.HasSuffix(out, "\n") || strings.IndexFunc(out, visible) < 0 {
			t.Fatalf("%+q: bad %+q", s, out)
		}
		for _, r := range out {
			if unicode.IsControl(r) && r != '\n' && r != '\t' || r == '\u2028' || r == '\u2029' {
				t.Fatalf("%+q: %U in %+q", s, r, out)
			}
		}
		for line := range strings.SplitSeq(out, "\n") {
			if leaks(line) {
				t.Fatalf("%+q: line %+q", s, line)
			}
		}
		if n := strings.Count(s, " "); n != strings.Count(out, " ") {
			t.Fatalf("%+q: %d spaces, %+q", s, n, out)
		}
	})
}

// leaks says, by reduction and not as bidiStack does, whether a line opens what it does not close or the reverse: pairs with
// nothing but text and whole pairs in them are taken out until none is left.
func leaks(line string) bool {
	var b []byte
	for _, r := range line {
		switch r {
		case bidiLRE, bidiRLE, bidiLRO, bidiRLO:
			b = append(b, 'e')
		case bidiPDF:
			b = append(b, 'E')
		case bidiLRI, bidiRLI, bidiFSI:
			b = append(b, 'i')
		case bidiPDI:
			b = append(b, 'I')
		}
	}
	for s := string(b); ; {
		next := strings.ReplaceAll(strings.ReplaceAll(s, "eE", ""), "iI", "")
		next = strings.ReplaceAll(next, "eI", "I") // an isolate's end ends the embeddings in it
		if next == s {
			return s != ""
		}
		s = next
	}
}

func BenchmarkParseText(b *testing.B) {
	for _, c := range []struct{ what, in string }{
		{"latin", "hello everyone, how are you today?"},
		{"chinese", "大家好，我是小明，今天过得怎么样？"},
		{"16KiB", strings.Repeat("a long message. ", TextMaxBytes/16)},
		{"CRLF", "hello everyone, how are you today?\r\n"},
		{"hostile", strings.Repeat("\u202E\u2069", TextMaxBytes/12)},
	} {
		b.Run(c.what, func(b *testing.B) {
			b.SetBytes(int64(len(c.in)))
			b.ReportAllocs()
			for b.Loop() {
				ParseText(c.in, TextMaxBytes)
			}
		})
	}
}
