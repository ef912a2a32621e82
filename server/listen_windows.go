package server

import (
	"errors"
	"net"
	"os"
	"syscall"
)

// lockedName is the file that the running server holds a lock on: not the one that says who that is, as a file that is locked
// cannot be read here.
const lockedName = lockName + "ed"

// Flags for opening the lock file: what says who holds it is a file of its own, made by signing.
const (
	noFollow  = 0
	signFlags = os.O_CREATE
)

// listenPrivate opens a Unix socket; who may open it the data directory's rights say, as its file inherits them.
func listenPrivate(path string) (*net.UnixListener, error) {
	return net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
}

// isSocket says whether a file is a socket, as far as it can be seen: Go takes it for an irregular
// file here.
func isSocket(info os.FileInfo) bool { return info.Mode()&(os.ModeSocket|os.ModeIrregular) != 0 }

// WSAEADDRINUSE and WSAEADDRNOTAVAIL.
const (
	wsaAddressInUse        = syscall.Errno(10048)
	wsaAddressNotAvailable = syscall.Errno(10049)
)

func isAddressInUse(err error) bool { return errors.Is(err, wsaAddressInUse) }

func isForeignAddress(err error) bool { return errors.Is(err, wsaAddressNotAvailable) }
