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
	dir := tightDisk(t)
	const messages = 100
	t.Run("", func(t *testing.T) { // which closes the database before the end
		b := attic(t, dir, 2)
		for range messages {
			b.must(chat.Post{By: chat.By(s1), Room: "attic", Text: long})
		}
		err := b.store.write(func() error {
			const truncate = "PRAGMA wal_checkpoint(TRUNCATE)"
			return sqlitex.ExecuteTransient(b.store.writer, truncate, nil)
		})
		if err != nil {
			t.Fatal(err)
		}
		release := fillDisk(t, dir, 8*sliceBytes) // the history has some 10 MB
		b.must(chat.RemoveRoom{By: chat.ByOperator(), Room: "attic"})
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

// tightDisk returns a directory on a file system of 24 MB.
func tightDisk(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=24m"); err != nil {
		t.Skip("no right to mount: ", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// TestARefusedRemovalDeletesNothing: the room that stays is not swept, however often that is tried.
func TestARefusedRemovalDeletesNothing(t *testing.T) {
	dir := tightDisk(t)
	t.Run("", func(t *testing.T) { // which closes the database before the end
		b := attic(t, dir, 2*sliceMax)
		err := b.store.write(func() error {
			const truncate = "PRAGMA wal_checkpoint(TRUNCATE)"
			return sqlitex.ExecuteTransient(b.store.writer, truncate, nil)
		})
		if err != nil {
			t.Fatal(err)
		}
		release := fillDisk(t, dir, 0)
		if err := b.try(chat.RemoveRoom{By: chat.ByOperator(), Room: "attic"}); !errors.Is(err,
			ErrFull) {
			t.Fatal(err)
		}
		release()
		if more, err := b.store.Sweep(); more || err != nil {
			t.Errorf("%v, %v", more, err)
		}
		if got := stored(t, b.store); got != 2*sliceMax {
			t.Errorf("%d messages are left", got)
		}
		sameDigests(t, dir)
	})
}
