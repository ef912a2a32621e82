//go:build unix

package server

import (
	"os"
	"os/user"
	"strconv"
	"syscall"
)

// OpenFiles returns how many files this process may have open. The Go runtime has raised the soft
// limit to the hard one, so it is the same for every process of this user's that is written in Go.
func OpenFiles() (limit uint64, known bool) {
	var l syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l); err != nil {
		return 0, false
	}
	return uint64(l.Cur), true
}

// otherOwner returns the user that a directory belongs to, by name or, as sudo takes it, by number. It is
// empty if that is the user of this process, or not known.
func otherOwner(dir string) string {
	info, err := os.Stat(dir)
	if err != nil {
		return ""
	}
	s, ok := info.Sys().(*syscall.Stat_t)
	if !ok || int(s.Uid) == os.Geteuid() {
		return ""
	}
	id := strconv.Itoa(int(s.Uid))
	if u, err := user.LookupId(id); err == nil {
		return u.Username
	}
	return "#" + id
}
