package server

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gofrs/flock"

	"parley/archive"
)

func inside(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestClaimEmpty(t *testing.T) {
	for what, dir := range map[string]string{"empty": t.TempDir(), "new": filepath.Join(t.TempDir(), "new"), "deep": filepath.Join(t.TempDir(), "deep", "er", "new")} {
		_, err := os.Stat(dir)
		wasThere := err == nil
		claim, err := ClaimEmpty(dir)
		if err != nil {
			t.Fatal(what, err)
		}
		if other, err := openDataDir(dir); err == nil {
			t.Errorf("%s: held, and %v opens it", what, other)
		}
		_, claimErr := ClaimEmpty(dir)
		_, openErr := openDataDir(dir)
		_, findErr := FindHolder(dir)
		for _, err := range []error{claimErr, openErr, findErr} {
			if err == nil || !strings.Contains(err.Error(), "is filling the data directory "+dir) {
				t.Errorf("%s: while it is filled: %v", what, err)
			}
		}
		if err := claim.Abandon(); err != nil {
			t.Errorf("%s: %v", what, err)
		}
		if _, err := os.Stat(dir); (err == nil) != wasThere {
			t.Errorf("%s: after it: %v", what, err)
		}
		if wasThere && len(inside(t, dir)) > 0 {
			t.Errorf("%s: %q are left", what, inside(t, dir))
		}
		if claim, err = ClaimEmpty(dir); err != nil {
			t.Fatal(what, err)
		}
		if err := errors.Join(os.WriteFile(filepath.Join(dir, "parley.db"), nil, 0o600), claim.Keep()); err != nil {
			t.Fatal(what, err)
		}
		if _, err := ClaimEmpty(dir); err == nil || !strings.Contains(err.Error(), "not empty") || !strings.Contains(err.Error(), dir+" ") {
			t.Errorf("%s: filled, and claimed: %v", what, err)
		}
		if got := inside(t, dir); !slices.Contains(got, "parley.db") {
			t.Errorf("%s: refused, and changed: %q", what, got)
		}
		d, err := openDataDir(dir)
		if err != nil {
			t.Fatal(what, err)
		}
		if _, err := FindHolder(dir); err == nil || strings.Contains(err.Error(), "filling") {
			t.Errorf("%s: a server starts, and it is said: %v", what, err)
		}
		if err := d.close(); err != nil {
			t.Error(err)
		}
	}
}

// TestAnAbandonedClaimLeavesNoDirectories that it made, and those that somebody else uses by now.
func TestAnAbandonedClaimLeavesNoDirectories(t *testing.T) {
	for _, used := range []bool{false, true} {
		home := t.TempDir()
		claim, err := ClaimEmpty(filepath.Join(home, "deep", "er", "data"))
		if err != nil {
			t.Fatal(err)
		}
		if used {
			if err := os.WriteFile(filepath.Join(home, "deep", "diary"), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if err := claim.Abandon(); err != nil {
			t.Error(err)
		}
		if used && !slices.Equal(inside(t, filepath.Join(home, "deep")), []string{"diary"}) || !used && len(inside(t, home)) > 0 {
			t.Errorf("used %v: left are %q", used, inside(t, home))
		}
	}
	home := t.TempDir()
	_, err := ClaimEmpty(filepath.Join(home, "deep", strings.Repeat("x", 300)))
	if err == nil || len(inside(t, home)) > 0 {
		t.Errorf("a name too long: %v, left are %q", err, inside(t, home))
	}
}

// TestAClaimThatIsRefusedTouchesNothing: not even the lock file is made.
func TestAClaimThatIsRefusedTouchesNothing(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "diary"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ClaimEmpty(dir); err == nil || !strings.Contains(err.Error(), "(diary)") {
		t.Errorf("%v", err)
	}
	if got := inside(t, dir); !slices.Equal(got, []string{"diary"}) {
		t.Errorf("%q", got)
	}
}

// TestARemovedLockHoldsNothing: who opened the lock file before Abandon removed it, and locks it after, holds no directory.
func TestARemovedLockHoldsNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), lockedName)
	lock := flock.New(path, flock.SetFlag(os.O_CREATE|os.O_RDWR))
	if ok, err := lock.TryLock(); !ok || err != nil {
		t.Fatal(ok, err)
	}
	defer lock.Unlock()
	if !inPlace(lock) {
		t.Error("a lock is not in its place")
	}
	if err := os.Remove(path); err != nil {
		t.Skip("nothing that is open can be removed here: ", err)
	}
	if inPlace(lock) {
		t.Error("a removed lock is in its place")
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if inPlace(lock) {
		t.Error("another file is the lock")
	}
}

// TestALockFileThatSaysSomethingElseIsSignedAgain, whoever wrote into it.
func TestALockFileThatSaysSomethingElseIsSignedAgain(t *testing.T) {
	dir := t.TempDir()
	d, err := openDataDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer d.close()
	want := Holder{PID: 7, Socket: "/run/parley.sock"}
	if err := d.sign(want); err != nil {
		t.Fatal(err)
	}
	for _, content := range []string{"", "{", `{"pid":8,"socket":""}`} {
		path := filepath.Join(dir, lockName)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if renewed, err := d.keep(); renewed || err != nil {
			t.Errorf("after %q: %v, %v", content, renewed, err)
		}
		if h, err := FindHolder(dir); err != nil || h != want {
			t.Errorf("after %q: %+v, %v", content, h, err)
		}
	}
}

func TestLastBackup(t *testing.T) {
	dir := t.TempDir()
	if _, err := LastBackup(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("before any: %v", err)
	}
	for i := range 2 {
		b := archive.Backup{Time: time.Date(2030, 5, 1+i, 12, 0, 0, 0, time.UTC), File: "/backup/a.db", Bytes: 7, SHA256: "00ff"}
		if err := NoteBackup(dir, b); err != nil {
			t.Fatal(err)
		}
		if got, err := LastBackup(dir); err != nil || got != b {
			t.Errorf("%+v, %v, want %+v", got, err, b)
		}
		if got := inside(t, dir); len(got) != 1 {
			t.Errorf("%q", got)
		}
	}
	if err := NoteBackup(filepath.Join(dir, "nowhere"), archive.Backup{}); err == nil {
		t.Error("noted nowhere")
	}
}
