//go:build unix

package doctor

import (
	"io/fs"
	"os"
	"os/user"
	"strconv"
	"syscall"
)

// whoAmI returns the user that this program runs as, and whether that is root.
func whoAmI() (name string, root bool) { return userName(os.Geteuid()), os.Geteuid() == 0 }

// ownerOf returns whose a file is.
func ownerOf(info fs.FileInfo) string {
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return userName(int(s.Uid))
	}
	return ""
}

func isRoot(name string) bool { return name == userName(0) }

// userName is a user's name or, as for those of containers, its number as sudo takes it.
func userName(id int) string {
	if u, err := user.LookupId(strconv.Itoa(id)); err == nil {
		return u.Username
	}
	return "#" + strconv.Itoa(id)
}
