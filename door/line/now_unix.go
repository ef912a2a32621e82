//go:build unix && !linux

package line

import (
	"errors"
	"syscall"
)

// canWriteNow says that a descriptor can be written without waiting.
const canWriteNow = true

func readDescriptor(descriptor uintptr, b []byte) (int, error) {
	return syscall.Read(int(descriptor), b)
}

// writeDescriptor returns how much the socket took; nothing, if it has no room, is no error.
func writeDescriptor(descriptor uintptr, b []byte) (int, error) {
	n, err := syscall.Write(int(descriptor), b)
	if errors.Is(err, syscall.EAGAIN) || errors.Is(err, syscall.EINTR) {
		return 0, nil
	}
	return n, err
}
