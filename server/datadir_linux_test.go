package server

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// TestALockFileThatAFullDiskLeftUnsignedIsSignedLater, as soon as there is room.
func TestALockFileThatAFullDiskLeftUnsignedIsSignedLater(t *testing.T) {
	disk := t.TempDir()
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=64k"); err != nil {
		t.Skip("no right to mount: ", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(disk, 0); err != nil {
			t.Error(err)
		}
	})
	d, err := openDataDir(disk)
	if err != nil {
		t.Fatal(err)
	}
	defer d.close()
	want := Holder{PID: 7, Socket: "/run/parley.sock"}
	if err := d.sign(want); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(disk, lockName)
	former, err := os.Open(path) // keeps its block taken after it is removed
	if err != nil {
		t.Fatal(err)
	}
	defer former.Close()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	ballast := filepath.Join(disk, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 1<<20), 0o600); !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
	if renewed, err := d.keep(); !renewed || !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("on a full disk: %v, %v", renewed, err)
	}
	if renewed, err := d.keep(); renewed || !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("still on a full disk: %v, %v", renewed, err)
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	if renewed, err := d.keep(); renewed || err != nil {
		t.Errorf("with room again: %v, %v", renewed, err)
	}
	if h, err := FindHolder(disk); err != nil || h != want {
		t.Errorf("%+v, %v", h, err)
	}
}
