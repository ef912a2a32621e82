package server

import (
	"errors"
	"net"
	"syscall"
)

// lockedName is the file that the running server holds a lock on: not the one that says who that is, as a file that is locked
// cannot be read here.
const lockedName = lockName + "ed"

// listenPrivate opens a Unix socket; who may open it the data directory's rights say, as its file inherits them.
func listenPrivate(path string) (net.Listener, error) { return net.Listen("unix", path) }

// wsaAddressInUse is WSAEADDRINUSE.
const wsaAddressInUse = syscall.Errno(10048)

func isAddressInUse(err error) bool { return errors.Is(err, wsaAddressInUse) }
