//go:build unix

package line

import (
	"errors"
	"syscall"
)

// isReset says whether the other side has reset a connection. The system tells that only once: to whichever call comes next, which may
// be a write, and then reading finds an end as orderly as any. Nothing is written, but a connection that cannot be written says so.
func isReset(descriptor uintptr) bool {
	_, err := syscall.Write(int(descriptor), nil)
	return errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET)
}
