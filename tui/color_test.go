package tui

import "testing"

func TestOnlyColorsPass(t *testing.T) {
	for line, want := range map[string]struct{ allowed, left string }{
		"12:00 \x1b[91mERR\x1b[0m 坏了":            {"12:00 \x1b[91mERR\x1b[0m 坏了\x1b[m", "12:00 ERR 坏了"},
		"no color":                               {"no color", "no color"},
		"\x1b[1;31mon to the end":                {"\x1b[1;31mon to the end\x1b[m", "on to the end"},
		"\x1b[2J\x1b[H\x1b]0;title\a\x1b[0m\x07": {"\uFFFD[2J\uFFFD[H\uFFFD]0;title\uFFFD\x1b[0m\uFFFD\x1b[m", "\uFFFD[2J\uFFFD[H\uFFFD]0;title\uFFFD\uFFFD"},
		"\x1b[\x1b[0m2J":                         {"\uFFFD[\x1b[0m2J\x1b[m", "\uFFFD[2J"},
		"\x1b[?25m":                              {"\uFFFD[?25m", "\uFFFD[?25m"},
	} {
		if got := cleanColored(line, true); got != want.allowed {
			t.Errorf("%q with colors: %q, want %q", line, got, want.allowed)
		}
		if got := cleanColored(line, false); got != want.left {
			t.Errorf("%q without: %q, want %q", line, got, want.left)
		}
	}
}
