//go:build unix

// Package tmux drives a shell in a terminal for tests.
//
// It knows nothing of the programs in it.
//
// Its laws:
//   - Waiting ends when the terminal prints what is waited for. Nothing sleeps.
//   - A terminal ends with its test, and so do the programs in it that do not ignore that.
package tmux

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// patience is how long the screen may take to be as expected.
const patience = 20 * time.Second

// Terminal is a terminal of its own with a shell in it, whose prompt is "$ ".
type Terminal struct {
	t       testing.TB
	socket  string
	printed chan struct{} // holds a token when something was printed
	cleared int           // how often
}

// Open opens a terminal. The shell starts in dir with env, words such as "LC_ALL=C". The test is
// skipped where there is no tmux.
func Open(t testing.TB, dir string, columns, rows int, env string) *Terminal {
	t.Helper()
	if _, err := exec.LookPath("tmux"); err != nil {
		t.Skip("tmux is not here: test/needs.sh installs it")
	}
	files := t.TempDir()
	output := filepath.Join(files, "output")
	if err := syscall.Mkfifo(output, 0o600); err != nil {
		t.Fatal(err)
	}
	term := &Terminal{t: t, socket: filepath.Join(files, "socket"), printed: make(chan struct{}, 1)}
	term.Run("-f", "/dev/null", "new-session", "-d", "-c", dir,
		"-x", fmt.Sprint(columns), "-y", fmt.Sprint(rows), "env PS1='$ ' "+env+" sh")
	term.Run("new-window", "-d", "cat") // tmux ends with its last terminal
	term.Run("pipe-pane", "exec cat >'"+output+"'")
	followed := make(chan error)
	go func() { followed <- term.follow(output) }()
	t.Cleanup(func() {
		term.Run("kill-server")
		if err := <-followed; err != nil {
			t.Error(err)
		}
	})
	term.Shows("$")
	return term
}

// follow follows what the terminal prints until that ends. tmux has it on the screen before it
// answers another command.
func (term *Terminal) follow(output string) error {
	f, err := os.Open(output)
	if err != nil {
		return err
	}
	_, err = io.Copy(term, f)
	return errors.Join(err, f.Close())
}

func (term *Terminal) Write(b []byte) (int, error) {
	select {
	case term.printed <- struct{}{}:
	default:
	}
	return len(b), nil
}

// Run runs a command of tmux and returns what it prints.
func (term *Terminal) Run(args ...string) string {
	term.t.Helper()
	args = append([]string{"-u", "-S", term.socket}, args...)
	out, err := exec.Command("tmux", args...).CombinedOutput()
	if err != nil {
		term.t.Fatalf("tmux %q: %v: %s", args, err, out)
	}
	return string(out)
}

// Press presses keys by the names that tmux has for them; anything else is typed.
func (term *Terminal) Press(keys ...string) {
	term.t.Helper()
	term.Run(append([]string{"send-keys"}, keys...)...)
}

// Enter types a line and presses Enter.
func (term *Terminal) Enter(line string) {
	term.t.Helper()
	term.Run("send-keys", "-l", line)
	term.Press("Enter")
}

// Clear has the shell clear the screen, and returns when nothing old is on it: what is shown from
// then on is new.
func (term *Terminal) Clear() {
	term.t.Helper()
	term.cleared++
	term.Enter(fmt.Sprintf("clear; echo cleared''%d", term.cleared))
	term.Shows(fmt.Sprintf("cleared%d", term.cleared))
}

// Until waits until something that depends on what is printed is so.
func (term *Terminal) Until(what string, is func() bool) {
	term.t.Helper()
	for impatient := time.After(patience); !is(); {
		select {
		case <-term.printed:
		case <-impatient:
			term.t.Fatalf("waited in vain: %s\n%s", what, term.All())
		}
	}
}

// Screen returns the screen. Lines begin with a line break and have no spaces at their ends.
func (term *Terminal) Screen() string {
	term.t.Helper()
	return "\n" + strings.TrimRight(term.Run("capture-pane", "-p"), "\n")
}

// All returns the screen after what was scrolled out of it.
func (term *Terminal) All() string {
	term.t.Helper()
	return "\n" + strings.TrimRight(term.Run("capture-pane", "-p", "-S", "-"), "\n")
}

// Shows waits until a line on the screen begins with a text, behind the shell's prompt or without
// it, and returns the line.
func (term *Terminal) Shows(text string) (shown string) {
	term.t.Helper()
	term.Until(fmt.Sprintf("a line begins with %q", text), func() bool {
		for line := range strings.SplitSeq(term.Screen(), "\n") {
			if strings.HasPrefix(strings.TrimPrefix(line, "$ "), text) {
				shown = line
				return true
			}
		}
		return false
	})
	return shown
}

// IsCooked checks from the shell that the terminal is as a shell wants it.
func (term *Terminal) IsCooked() {
	term.t.Helper()
	term.IsIn(" icanon iexten")
}

// IsIn checks from the shell which mode the terminal is in: the flags icanon and iexten, each
// behind a space or a dash, as stty prints them.
func (term *Terminal) IsIn(mode string) {
	term.t.Helper()
	term.Clear()
	term.Enter("stty -a | grep -o '.icanon.*iexten'")
	term.Until("the mode is"+mode, func() bool {
		return strings.HasSuffix(term.Screen(), "\n"+mode+"\n$")
	})
}
