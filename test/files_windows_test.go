package test

import "testing"

// needFiles skips a test for which this process may not open enough files. Windows knows no bound.
func needFiles(t *testing.T, _ uint64) {
	t.Helper()
	if testing.Short() {
		t.Skip("it is a crowd")
	}
}
