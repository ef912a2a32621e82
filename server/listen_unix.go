//go:build unix

package server

import (
	"errors"
	"net"
	"os"
	"syscall"
)

// lockedName is the file that the running server holds a lock on.
const lockedName = lockName

// Flags for opening the lock file: a link is not followed, and to sign it is not to make it.
const (
	noFollow  = syscall.O_NOFOLLOW
	signFlags = 0
)

// listenPrivate opens a Unix socket that only this user can open, from its first moment on.
func listenPrivate(path string) (*net.UnixListener, error) {
	old := syscall.Umask(0o177) // and not chmod afterwards, which would follow a link
	defer syscall.Umask(old)
	return net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
}

func isSocket(info os.FileInfo) bool { return info.Mode().Type() == os.ModeSocket }

func isAddressInUse(err error) bool { return errors.Is(err, syscall.EADDRINUSE) }

func isForeignAddress(err error) bool { return errors.Is(err, syscall.EADDRNOTAVAIL) }
