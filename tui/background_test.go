//go:build unix

package tui

import (
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

// isCooked checks from the shell that the terminal is as a shell wants it.
func (s *stage) isCooked() {
	s.t.Helper()
	s.keys("clear; stty -a | grep -o '.icanon.*iexten'", "Enter")
	s.see("\n icanon iexten\n$ ")
}

// isBehind checks that the helper runs in the background, shows what arrives and leaves the
// terminal to the shell.
func (s *stage) isBehind() {
	s.t.Helper()
	s.arrive("bob: hi")
	s.glimpse("bob: hi")
	s.keys("jobs", "Enter") // what the shell reads is not taken from it
	s.glimpse("Running")
	s.isCooked()
}

func TestStartedInTheBackgroundItShowsWhatArrivesAndAsksNothing(t *testing.T) {
	for name, env := range kinds {
		t.Run(name, func(t *testing.T) {
			s := newShell(t, 60, 50)
			s.keys("stty tostop; clear; "+s.helper(env)+" &", "Enter")
			s.isBehind()
			if got := s.screen(); strings.Contains(got, "say> ") {
				t.Errorf("it asks: %s", got)
			}
			s.keys("fg", "Enter")
			s.see("\nsay> ")
			s.keys("hello", "Enter")
			s.glimpse("hello\nsay>")
			s.keys("quit", "Enter")
			s.see("\n$ ")
			s.isCooked()
		})
	}
}

func TestContinuedInTheBackgroundItShowsWhatArrivesAndAsksNothing(t *testing.T) {
	stops := map[string]func(*stage){
		"Ctrl-Z":  func(s *stage) { s.keys("C-z") },
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
					s.keys("stty sane; clear; bg", "C-j") // nobody restored it
					s.glimpse("[1]")
					s.isBehind()
					s.keys("fg", "Enter")
					s.see("\nsay> ")
				}
				s.keys("quit", "Enter")
				s.see("\n$ ")
				s.isCooked()
			})
		}
	}
}

func TestStoppedAndBroughtBackItHasTheTerminalAgain(t *testing.T) {
	s := newStage(t, 60, 50, "")
	s.keys("half a ")
	s.see("say> half a ")
	s.signal(syscall.SIGSTOP)
	s.glimpse("Stopped")
	s.keys("stty sane; fg", "C-j")
	s.see("\nsay> half a ")
	s.keys("line", "Enter")
	s.see("\nann: half a line\nsay> ")
}

// TestInTheBackgroundTheModeOfTheTerminalIsTheShells: what was found in front is not restored then.
func TestInTheBackgroundTheModeOfTheTerminalIsTheShells(t *testing.T) {
	s := newStage(t, 60, 50, "")
	s.signal(syscall.SIGSTOP)
	s.glimpse("Stopped")
	s.keys("stty sane -icanon; clear; bg", "C-j") // a shell that edits lines has such a mode
	s.glimpse("[1]")
	s.arrive("bob: hi")
	s.glimpse("bob: hi")
	s.keys("clear; stty -a | grep -o '.icanon.*iexten'", "Enter")
	s.see("\n-icanon iexten\n$ ")
	s.keys("stty sane; fg", "Enter")
	s.see("say> ")
	s.keys("quit", "Enter")
	s.see("\n$ ")
}

func TestATerminalThatIsGoneIsToldFromTheEndOfInput(t *testing.T) {
	for name, env := range kinds {
		t.Run(name, func(t *testing.T) {
			s := newShell(t, 60, 10)
			ended := s.pipe + ".ended"
			s.tmux("new-window", "-d", "cat") // tmux ends with its last terminal
			s.keys("trap '' HUP; "+s.helper(env+" "+helperEnded+"="+ended), "Enter")
			s.see("say> ")
			s.tmux("kill-pane") // the terminal, not the program
			deadline := time.Now().Add(10 * time.Second)
			for {
				if why, err := os.ReadFile(ended); err == nil && len(why) > 0 {
					if string(why) != ErrGone.Error() {
						t.Errorf("it ended with %s", why)
					}
					return
				}
				if time.Now().After(deadline) {
					t.Fatal("it does not end")
				}
				time.Sleep(10 * time.Millisecond)
			}
		})
	}
}

// signal sends a signal to the helper, which is the shell's only child.
func (s *stage) signal(kind syscall.Signal) {
	s.t.Helper()
	shell := strings.TrimSpace(s.tmux("display-message", "-p", "#{pane_pid}"))
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
