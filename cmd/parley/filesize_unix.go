//go:build unix

package main

import (
	"os/signal"
	"syscall"
)

// ignoreFileSizeSignal makes a limit on the size of files an error where the file is written, as a full disk is, instead of
// the program's end.
func ignoreFileSizeSignal() { signal.Ignore(syscall.SIGXFSZ) }
