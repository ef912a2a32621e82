//go:build unix

package tui

import (
	"os"
	"os/signal"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// noTerm says that a terminal is one even without TERM.
const noTerm = false

// prepareOutput makes out understand sequences, where it does not by itself.
func prepareOutput(TerminalFile) (restore func(), err error) { return func() {}, nil }

// watchResize calls resized whenever the terminal's size changes, until stop.
func watchResize(resized func()) (stop func()) { return watch(syscall.SIGWINCH, resized) }

// watch calls came after each signal of a kind, until stop.
func watch(kind os.Signal, came func()) (stop func()) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, kind)
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-signals:
				came()
			case <-quit:
				return
			}
		}
	}()
	return func() {
		signal.Stop(signals)
		close(quit)
		<-done
	}
}

// outliveBackground keeps job control from stopping the program when it reads from or writes to a
// terminal in whose background it is: then reading fails, and writing works.
func outliveBackground() { signal.Ignore(syscall.SIGTTIN, syscall.SIGTTOU) }

// inFront returns whether the program may read from the terminal f. It may read from any file that
// is not its controlling terminal.
func inFront(f *os.File) bool {
	group, err := unix.IoctlGetInt(int(f.Fd()), unix.TIOCGPGRP)
	return err != nil || group == unix.Getpgrp()
}

// watchContinued tells whenever the program was stopped and goes on, until stop.
func watchContinued() (continued <-chan struct{}, stop func()) {
	told := make(chan struct{}, 1)
	stop = watch(syscall.SIGCONT, func() {
		select {
		case told <- struct{}{}:
		default:
		}
	})
	return told, stop
}

// stopUntilContinued stops the process group as the terminal's own Ctrl-Z would, and returns when
// it goes on, or soon if it cannot be stopped because no shell is there to continue it.
func stopUntilContinued(continued <-chan struct{}) {
	select {
	case <-continued: // of an earlier stop
	default:
	}
	if syscall.Kill(0, syscall.SIGTSTP) != nil {
		return
	}
	select {
	case <-continued:
	case <-time.After(300 * time.Millisecond):
	}
}
