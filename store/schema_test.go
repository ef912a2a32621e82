package store

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

// changed returns a data directory whose closed database was changed by a script.
func changed(t *testing.T, script string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	s, err := Open(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	runScript(t, dir, script)
	return dir
}

// runScript makes or changes a database as another program would.
func runScript(t *testing.T, dir, script string) {
	t.Helper()
	conn, err := sqlite.OpenConn(filepath.Join(dir, FileName), sqlite.OpenReadWrite, sqlite.OpenCreate)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(sqlitex.ExecuteScript(conn, script, nil), conn.Close()); err != nil {
		t.Fatal(err)
	}
}

// TestAForeignSchemaIsRefused by whoever opens it, without a panic, and stays as it is.
func TestAForeignSchemaIsRefused(t *testing.T) {
	made := t.TempDir()
	runScript(t, made, "CREATE TABLE progress (x); CREATE TABLE message (x); PRAGMA application_id = 0x50726c79")
	dirs := map[string]string{"other tables, never migrated": made}
	for what, script := range map[string]string{
		"a trigger":         "CREATE TRIGGER evil AFTER UPDATE ON state BEGIN SELECT 1; END",
		"a view":            "CREATE VIEW more AS SELECT * FROM message",
		"an index":          "CREATE INDEX more ON message (nick)",
		"a table too few":   "DROP TABLE amendment",
		"a column too few":  "ALTER TABLE message DROP COLUMN text",
		"a column too many": "ALTER TABLE message ADD COLUMN more TEXT",
		"a key too few":     "DROP TABLE amendment; CREATE TABLE amendment (room TEXT) STRICT",
		"another format":    "PRAGMA user_version = 1",
		"no format":         "PRAGMA user_version = 0",
		"below any format":  "PRAGMA user_version = -1",
	} {
		dirs[what] = changed(t, script)
	}
	for what, dir := range dirs {
		t.Run(what, func(t *testing.T) {
			path := filepath.Join(dir, FileName)
			before, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := Glance(t.Context(), dir); !errors.Is(err, ErrForeign) {
				t.Errorf("a glance: %v", err)
			}
			if _, err := OpenFile(t.Context(), path); !errors.Is(err, ErrForeign) {
				t.Errorf("as a file: %v", err)
			}
			if _, err := OpenReader(t.Context(), dir); !errors.Is(err, ErrForeign) {
				t.Errorf("as data: %v", err)
			}
			if s, err := Open(dir, Options{}); !errors.Is(err, ErrForeign) {
				t.Errorf("opened: %v, %v", s, err)
			}
			if after, err := os.ReadFile(path); err != nil || !slices.Equal(before, after) {
				t.Errorf("it was changed: %v", err)
			}
		})
	}
}

// TestEveryFormatIsRecognised: what each of the formats there were made is ours.
func TestEveryFormatIsRecognised(t *testing.T) {
	newest, err := schema()
	if err != nil {
		t.Fatal(err)
	}
	for format := range len(newest) + 1 {
		conn, err := sqlite.OpenConn(":memory:")
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		for i, sql := range newest[:format] {
			if err := sqlitex.ExecuteScript(conn, sql, nil); err != nil {
				t.Fatal(i, err)
			}
		}
		set := "PRAGMA application_id = 0x50726c79; PRAGMA user_version = " + strconv.Itoa(format)
		if err := sqlitex.ExecuteScript(conn, set, nil); err != nil {
			t.Fatal(err)
		}
		got, err := recognise(conn, newest)
		if format == 0 && errors.Is(err, ErrDamaged) { // nothing makes one without tables
			continue
		}
		if err != nil || got != format {
			t.Errorf("format %d is recognised as %d: %v", format, got, err)
		}
	}
}
