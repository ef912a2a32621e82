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

// TestAnImportOntoAFullDiskIsWholeOrRefused: whatever is left of the disk, a database that is
// reported as imported can be read without what was only in its write-ahead log.
func TestAnImportOntoAFullDiskIsWholeOrRefused(t *testing.T) {
	var posts []string
	for range 1500 {
		posts = append(posts, strings.Repeat("all work and no play ", 70))
	}
	lines := filepath.Join(t.TempDir(), "export.jsonl")
	write(t, lines, exported(t, talk(t, posts...), ""))
	refused := 0
	for _, size := range []string{"6m", "7680k", "9m", "10m", "11m", "12m", "13m", "20m"} {
		disk := t.TempDir()
		if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size="+size); err != nil {
			t.Skip("no right to mount: ", err)
		}
		dir := filepath.Join(disk, "data")
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		from, err := os.Open(lines)
		if err != nil {
			t.Fatal(err)
		}
		_, err = Import(t.Context(), from, dir, noon.AddDate(1, 0, 0), quiet)
		from.Close()
		if err != nil {
			refused++
			wants(t, dir)
		} else if report, err := VerifyData(t.Context(), dir,
			quiet); err != nil || len(report.Problems) > 0 {
			t.Errorf("on a disk of %s: %v, %+v", size, err, report)
		}
		if err := syscall.Unmount(disk, 0); err != nil {
			t.Fatal(err)
		}
	}
	if refused == 0 || refused == 8 {
		t.Errorf("%d of 8 imports were refused", refused)
	}
}
