//go:build unix

package stream

import (
	"syscall"
	"testing"
)

// TestAFullSocketIsNotBroken: its member waits, and stays.
func TestAFullSocketIsNotBroken(t *testing.T) {
	ends, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(ends[0])
	defer syscall.Close(ends[1])
	if err := syscall.SetNonblock(ends[0], true); err != nil {
		t.Fatal(err)
	}
	for n := 1; n > 0; {
		if n, err = writeDescriptor(uintptr(ends[0]), make([]byte, 1000)); err != nil {
			t.Fatal(err)
		}
	}
}
