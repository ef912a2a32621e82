//go:build unix

package tui

import (
	"os"
	"os/signal"
	"syscall"
	"time"
)

// noTerm says that a terminal is one even without TERM.
const noTerm = false

// prepareOutput makes out understand sequences, where it does not by itself.
func prepareOutput(*os.File) (restore func(), err error) { return func() {}, nil }

// watchResize calls resized whenever the terminal's size changes, until stop.
func watchResize(resized func()) (stop func()) {
	changes := make(chan os.Signal, 1)
	signal.Notify(changes, syscall.SIGWINCH)
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-changes:
				resized()
			case <-quit:
				return
			}
		}
	}()
	return func() {
		signal.Stop(changes)
		close(quit)
		<-done
	}
}

// stopUntilContinued stops the process group as the terminal's own Ctrl-Z would, and returns when it goes on, or soon if it
// cannot be stopped because no shell is there to continue it.
func stopUntilContinued() {
	goesOn := make(chan os.Signal, 1)
	signal.Notify(goesOn, syscall.SIGCONT)
	defer signal.Stop(goesOn)
	if syscall.Kill(0, syscall.SIGTSTP) != nil {
		return
	}
	select {
	case <-goesOn:
	case <-time.After(300 * time.Millisecond):
	}
}
