package archive

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"parley/chat"
	"parley/locale"
	"parley/store"
)

var noon = time.Date(2020, 5, 1, 12, 0, 0, 123456789, time.UTC)

// s1 and s2 are sessions.
var (
	s1 = chat.SessionID{Node: "here", Life: 7, N: 1}
	s2 = chat.SessionID{Node: "here", Life: 7, N: 2}
)

// quiet is a Progress that nobody sees.
func quiet(locale.Text, int64, int64) {}

// talk fills a data directory with what a chat room can hold, and returns it.
func talk(t testing.TB, posts ...string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "data")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	commands := []chat.Command{
		chat.Enter{Session: s1, Door: "udp", Nick: chat.Nick{Name: "Ann", Key: "ann"}},
		chat.Enter{Session: s2, Door: "udp", Nick: chat.Nick{Name: "小明", Key: "小明"}},
		chat.Post{By: chat.By(s2), Room: chat.Lobby, Text: "大家好\n\ttwo <lines> & \"quotes\" \\"},
		chat.Post{By: chat.By(s2), Room: chat.Lobby, Text: "tea at five"},
		chat.Kick{By: chat.ByOperator(), NickKey: "小明", Detail: "too loud"},
	}
	for _, p := range posts {
		commands = append(commands, chat.Post{By: chat.By(s1), Room: chat.Lobby, Text: p})
	}
	apply(t, dir, commands...)
	return dir
}

// apply does commands in the data of a directory, as a server would.
func apply(t testing.TB, dir string, commands ...chat.Command) {
	t.Helper()
	s, err := store.Open(dir, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	state, err := s.Load()
	if err != nil {
		t.Fatal(err)
	}
	begin := noon
	if last := state.Progress().Time; last.After(begin) {
		begin = last
	}
	var results []chat.Result
	for i, c := range commands {
		place := state.Progress().Place + 1
		results = append(results, chat.Apply(state, chat.Record{
			Place: place, Time: begin.Add(time.Duration(i+1) * time.Second),
			Origin: chat.Origin{Node: "here", Epoch: 1, N: uint64(place)}, Command: c,
		}))
	}
	if err := errors.Join(s.Commit(results, state.Progress()), s.Close()); err != nil {
		t.Fatal(err)
	}
}

// change changes a database behind the back of those who guard it.
func change(t testing.TB, path, sql string) {
	t.Helper()
	conn, err := sqlite.OpenConn(path, sqlite.OpenReadWrite)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(sqlitex.ExecuteScript(conn, sql, nil), conn.Close()); err != nil {
		t.Fatal(err)
	}
}

// exported returns the export of a directory.
func exported(t testing.TB, dir string, room chat.RoomID) string {
	t.Helper()
	var b bytes.Buffer
	if err := Export(t.Context(), dir, room, &b, quiet); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// imported makes a data directory of an export.
func imported(t testing.TB, content string) (dir string, err error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "export.jsonl")
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	from, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	dir = t.TempDir()
	_, err = Import(t.Context(), from, dir, noon.Add(time.Hour), quiet)
	return dir, err
}

// backedUp returns a backup of a directory.
func backedUp(t testing.TB, dir string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "backup.db")
	if _, _, err := MakeBackup(t.Context(), dir, file, quiet); err != nil {
		t.Fatal(err)
	}
	return file
}

// names are those of what is in a directory.
func names(t testing.TB, dir string) (all []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}

// wants checks that a directory has these files and no others.
func wants(t testing.TB, dir string, files ...string) {
	t.Helper()
	if got := names(t, dir); !slices.Equal(got, files) {
		t.Errorf("%s has %q, want %q", dir, got, files)
	}
}

// refusedWith checks that an error says what it should, in both languages.
func refusedWith(t testing.TB, err error, part string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), part) {
		t.Errorf("refused with %v, want %q", err, part)
	}
	if err != nil && strings.Contains(locale.Explain(err, locale.Chinese)+err.Error(), "%!") {
		t.Errorf("said badly: %s, %s", err, locale.Explain(err, locale.Chinese))
	}
}

// TestASumThatIsAnothers: who writes FILE.sha256 while the backup is made keeps it, and no backup is left beside it.
func TestASumThatIsAnothers(t *testing.T) {
	dir, target := talk(t), t.TempDir()
	file := filepath.Join(target, "b.db")
	_, _, err := MakeBackup(t.Context(), dir, file, func(step locale.Text, _, _ int64) {
		if step == stepHash {
			if err := os.WriteFile(sumPath(file), []byte("mine"), 0o600); err != nil {
				t.Error(err)
			}
		}
	})
	refusedWith(t, err, "exists")
	wants(t, target, "b.db.sha256")
	if content, err := os.ReadFile(sumPath(file)); err != nil || string(content) != "mine" {
		t.Errorf("%q, %v", content, err)
	}
}

func epochOf(t testing.TB, dir string) string {
	t.Helper()
	s, err := store.Open(dir, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	return s.Epoch()
}

func TestBackupAndRestore(t *testing.T) {
	dir := talk(t, "one", "two")
	before := exported(t, dir, "")
	target := t.TempDir()
	file := filepath.Join(target, "backup.db")
	made, report, err := MakeBackup(t.Context(), dir, file, quiet)
	if err != nil {
		t.Fatal(err)
	}
	wants(t, target, "backup.db", "backup.db.sha256")
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 || made.Bytes != info.Size() || made.File != file || report.Messages() != 7 {
		t.Errorf("%+v, %v, %+v", made, info, report)
	}
	apply(t, dir, chat.Announce{By: chat.ByOperator(), Text: "after the backup"})

	if report, err := VerifyFile(t.Context(), file, quiet); err != nil || len(report.Problems) > 0 || report.Messages() != 7 {
		t.Errorf("%+v, %v", report, err)
	}
	restored := t.TempDir()
	report, err = Restore(t.Context(), file, restored, quiet)
	if err != nil || report.Messages() != 7 || !report.Newest.Equal(noon.Add(7*time.Second)) {
		t.Fatalf("%+v, %v", report, err)
	}
	wants(t, restored, store.FileName)
	if exported(t, restored, "") != before {
		t.Error("what is restored is not what was backed up")
	}
	if epochOf(t, restored) == epochOf(t, dir) {
		t.Error("the restored history has the epoch of the old one")
	}
	if report, err := VerifyData(t.Context(), restored, quiet); err != nil || len(report.Problems) > 0 {
		t.Errorf("%+v, %v", report, err)
	}
	apply(t, restored, chat.Announce{By: chat.ByOperator(), Text: "it goes on"})
}

func TestBackupRefuses(t *testing.T) {
	dir := talk(t)
	target := t.TempDir()
	file := filepath.Join(target, "b.db")
	backup := func(dir, file string) error {
		_, _, err := MakeBackup(t.Context(), dir, file, quiet)
		return err
	}
	refusedWith(t, backup(t.TempDir(), file), "has no parley.db")
	refusedWith(t, backup(dir, filepath.Join(target, "nowhere", "b.db")), "create it first")
	wants(t, target)
	if err := backup(dir, file); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	refusedWith(t, backup(dir, file), "b.db already exists")
	if err := os.Rename(file, filepath.Join(target, "c.db")); err != nil {
		t.Fatal(err)
	}
	refusedWith(t, backup(dir, file), "b.db.sha256 already exists")
	wants(t, target, "b.db.sha256", "c.db")
	if again, err := os.ReadFile(filepath.Join(target, "c.db")); err != nil || !bytes.Equal(again, content) {
		t.Error("the old backup was changed")
	}
}

// TestOfBackupsToOneFileOneWins: its checksum is its own.
func TestOfBackupsToOneFileOneWins(t *testing.T) {
	dir, target := talk(t), t.TempDir()
	file := filepath.Join(target, "b.db")
	results := make(chan error)
	const rivals = 4
	for range rivals {
		go func() {
			_, _, err := MakeBackup(t.Context(), dir, file, quiet)
			results <- err
		}()
	}
	made := 0
	for range rivals {
		if err := <-results; err == nil {
			made++
		} else {
			refusedWith(t, err, "exists")
		}
	}
	wants(t, target, "b.db", "b.db.sha256")
	if report, err := VerifyFile(t.Context(), file, quiet); made != 1 || err != nil || len(report.Problems) > 0 {
		t.Errorf("%d were made: %+v, %v", made, report, err)
	}
}

// TestBackupOfDamagedDataIsNone: a copy that is not sound is not kept.
func TestBackupOfDamagedDataIsNone(t *testing.T) {
	dir := talk(t)
	change(t, filepath.Join(dir, store.FileName), "UPDATE message SET text = 'coffee' WHERE seq = 4")
	target := t.TempDir()
	_, _, err := MakeBackup(t.Context(), dir, filepath.Join(target, "b.db"), quiet)
	refusedWith(t, err, "messages were changed or removed")
	wants(t, target)
}

func TestRestoreRefuses(t *testing.T) {
	good := backedUp(t, talk(t, "one"))
	for what, c := range map[string]struct {
		damage func(t *testing.T, file string)
		why    string
	}{
		"a file that is not there": {
			func(t *testing.T, file string) { remove(t, file) },
			"no such file",
		},
		"something else": {func(t *testing.T, file string) {
			write(t, file,
				strings.Repeat("dear diary\n", 1000))
		}, "it is not an SQLite file"},
		"an export": {
			func(t *testing.T, file string) { write(t, file, header+"\n") },
			"use parley import --data NEW",
		},
		"an empty file": {func(t *testing.T, file string) { write(t, file, "") }, "empty"},
		"another checksum": {func(t *testing.T, file string) {
			write(t, sumPath(file),
				strings.Repeat("0", 64)+"  x\n")
		}, "checksum"},
		"a torn file": {func(t *testing.T, file string) {
			remove(t, sumPath(file))
			truncate(t, file, 9000)
		}, "use another backup"},
		"a changed text": {func(t *testing.T, file string) {
			remove(t, sumPath(file))
			change(t, file, "UPDATE message SET text = 'two' WHERE text = 'one'")
		}, "messages were changed or removed"},
		"a changed text and its checksum": {func(t *testing.T, file string) {
			change(t, file, "UPDATE message SET text = 'two' WHERE text = 'one'")
			sum, _, err := hashFile(t.Context(), file, quiet)
			if err != nil {
				t.Fatal(err)
			}
			write(t, sumPath(file), sum.String()+"  backup.db\n")
		}, "messages were changed or removed"},
	} {
		t.Run(what, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "backup.db")
			for _, end := range []string{"", ".sha256"} {
				content, err := os.ReadFile(good + end)
				if err != nil {
					t.Fatal(err)
				}
				write(t, file+end, string(content))
			}
			c.damage(t, file)
			dir := t.TempDir()
			_, err := Restore(t.Context(), file, dir, quiet)
			refusedWith(t, err, c.why)
			wants(t, dir)
		})
	}
}

func write(t testing.TB, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func remove(t testing.TB, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}

func truncate(t testing.TB, path string, size int64) {
	t.Helper()
	if err := os.Truncate(path, size); err != nil {
		t.Fatal(err)
	}
}
