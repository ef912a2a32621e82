package tui

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// press does a row of keys; what is no binding is typed.
func press(e *editor, keys ...string) {
	for _, k := range keys {
		if edit, ok := bindings[k]; ok {
			edit(e)
		} else {
			e.insert(k)
		}
	}
}

func TestEditor(t *testing.T) {
	for name, c := range map[string]struct {
		keys []string
		want string // | is the cursor
	}{
		"typing":                      {[]string{"你好", "left", "x"}, "你x|好"},
		"graphemes are not broken":    {[]string{"a👨\u200D👩e\u0301", "left", "left", "backspace"}, "|👨\u200D👩e\u0301"},
		"delete takes a grapheme":     {[]string{"👍🏽b", "home", "delete"}, "|b"},
		"at the ends nothing happens": {[]string{"left", "backspace", "delete", "right", "a", "right", "delete"}, "a|"},
		"words":                       {[]string{"one, two  ", "ctrl+left", "alt+b", "!"}, "one!|, two  "},
		"words of Han":                {[]string{"你好world", "ctrl+left", "ctrl+left"}, "|你好world"},
		"word forward":                {[]string{"one  two", "home", "alt+f", "ctrl+right"}, "one  two|"},
		"rub out a word":              {[]string{"one two ", "ctrl+w"}, "one |"},
		"remove a word":               {[]string{"one two", "home", "alt+d"}, "| two"},
		"kill both ways":              {[]string{"one two", "ctrl+left", "ctrl+k", "x", "left", "ctrl+u"}, "|x"},
		"control characters":          {[]string{"a\x1b[31m\tb\x00\u0085"}, "a[31m\tb|"},
	} {
		t.Run(name, func(t *testing.T) {
			var e editor
			press(&e, c.keys...)
			if got := e.before + "|" + e.after; got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

func TestHistory(t *testing.T) {
	var e editor
	if got := e.insert("one\r\ntwo\rtwo\n  \ndraft"); !slices.Equal(got, []string{"one", "two", "two", "  "}) {
		t.Errorf("submitted %q", got)
	}
	for _, step := range []struct{ key, want string }{
		{"down", "draft"}, {"up", "two"}, {"up", "one"}, {"up", "one"}, {"down", "two"}, {"down", "draft"}, {"down", "draft"},
	} {
		press(&e, step.key)
		if got := e.text(); got != step.want {
			t.Errorf("after %s: %q, want %q", step.key, got, step.want)
		}
	}
	for range 2 * historyMax {
		press(&e, "x")
		e.insert(strings.Repeat("y", len(e.history)) + "\n")
	}
	if len(e.history) != historyMax {
		t.Errorf("the history has %d lines", len(e.history))
	}
}

func FuzzEditor(f *testing.F) {
	f.Add("你好 world\n👨\u200D👩", "left,ctrl+w,alt+d,up", 10)
	f.Fuzz(func(t *testing.T, text, keys string, columns int) {
		columns = max(1, columns%200)
		var out strings.Builder
		e := &editor{}
		s := screen{out: &out, columns: func() int { return columns }, line: e, prompt: clean(text), open: true}
		press(e, append([]string{text}, strings.Split(keys, ",")...)...)
		s.row()
		if s.length >= columns && columns > 2 {
			t.Fatalf("%d columns in a terminal of %d", s.length, columns)
		}
		if strings.ContainsFunc(visible(e.text()), func(r rune) bool { return unsafe(r) }) || utf8.ValidString(text) && !utf8.ValidString(e.text()) {
			t.Fatalf("%q holds what must not be shown", e.text())
		}
		s.print(text, clean)
		if n := strings.Count(out.String(), "\x1b"); n != 4 { // erase; save, erase, back
			t.Fatalf("printing %q writes %q", text, out.String())
		}
	})
}
