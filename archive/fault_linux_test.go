package archive

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestNoRoom: on a disk that is full nothing is left of a backup, a restore or an import, and they say what to do.
func TestNoRoom(t *testing.T) {
	disk := t.TempDir()
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=256k"); err != nil {
		t.Skip("no right to mount: ", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(disk, 0); err != nil {
			t.Error(err)
		}
	})
	var posts []string
	for range 100 {
		posts = append(posts, strings.Repeat("all work and no play ", 200))
	}
	dir := talk(t, posts...)
	file := backedUp(t, dir)

	_, _, err := MakeBackup(t.Context(), dir, filepath.Join(disk, "b.db"), quiet)
	refusedWith(t, err, "not enough space for the backup")
	wants(t, disk)
	_, err = Restore(t.Context(), file, disk, quiet)
	refusedWith(t, err, "no space left")
	wants(t, disk)

	lines := filepath.Join(t.TempDir(), "export.jsonl")
	write(t, lines, exported(t, dir, ""))
	from, err := os.Open(lines)
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	_, err = Import(t.Context(), from, disk, noon.AddDate(1, 0, 0), quiet)
	refusedWith(t, err, "not enough space for the import")
	wants(t, disk)
}
