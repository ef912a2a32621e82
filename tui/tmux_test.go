//go:build unix

package tui

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"go.uber.org/goleak"

	"parley/test/tmux"
)

// helperPipe names the variable that makes the test binary a program with a Prompt: what it reads from that pipe it prints.
const helperPipe = "TUI_TEST_PIPE"

// helperEnded names the variable with a file that is told why the helper ended.
const helperEnded = "TUI_TEST_ENDED"

func TestMain(m *testing.M) {
	if pipe := os.Getenv(helperPipe); pipe != "" {
		if err := helper(pipe); err != nil {
			fmt.Println("ended:", err)
			_ = os.WriteFile(os.Getenv(helperEnded), []byte(err.Error()), 0o600) // if asked for
		}
		return
	}
	goleak.VerifyTestMain(m)
}

// helper echoes each line as `ann: LINE`, answers `panic` with a panic and ends on `quit`.
func helper(pipe string) error {
	console, err := Open(os.Stdin, os.Stdout, os.Getenv)
	if err != nil {
		return err
	}
	defer console.Close()
	console.SetPrompt("say> ")
	remote, err := os.OpenFile(pipe, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	go func() {
		for lines := bufio.NewScanner(remote); lines.Scan(); {
			console.Print(lines.Text())
		}
	}()
	for {
		line, err := console.ReadLine(context.Background())
		switch {
		case err != nil:
			return err
		case line == "panic":
			panic("as asked")
		case line == "quit":
			return nil
		}
		console.Echo("ann: " + line)
	}
}

// stage is a shell in a terminal of its own in which the helper runs.
type stage struct {
	*tmux.Terminal
	t    *testing.T
	pipe string
}

func newStage(t *testing.T, columns, rows int, env string) *stage {
	t.Helper()
	s := newShell(t, columns, rows)
	s.Enter("clear; " + s.helper(env))
	s.see("say> ")
	return s
}

// newShell is a stage without the helper.
func newShell(t *testing.T, columns, rows int) *stage {
	t.Helper()
	dir := t.TempDir()
	env := "LC_ALL=C.UTF-8 GORACE=atexit_sleep_ms=0"
	s := &stage{tmux.Open(t, dir, columns, rows, env), t, filepath.Join(dir, "pipe")}
	if err := syscall.Mkfifo(s.pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	return s
}

// helper is the command that runs it.
func (s *stage) helper(env string) string {
	return env + " " + helperPipe + "=" + s.pipe + " " + os.Args[0]
}

func (s *stage) arrive(lines string) {
	s.t.Helper()
	f, err := os.OpenFile(s.pipe, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		s.t.Fatal(err)
	}
	defer f.Close()
	if _, err := io.WriteString(f, lines+"\n"); err != nil {
		s.t.Fatal(err)
	}
}

// see waits until the screen, with what was scrolled out of it, ends in want.
func (s *stage) see(want string) {
	s.t.Helper()
	want = strings.TrimRight(want, " ")
	s.Until("the end is\n"+want, func() bool { return strings.HasSuffix(s.All(), want) })
}

// glimpse waits until some text is anywhere on the screen.
func (s *stage) glimpse(want string) {
	s.t.Helper()
	s.Until(want+" is there", func() bool { return strings.Contains(s.All(), want) })
}

// cursor waits until the cursor is in a column.
func (s *stage) cursor(want int) {
	s.t.Helper()
	s.Until(fmt.Sprint("the cursor is in column ", want), func() bool {
		return strings.TrimSpace(s.Run("display-message", "-p", "#{cursor_x}")) == fmt.Sprint(want)
	})
}

func TestALineThatArrivesDoesNotTearTheLineBeingTyped(t *testing.T) {
	s := newStage(t, 40, 10, "")
	s.Press("你好，世", "Left")
	s.see("\nsay> 你好，世")
	s.cursor(5 + 6)
	s.arrive("bob: hi\n小明: 大家好\x1b[2J\x07")
	s.see("\nbob: hi\n小明: 大家好\uFFFD[2J\uFFFD\nsay> 你好，世")
	s.cursor(5 + 6)
	s.Press("x", "End", "界")
	s.see("\nsay> 你好，x世界")
	s.Press("Enter")
	s.see("\nann: 你好，x世界\nsay> ")
	s.cursor(5)
	s.Press("Up")
	s.see("\nann: 你好，x世界\nsay> 你好，x世界")
	s.Press("BSpace", "C-a", "DC", "Enter")
	s.see("\nann: 好，x世\nsay> ")
}

func TestLongLinesAreWrappedByTheTerminal(t *testing.T) {
	s := newStage(t, 21, 12, "") // odd: the full-width characters leave a column free
	s.Press("typed")
	s.arrive(strings.Repeat("好", 25) + "\n" + strings.Repeat("x", 21) + "\n" + strings.Repeat("y", 42))
	s.see("\n" + strings.Repeat("好", 10) + "\n" + strings.Repeat("好", 10) + "\n" + strings.Repeat("好", 5) +
		"\n" + strings.Repeat("x", 21) + "\n" + strings.Repeat("y", 21) + "\n" + strings.Repeat("y", 21) + "\nsay> typed")
	s.Press("C-u", "0123456789abcdefghijklmnop")
	s.see("\nsay> bcdefghijklmnop")
	s.Press("Home")
	s.see("\nsay> 0123456789abcde")
	s.cursor(5)
}

func TestPastedLinesAreSubmitted(t *testing.T) {
	s := newStage(t, 40, 10, "")
	s.Press("a ")
	s.Run("set-buffer", "one\n\ttwo\n三")
	s.Run("paste-buffer", "-p")
	s.see("\nann: a one\nann:    two\nsay> 三")
}

func TestResizeKeepsOneRow(t *testing.T) {
	s := newStage(t, 60, 10, "")
	s.arrive("bob: hi")
	s.Press("0123456789 0123456789 0123456789")
	s.see("\nbob: hi\nsay> 0123456789 0123456789 0123456789")
	s.Run("resize-window", "-x", "20", "-y", "10")
	s.see("\nbob: hi\nsay> 789 0123456789")
	s.Run("resize-window", "-x", "60", "-y", "8")
	s.see("\nbob: hi\nsay> 0123456789 0123456789 0123456789")
}

func TestTheTerminalIsRestored(t *testing.T) {
	for name, c := range map[string]struct {
		keys []string
		want string
	}{
		"quit":      {[]string{"quit", "Enter"}, "\n$ "},
		"Ctrl-D":    {[]string{"C-d"}, "\nended: EOF\n$ "},
		"Ctrl-C":    {[]string{"half a line", "C-c"}, "\nended: tui: interrupted\n$ "},
		"panic":     {[]string{"panic", "Enter"}, "\n$ "},
		"suspended": {[]string{"typed", "C-z"}, "\n$ "},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, 60, 50, "")
			s.Press(c.keys...)
			s.see(c.want)
			s.IsCooked()
			if name == "suspended" {
				s.Press("fg", "Enter")
				s.see("\nsay> typed")
			}
		})
	}
}

func TestDumbTerminal(t *testing.T) {
	s := newStage(t, 40, 10, "TERM=dumb")
	s.Press("hello", "Enter")
	s.see("\nsay> hello\nsay> ")
	s.arrive("bob: hi")
	s.see("bob: hi")
	s.Press("C-d")
	s.see("ended: EOF\n$ ")
}

func TestNoColor(t *testing.T) {
	for env, want := range map[string]string{"": "\x1b[2mann: x", "NO_COLOR=1": "\nann: x"} {
		s := newStage(t, 40, 10, env)
		s.Press("x", "Enter")
		s.see("\nann: x\nsay> ")
		if got := "\n" + s.Run("capture-pane", "-p", "-e"); !strings.Contains(got, want) {
			t.Errorf("with %q the screen is %q", env, got)
		}
	}
}

func TestPlain(t *testing.T) {
	r, w := io.Pipe()
	var out strings.Builder
	p := NewPlain(r, &out, false)
	defer p.Close()
	p.SetPrompt("say> ")
	ctx, cancel := context.WithCancelCause(context.Background())
	stopped := errors.New("stopped")
	cancel(stopped)
	if _, err := p.ReadLine(ctx); !errors.Is(err, stopped) {
		t.Error(err)
	}
	go func() {
		io.WriteString(w, "one\r\ntwo")
		w.Close()
	}()
	for _, want := range []string{"one", "two"} {
		if got, err := p.ReadLine(t.Context()); got != want || err != nil {
			t.Errorf("read %q %v, want %q", got, err, want)
		}
	}
	for range 2 {
		if _, err := p.ReadLine(t.Context()); err != io.EOF {
			t.Error(err)
		}
	}
	p.Print("a\x1b[31m\tb\nc")
	p.Echo("mine")
	if got := out.String(); got != "a\uFFFD[31m  b\nc\n" {
		t.Errorf("printed %q", got)
	}
}
