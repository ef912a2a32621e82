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

// listenPrivate opens a Unix socket that only this user can open, from its first moment on.
func listenPrivate(path string) (net.Listener, error) {
	old := syscall.Umask(0o177)
	defer syscall.Umask(old)
	listener, err := net.Listen("unix", path)
	if err != nil {
		return nil, err
	}
	return listener, os.Chmod(path, 0o600)
}

func isAddressInUse(err error) bool { return errors.Is(err, syscall.EADDRINUSE) }
