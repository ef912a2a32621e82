package store

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"parley/chat"
)

// namesIn returns what is in a directory.
func namesIn(t *testing.T, dir string) (names []string) {
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

// mustGlance looks into dir and sees that nothing is left there.
func mustGlance(t *testing.T, dir string) Glimpse {
	t.Helper()
	before := namesIn(t, dir)
	g, err := Glance(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	if after := namesIn(t, dir); !slices.Equal(before, after) {
		t.Errorf("there were %q, now there are %q", before, after)
	}
	return g
}

func TestAGlanceSeesWhatIsStoredAndLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	s, err := Open(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if g := mustGlance(t, dir); g.Messages || !g.Time.IsZero() {
		t.Errorf("in a new database: %+v", g)
	}
	writes(t, s).must(chat.Announce{By: chat.ByOperator(), Text: "hi"})
	inUse := mustGlance(t, dir)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for name, g := range map[string]Glimpse{"in use": inUse, "closed": mustGlance(t, dir)} {
		if !g.Messages || !g.Time.Equal(noon.Add(1)) || g.Bytes == 0 {
			t.Errorf("%s: %+v", name, g)
		}
	}
}

func TestAGlanceSaysWhatIsWrong(t *testing.T) {
	if _, err := Glance(t.Context(), t.TempDir()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("nothing there: %v", err)
	}
	empty := t.TempDir()
	writeDatabase(t, empty, "")
	if _, err := Glance(t.Context(), empty); !errors.Is(err, ErrDamaged) {
		t.Errorf("an empty file: %v", err)
	}
	rubbish := t.TempDir()
	writeDatabase(t, rubbish, "this is no database, whatever its name says; "+string(make([]byte, 4096)))
	if _, err := Glance(t.Context(), rubbish); sqlite.ErrCode(err) != sqlite.ResultNotADB {
		t.Errorf("rubbish: %v", err)
	}
	newer := t.TempDir()
	s := open(t, newer, Options{})
	if err := sqlitex.ExecuteTransient(s.writer, "PRAGMA user_version = 99", nil); err != nil {
		t.Fatal(err)
	}
	if _, err := Glance(t.Context(), newer); !errors.Is(err, ErrNewer) {
		t.Errorf("a newer version's: %v", err)
	}
}

func writeDatabase(t *testing.T, dir, content string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, FileName), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}
