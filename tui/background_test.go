//go:build unix

package tui

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// kinds are the two Consoles that a terminal can have, by the environment that chooses them.
var kinds = map[string]string{"Prompt": "", "Plain": "TERM=dumb"}

// isBehind checks that the helper runs in the background, shows what arrives and leaves the
// terminal to the shell.
func (s *stage) isBehind() {
	s.t.Helper()
	s.arrive("bob: hi")
	s.glimpse("bob: hi")
	s.Press("jobs", "Enter") // what the shell reads is not taken from it
	s.glimpse("Running")
	s.IsCooked()
}

func TestStartedInTheBackgroundItShowsWhatArrivesAndAsksNothing(t *testing.T) {
	for name, env := range kinds {
		t.Run(name, func(t *testing.T) {
			s := newShell(t, 60, 50)
			s.Press("stty tostop; clear; "+s.helper(env)+" &", "Enter")
			s.isBehind()
			if got := s.All(); strings.Contains(got, "say> ") {
				t.Errorf("it asks: %s", got)
			}
			s.Press("fg", "Enter")
			s.see("\nsay> ")
			s.Press("hello", "Enter")
			s.glimpse("hello\nsay>")
			s.Press("quit", "Enter")
			s.see("\n$ ")
			s.IsCooked()
		})
	}
}

func TestContinuedInTheBackgroundItShowsWhatArrivesAndAsksNothing(t *testing.T) {
	stops := map[string]func(*stage){
		"Ctrl-Z":  func(s *stage) { s.Press("C-z") },
		"SIGSTOP": func(s *stage) { s.signal(syscall.SIGSTOP) },
		"SIGTSTP": func(s *stage) { s.signal(syscall.SIGTSTP) },
	}
	for name, env := range kinds {
		for how, stop := range stops {
			t.Run(name+" "+how, func(t *testing.T) {
				s := newStage(t, 60, 50, env)
				for range 2 {
					stop(s)
					s.glimpse("Stopped")
					s.Press("stty sane; clear; bg", "C-j") // nobody restored it
					s.glimpse("[1]")
					s.isBehind()
					s.Press("fg", "Enter")
					s.see("\nsay> ")
				}
				s.Press("quit", "Enter")
				s.see("\n$ ")
				s.IsCooked()
			})
		}
	}
}

func TestStoppedAndBroughtBackItHasTheTerminalAgain(t *testing.T) {
	s := newStage(t, 60, 50, "")
	s.Press("half a ")
	s.see("say> half a ")
	s.signal(syscall.SIGSTOP)
	s.glimpse("Stopped")
	s.Press("stty sane; fg", "C-j")
	s.see("\nsay> half a ")
	s.Press("line", "Enter")
	s.see("\nann: half a line\nsay> ")
}

// TestInTheBackgroundTheModeOfTheTerminalIsTheShells: what was found in front is not restored then.
func TestInTheBackgroundTheModeOfTheTerminalIsTheShells(t *testing.T) {
	s := newStage(t, 60, 50, "")
	s.signal(syscall.SIGSTOP)
	s.glimpse("Stopped")
	s.Press("stty sane -icanon; clear; bg", "C-j") // a shell that edits lines has such a mode
	s.glimpse("[1]")
	s.arrive("bob: hi")
	s.glimpse("bob: hi")
	s.IsIn("-icanon iexten")
	s.Press("stty sane; fg", "Enter")
	s.see("say> ")
	s.Press("quit", "Enter")
	s.see("\n$ ")
}

func TestATerminalThatIsGoneIsToldFromTheEndOfInput(t *testing.T) {
	for name, env := range kinds {
		t.Run(name, func(t *testing.T) {
			s := newShell(t, 60, 10)
			ended := s.pipe + ".ended"
			if err := syscall.Mkfifo(ended, 0o600); err != nil {
				t.Fatal(err)
			}
			s.Enter("trap '' HUP; " + s.helper(env+" "+helperEnded+"="+ended))
			s.see("say> ")
			s.Run("kill-pane") // the terminal, not the program
			why := make(chan string, 1)
			go func() {
				told, err := os.ReadFile(ended) // once the helper tells it
				why <- fmt.Sprint(string(told), err)
			}()
			select {
			case got := <-why:
				if want := fmt.Sprint(ErrGone.Error(), nil); got != want {
					t.Errorf("it ended with %q, want %q", got, want)
				}
			case <-time.After(20 * time.Second):
				t.Fatal("it does not end")
			}
		})
	}
}

// signal sends a signal to the helper, which is the shell's only child.
func (s *stage) signal(kind syscall.Signal) {
	s.t.Helper()
	shell := strings.TrimSpace(s.Run("display-message", "-p", "#{pane_pid}"))
	out, err := exec.Command("pgrep", "-P", shell).Output()
	if err != nil {
		s.t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(out)))
	if err != nil {
		s.t.Fatal(err)
	}
	if err := syscall.Kill(pid, kind); err != nil {
		s.t.Fatal(err)
	}
}
