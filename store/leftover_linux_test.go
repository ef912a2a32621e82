package store

import (
	"errors"
	"syscall"
	"testing"

	"zombiezen.com/go/sqlite/sqlitex"

	"parley/chat"
)

// TestALongHistoryIsDeletedOnAFullDisk: each slice needs little room. Nothing is lost if a slice
// does not have it.
func TestALongHistoryIsDeletedOnAFullDisk(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=24m"); err != nil {
		t.Skip("no right to mount: ", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	const messages = 100
	t.Run("", func(t *testing.T) { // which closes the database before the end
		b := attic(t, dir, 2)
		for range messages {
			b.must(chat.Post{Session: "s1", Room: "attic", Text: long})
		}
		err := b.store.write(func() error {
			const truncate = "PRAGMA wal_checkpoint(TRUNCATE)"
			return sqlitex.ExecuteTransient(b.store.writer, truncate, nil)
		})
		if err != nil {
			t.Fatal(err)
		}
		release := fillDisk(t, dir, 8*sliceBytes) // the history has some 10 MB
		b.must(chat.RemoveRoom{Room: "attic"})
		full := 0
		for more := true; more; {
			if more, err = b.store.Sweep(); errors.Is(err, ErrFull) && full < messages {
				full++ // the WAL is not checkpointed at first
			} else if err != nil {
				t.Fatal(err)
			}
		}
		t.Logf("the disk was full %d times", full)
		if got := stored(t, b.store); got != 0 {
			t.Errorf("%d messages are left", got)
		}
		release()
		b.must(says("goes on")...)
		checkIntegrity(t, b.store)
	})
}
