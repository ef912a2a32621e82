package tui

import (
	"os"

	"golang.org/x/sys/windows"
)

// noTerm says that a terminal is one even without TERM.
const noTerm = true

// prepareOutput makes out understand sequences, where it does not by itself.
func prepareOutput(out TerminalFile) (restore func(), err error) {
	console := windows.Handle(out.Fd())
	var mode uint32
	if err := windows.GetConsoleMode(console, &mode); err != nil {
		return nil, err
	}
	if err := windows.SetConsoleMode(console, mode|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING); err != nil {
		return nil, err
	}
	return func() { _ = windows.SetConsoleMode(console, mode) }, nil
}

// watchResize does nothing: there is no signal for it. The next key or line draws in the new width.
func watchResize(func()) (stop func()) { return func() {} }

// There is no job control: a program is always in front.

func outliveBackground() {}

func inFront(*os.File) bool { return true }

func watchContinued() (continued <-chan struct{}, stop func()) { return nil, func() {} }

func stopUntilContinued(<-chan struct{}) {}
