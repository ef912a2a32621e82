// Package tui is the one line at the bottom of a terminal where somebody types, while lines from elsewhere appear above it.
//
// It knows nothing of chat rooms, servers or what the lines say.
//
// Its laws:
//   - What is being typed is never torn by what is printed.
//   - Nothing that is printed can steer the terminal: control characters are replaced, all but the colors of PrintColored.
//   - Columns are left to the terminal: the cursor is put back where the terminal itself had it, and long lines are wrapped by
//     the terminal, so that full-width characters are right wherever tables disagree about them.
//   - The terminal is restored on every way out of a Prompt: Close, end of input, interrupt, a panic that passes Close.
//   - In the background of a terminal nothing is read from it and its mode is left alone; what is printed still appears.
//
// Keys and pastes are read with bubbletea, without its renderer: that one counts the rows of a long Chinese line wrongly when
// inserting it above, and cannot insert before its first frame is drawn.
package tui

import (
	"context"
	"errors"
	"io"
	"os"
	"time"

	"golang.org/x/term"
)

// ErrInterrupted is what ReadLine returns once Ctrl-C was pressed.
var ErrInterrupted = errors.New("tui: interrupted")

// ErrGone is what ReadLine returns once the terminal is gone: it was closed, or its connection
// lost.
var ErrGone = errors.New("tui: the terminal is gone")

// AgainWithin is how soon a key has to be pressed again after the question of AskFirst.
const AgainWithin = 3 * time.Second

// Console is somebody who reads and types, at a terminal or through pipes.
type Console interface {
	// ReadLine waits for a line and returns it without its end. After the last one it returns
	// io.EOF, after Ctrl-C at once and for ever ErrInterrupted, when the terminal is gone ErrGone,
	// and when ctx ends its cause; a line typed later waits for the next call. In the background of
	// a terminal it waits until the program is in front. One goroutine at a time.
	ReadLine(ctx context.Context) (string, error)

	// Print shows text, one line or several. Any goroutine.
	Print(text string)

	// PrintColored is Print for text of our own that has colors in it (SGR sequences). They are left out where there are to be
	// none. Any goroutine.
	PrintColored(text string)

	// Echo shows a line of one's own, dimmed. Through pipes, and where the terminal shows what is typed itself, it does
	// nothing. Any goroutine.
	Echo(line string)

	// SetPrompt changes what stands before the line being typed. Any goroutine.
	SetPrompt(prompt string)

	// Interrupted is closed when Ctrl-C is pressed, whether or not somebody waits in ReadLine. Where the terminal turns
	// Ctrl-C into a signal it never is.
	Interrupted() <-chan struct{}

	// AskFirst makes Ctrl-C and Ctrl-D less final where they are keys: Ctrl-C clears a half-typed
	// line. With an empty one, either shows ask's question for its name, unless that is empty, and
	// takes effect when it is pressed again within AgainWithin. ask must be quick. Any goroutine.
	AskFirst(ask func(key string) string)

	// Interactive tells whether there is somebody who can be asked again.
	Interactive() bool

	// Close restores the terminal, within a second even if it takes no output; what is printed
	// later still appears. It may be called again.
	Close() error
}

// Asker is a Console that can ask a question without confusing its answer with what is typed besides.
type Asker interface {
	// Ask shows question in place of the prompt and returns the line that answers it. What was being
	// typed is set aside meanwhile and is typed on afterwards; lines that were submitted before are for
	// ReadLine, which may wait in another goroutine. Errors are those of ReadLine. One call at a time.
	Ask(ctx context.Context, question string) (string, error)
}

// TerminalFile is a file that may be a terminal.
type TerminalFile interface {
	io.Writer
	Fd() uintptr
}

// InFront returns whether the program may read from f now: f is not its controlling terminal, or
// the program is in the foreground there. Any goroutine.
func InFront(f *os.File) bool { return inFront(f) }

// Open returns a Prompt when in and out are a terminal that can move its cursor, else a Plain.
// getenv is asked for TERM and NO_COLOR. From then on the program is not stopped when it uses a
// terminal in whose background it is.
func Open(in io.Reader, out io.Writer, getenv func(string) string) (Console, error) {
	outliveBackground()
	fin, inFile := in.(*os.File)
	fout, outFile := out.(TerminalFile)
	terminal := inFile && outFile && term.IsTerminal(int(fin.Fd())) && term.IsTerminal(int(fout.Fd()))
	if kind := getenv("TERM"); !terminal || kind == "dumb" || kind == "" && !noTerm {
		return NewPlain(in, out, terminal), nil
	}
	return NewPrompt(fin, fout, getenv("NO_COLOR") == "")
}
