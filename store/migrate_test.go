package store

import (
	"encoding/json"
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

// formerFormats are those of the databases in testdata. Each was written by a version that knew no
// newer one, and has its export beside it.
var formerFormats = []int{1, 2, 3, 4}

// formerly returns a data directory with the database of a former format.
func formerly(t *testing.T, format int) (dir string) {
	t.Helper()
	dir = t.TempDir()
	data := contents(t, fmt.Sprintf("testdata/format%d.db", format))
	if err := os.WriteFile(filepath.Join(dir, FileName), []byte(data), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// exportOf returns the messages in the export of a former format's database.
func exportOf(t *testing.T, format int) (all []chat.Message) {
	t.Helper()
	for line := range strings.Lines(contents(t, fmt.Sprintf("testdata/format%d.jsonl", format))) {
		var l struct {
			Type string
			chat.Message
		}
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			t.Fatal(err)
		}
		if l.Type == "message" {
			all = append(all, l.Message)
		}
	}
	return all
}

// sameAsExported compares a data directory's messages, one by one, with those of an export.
func sameAsExported(t *testing.T, dir string, format int) {
	t.Helper()
	want := exportOf(t, format)
	var got []chat.Message
	var err error
	look(t, dir, func(r *Reader) {
		err = r.Messages("", func(m chat.Message) error { got = append(got, m); return nil })
	})
	if err != nil || len(got) != len(want) || len(want) == 0 {
		t.Fatalf("%d messages, want %d, %v", len(got), len(want), err)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("%+v, want %+v", got[i], want[i])
		}
	}
}

// formatOf returns the format that a data directory's database has.
func formatOf(t *testing.T, dir string) (format int) {
	t.Helper()
	look(t, dir, func(r *Reader) { format = r.format })
	return format
}

// look opens a Reader of a data directory for a moment.
func look(t *testing.T, dir string, at func(*Reader)) {
	t.Helper()
	r, err := OpenReader(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	at(r)
	if err := r.Close(); err != nil {
		t.Error(err)
	}
}

func TestFormerFormatsMigrate(t *testing.T) {
	for _, format := range formerFormats {
		t.Run(fmt.Sprint("format ", format), func(t *testing.T) {
			dir := formerly(t, format)
			before, err := readLog(reads(t, dir).conn, format)
			if err != nil {
				t.Fatal(err)
			}
			entities, err := reads(t, dir).Entities()
			if err != nil {
				t.Fatal(err)
			}
			s := open(t, dir, Options{})
			if s.Node() != before.node || len(s.Epoch()) != 16 {
				t.Errorf("node %q, epoch %q; the node was %q", s.Node(), s.Epoch(), before.node)
			}
			if format >= digestFormat && s.Epoch() != before.epoch {
				t.Errorf("the epoch %q was %q", s.Epoch(), before.epoch)
			}
			if got := load(t, s).Progress(); got != before.progress || got.Place == 0 {
				t.Errorf("progress %+v, was %+v", got, before.progress)
			}
			after, err := reads(t, dir).Entities()
			if err != nil || fmt.Sprint(after) != fmt.Sprint(entities) {
				t.Errorf("%v were %v, %v", after, entities, err)
			}
			sameAsExported(t, dir, format)
			sameDigests(t, dir)
			checkIntegrity(t, s)
			writes(t, s).must(chat.Announce{By: chat.ByOperator(), Text: "on we go"})
			sameDigests(t, dir)
			again := open(t, dir, Options{})
			last, err := again.Last(t.Context(), chat.Lobby, 1)
			if err != nil || len(last) != 1 || last[0].Place != before.progress.Place+1 {
				t.Errorf("%+v, %v", last, err)
			}
			if again.Epoch() != s.Epoch() {
				t.Errorf("the epoch %q was %q", again.Epoch(), s.Epoch())
			}
		})
	}
}

// TestAReaderLeavesFormerFormats: it reads them and changes nothing.
func TestAReaderLeavesFormerFormats(t *testing.T) {
	for _, format := range formerFormats {
		dir := formerly(t, format)
		r := reads(t, dir)
		entities, err := r.Entities()
		if err != nil || len(entities) < 3 {
			t.Errorf("%v, %v", entities, err)
		}
		if r.HasDigests() != (format >= digestFormat) || r.format != format {
			t.Errorf("format %d: %v", r.format, r.HasDigests())
		}
		if recorded, computed, err := r.Sums(); recorded != computed || err != nil {
			t.Errorf("%v, %v, %v", recorded, computed, err)
		}
		none := func(a Amendment) error { return fmt.Errorf("there is %+v", a) }
		if err := r.Amendments(none); err != nil {
			t.Error(err)
		}
		if g := mustGlance(t, dir); !g.Messages || g.Time.Year() != 2020 {
			t.Errorf("%+v", g)
		}
		if got := formatOf(t, dir); got != format {
			t.Errorf("format %d is now %d", format, got)
		}
		sameAsExported(t, dir, format)
	}
}

// TestADatabaseThatNoServerOpenedMigrates: an old version was ended between making or migrating it
// and its first commit, so it has no digests, or not even a name.
func TestADatabaseThatNoServerOpenedMigrates(t *testing.T) {
	for what, script := range map[string]string{
		"no digests":  "DELETE FROM digest; UPDATE progress SET epoch = ''",
		"no progress": "DELETE FROM digest; DELETE FROM progress",
		"nothing": `DELETE FROM digest; DELETE FROM progress; DELETE FROM entity;
			DELETE FROM message`,
	} {
		t.Run(what, func(t *testing.T) {
			dir := formerly(t, 2)
			runScript(t, dir, script)
			s := open(t, dir, Options{})
			if len(s.Node()) != 8 || len(s.Epoch()) != 16 {
				t.Errorf("node %q, epoch %q", s.Node(), s.Epoch())
			}
			load(t, s)
			sameDigests(t, dir)
			if what != "nothing" {
				sameAsExported(t, dir, 2)
			}
		})
	}
}

// TestSessionsOfFormerFormatsAreRenamed: their users stay, so a start may keep those of datagram
// clients, of which it knows the addresses. The sums are those of the new rows.
func TestSessionsOfFormerFormatsAreRenamed(t *testing.T) {
	dir := formerly(t, 4)
	s := open(t, dir, Options{})
	var got []string
	state := load(t, s)
	for _, m := range state.Sessions() {
		got = append(got, fmt.Sprint(m.ID, " ", m.Door, " ", m.Peer, " ", m.Nick, " ", m.User))
	}
	want := []string{
		"925aaa16/0000000000000000/5 udp invalid AddrPort Ming 0",
		"here/0000000000000000/1 line invalid AddrPort Dan 37",
		"here/0000000000000000/2 line invalid AddrPort Cid 36",
		"here/0000000000000000/3 udp 192.0.2.7:4000 Zoe 34",
		"here/0000000000000000/4 udp [2001:db8::7]:4001 小刚 35",
	}
	if !slices.Equal(got, want) {
		t.Errorf("%s", strings.Join(got, "\n"))
	}
	if recorded, computed, err := reads(t, dir).Sums(); recorded != computed || err != nil {
		t.Errorf("%v, %v, %v", recorded, computed, err)
	}
}

// TestDamagedSessionsAreNotMigrated: the file stays as it is.
func TestDamagedSessionsAreNotMigrated(t *testing.T) {
	for what, script := range map[string]string{
		"another nickname": `UPDATE state SET value = replace(value, 'Zoe', 'Eve')`,
		"no session":       `DELETE FROM state WHERE key = 'here/line/3'`,
		"no JSON":          `UPDATE state SET value = 'x' WHERE key = 'here/line/3'`,
	} {
		dir := formerly(t, 4)
		runScript(t, dir, script)
		if _, err := Open(dir, Options{}); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %v", what, err)
		}
		if got := formatOf(t, dir); got != 4 {
			t.Errorf("%s: format %d", what, got)
		}
	}
}

// TestADamagedHistoryIsNotMigrated: it stays as it is, and the error says what is wrong.
func TestADamagedHistoryIsNotMigrated(t *testing.T) {
	for what, c := range map[string]struct {
		format      int
		script, why string
	}{
		"a changed text": {
			2, "UPDATE message SET text = 'x' WHERE room = 'dev' AND seq = 2",
			`the digest of room "dev" up to message 8 is`,
		},
		"a missing message": {
			2, "DELETE FROM message WHERE room = 'lobby' AND seq = 5",
			"lobby/6: it does not follow 4",
		},
		"no digest": {
			2, "DELETE FROM digest WHERE room = 'dev'",
			`room "dev" has messages, but no recorded digest`,
		},
		"another digest": {
			2, "UPDATE digest SET hash = zeroblob(32) WHERE room = 'dev'",
			`the digest of room "dev"`,
		},
		"half a digest": {2, "UPDATE digest SET hash = x'00' WHERE room = 'dev'", "cut short"},
		"no entity": {
			2, "DELETE FROM entity WHERE key = 'dev'",
			`room "dev" has messages, but does not exist`,
		},
		"another seq": {
			2, `UPDATE entity SET value = '{"id":"dev","seq":7}' WHERE key = 'dev'`,
			"the newest message of room dev is 8, but should be 7",
		},
		"a gap in format 1": {
			1, "DELETE FROM message WHERE seq = 5", "lobby/6: it does not follow 4",
		},
		"another seq in format 1": {
			1, `UPDATE entity SET value = '{"id":"lobby","seq":8}' WHERE kind = 'room'`,
			"the newest message of room lobby is 9, but should be 8",
		},
	} {
		t.Run(what, func(t *testing.T) {
			dir := formerly(t, c.format)
			runScript(t, dir, c.script)
			s, err := Open(dir, Options{})
			if err == nil {
				s.Close()
			}
			if !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), c.why) ||
				!strings.Contains(err.Error(), dir) {
				t.Errorf("%v, want %q", err, c.why)
			}
			if got := formatOf(t, dir); got != c.format {
				t.Errorf("format %d is now %d", c.format, got)
			}
			if n := len(namesIn(t, dir)); n != 1 {
				t.Errorf("%d files", n)
			}
		})
	}
	dir := formerly(t, 2)
	runScript(t, dir, "UPDATE message SET text = 'x' WHERE seq = 2")
	if _, err := Open(dir, Options{}); !errors.Is(err, ErrChanged) {
		t.Errorf("%v", err)
	}
}

// TestAMigrationWithoutRoomChangesNothing, and is made once there is room.
func TestAMigrationWithoutRoomChangesNothing(t *testing.T) {
	for _, format := range formerFormats {
		if format >= leftoverFormat {
			continue // it gets no new table, only other values
		}
		dir := formerly(t, format)
		vacuum(t, dir) // a free page would do for a new table
		var reached []string
		step := func(step string) { reached = append(reached, step) }
		s, err := Open(dir, Options{MaxBytes: 4096, migrating: step})
		if err == nil {
			s.Close()
		}
		if !errors.Is(err, ErrFull) || slices.Contains(reached, stepDone) {
			t.Errorf("%v after %q", err, reached)
		}
		if got := formatOf(t, dir); got != format {
			t.Errorf("format %d is now %d", format, got)
		}
		sameAsExported(t, dir, format)
		open(t, dir, Options{})
		sameAsExported(t, dir, format)
		sameDigests(t, dir)
	}
}

// TestAnUpgradeIsAnnounced before it begins, and a start without one says nothing.
func TestAnUpgradeIsAnnounced(t *testing.T) {
	dir := formerly(t, 2)
	for _, want := range []string{"[2 5]", "[]", "[]"} {
		said := []int{}
		s, err := Open(dir, Options{Upgrades: func(from, to int) { said = append(said, from, to) }})
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(said); got != want {
			t.Errorf("announced are %s, want %s", got, want)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if want == "[]" {
			dir = t.TempDir() // a new database is not an upgrade
		}
	}
}

// vacuum takes the free pages out of a database.
func vacuum(t *testing.T, dir string) {
	t.Helper()
	conn, err := sqlite.OpenConn(filepath.Join(dir, FileName), sqlite.OpenReadWrite)
	if err != nil {
		t.Fatal(err)
	}
	err = errors.Join(sqlitex.ExecuteTransient(conn, "VACUUM", nil), conn.Close())
	if err != nil {
		t.Fatal(err)
	}
}
