//go:build unix

package load

import (
	"syscall"

	"parley/locale"
)

// spareFiles is what the program needs beside the members' sockets.
const spareFiles = 50

// enoughFiles says if this process may not open a socket for each member. Go's runtime has raised the soft limit to the hard one
// already.
func enoughFiles(members int) error {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return err
	}
	if most := uint64(limit.Cur); uint64(members)+spareFiles > most {
		return locale.Errorf(locale.Text{
			EN: "%d members need more open files than the %d allowed here: raise the limit (ulimit -n), or name fewer members",
			ZH: "%d 名成员需要打开的文件数超过了此处允许的 %d 个：请提高限制（ulimit -n），或减少成员",
		}, members, most)
	}
	return nil
}
