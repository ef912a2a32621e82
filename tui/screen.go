package tui

import (
	"fmt"
	"io"
	"strings"
)

// The sequences that a screen uses; every terminal but a dumb one knows them.
const (
	eraseRight  = "\x1b[K"
	eraseAll    = "\x1b[2J\x1b[H"
	cursorUp    = "\x1b[%dA"
	cursorDown  = "\x1b[B"
	saveCursor  = "\x1b7"
	backToSaved = "\x1b8"
	faint       = "\x1b[2m"
	plain       = "\x1b[m"
	pasteOn     = "\x1b[?2004h"
	pasteOff    = "\x1b[?2004l"
)

// screen draws: the row with the prompt, where the cursor stays, and lines above it. Each change is one write, so that nothing
// is seen half done. Its owner guards it.
type screen struct {
	out     io.Writer
	columns func() int // the terminal's width now
	color   bool

	prompt string  // cleaned
	line   *editor // what is being typed
	open   bool    // the row is there; else the terminal is as it was found and lines are just written

	column, length int // of the row as drawn: the cursor's column, and all of it
}

// start draws the row for the first time.
func (s *screen) start() {
	s.open = true
	s.write(pasteOn + s.row())
}

// stop takes the row away and leaves the cursor where it was.
func (s *screen) stop() {
	if s.open {
		s.write("\r" + eraseRight + pasteOff)
		s.open = false
	}
}

// draw draws the row anew.
func (s *screen) draw() {
	if s.open {
		s.write(s.row())
	}
}

// clear empties the terminal but for the row.
func (s *screen) clear() { s.write(eraseAll + s.row()) }

// print writes lines above the row, each as dress makes it.
func (s *screen) print(text string, dress func(line string) string) {
	var b strings.Builder
	newline := "\n"
	if s.open {
		newline = "\r\n" // raw mode
		b.WriteString("\r" + eraseRight)
	}
	for line := range strings.SplitSeq(text, "\n") {
		b.WriteString(dress(line) + newline)
	}
	if s.open {
		b.WriteString(s.row())
	}
	s.write(b.String())
}

// resized draws the row after the terminal's width changed. Terminals that reflow have broken a row that does not fit any more
// into several; the cursor is in one of them.
func (s *screen) resized() {
	if !s.open {
		return
	}
	columns := s.columns()
	var b strings.Builder
	if s.length > columns {
		if up := s.column / columns; up > 0 {
			fmt.Fprintf(&b, cursorUp, up)
		}
		// Row by row: erasing all below from the first row of the screen makes tmux keep it as history.
		rows := (s.length - 1) / columns
		b.WriteString("\r" + eraseRight + strings.Repeat(cursorDown+eraseRight, rows))
		fmt.Fprintf(&b, cursorUp, rows)
	}
	s.write(b.String() + s.row())
}

// row is what draws the prompt and as much of the line as fits beside it in one row, the cursor where it belongs.
func (s *screen) row() string {
	// The last column stays free: a cursor behind it would wrap.
	columns := max(s.columns()-1, 1)
	prompt := head(s.prompt, columns*2/3)
	room := columns - width(prompt)
	before, after := visible(s.line.before), visible(s.line.after)
	before = tail(before, room-min(width(after), room/3))
	after = head(after, room-width(before))
	s.column = width(prompt) + width(before)
	s.length = s.column + width(after)
	return "\r" + prompt + before + saveCursor + after + eraseRight + backToSaved
}

// visible is what stands in the row for a part of the line.
func visible(typed string) string { return strings.ReplaceAll(typed, "\t", " ") }

// write ignores errors: a terminal that is gone ends the reading side, which says so.
func (s *screen) write(text string) { _, _ = io.WriteString(s.out, text) }
