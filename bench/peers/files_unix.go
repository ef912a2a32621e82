//go:build unix

package main

import "syscall"

// raiseFiles has the servers that are started here inherit what this process may have at most: of itself, Go raises the limit for
// its own process alone.
func raiseFiles() error {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return err
	}
	limit.Cur = limit.Max
	return syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit)
}
