//go:build unix && !linux

package stream

import (
	"errors"
	"syscall"
)

// canWriteNow says that a descriptor can be written without waiting.
const canWriteNow = true

func readDescriptor(descriptor uintptr, b []byte) (int, error) {
	return syscall.Read(int(descriptor), b)
}

// writeDescriptor returns how many bytes the socket took. A full socket is not an error.
func writeDescriptor(descriptor uintptr, b []byte) (int, error) {
	n, err := syscall.Write(int(descriptor), b)
	if errors.Is(err, syscall.EAGAIN) || errors.Is(err, syscall.EINTR) {
		return 0, nil
	}
	return n, err
}
