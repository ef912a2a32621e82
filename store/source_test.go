//go:build linux

package store

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"parley/chat"
)

// smallDisk returns a directory on a file system of its own.
func smallDisk(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=2m"); err != nil {
		t.Skip("no right to mount: ", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// read returns what was said, as a Reader has it.
func read(t *testing.T, r *Reader) (said []string) {
	t.Helper()
	err := r.Messages("", func(m chat.Message) error {
		said = append(said, m.Text)
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	return said
}

func TestAFullDiskIsReadAndCopied(t *testing.T) {
	for what, stop := range map[string]func(t *testing.T, b *book, dir string){
		"stopped": func(t *testing.T, b *book, _ string) {
			if err := b.store.Close(); err != nil {
				t.Error(err)
			}
		},
		"killed": func(t *testing.T, b *book, dir string) {
			left := copyFiles(t, dir)
			if err := b.store.Close(); err != nil {
				t.Error(err)
			}
			for _, suffix := range belongings {
				content := contents(t, filepath.Join(left, FileName+suffix))
				if suffix == "-shm" {
					content = "" // as the next to open it leaves it, if it finds no room
				}
				if err := os.WriteFile(filepath.Join(dir, FileName+suffix), []byte(content), 0o600); err != nil {
					t.Fatal(err)
				}
			}
		},
	} {
		t.Run(what, func(t *testing.T) {
			dir := smallDisk(t)
			b := closable(t, dir)
			b.must(says("one", "two")...)
			stop(t, b, dir)
			fillDisk(t, dir, 0)
			r, err := OpenReader(t.Context(), dir)
			if err != nil {
				t.Fatal(err)
			}
			if said := read(t, r); !slices.Contains(said, "two") {
				t.Errorf("it reads %q", said)
			}
			target := filepath.Join(t.TempDir(), "copy.db")
			if err := Copy(t.Context(), dir, target); err != nil {
				t.Fatal(err)
			}
			if r, err = OpenFile(t.Context(), target); err != nil {
				t.Fatal(err)
			}
			if said := read(t, r); !slices.Contains(said, "two") {
				t.Errorf("the copy has %q", said)
			}
		})
	}
}

// TestWhatIsWrittenMeanwhileIsNotRelied on: nothing locks a file that is read as one that nobody writes.
func TestWhatIsWrittenMeanwhileIsNotReliedOn(t *testing.T) {
	dir := t.TempDir()
	b := closable(t, dir)
	if err := b.store.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, FileName)
	r, err := OpenFile(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(path, time.Time{}, time.Unix(1_700_000_000, 0)); err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err == nil || !strings.Contains(err.Error(), "while it was being read") {
		t.Errorf("%v", err)
	}
}
