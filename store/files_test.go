//go:build unix

package store

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"parley/chat"
)

// closable is begun for a test that closes the Store itself.
func closable(t *testing.T, dir string) *book {
	t.Helper()
	s, err := Open(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	b := writes(t, s)
	b.must(chat.Enter{Session: s1, Door: "udp", Nick: chat.Nick{Name: "Ann", Key: "ann"}})
	return b
}

// copyFiles copies the files of a database in use as a crash would leave them.
func copyFiles(t *testing.T, from string) (to string) {
	t.Helper()
	to = t.TempDir()
	for _, suffix := range belongings {
		content := contents(t, filepath.Join(from, FileName+suffix))
		if err := os.WriteFile(filepath.Join(to, FileName+suffix), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return to
}

func TestADatabaseThatIsNotWholeIsRefusedUntouched(t *testing.T) {
	from := t.TempDir()
	b := closable(t, from)
	b.must(says(long)...)
	if err := b.store.Close(); err != nil {
		t.Fatal(err)
	}
	whole := contents(t, filepath.Join(from, FileName))
	cases := map[string]func(path string) error{
		"empty": func(path string) error { return os.WriteFile(path, nil, 0o600) },
		"empty beside a WAL": func(path string) error {
			return errors.Join(os.WriteFile(path, nil, 0o600), os.WriteFile(path+"-wal", []byte("what was said"), 0o600))
		},
		"missing beside a WAL": func(path string) error { return os.WriteFile(path+"-wal", []byte("what was said"), 0o600) },
		"a directory":          func(path string) error { return os.Mkdir(path, 0o700) },
		"a symbolic link":      func(path string) error { return os.Symlink(filepath.Join(from, FileName), path) },
		"without tables": func(path string) error {
			conn, err := sqlite.OpenConn(path, sqlite.OpenReadWrite, sqlite.OpenCreate, sqlite.OpenWAL)
			if err != nil {
				return err
			}
			return conn.Close()
		},
	}
	for _, length := range []int{1, 99, 100, 511, 512, 4095, 4096, 4097, len(whole) / 2, len(whole) - 4096, len(whole) - 1} {
		cases[fmt.Sprint("cut after ", length)] = func(path string) error {
			return os.WriteFile(path, []byte(whole[:length]), 0o600)
		}
	}
	for what, spoil := range cases {
		dir := t.TempDir()
		path := filepath.Join(dir, FileName)
		if err := spoil(path); err != nil {
			t.Fatal(what, err)
		}
		before := listing(t, dir)
		_, openErr := Open(dir, Options{})
		_, readErr := OpenReader(t.Context(), dir)
		_, glanceErr := Glance(t.Context(), dir)
		for _, err := range []error{openErr, readErr, glanceErr} {
			if !errors.Is(err, ErrDamaged) && !errors.Is(err, ErrForeign) || !strings.Contains(err.Error(), path) {
				t.Errorf("%s: %v", what, err)
			}
		}
		if after := listing(t, dir); !slices.Equal(after, before) {
			t.Errorf("%s: there was %q, now there is %q", what, before, after)
		}
	}
}

// TestADatabaseWithoutItsNewestMessagesIsRefused: they would be followed by a gap.
func TestADatabaseWithoutItsNewestMessagesIsRefused(t *testing.T) {
	for _, change := range []string{"DELETE FROM message", "UPDATE message SET seq = seq + 1"} {
		dir := t.TempDir()
		set(t, dir, change)
		before := contents(t, filepath.Join(dir, FileName))
		_, openErr := Open(dir, Options{})
		_, glanceErr := Glance(t.Context(), dir)
		for _, err := range []error{openErr, glanceErr} {
			if !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), "but should be 1") {
				t.Errorf("after %s: %v", change, err)
			}
		}
		if contents(t, filepath.Join(dir, FileName)) != before {
			t.Errorf("after %s: it is changed", change)
		}
	}
}

// TestADatabaseOfTwoHistoriesIsRefused, also where each table is sound by itself.
func TestADatabaseOfTwoHistoriesIsRefused(t *testing.T) {
	dir := t.TempDir()
	set(t, dir, "DELETE FROM message")
	conn, err := sqlite.OpenConn(filepath.Join(dir, FileName), sqlite.OpenReadWrite)
	if err != nil {
		t.Fatal(err)
	}
	err = errors.Join(sqlitex.ExecuteTransient(conn,
		"UPDATE state SET seq = 0, sum = zeroblob(32) WHERE kind = 'room'", nil), conn.Close())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := open(t, dir, Options{}).Load(); !errors.Is(err, ErrDamaged) {
		t.Errorf("%v", err)
	}
	if _, err := Glance(t.Context(), dir); !errors.Is(err, ErrDamaged) {
		t.Errorf("%v", err)
	}
}

// listing returns what is in a directory, with what is in the files.
func listing(t *testing.T, dir string) (all []string) {
	t.Helper()
	for _, name := range namesIn(t, dir) {
		content, err := os.ReadFile(filepath.Join(dir, name))
		all = append(all, fmt.Sprintf("%s %v %x", name, err, sha256.Sum256(content)))
	}
	return all
}

func TestANewDatabaseAppearsWhole(t *testing.T) {
	elsewhere := filepath.Join(t.TempDir(), "diary")
	if err := os.WriteFile(elsewhere, []byte("dear diary"), 0o600); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	partial := filepath.Join(dir, FileName+".partial")
	if err := os.Symlink(elsewhere, partial); err != nil {
		t.Fatal(err)
	}
	if err := create(filepath.Join(dir, FileName)); err != nil {
		t.Fatal(err)
	}
	if got := namesIn(t, dir); !slices.Equal(got, []string{FileName}) {
		t.Errorf("%q", got)
	}
	if got := contents(t, elsewhere); got != "dear diary" {
		t.Errorf("a link was followed, its target is %q", got)
	}
	open(t, dir, Options{}) // as after a kill between creating it and opening it

	blocked := t.TempDir()
	if err := os.MkdirAll(filepath.Join(blocked, FileName+".partial", "full"), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(blocked, Options{}); err == nil || slices.Contains(namesIn(t, blocked), FileName) {
		t.Errorf("%v, there is %q", err, namesIn(t, blocked))
	}
}

// TestOnlyTheOwnerCanReadADatabase, also one that an earlier version made.
func TestOnlyTheOwnerCanReadADatabase(t *testing.T) {
	dir := t.TempDir()
	check := func(what string) {
		t.Helper()
		for _, suffix := range belongings {
			info, err := os.Stat(filepath.Join(dir, FileName+suffix))
			if err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("%s, %s%s: %v, %v", what, FileName, suffix, info.Mode(), err)
			}
		}
	}
	begun(t, dir).must(says("one")...)
	check("new")
	dir = copyFiles(t, dir) // with a WAL
	for _, suffix := range belongings {
		if err := os.Chmod(filepath.Join(dir, FileName+suffix), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	open(t, dir, Options{})
	check("earlier")
}

func TestAStoreNoticesThatItsFilesAreNotInPlace(t *testing.T) {
	for _, suffix := range belongings {
		for what, spoil := range map[string]func(path string) error{
			"removed": os.Remove,
			"moved":   func(path string) error { return os.Rename(path, path+".old") },
			"replaced": func(path string) error {
				return errors.Join(os.WriteFile(path+".new", make([]byte, 1<<20), 0o600), os.Rename(path+".new", path))
			},
			"under another directory": func(path string) error { return os.Rename(filepath.Dir(path), filepath.Dir(path)+".old") },
		} {
			dir := filepath.Join(t.TempDir(), "data")
			if err := os.Mkdir(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			b := begun(t, dir)
			b.must(says("one", long)...)
			if err := b.store.InPlace(); err != nil {
				t.Errorf("before %s%s was %s: %v", FileName, suffix, what, err)
			}
			path := filepath.Join(dir, FileName+suffix)
			if err := spoil(path); err != nil {
				t.Fatal(err)
			}
			if err := b.store.InPlace(); err == nil || !strings.Contains(err.Error(), filepath.Join(dir, FileName)) {
				t.Errorf("%s%s was %s: %v", FileName, suffix, what, err)
			}
		}
	}
	dir := t.TempDir()
	s := open(t, dir, Options{})
	whole, err := os.Stat(filepath.Join(dir, FileName))
	if err != nil {
		t.Fatal(err)
	}
	for _, size := range []int64{0, whole.Size()} { // what is appended is not what was cut off
		if err := os.Truncate(filepath.Join(dir, FileName), size); err != nil {
			t.Fatal(err)
		}
		if err := s.InPlace(); err == nil || !strings.Contains(err.Error(), "cut short") {
			t.Errorf("with %d bytes: %v", size, err)
		}
	}
}

// TestAStoreNoticesThatItsDatabaseWasOverwritten, also with as many bytes and before it writes.
func TestAStoreNoticesThatItsDatabaseWasOverwritten(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, FileName)
	b := begun(t, dir)
	b.must(says("one", long)...)
	former := contents(t, path)
	for b.must(says("two")...); contents(t, path) == former; { // until a checkpoint
		b.must(says(long)...)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	other := former + strings.Repeat("x", int(info.Size())-len(former))
	if err := os.WriteFile(path, []byte(other), 0o600); err != nil {
		t.Fatal(err)
	}
	before := contents(t, path+"-wal")
	if err := b.try(says("three")...); !errors.Is(err, ErrLost) || !errors.Is(err, ErrOverwritten) {
		t.Errorf("%v", err)
	}
	if contents(t, path) != other || contents(t, path+"-wal") != before {
		t.Error("it writes into what another program wrote")
	}
	for range 2 {
		if err := b.store.InPlace(); !errors.Is(err, ErrOverwritten) || !strings.Contains(err.Error(), path) {
			t.Errorf("%v", err)
		}
		if err := os.Chtimes(path, info.ModTime(), info.ModTime()); err != nil { // which brings nothing back
			t.Fatal(err)
		}
	}
}

func TestAStoreThatWritesALotStaysInPlace(t *testing.T) {
	b := begun(t, t.TempDir())
	for range 100 { // more than a checkpoint waits for
		b.must(says(long)...)
		if err := b.store.InPlace(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAnAbandonedStoreTakesNothing(t *testing.T) {
	b := begun(t, t.TempDir())
	b.must(says("one")...)
	before := len(history(t, b.store))
	b.store.Abandon(errors.New("first reason"))
	b.store.Abandon(errors.New("second reason"))
	if err := b.try(says("two")...); !errors.Is(err, ErrLost) || !strings.Contains(err.Error(), "first reason") {
		t.Errorf("%v", err)
	}
	if why := b.store.Lost(); why == nil || why.Error() != "first reason" {
		t.Errorf("%v", why)
	}
	if after := len(history(t, b.store)); after != before {
		t.Errorf("%d messages are stored, there were %d", after, before)
	}
}

// TestClosingALostDatabaseSparesTheOneInItsPlace, above all its WAL, which SQLite names like ours.
func TestClosingALostDatabaseSparesTheOneInItsPlace(t *testing.T) {
	dir := t.TempDir()
	lost := closable(t, dir)
	lost.must(says("lost")...)
	other := t.TempDir()
	begun(t, other).must(says("found")...)
	other = copyFiles(t, other)
	for _, suffix := range belongings {
		if err := os.Rename(filepath.Join(other, FileName+suffix), filepath.Join(dir, FileName+suffix)); err != nil {
			t.Fatal(err)
		}
	}
	before := listing(t, dir)
	if err := lost.store.Close(); err != nil {
		t.Error(err)
	}
	if after := listing(t, dir); !slices.Equal(after, before) {
		t.Errorf("%d files, there were %d", len(after), len(before))
	}
	if got := texts(history(t, open(t, dir, Options{}))); !slices.Contains(got, "found") {
		t.Errorf("%q", got)
	}
}

// TestAStoreThatFindsItsDatabaseDamagedSaysSo, also where nobody could see that somebody wrote it.
func TestAStoreThatFindsItsDatabaseDamagedSaysSo(t *testing.T) {
	dir := t.TempDir()
	b := closable(t, dir)
	b.must(says("one")...)
	if err := b.store.Close(); err != nil {
		t.Fatal(err)
	}
	b = begun(t, dir)
	if err := b.store.Failed(); err != nil {
		t.Error(err)
	}
	other := open(t, dir, Options{}) // after what it writes, the Store reads the file anew
	if err := other.Renew(); err != nil {
		t.Fatal(err)
	}
	spoil(t, filepath.Join(dir, FileName))
	if err := b.try(says("two")...); !errors.Is(err, ErrDamaged) {
		t.Errorf("%v", err)
	}
	if err := b.store.Failed(); !errors.Is(err, ErrDamaged) {
		t.Errorf("%v", err)
	}
}

// spoil overwrites all pages of a database but the first, and sets its time as it was.
func spoil(t *testing.T, path string) {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	content := []byte(contents(t, path))
	for i := 4096; i < len(content); i++ {
		content[i] = 'x'
	}
	err = errors.Join(os.WriteFile(path, content, 0o600), os.Chtimes(path, info.ModTime(), info.ModTime()))
	if err != nil {
		t.Fatal(err)
	}
}
