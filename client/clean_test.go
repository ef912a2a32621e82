package client

import (
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestClean(t *testing.T) {
	for in, want := range map[string][]string{
		"ann: 大家好 👨\u200D👩":           {"ann: 大家好 👨\u200D👩"},
		"ann: a\nbob: b":              {"ann: a", "bob: b"},
		"ann: \x1b[31mred\x1b[0m":     {"ann: \uFFFD[31mred\uFFFD[0m"},
		"ann: \x1b]0;title\x07":       {"ann: \uFFFD]0;title\uFFFD"},
		"ann: \u009b31m\x7f\x00":      {"ann: \uFFFD31m\uFFFD\uFFFD"},
		"ann: \xff\xe5\xb0":           {"ann: \uFFFD"},
		"ann: \u202Eevil":             {"ann: \u202Eevil\u202C"},
		"ann: a\rb\u2028c\u0085d\x0b": {"ann: a", "b", "c", "d"},
		"":                            nil,
		"\n \n":                       nil,
	} {
		if got := clean(in); !slices.Equal(got, want) {
			t.Errorf("%+q: %+q, want %+q", in, got, want)
		}
	}
}

func FuzzClean(f *testing.F) {
	for _, s := range []string{"ann: hi", "\x1b[31m", "\xff\u009b\u202E\n\u2069", "a\x00\r\n\u2028\u2029", "👨\u200D👩"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, line := range clean(s) {
			if !utf8.ValidString(line) {
				t.Fatalf("%+q is not UTF-8", line)
			}
			for _, r := range line {
				if unicode.IsControl(r) && r != '\t' || r == '\u2028' || r == '\u2029' {
					t.Fatalf("%+q holds %U", line, r)
				}
			}
			opened := strings.Count(line, "\u202A") + strings.Count(line, "\u202B") + strings.Count(line, "\u202D") + strings.Count(line, "\u202E")
			if closed := strings.Count(line, "\u202C"); closed > opened {
				t.Fatalf("%+q closes more than it opens", line)
			}
			if again := clean(line); len(again) > 0 && (len(again) != 1 || again[0] != line) {
				t.Fatalf("%+q is cleaned again to %+q", line, again)
			}
		}
	})
}
