package main

import (
	"fmt"
	"os"
	"time"

	"golang.org/x/term"

	"parley/locale"
)

// meterEvery is how often a meter shows how far something has come.
const meterEvery = 200 * time.Millisecond

// meter shows on a terminal's standard error how far a long step has come. Elsewhere it shows nothing.
type meter struct {
	lang  locale.Lang
	on    bool
	shown time.Time
	drawn bool // something is to be cleared
}

func newMeter(lang locale.Lang) *meter {
	return &meter{lang: lang, on: term.IsTerminal(int(os.Stderr.Fd())), shown: time.Now()} // what is soon done shows nothing
}

// clearLine goes back to the line's start and clears it.
const clearLine = "\r\x1b[K"

// progress is an archive.Progress.
func (m *meter) progress(step locale.Text, done, total int64) {
	if !m.on || time.Since(m.shown) < meterEvery {
		return
	}
	m.shown, m.drawn = time.Now(), true
	fmt.Fprint(os.Stderr, clearLine, step.In(m.lang), " …")
	if total > 0 {
		fmt.Fprintf(os.Stderr, " %d %%", min(100*done/total, 100))
	}
}

// end clears what is shown.
func (m *meter) end() {
	if m.drawn {
		fmt.Fprint(os.Stderr, clearLine)
	}
}
