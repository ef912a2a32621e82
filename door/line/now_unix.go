//go:build unix && !linux

package line

import "syscall"

// canWriteNow says that a descriptor can be written without waiting.
const canWriteNow = true

func readDescriptor(descriptor uintptr, b []byte) (int, error) {
	return syscall.Read(int(descriptor), b)
}

func writeDescriptor(descriptor uintptr, b []byte) (int, error) {
	return syscall.Write(int(descriptor), b)
}
