//go:build unix

package test

import (
	"syscall"
	"testing"
)

// needFiles skips a test for which this process may not open enough files.
func needFiles(t *testing.T, n uint64) {
	t.Helper()
	if testing.Short() {
		t.Skip("it is a crowd")
	}
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil || uint64(limit.Cur) < n {
		t.Skipf("%d files may be open, %d are needed: raise it with ulimit -n", limit.Cur, n)
	}
}
