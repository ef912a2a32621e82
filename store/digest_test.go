package store

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitemigration"
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
		computed[m.Room] = Digest{Seq: m.Seq, Hash: computed[m.Room].Hash.Follow(m)}
		return nil
	}); err != nil {
		t.Fatal(err)
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
		b.must(chat.Announce{Text: "tea"})
		sameDigests(t, dir)
	}
	attic := []chat.Result{{Messages: []chat.Message{{Room: "attic", Seq: 1, Time: noon, Kind: chat.KindMessage, Text: "a"}, {Room: "attic", Seq: 2, Time: noon, Kind: chat.KindMessage, Text: "b"}}}}
	if err := b.store.Commit(attic, b.state.Progress()); err != nil {
		t.Fatal(err)
	}
	sameDigests(t, dir)
	again := writes(t, open(t, dir, Options{}))
	again.must(says("after a restart")...)
	sameDigests(t, dir)
}

// TestARefusedBatchLeavesTheDigests: what was not stored is in no digest, and what comes next is.
func TestARefusedBatchLeavesTheDigests(t *testing.T) {
	dir := t.TempDir()
	b := writes(t, open(t, dir, Options{MaxBytes: 1 << 20}))
	b.must(chat.Enter{Session: "s1", Door: "udp", Nick: chat.Nick{Name: "Ann", Key: "ann"}})
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

// format1 makes data as version 1 of the format had it.
func format1(t *testing.T, dir string) {
	t.Helper()
	conn, err := sqlite.OpenConn(filepath.Join(dir, FileName))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	all, err := schema()
	if err != nil {
		t.Fatal(err)
	}
	all.Migrations = all.Migrations[:1]
	if err := sqlitemigration.Migrate(context.Background(), conn, all); err != nil {
		t.Fatal(err)
	}
	if err := sqlitex.ExecuteScript(conn, `
		INSERT INTO progress VALUES (1, 'abcd1234', 9, 1900000000000000000, zeroblob(32));
		INSERT INTO entity VALUES ('room', 'lobby', '{"id":"lobby","seq":2}'), ('room', 'attic', '{"id":"attic","seq":1}');
		INSERT INTO message VALUES ('lobby', 1, 1900000000000000000, 'entered', 'Ann', ''), ('lobby', 2, 1900000000000000001, 'message', 'Ann', '你好'),
			('attic', 1, 1900000000000000000, 'announcement', '', 'tea');`, nil); err != nil {
		t.Fatal(err)
	}
}

func TestFormat1GetsItsDigests(t *testing.T) {
	dir := t.TempDir()
	format1(t, dir)
	s := open(t, dir, Options{})
	if s.Node() != "abcd1234" || s.Epoch() == "" {
		t.Errorf("node %q, epoch %q", s.Node(), s.Epoch())
	}
	sameDigests(t, dir)
	if d := s.digests[chat.Lobby]; d.Seq != 2 {
		t.Errorf("%+v", s.digests)
	}
	writes(t, s).must(chat.Announce{Text: "on we go"})
	sameDigests(t, dir)
}

// TestAReaderLeavesFormat1: it reads it, and does not bring it to a newer one.
func TestAReaderLeavesFormat1(t *testing.T) {
	dir := t.TempDir()
	format1(t, dir)
	r := reads(t, dir)
	entities, err := r.Entities()
	if r.HasDigests() || err != nil || len(entities) != 2 || entities[0].Key != "attic" {
		t.Errorf("%v, %v, %v", r.HasDigests(), entities, err)
	}
	if version, err := number(r.conn, "PRAGMA user_version"); version != 1 || err != nil {
		t.Errorf("format %d, %v", version, err)
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
