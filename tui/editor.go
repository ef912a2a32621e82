package tui

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/clipperhouse/displaywidth"
)

// historyMax is how many submitted lines up and down go through.
const historyMax = 500

// editor is a line being typed: pure, no terminal. The cursor stands between before and after.
type editor struct {
	before, after string

	history []string // oldest first
	place   int      // in history; len(history) is the line being typed
	draft   string   // that line, while place is elsewhere
}

// bindings are what keys do to the line, by the name that bubbletea gives them.
var bindings = map[string]func(*editor){
	"left": (*editor).left, "ctrl+b": (*editor).left,
	"right": (*editor).right, "ctrl+f": (*editor).right,
	"home": (*editor).home, "ctrl+a": (*editor).home,
	"end": (*editor).end, "ctrl+e": (*editor).end,
	"ctrl+left": (*editor).wordLeft, "alt+left": (*editor).wordLeft, "alt+b": (*editor).wordLeft,
	"ctrl+right": (*editor).wordRight, "alt+right": (*editor).wordRight, "alt+f": (*editor).wordRight,
	"backspace": (*editor).rubout, "ctrl+h": (*editor).rubout,
	"delete": (*editor).remove, "ctrl+d": (*editor).remove,
	"ctrl+w": (*editor).ruboutWord, "alt+backspace": (*editor).ruboutWord, "ctrl+backspace": (*editor).ruboutWord,
	"alt+d": (*editor).removeWord, "ctrl+delete": (*editor).removeWord, "alt+delete": (*editor).removeWord,
	"ctrl+u": func(e *editor) { e.before = "" },
	"ctrl+k": func(e *editor) { e.after = "" },
	"up":     func(e *editor) { e.visit(e.place - 1) }, "ctrl+p": func(e *editor) { e.visit(e.place - 1) },
	"down": func(e *editor) { e.visit(e.place + 1) }, "ctrl+n": func(e *editor) { e.visit(e.place + 1) },
}

func (e *editor) text() string { return e.before + e.after }

func (e *editor) empty() bool { return e.before == "" && e.after == "" }

// insert puts text at the cursor and returns the lines that its line breaks completed.
func (e *editor) insert(text string) []string {
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text)
	pieces := strings.Split(text, "\n")
	var lines []string
	for i, piece := range pieces {
		e.before += typed(piece)
		if i < len(pieces)-1 {
			lines = append(lines, e.submit())
		}
	}
	return lines
}

// submit ends the line and returns it.
func (e *editor) submit() string {
	line := e.text()
	if last := len(e.history) - 1; strings.TrimSpace(line) != "" && (last < 0 || e.history[last] != line) {
		e.history = append(e.history, line)
	}
	if len(e.history) > historyMax {
		e.history = e.history[len(e.history)-historyMax:]
	}
	e.before, e.after, e.draft, e.place = "", "", "", len(e.history)
	return line
}

// discard forgets the line being typed.
func (e *editor) discard() { e.before, e.after, e.draft, e.place = "", "", "", len(e.history) }

// visit shows the history's line at place.
func (e *editor) visit(place int) {
	if place < 0 || place > len(e.history) {
		return
	}
	if e.place == len(e.history) {
		e.draft = e.text()
	}
	e.place, e.after = place, ""
	if place == len(e.history) {
		e.before = e.draft
	} else {
		e.before = e.history[place]
	}
}

func (e *editor) home() { e.before, e.after = "", e.text() }

func (e *editor) end() { e.before, e.after = e.text(), "" }

func (e *editor) left() { e.move(len(e.before) - len(lastGrapheme(e.before))) }

func (e *editor) right() { e.move(len(e.before) + len(firstGrapheme(e.after))) }

func (e *editor) wordLeft() { e.move(wordStart(e.before)) }

func (e *editor) wordRight() { e.move(len(e.before) + wordEnd(e.after)) }

func (e *editor) rubout() { e.before = strings.TrimSuffix(e.before, lastGrapheme(e.before)) }

func (e *editor) remove() { e.after = strings.TrimPrefix(e.after, firstGrapheme(e.after)) }

func (e *editor) ruboutWord() { e.before = e.before[:wordStart(e.before)] }

func (e *editor) removeWord() { e.after = e.after[wordEnd(e.after):] }

// move puts the cursor at a byte of the text.
func (e *editor) move(at int) {
	text := e.text()
	e.before, e.after = text[:at], text[at:]
}

func firstGrapheme(s string) string {
	g := displaywidth.StringGraphemes(s)
	if !g.Next() {
		return ""
	}
	return g.Value()
}

func lastGrapheme(s string) string {
	last := ""
	for g := displaywidth.StringGraphemes(s); g.Next(); {
		last = g.Value()
	}
	return last
}

// kind tells words apart: a run of letters and digits, a run of Han, and a run of other signs are each a word.
func kind(r rune) int {
	switch {
	case unicode.IsSpace(r):
		return 0
	case unicode.Is(unicode.Han, r):
		return 2
	case unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) || r == '_':
		return 1
	}
	return 3
}

// wordStart returns where the last word of s starts, in bytes.
func wordStart(s string) int {
	s = strings.TrimRightFunc(s, unicode.IsSpace)
	r, _ := utf8.DecodeLastRuneInString(s)
	return len(strings.TrimRightFunc(s, func(other rune) bool { return kind(other) == kind(r) }))
}

// wordEnd returns where the first word of s ends, in bytes.
func wordEnd(s string) int {
	word := strings.TrimLeftFunc(s, unicode.IsSpace)
	r, _ := utf8.DecodeRuneInString(word)
	return len(s) - len(strings.TrimLeftFunc(word, func(other rune) bool { return kind(other) == kind(r) }))
}
