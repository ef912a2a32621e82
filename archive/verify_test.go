package archive

import (
	"bytes"
	"context"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"parley/chat"
	"parley/locale"
	"parley/store"
)

const entitiesChanged = "rooms, sessions or other entities were changed or removed"

// damage is something done to a database, and the problems that it makes.
type damage struct {
	sql  string
	want []string // each in a problem of its own
}

// damages are everything that can be wrong.
func damages() map[string]damage {
	return map[string]damage{
		"nothing": {"", nil},
		"a changed text": {
			"UPDATE message SET text = 'x' WHERE seq = 3",
			[]string{"messages were changed or removed"},
		},
		"a changed nick": {
			"UPDATE message SET nick = 'bob' WHERE seq = 3",
			[]string{"messages were changed or removed"},
		},
		"a changed kind": {
			"UPDATE message SET kind = 'announcement' WHERE seq = 3",
			[]string{"an announcement must have no nick", "messages were changed or removed"},
		},
		"a removed message": {"DELETE FROM message WHERE seq = 3", []string{
			"message 4 follows 2",
			"messages were changed or removed",
		}},
		"the last removed": {
			"DELETE FROM message WHERE seq = 9",
			[]string{"newest message is 8, but should be 9", "messages were changed or removed"},
		},
		"all removed": {
			"DELETE FROM message",
			[]string{"newest message is 0, but should be 9", "messages were changed or removed"},
		},
		"one added": {
			"INSERT INTO message VALUES ('lobby', 10, 1700000000000000000, 'message', " +
				"'Ann', 'x', 9, 0, 0)",
			[]string{"newest message is 10, but should be 9", "messages were changed or removed"},
		},
		"time goes back": {
			"UPDATE message SET time = 1 WHERE seq = 3",
			[]string{"message 3 is older", "messages were changed or removed"},
		},
		"another room": {
			"INSERT INTO message VALUES ('attic', 1, 1, 'message', 'Ann', 'x', 9, 0, 0)",
			[]string{"attic has messages, but does not exist", "messages were changed or removed"},
		},
		"the room's entity": {
			`UPDATE state SET value = '{"id":"lobby","seq":8}' WHERE kind = 'room'`,
			[]string{"newest message is 9, but should be 8", entitiesChanged},
		},
		"a broken entity": {
			`UPDATE state SET value = '{' WHERE kind = 'room'`,
			[]string{`invalid entity "room" "lobby": it is cut off`, entitiesChanged},
		},
		"an unknown entity": {
			`INSERT INTO state (kind, key, value) VALUES ('poll', '1', '{}')`,
			[]string{"poll", entitiesChanged},
		},
		"a flipped byte in a session": {
			`UPDATE state SET value = replace(value, '"Ann"', '"Amn"') WHERE kind = 'session'`,
			[]string{entitiesChanged},
		},
		"a removed session": {
			"DELETE FROM state WHERE kind = 'session'",
			[]string{entitiesChanged},
		},
	}
}

// otherDamages are those of what a commit writes beside messages.
func otherDamages() map[string]damage {
	return map[string]damage{
		"the digest": {
			"UPDATE state SET sum = zeroblob(32) WHERE kind = 'room'",
			[]string{"messages were changed or removed", entitiesChanged},
		},
		"the digest's place": {
			"UPDATE state SET seq = 8 WHERE kind = 'room'",
			[]string{"messages were changed or removed", entitiesChanged},
		},
		"the entities' sum": {
			"UPDATE state SET sum = zeroblob(32) WHERE kind = ''",
			[]string{entitiesChanged},
		},
		"a torn digest": {
			"UPDATE state SET sum = x'00' WHERE kind = 'room'",
			[]string{"cut short"},
		},
		"a torn hash": {
			`UPDATE state SET value = json_set(value, '$.hash', '00') WHERE kind = ''`,
			[]string{"cut short"},
		},
		"the log's place": {
			`UPDATE state SET value = json_set(value, '$.place', 8) WHERE kind = ''`,
			[]string{"message 9 has the place 9 in the log, between 8 and 8", entitiesChanged},
		},
		"no place of the log": {
			"DELETE FROM state WHERE kind = ''",
			[]string{"the row of the log is missing"},
		},
		"a place": {
			"UPDATE message SET place = 1 WHERE seq = 3",
			[]string{
				"message 3 has the place 1", "its author 2 is later",
				"messages were changed or removed",
			},
		},
		"an author": {
			"UPDATE message SET author = 99 WHERE seq = 3",
			[]string{"its author 99 is later", "messages were changed or removed"},
		},
		"a reply": {
			"UPDATE message SET reply = 3 WHERE seq = 3",
			[]string{
				"it replies to message 3, which is not before it",
				"messages were changed or removed",
			},
		},
		"amendments of no room": {
			"INSERT INTO amendment VALUES ('attic', 2, 1, 1)",
			[]string{
				"the amendment of message 1 that leads to revision 2",
				"does not fit 0 amendments",
			},
		},
		"an amendment too many": {
			"INSERT INTO amendment VALUES ('lobby', 10, 3, 9)",
			[]string{"the last amendment leads to revision 10, which does not fit 0 amendments"},
		},
		"a strange kind": {
			"UPDATE message SET kind = 'bogus' WHERE seq = 3",
			[]string{
				`the server could not have written message 3: unknown kind of message "bogus"`,
				"messages were changed or removed",
			},
		},
		"a steering nick": {
			"UPDATE message SET nick = 'Ann' || char(27) || '[2J' WHERE seq = 3",
			[]string{
				"the server could not have written message 3: its nick",
				"messages were changed or removed",
			},
		},
		"a steering text": {
			"UPDATE message SET text = char(27) || '[2J' WHERE seq = 3",
			[]string{
				"the server could not have written message 3: its text",
				"messages were changed or removed",
			},
		},
		"a steering room": {
			"INSERT INTO state VALUES ('room', char(27) || '[2J', " +
				"'{\"id\":\"\\u001b[2J\",\"seq\":0}', 0, zeroblob(32))",
			[]string{`"\x1b[2J": not a valid room name`, entitiesChanged},
		},
		"several": {"UPDATE message SET time = 1 WHERE seq = 3; DELETE FROM message WHERE seq IN (6, 9)", []string{
			"message 3 is older", "message 7 follows 5", "newest message is 8",
			"messages were changed or removed",
		}},
	}
}

// TestVerifyTells of everything that can be wrong, and of all of it.
func TestVerifyTells(t *testing.T) {
	all := damages()
	maps.Copy(all, otherDamages())
	for what, c := range all {
		t.Run(what, func(t *testing.T) {
			dir := talk(t, "one", "two", "three", "four")
			change(t, filepath.Join(dir, store.FileName), c.sql)
			report, err := VerifyData(t.Context(), dir, quiet)
			if err != nil {
				t.Fatal(err)
			}
			if len(report.Problems) != len(c.want) {
				t.Errorf("problems are %q, want %q", report.Problems, c.want)
			}
			for i := range min(len(c.want), len(report.Problems)) {
				refusedWith(t, report.Problems[i], c.want[i])
			}
		})
	}
}

// TestVerifyFindsADamagedPage wherever there is something in it: each page is overwritten in turn.
func TestVerifyFindsADamagedPage(t *testing.T) {
	const page = 4096
	var posts []string
	for range 40 {
		posts = append(posts, strings.Repeat("all work and no play ", 40))
	}
	dir := talk(t, posts...)
	amend(t, dir, chat.Room{ID: chat.Lobby, Seq: 45, Amended: 1}, "VALUES ('lobby', 46, 3, 45)")
	change(t, filepath.Join(dir, store.FileName), "INSERT INTO leftover VALUES ('gone', 1)")
	whole, err := os.ReadFile(backedUp(t, dir))
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "damaged.db")
	for at := 0; at < len(whole); at += page {
		damaged := bytes.Clone(whole)
		for i := at + 8; i < at+page; i++ {
			damaged[i] ^= 0x5a
		}
		write(t, file, string(damaged))
		report, err := VerifyFile(t.Context(), file, quiet)
		if err == nil && len(report.Problems) == 0 {
			t.Errorf("page %d of %d is damaged, and nobody tells", at/page+1, len(whole)/page)
		}
	}
	if len(whole) < 10*page {
		t.Errorf("only %d bytes", len(whole))
	}
}

// TestWhatParleyDidNotMakeIsRefused: what a database is made of is compared, too, and nothing of it is restored.
func TestWhatParleyDidNotMakeIsRefused(t *testing.T) {
	for what, sql := range map[string]string{
		"a lost table": "DROP TABLE amendment",
		"a lost key":   "DROP TABLE amendment; CREATE TABLE amendment (room TEXT NOT NULL) STRICT",
		"a trigger":    "CREATE TRIGGER evil AFTER UPDATE ON state BEGIN DELETE FROM message; END",
	} {
		t.Run(what, func(t *testing.T) {
			dir := talk(t)
			file := backedUp(t, dir)
			for _, path := range []string{filepath.Join(dir, store.FileName), file} {
				change(t, path, sql)
			}
			remove(t, sumPath(file))
			_, err := VerifyData(t.Context(), dir, quiet)
			refusedWith(t, err, "not a database of Parley")
			_, err = VerifyFile(t.Context(), file, quiet)
			refusedWith(t, err, "not a backup made by Parley")
			_, _, err = MakeBackup(t.Context(), dir, filepath.Join(t.TempDir(), "b.db"), quiet)
			refusedWith(t, err, "not a database of Parley")
			empty := t.TempDir()
			_, err = Restore(t.Context(), file, empty, quiet)
			refusedWith(t, err, "not a backup made by Parley")
			wants(t, empty)
		})
	}
}

func TestVerifyComparesTheChecksum(t *testing.T) {
	file := backedUp(t, talk(t))
	write(t, sumPath(file), strings.Repeat("0", 64)+"  backup.db\n")
	report, err := VerifyFile(t.Context(), file, quiet)
	if err != nil || len(report.Problems) != 1 {
		t.Fatalf("%+v, %v", report, err)
	}
	refusedWith(t, report.Problems[0], "checksum")
	remove(t, sumPath(file))
	report, err = VerifyFile(t.Context(), file, quiet)
	if err != nil || len(report.Problems) > 0 || report.Unsummed != sumPath(file) {
		t.Errorf("%+v, %v", report, err)
	}
	restored, err := Restore(t.Context(), file, t.TempDir(), quiet)
	if err != nil || restored.Unsummed != sumPath(file) {
		t.Errorf("%+v, %v", restored, err)
	}
	whole := backedUp(t, talk(t))
	report, err = VerifyFile(t.Context(), whole, quiet)
	if err != nil || report.Unsummed != "" {
		t.Errorf("%+v, %v", report, err)
	}
}

func TestNothingIsWithoutData(t *testing.T) {
	dir := t.TempDir()
	_, err := VerifyData(t.Context(), dir, quiet)
	refusedWith(t, err, "the data directory "+dir+" has no parley.db")
	refusedWith(t, Export(t.Context(), dir, "", io.Discard, quiet),
		"the data directory "+dir+" has no parley.db")
	wants(t, dir)
}

// TestInterruptedAnywhere: whatever step is under way when ctx ends, nothing is left of it.
func TestInterruptedAnywhere(t *testing.T) {
	var posts []string
	for range 2 * progressEvery { // so that each step tells how far it is
		posts = append(posts, "all work and no play")
	}
	data := talk(t, posts...)
	file := backedUp(t, data)
	lines := filepath.Join(t.TempDir(), "export.jsonl")
	write(t, lines, exported(t, data, ""))
	for what, c := range map[string]struct {
		steps []locale.Text
		do    func(ctx context.Context, empty string, progress Progress) error
	}{
		"backup": {[]locale.Text{stepCheck, stepHash}, func(ctx context.Context, empty string, progress Progress) error {
			_, _, err := MakeBackup(ctx, data, filepath.Join(empty, "b.db"), progress)
			return err
		}},
		"restore": {[]locale.Text{stepCopy, stepCheck}, func(ctx context.Context, empty string, progress Progress) error {
			_, err := Restore(ctx, file, empty, progress)
			return err
		}},
		"import": {[]locale.Text{stepImport, stepCheck}, func(ctx context.Context, empty string, progress Progress) error {
			from, err := os.Open(lines)
			if err != nil {
				return err
			}
			defer from.Close()
			_, err = Import(ctx, from, empty, noon.AddDate(1, 0, 0), progress)
			return err
		}},
		"verify": {[]locale.Text{stepHash, stepCheck}, func(ctx context.Context, _ string, progress Progress) error {
			_, err := VerifyFile(ctx, file, progress)
			return err
		}},
		"export": {[]locale.Text{stepExport}, func(ctx context.Context, _ string, progress Progress) error {
			return Export(ctx, data, "", io.Discard, progress)
		}},
	} {
		for _, at := range c.steps {
			for _, later := range []bool{false, true} { // at its start, and in its middle
				ctx, cancel := context.WithCancel(t.Context())
				empty := t.TempDir()
				err := c.do(ctx, empty, func(step locale.Text, done, _ int64) {
					if step == at && (!later || done > 0) {
						cancel()
					}
				})
				cancel()
				if !errors.Is(err, context.Canceled) {
					t.Errorf("%s, interrupted while %s: %v", what, at.EN, err)
				}
				wants(t, empty)
			}
		}
	}
}

// TestInterruptedCopy: the copying itself is interrupted, too, and nothing is left.
func TestInterruptedCopy(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	dir, target := talk(t), t.TempDir()
	if _, _, err := MakeBackup(ctx, dir, filepath.Join(target, "b.db"), quiet); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	wants(t, target)
}

// TestAmendmentsThatFitAreNoProblem, nor that the oldest are forgotten.
func TestAmendmentsThatFitAreNoProblem(t *testing.T) {
	for _, c := range []struct {
		sql     string
		problem string
	}{
		{"VALUES ('lobby', 10, 3, 9), ('lobby', 11, 3, 9)", ""},
		{"VALUES ('lobby', 6, 3, 5), ('lobby', 11, 5, 9)", ""},
		{"VALUES ('lobby', 11, 3, 9)", ""},
		{"VALUES ('lobby', 6, 3, 5)", "the last amendment leads to revision 6"},
		{"VALUES ('lobby', 9, 3, 8), ('lobby', 11, 10, 9)", "the amendment of message 10"},
		{"VALUES ('lobby', 7, 3, 6), ('lobby', 11, 0, 9)", "the amendment of message 0"},
		{"VALUES ('lobby', 5, 3, 5), ('lobby', 11, 3, 9)", "revision 5"},
		{"VALUES ('lobby', 10, 3, 9), ('lobby', 11, 3, 8)", "revision 11"},
	} {
		dir := talk(t, "one", "two", "three", "four")
		amend(t, dir, chat.Room{ID: chat.Lobby, Seq: 9, Amended: 2}, c.sql)
		report, err := VerifyData(t.Context(), dir, quiet)
		if err != nil {
			t.Fatal(err)
		}
		found := ""
		for _, p := range report.Problems {
			found += p.Error() + "\n"
		}
		if !strings.Contains(found, c.problem) || c.problem == "" && found != "" {
			t.Errorf("%s: %q, want %q", c.sql, found, c.problem)
		}
	}
}

// amend stores what a room is after amendments, and these.
func amend(t *testing.T, dir string, room chat.Room, amendments string) {
	t.Helper()
	s, err := store.Open(dir, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	progress, _ := s.Committed()
	result := chat.Result{Changes: []chat.Change{
		{Kind: chat.EntityRoom, Key: string(room.ID), Value: room},
	}}
	if err := errors.Join(s.Commit([]chat.Result{result}, progress), s.Close()); err != nil {
		t.Fatal(err)
	}
	change(t, filepath.Join(dir, store.FileName), "INSERT INTO amendment "+amendments)
}

// TestAnExportOutlivesDamageOfPresence: the way out that a refused start offers.
func TestAnExportOutlivesDamageOfPresence(t *testing.T) {
	dir := talk(t, "one", "two")
	want := exported(t, dir, "")
	change(t, filepath.Join(dir, store.FileName),
		`UPDATE state SET value = replace(value, '"Ann"', '"Amn"') WHERE kind = 'session'`)
	s, err := store.Open(dir, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Load(); !errors.Is(err, store.ErrEntities) {
		t.Errorf("a start is refused with %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if got := exported(t, dir, ""); got != want {
		t.Errorf("exported is %s, want %s", got, want)
	}
}
