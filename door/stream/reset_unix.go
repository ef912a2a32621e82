//go:build unix

package stream

import (
	"errors"
	"syscall"
)

// isReset says whether the client has reset the connection. The system tells that once, to the next
// call. If that is a write, reading finds an end like any other. An empty write transmits nothing,
// but it fails for a connection that cannot be written.
func isReset(descriptor uintptr) bool {
	_, err := syscall.Write(int(descriptor), nil)
	return errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET)
}
