package server

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"parley/store"
)

// TestAMissingDatabaseIsRefusedWithAWayOn that is not refused in its turn.
func TestAMissingDatabaseIsRefusedWithAWayOn(t *testing.T) {
	const wal, older, newer = store.FileName + "-wal", "parley-rescued-2.db", "parley-rescued-1.db"
	for what, c := range map[string]struct {
		files         []string
		says, silence string
	}{
		"nothing else": {nil, "remove DIR/" + lockName, "mv DIR"},
		"a WAL":        {[]string{wal}, "mv DIR DIR.old", "remove DIR"},
		"what was saved": {
			[]string{older, newer, "parley-remains-1.db"}, "parley restore --data NEW DIR/" + newer, "remove DIR",
		},
	} {
		dir := t.TempDir()
		d, err := openDataDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		if err := d.sign(Holder{PID: 7}); err != nil {
			t.Fatal(err)
		}
		if err := d.close(); err != nil {
			t.Fatal(err)
		}
		for i, name := range c.files {
			path, at := filepath.Join(dir, name), time.Now().Add(time.Duration(i)*time.Hour)
			if err := os.WriteFile(path, []byte("what was said"), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Chtimes(path, at, at); err != nil {
				t.Fatal(err)
			}
		}
		_, err = openDataDir(dir)
		if err == nil {
			t.Fatalf("with %s: not refused", what)
		}
		said := strings.ReplaceAll(err.Error(), dir, "DIR")
		if !strings.Contains(said, c.says) || strings.Contains(said, c.silence) {
			t.Errorf("with %s: %s", what, said)
		}
	}
}
