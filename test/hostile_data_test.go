//go:build unix

package test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"parley/archive"
	"parley/server"
	"parley/store"
)

// change changes a database as somebody else's program would.
func change(t *testing.T, path, sql string) {
	t.Helper()
	conn, err := sqlite.OpenConn(path, sqlite.OpenReadWrite, sqlite.OpenCreate)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(sqlitex.ExecuteScript(conn, sql, nil), conn.Close()); err != nil {
		t.Fatal(err)
	}
}

// harmless checks that nothing in what was said steers a terminal.
func harmless(t *testing.T, got outcome) {
	t.Helper()
	if said := got.out + got.err; strings.ContainsAny(said, "\x1b\x07\x7f\u009b") || strings.Contains(said, "goroutine ") {
		t.Errorf("said is %q", said)
	}
}

// TestADatabaseThatIsNotOurs neither ends the program nor is restored, and a trigger in it never runs.
func TestADatabaseThatIsNotOurs(t *testing.T) {
	dir := t.TempDir()
	change(t, filepath.Join(dir, store.FileName), "CREATE TABLE progress (x); CREATE TABLE message (x); PRAGMA application_id = 0x50726c79")
	examine(t, command(t, "doctor", "--data", dir, "--listen", "127.0.0.1:0")).has(t, "database", "fail", "not a database of Parley")
	refused(t, "not a database of Parley", "serve", "--data", dir, "--listen", "127.0.0.1:0")

	data := filepath.Join(t.TempDir(), "data")
	p := serve(t, data, "--listen", "127.0.0.1:0")
	p.enter("ann").hearsNothing()
	p.stop()
	for what, sql := range map[string]string{
		"a trigger":  "CREATE TRIGGER evil AFTER UPDATE ON state BEGIN DELETE FROM message; END",
		"a lost key": "DROP TABLE amendment; CREATE TABLE amendment (room TEXT NOT NULL) STRICT",
	} {
		file := filepath.Join(t.TempDir(), "backup.db")
		done(t, "backup", "--data", data, file)
		change(t, file, sql)
		if err := os.Remove(file + ".sha256"); err != nil {
			t.Fatal(err)
		}
		home := t.TempDir()
		for _, args := range [][]string{{"verify", file}, {"restore", "--data", filepath.Join(home, "deep", "er"), file}} {
			refused(t, "not a backup made by Parley", args...)
		}
		if left := namesIn(t, home); len(left) > 0 {
			t.Errorf("%s: left behind: %q", what, left)
		}
	}
}

// TestARestoreThatWasKilledIsNoDataDirectory, but is not begun anew either.
func TestARestoreThatWasKilledIsNoDataDirectory(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	large := filepath.Join(t.TempDir(), "large")
	fillLarge(t, large)
	export := done(t, "export", "--data", large)
	filling := command(t, "import", "--data", dir, "-")
	in, err := filling.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	if err := filling.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(in, export[:len(export)/2]); err != nil { // far more than a pipe holds
		t.Fatal(err)
	}
	if names, _ := filepath.Glob(filepath.Join(dir, "partial-*", store.FileName)); len(names) != 1 {
		t.Fatalf("it has not begun: %q", names)
	}
	refused(t, "wait until it has finished", "serve", "--data", dir, "--listen", "127.0.0.1:0")
	if err := filling.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = filling.Wait() // it was killed
	before := namesIn(t, dir)
	for range 2 {
		refused(t, "was interrupted and left it incomplete: remove the directory (rm -r "+dir+")", "serve", "--data", dir, "--listen", "127.0.0.1:0")
		refused(t, "was interrupted", "import", "--data", dir, os.DevNull)
	}
	examine(t, command(t, "doctor", "--data", dir, "--listen", "127.0.0.1:0")).has(t, "database", "fail", "was interrupted")
	if after := namesIn(t, dir); !slices.Equal(after, before) {
		t.Errorf("there was %q, now there is %q", before, after)
	}
}

// TestAnEmptyDatabaseIsNotBegunAnew: it had something in it once.
func TestAnEmptyDatabaseIsNotBegunAnew(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, store.FileName)
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	refused(t, path+" is empty (0 bytes). Nothing in it was changed; parley doctor", "serve", "--data", dir, "--listen", "127.0.0.1:0")
	examine(t, command(t, "doctor", "--data", dir, "--listen", "127.0.0.1:0")).has(t, "database", "fail", "is empty")
	for _, command := range []string{"verify", "export"} {
		refused(t, "is empty", command, "--data", dir)
	}
	if info, err := os.Stat(path); err != nil || info.Size() != 0 {
		t.Errorf("%v, %v", info, err)
	}
}

// TestALinkIsNotFollowed: what it leads to is somebody's diary.
func TestALinkIsNotFollowed(t *testing.T) {
	diary := filepath.Join(t.TempDir(), "diary")
	for _, name := range []string{"parley.lock", "parley.sock", store.FileName, store.FileName + ".partial", "parley-key.pem.new", "last-backup.json"} {
		dir := t.TempDir()
		if err := errors.Join(os.WriteFile(diary, []byte("dear diary"), 0o600), os.Symlink(diary, filepath.Join(dir, name))); err != nil {
			t.Fatal(err)
		}
		p, err := tryServe(t, command(t, "serve", "--data", dir, "--listen", "127.0.0.1:0"), dir)
		if err == nil {
			done(t, "backup", "--data", dir, filepath.Join(t.TempDir(), "backup.db"))
			p.stop()
		}
		if refuses := strings.HasPrefix(name, "parley.") && !strings.HasSuffix(name, ".partial"); (err != nil) != refuses {
			t.Errorf("%s: %v, %s", name, err, p.errs)
		}
		if refuses := err != nil; refuses && !strings.Contains(p.errs.String(), filepath.Join(dir, name)) {
			t.Errorf("%s: %s", name, p.errs)
		}
		if name == "parley.lock" && !strings.Contains(p.errs.String(), "move it away") {
			t.Errorf("%s", p.errs)
		}
		if got, err := os.ReadFile(diary); err != nil || string(got) != "dear diary" {
			t.Errorf("%s: the diary says %q, %v", name, got, err)
		}
	}
	data := t.TempDir()
	serve(t, data, "--listen", "127.0.0.1:0").stop()
	for _, name := range []string{"backup.db", "backup.db.sha256"} {
		target := t.TempDir()
		if err := os.Symlink(diary, filepath.Join(target, name)); err != nil {
			t.Fatal(err)
		}
		refused(t, "already exists", "backup", "--data", data, filepath.Join(target, "backup.db"))
	}
	if got, err := os.ReadFile(diary); err != nil || string(got) != "dear diary" {
		t.Errorf("a backup: the diary says %q, %v", got, err)
	}
}

// TestNothingStoredSteersATerminal, wherever in the data it stands.
func TestNothingStoredSteersATerminal(t *testing.T) {
	dir := t.TempDir()
	p := serve(t, dir, "--listen", "127.0.0.1:0")
	p.enter("ann").hearsNothing()
	p.stop()
	const evil = "char(27, 93, 48, 59, 120, 7, 155, 50, 74)" // ESC ] 0 ; x BEL, CSI 2 J
	path := filepath.Join(dir, store.FileName)
	change(t, path, "UPDATE message SET nick = "+evil+", text = "+evil+", kind = 'message' WHERE seq = 1")
	got := call(t, "verify", "--data", dir)
	if harmless(t, got); got.status != 1 || !strings.Contains(got.err, "could not have written") {
		t.Errorf("%+v", got)
	}
	p = serve(t, dir, "--listen", "127.0.0.1:0")
	if got := call(t, "history", "--data", dir); !strings.Contains(got.out, "\ufffd]0;x\ufffd\ufffd2J") {
		t.Errorf("%q", got.out)
	} else {
		harmless(t, got)
	}
	p.stop()
	change(t, path,
		`INSERT INTO message VALUES ('x' || `+evil+`, 1, 1, 'bogus', 'a', 'b', 0, 0, 0)`)
	harmless(t, call(t, "verify", "--data", dir))

	backup := filepath.Join(dir, "b\x1b[2J.db")
	if err := errors.Join(os.WriteFile(backup, nil, 0o600), server.NoteBackup(dir, archive.Backup{File: backup})); err != nil {
		t.Fatal(err)
	}
	doctor := call(t, "doctor", "--data", dir, "--listen", "127.0.0.1:0")
	harmless(t, doctor)
	if err := server.NoteBackup(dir, archive.Backup{File: backup + "2"}); err != nil {
		t.Fatal(err)
	}
	if doctor = call(t, "doctor", "--data", dir, "--listen", "127.0.0.1:0"); !strings.Contains(doctor.out, "\ufffd[2J") {
		t.Errorf("%q", doctor.out)
	}
	harmless(t, doctor)
	harmless(t, call(t, "verify", backup))
}

func TestCompletionsOfNoShellAreRefused(t *testing.T) {
	for _, c := range []struct {
		args []string
		says string
	}{
		{[]string{"completion", "nosuch"}, `no completions for "nosuch"`},
		{[]string{"completion", "bash", "x"}, "one word too many"},
		{[]string{"backup"}, "too few arguments"},
		{[]string{"verify", "a", "b"}, "one word too many"},
	} {
		if got := call(t, c.args...); got.status != 2 || got.out != "" || !strings.Contains(got.err, c.says) {
			t.Errorf("%q: %+v", c.args, got)
		}
	}
	if got := call(t, "completion"); got.status != 0 || !strings.Contains(got.out, "powershell") {
		t.Errorf("%+v", got)
	}
}
