package store

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"parley/chat"
)

// reads opens a Reader of a data directory.
func reads(t *testing.T, dir string) *Reader {
	t.Helper()
	r, err := OpenReader(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

// sameDigests checks that what is recorded is what the messages come to.
func sameDigests(t *testing.T, dir string) {
	t.Helper()
	r := reads(t, dir)
	recorded, err := r.Digests()
	if err != nil || !r.HasDigests() {
		t.Fatal(r.HasDigests(), err)
	}
	computed := map[chat.RoomID]Digest{}
	if err := r.Messages("", func(m chat.Message) error {
		computed[m.Room] = Digest{Seq: m.Seq, Hash: computed[m.Room].Hash.Plus(m.Hash())}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if recorded, computed, err := r.Sums(); recorded != computed || err != nil {
		t.Error(recorded, computed, err)
	}
	if len(recorded) != len(computed) {
		t.Errorf("recorded %v, computed %v", recorded, computed)
	}
	for room, d := range computed {
		if recorded[room] != d {
			t.Errorf("room %s: recorded %v, computed %v", room, recorded[room], d)
		}
	}
}

func TestDigestsFollowEveryBatch(t *testing.T) {
	dir := t.TempDir()
	b := begun(t, dir)
	for range 3 {
		b.must(says("one", "大家好\n\ttwo lines", "three")...)
		b.must(chat.Announce{By: chat.ByOperator(), Text: "tea"})
		sameDigests(t, dir)
	}
	attic := []chat.Result{{Messages: []chat.Message{
		{Room: "attic", Seq: 1, Time: noon, Kind: chat.KindMessage, Text: "a"},
		{Room: "attic", Seq: 2, Time: noon, Kind: chat.KindMessage, Text: "b"},
	}, Changes: []chat.Change{roomOf("attic", 2)}}}
	if err := b.store.Commit(attic, b.state.Progress()); err != nil {
		t.Fatal(err)
	}
	sameDigests(t, dir)
	again := writes(t, open(t, dir, Options{}))
	again.must(says("after a restart")...)
	sameDigests(t, dir)
}

// TestARemovedRoomTakesItsHistory: and a room of the same name begins anew, however what happens
// falls into batches.
func TestARemovedRoomTakesItsHistory(t *testing.T) {
	join := chat.Join{By: chat.By(s1), Room: "attic", Rooms: 9, Joined: 9, New: true}
	part := chat.Part{By: chat.By(s1), Room: "attic"}
	post := chat.Post{By: chat.By(s1), Room: "attic", Text: "hello"}
	story := []chat.Command{
		join, part, join, part, join, post, part,
		chat.Announce{By: chat.ByOperator(), Text: "tea"},
	}
	const ends = 4 // of which batches: each cut of the story in two, or record by record
	for cut := range len(story) + 1 {
		dir := t.TempDir()
		b := begun(t, dir)
		for _, batch := range [][]chat.Command{story[:cut], story[cut:]} {
			if cut == ends {
				for _, c := range batch {
					b.must(c)
					sameDigests(t, dir)
				}
				continue
			}
			b.must(batch...)
			sameDigests(t, dir)
		}
		sameState(t, load(t, b.store), b.state)
		all, err := b.store.After(t.Context(), "attic", chat.Cursor{}, 100)
		if err != nil || len(all) != 4 || all[0].Seq != 1 || all[1].Text != "hello" {
			t.Errorf("cut at %d: %+v, %v", cut, all, err)
		}
	}
	dir := t.TempDir()
	b := begun(t, dir)
	b.must(join)
	b.must(part)
	if _, digests := b.store.Committed(); len(digests) != 1 {
		t.Errorf("digests of %v", digests)
	}
	sameDigests(t, dir)
	sameState(t, load(t, b.store), b.state)
}

// TestARefusedBatchLeavesTheDigests: what was not stored is in no digest, and what comes next is.
func TestARefusedBatchLeavesTheDigests(t *testing.T) {
	dir := t.TempDir()
	b := writes(t, open(t, dir, Options{MaxBytes: 1 << 20}))
	b.must(chat.Enter{Session: s1, Door: "udp", Nick: chat.Nick{Name: "Ann", Key: "ann"}})
	var err error
	for range 1000 {
		if err = b.try(says("short", strings.Repeat("long ", 20_000))...); err != nil {
			break
		}
	}
	if !errors.Is(err, ErrFull) {
		t.Fatal(err)
	}
	if err := b.store.limit(2 << 20); err != nil {
		t.Fatal(err)
	}
	b.must(says("room again")...)
	sameDigests(t, dir)
}

func TestAGapIsNotStored(t *testing.T) {
	b := begun(t, t.TempDir())
	gap := chat.Message{Room: chat.Lobby, Seq: 3, Time: noon, Kind: chat.KindMessage, Nick: "Ann", Text: "two is missing"}
	err := b.store.Commit([]chat.Result{{Messages: []chat.Message{gap}}}, b.state.Progress())
	if err == nil || !strings.Contains(err.Error(), "lobby/3") {
		t.Errorf("%v", err)
	}
	if all := history(t, b.store); len(all) != 1 {
		t.Errorf("%+v", all)
	}
}

func TestEpochIsOfTheHistory(t *testing.T) {
	dir := t.TempDir()
	first := open(t, dir, Options{})
	epoch := first.Epoch()
	if len(epoch) != 16 || open(t, t.TempDir(), Options{}).Epoch() == epoch {
		t.Errorf("epoch %q", epoch)
	}
	again := open(t, dir, Options{})
	if again.Epoch() != epoch {
		t.Errorf("opened again it is %q, was %q", again.Epoch(), epoch)
	}
	if err := again.Renew(); err != nil || again.Epoch() == epoch {
		t.Errorf("renewed %q, %v", again.Epoch(), err)
	}
	if third := open(t, dir, Options{}); third.Epoch() != again.Epoch() {
		t.Errorf("opened after renewing %q, want %q", third.Epoch(), again.Epoch())
	}
}

// TestAMessageOfNoRoomIsNotStored: its digest would have no row.
func TestAMessageOfNoRoomIsNotStored(t *testing.T) {
	b := begun(t, t.TempDir())
	lost := chat.Message{
		Room: "attic", Seq: 1, Time: noon, Kind: chat.KindMessage, Nick: "Ann",
		Text: "a",
	}
	err := b.store.Commit([]chat.Result{{Messages: []chat.Message{lost}}}, b.state.Progress())
	if err == nil || !strings.Contains(err.Error(), `"attic" has messages, but no entity`) {
		t.Errorf("%v", err)
	}
}

// TestAChangedRowIsFound when the State is loaded, and by a Reader, whichever byte is another.
func TestAChangedRowIsFound(t *testing.T) {
	set := func(where, column string) string {
		return "UPDATE state SET " + column + " WHERE " + where
	}
	for what, script := range map[string]string{
		"a session's nickname": set("kind = 'session'", "value = replace(value, 'Ann', 'Amn')"),
		"a node's epoch":       set("kind = 'node'", "value = replace(value, ':1,', ':3,')"),
		"a room's topic":       set("kind = 'room'", `value = '{"id":"lobby","seq":3,"topic":""}'`),
		"a room's digest":      set("key = 'lobby'", "sum = zeroblob(32)"),
		"a key":                set("kind = 'session'", "key = 's2'"),
		"a row too few":        "DELETE FROM state WHERE kind = 'session'",
		"a row too many":       "INSERT INTO state (kind, key, value) VALUES ('poll', '1', '{}')",
		"the log's place":      set("kind = ''", `value = replace(value, 'e":3', 'e":7')`),
		"the log's sum":        set("kind = ''", "sum = zeroblob(32)"),
		"no row of the log":    "DELETE FROM state WHERE kind = ''",
		"half a digest":        set("key = 'lobby'", "sum = x'00'"),
	} {
		t.Run(what, func(t *testing.T) {
			dir := t.TempDir()
			s, err := Open(dir, Options{})
			if err != nil {
				t.Fatal(err)
			}
			b := writes(t, s)
			b.must(chat.Enter{Session: s1, Door: "udp", Nick: chat.Nick{Name: "Ann", Key: "ann"}})
			b.must(says("one", "two")...)
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			runScript(t, dir, script)
			if _, err := Glance(t.Context(), dir); !errors.Is(err, ErrDamaged) {
				t.Errorf("a glance: %v", err)
			}
			if recorded, computed, err := reads(t, dir).Sums(); recorded == computed && err == nil {
				t.Error("a reader finds nothing")
			}
			s, err = Open(dir, Options{})
			if err == nil {
				_, err = s.Load()
				s.Close()
			}
			if !errors.Is(err, ErrDamaged) {
				t.Errorf("loaded: %v", err)
			}
		})
	}
}

// TestACommitWritesFewPages: a receipt waits for them. With one room and few sessions a message
// takes two, its own and that of the table state.
func TestACommitWritesFewPages(t *testing.T) {
	dir := t.TempDir()
	b := begun(t, dir)
	b.must(says("before")...)
	wal := func() int64 {
		info, err := os.Stat(filepath.Join(dir, FileName+"-wal"))
		if err != nil {
			t.Fatal(err)
		}
		return info.Size()
	}
	const page = 4096 + 24 // with its header in the WAL
	for range 3 {
		before := wal()
		b.must(says("hello")...)
		if pages := (wal() - before) / page; pages > 2 {
			t.Errorf("a message takes %d pages", pages)
		}
	}
}

func TestAReaderMakesNothing(t *testing.T) {
	dir := t.TempDir()
	if _, err := OpenReader(t.Context(), dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%v", err)
	}
	if _, err := OpenReader(t.Context(), filepath.Join(dir, "nowhere")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%v", err)
	}
	if there, err := os.ReadDir(dir); err != nil || len(there) > 0 {
		t.Errorf("%v, %v", there, err)
	}
}

// TestAReaderSeesOneMoment, however much is written meanwhile, and writes nothing itself.
func TestAReaderSeesOneMoment(t *testing.T) {
	dir := t.TempDir()
	b := begun(t, dir)
	r := reads(t, dir)
	b.must(says("later")...)
	n := 0
	if err := r.Messages(chat.Lobby, func(chat.Message) error { n++; return nil }); err != nil || n != 1 {
		t.Errorf("%d messages, %v", n, err)
	}
	if progress, err := r.Progress(); err != nil || progress.Place != 1 {
		t.Errorf("%+v, %v", progress, err)
	}
	if err := sqlitex.ExecuteTransient(r.conn, "DELETE FROM message", nil); sqlite.ErrCode(err).ToPrimary() != sqlite.ResultReadOnly {
		t.Errorf("a reader deletes: %v", err)
	}
}

func TestAReaderRefusesWhatOpenRefuses(t *testing.T) {
	for what, c := range map[string]struct{ pragma, why string }{
		"newer":   {"PRAGMA user_version = 999", "newer version of Parley"},
		"foreign": {"PRAGMA application_id = 1234", "application_id"},
	} {
		t.Run(what, func(t *testing.T) {
			dir := t.TempDir()
			set(t, dir, c.pragma)
			for _, open := range []func() (*Reader, error){
				func() (*Reader, error) { return OpenReader(t.Context(), dir) },
				func() (*Reader, error) { return OpenFile(t.Context(), filepath.Join(dir, FileName)) },
			} {
				r, err := open()
				if err == nil {
					r.Close()
				}
				if err == nil || !strings.Contains(err.Error(), c.why) || !strings.Contains(err.Error(), dir) {
					t.Errorf("%v", err)
				}
			}
		})
	}
	dir := t.TempDir()
	begun(t, dir)
	if _, err := OpenFile(t.Context(), filepath.Join(dir, FileName)); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("a database with a log beside it: %v", err)
	}
	if _, err := OpenFile(t.Context(), dir); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("a directory: %v", err)
	}
	empty := filepath.Join(t.TempDir(), "a file ?#%.db")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenFile(t.Context(), empty); err == nil || !strings.Contains(err.Error(), "empty") {
		t.Errorf("an empty file: %v", err)
	}
}

// TestACopyIsWholeInOneFile, whatever its name.
func TestACopyIsWholeInOneFile(t *testing.T) {
	dir := t.TempDir()
	b := begun(t, dir)
	b.must(says("one", "two")...)
	target := filepath.Join(t.TempDir(), "file:a copy ?#%.db")
	if err := Copy(t.Context(), dir, target); err != nil {
		t.Fatal(err)
	}
	r, err := OpenFile(t.Context(), target)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	n := 0
	if err := r.Messages("", func(chat.Message) error { n++; return nil }); err != nil || n != 3 {
		t.Errorf("%d messages, %v", n, err)
	}
	if there, err := os.ReadDir(filepath.Dir(target)); err != nil || len(there) != 1 {
		t.Errorf("%v, %v", there, err)
	}
	if err := Copy(t.Context(), dir, target); err == nil {
		t.Error("it copies over what is there")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Copy(ctx, dir, target+"2"); !errors.Is(err, context.Canceled) {
		t.Errorf("with a done ctx: %v", err)
	}
}

// TestDamageStaysVisibleWhateverIsWrittenAfterIt: a store goes on from the sums that are recorded.
func TestDamageStaysVisibleWhateverIsWrittenAfterIt(t *testing.T) {
	dir := t.TempDir()
	set(t, dir, `UPDATE state SET value = '{"id":"lobby","seq":1,"topic":"x"}' WHERE kind = 'room'`)
	s := open(t, dir, Options{})
	if err := s.Renew(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Load(); !errors.Is(err, ErrDamaged) {
		t.Errorf("after Renew: %v", err)
	}
}
