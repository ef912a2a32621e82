//go:build unix

package server

import "syscall"

// OpenFiles returns how many files this process may have open. The Go runtime has raised the soft
// limit to the hard one, so it is the same for every process of this user's that is written in Go.
func OpenFiles() (limit uint64, known bool) {
	var l syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l); err != nil {
		return 0, false
	}
	return uint64(l.Cur), true
}
