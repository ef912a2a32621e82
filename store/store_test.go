package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"parley/chat"
)

var noon = time.Date(2030, 5, 1, 12, 0, 0, 123456789, time.UTC)

// book writes what happens into a Store, as the hub does.
type book struct {
	t     *testing.T
	store *Store
	state *chat.State
	place chat.Place
}

// long is a text of many pages.
var long = strings.Repeat("all work and no play ", 5000)

// s1 and s2 are sessions.
var (
	s1 = chat.SessionID{Node: "here", Life: 7, N: 1}
	s2 = chat.SessionID{Node: "here", Life: 7, N: 2}
)

func open(t *testing.T, dir string, options Options) *Store {
	t.Helper()
	s, err := Open(dir, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s
}

func writes(t *testing.T, s *Store) *book {
	t.Helper()
	return &book{t: t, store: s, state: load(t, s)}
}

// begun is a book over a new Store in which Ann is inside.
func begun(t *testing.T, dir string) *book {
	t.Helper()
	b := writes(t, open(t, dir, Options{}))
	b.must(chat.Enter{Session: s1, Door: "udp", Nick: chat.Nick{Name: "Ann", Key: "ann"}})
	return b
}

// try commits commands as one batch. When that fails it goes back to what the Store has.
func (b *book) try(commands ...chat.Command) error {
	b.t.Helper()
	b.place = b.state.Progress().Place
	var results []chat.Result
	for _, c := range commands {
		b.place++
		results = append(results, chat.Apply(b.state, chat.Record{
			Place: b.place, Time: noon.Add(time.Duration(b.place)),
			Origin: chat.Origin{Node: "here", Epoch: 1, N: uint64(b.place)}, Command: c,
		}))
	}
	err := b.store.Commit(results, b.state.Progress())
	if err != nil {
		b.state = load(b.t, b.store)
	}
	return err
}

func (b *book) must(commands ...chat.Command) {
	b.t.Helper()
	if err := b.try(commands...); err != nil {
		b.t.Fatal(err)
	}
}

// roomOf is the Change that makes a room which has so many messages.
func roomOf(id chat.RoomID, seq chat.Seq) chat.Change {
	return chat.Change{Kind: chat.EntityRoom, Key: string(id), Value: chat.Room{ID: id, Seq: seq}}
}

// says are posts by Ann.
func says(texts ...string) []chat.Command {
	var all []chat.Command
	for _, text := range texts {
		all = append(all, chat.Post{By: chat.By(s1), Room: chat.Lobby, Text: text})
	}
	return all
}

func load(t *testing.T, s *Store) *chat.State {
	t.Helper()
	state, err := s.Load()
	if err != nil {
		t.Fatal(err)
	}
	return state
}

func history(t *testing.T, s *Store) []chat.Message {
	t.Helper()
	all, err := s.After(t.Context(), chat.Lobby, chat.Cursor{}, 1_000_000)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func texts(messages []chat.Message) (all []string) {
	for _, m := range messages {
		all = append(all, m.Text)
	}
	return all
}

// sameState compares what two States know.
func sameState(t *testing.T, got, want *chat.State) {
	t.Helper()
	if got.Progress() != want.Progress() {
		t.Errorf("progress %v, want %v", got.Progress(), want.Progress())
	}
	if g, w := fmt.Sprint(got.Sessions(), got.Rooms(), got.Epoch("here")), fmt.Sprint(want.Sessions(), want.Rooms(), want.Epoch("here")); g != w {
		t.Errorf("state %s, want %s", g, w)
	}
}

// stops a test whose file has no index that fits its data, or that is broken.
func checkIntegrity(t *testing.T, s *Store) {
	t.Helper()
	if verdict, err := sqlitex.ResultText(s.writer.Prep("PRAGMA integrity_check")); err != nil || verdict != "ok" {
		t.Errorf("integrity: %s, %v", verdict, err)
	}
}

func TestCommitAndLoad(t *testing.T) {
	dir := t.TempDir()
	b := begun(t, dir)
	b.must(says("one", "大家好\n\ttwo lines", "")...)
	b.must(chat.Enter{Session: s2, Door: "line", Nick: chat.Nick{Name: "小明", Key: "小明"}},
		chat.Leave{By: chat.By(s1)})
	sameState(t, load(t, b.store), b.state)

	again := open(t, dir, Options{})
	sameState(t, load(t, again), b.state)
	if again.Node() != b.store.Node() || again.Node() == "" {
		t.Errorf("node %q was %q", again.Node(), b.store.Node())
	}
	want := chat.Message{
		Room: chat.Lobby, Seq: 3, Time: noon.Add(3), Kind: chat.KindMessage, Nick: "Ann",
		Text: "大家好\n\ttwo lines", Author: 1, Place: 3,
	}
	if all := history(t, again); len(all) != 6 || all[2] != want {
		t.Errorf("history %+v, its third is to be %+v", all, want)
	}
}

func TestTwoStoresAreTwoNodes(t *testing.T) {
	if a, b := open(t, t.TempDir(), Options{}), open(t, t.TempDir(), Options{}); a.Node() == b.Node() {
		t.Errorf("both are %q", a.Node())
	}
}

func TestNewStoreIsBeforeTheFirstRecord(t *testing.T) {
	state := load(t, open(t, t.TempDir(), Options{}))
	if p := state.Progress(); p.Place != 0 || p.Hash != (chat.Hash{}) {
		t.Errorf("progress %+v", p)
	}
	if rooms := state.Rooms(); len(rooms) != 1 || rooms[0] != (chat.Room{ID: chat.Lobby}) || len(state.Sessions()) > 0 {
		t.Errorf("rooms %+v, sessions %+v", rooms, state.Sessions())
	}
}

// TestCommitIsAnFsync: what a receipt means hangs on these. That the disk obeys is not ours to test.
func TestCommitIsAnFsync(t *testing.T) {
	s := open(t, t.TempDir(), Options{})
	for pragma, want := range map[string]string{
		"synchronous": "2", "fullfsync": "1", "journal_mode": "wal", "secure_delete": "1",
		"wal_autocheckpoint": "2000", "journal_size_limit": "67108864",
	} {
		if got, err := sqlitex.ResultText(s.writer.Prep("PRAGMA " + pragma)); err != nil || got != want {
			t.Errorf("%s is %s, want %s (%v)", pragma, got, want, err)
		}
	}
}

func TestReadersCannotWrite(t *testing.T) {
	s := open(t, t.TempDir(), Options{})
	conn, err := s.pool.Take(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer s.pool.Put(conn)
	if err := sqlitex.ExecuteTransient(conn, "DELETE FROM state",
		nil); sqlite.ErrCode(err).ToPrimary() != sqlite.ResultReadOnly {
		t.Errorf("a reader deletes: %v", err)
	}
}

// TestAllOrNothing: the last message of a batch stands already; nothing of the batch is stored.
func TestAllOrNothing(t *testing.T) {
	b := begun(t, t.TempDir())
	b.must(says("one")...)
	before, stored := b.state, history(t, b.store)
	b.state = load(t, b.store)

	double := chat.Message{Room: chat.Lobby, Seq: 2, Time: noon, Kind: chat.KindMessage, Nick: "Ann", Text: "one again"}
	fine := chat.Apply(b.state, chat.Record{Place: 3, Time: noon, Origin: chat.Origin{Node: "here", Epoch: 1, N: 3}, Command: says("two")[0]})
	err := b.store.Commit([]chat.Result{fine, {Place: 4, Messages: []chat.Message{double}}}, chat.Progress{Place: 4})
	if err == nil || errors.Is(err, ErrFull) {
		t.Fatalf("a second message at one place: %v", err)
	}
	if !strings.Contains(err.Error(), "lobby/2") {
		t.Errorf("%q does not say which", err)
	}
	sameState(t, load(t, b.store), before)
	if after := history(t, b.store); !slices.Equal(after, stored) {
		t.Errorf("history %+v was %+v", after, stored)
	}
}

func TestAfterAFailureNothingIsWritten(t *testing.T) {
	dir := t.TempDir()
	b := begun(t, dir)
	double := chat.Message{Room: chat.Lobby, Seq: 1, Kind: chat.KindMessage}
	if err := b.store.Commit([]chat.Result{{Messages: []chat.Message{double}}}, b.state.Progress()); err == nil || errors.Is(err, ErrFailed) {
		t.Fatalf("the first: %v", err)
	}
	for range 3 {
		if err := b.try(says("later")...); !errors.Is(err, ErrFailed) {
			t.Errorf("after it: %v", err)
		}
	}
	if all := history(t, b.store); len(all) != 1 {
		t.Errorf("reading does not go on: %+v", all)
	}
	again := writes(t, open(t, dir, Options{}))
	again.must(says("after a restart")...)
}

func TestNewerFormatIsRefused(t *testing.T) {
	dir := t.TempDir()
	set(t, dir, "PRAGMA user_version = 999")
	refusesUntouched(t, dir, "newer version of Parley")
}

func TestForeignFileIsRefused(t *testing.T) {
	t.Run("of another application", func(t *testing.T) {
		dir := t.TempDir()
		set(t, dir, "PRAGMA application_id = 1234")
		refusesUntouched(t, dir, "application_id")
	})
	t.Run("of nobody", func(t *testing.T) {
		dir := t.TempDir()
		conn, err := sqlite.OpenConn(filepath.Join(dir, FileName), sqlite.OpenReadWrite, sqlite.OpenCreate)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(sqlitex.ExecuteTransient(conn, "CREATE TABLE diary (line TEXT)", nil), conn.Close()); err != nil {
			t.Fatal(err)
		}
		refusesUntouched(t, dir, "application_id")
	})
	t.Run("no database", func(t *testing.T) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, FileName), []byte(strings.Repeat("dear diary\n", 1000)), 0o600); err != nil {
			t.Fatal(err)
		}
		refusesUntouched(t, dir, "not a database")
	})
}

// set makes a Store with something in it, and then changes it by hand.
func set(t *testing.T, dir, pragma string) {
	t.Helper()
	s, err := Open(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	writes(t, s).must(chat.Announce{By: chat.ByOperator(), Text: "tea"})
	if err := errors.Join(sqlitex.ExecuteTransient(s.writer, pragma, nil), s.Close()); err != nil {
		t.Fatal(err)
	}
}

// refusesUntouched: Open refuses, says where and why, and leaves the file as it was.
func refusesUntouched(t *testing.T, dir, why string) {
	t.Helper()
	path := filepath.Join(dir, FileName)
	before := contents(t, path)
	s, err := Open(dir, Options{})
	if err == nil {
		s.Close()
		t.Fatal("it was opened")
	}
	if !strings.Contains(err.Error(), why) || !strings.Contains(err.Error(), path) {
		t.Errorf("%q says not %q, or not where", err, why)
	}
	if contents(t, path) != before {
		t.Error("the file was changed")
	}
}

func contents(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestLoadRefusesWhatItDoesNotKnow(t *testing.T) {
	b := begun(t, t.TempDir())
	if err := sqlitex.ExecuteTransient(b.store.writer,
		"INSERT INTO state (kind, key, value) VALUES ('poll', '1', '{}')", nil); err != nil {
		t.Fatal(err)
	}
	if state, err := b.store.Load(); err == nil || !strings.Contains(err.Error(), "poll") {
		t.Errorf("%+v, %v", state, err)
	}
}

func TestHistory(t *testing.T) {
	b := begun(t, t.TempDir())
	b.must(says("2", "3", "4", "5")...)
	other := chat.Message{Room: "attic", Seq: 1, Time: noon, Kind: chat.KindMessage, Text: "attic"}
	attic := chat.Result{Messages: []chat.Message{other}, Changes: []chat.Change{roomOf("attic",
		1)}}
	if err := b.store.Commit([]chat.Result{attic}, b.state.Progress()); err != nil {
		t.Fatal(err)
	}
	last := func(limit int) ([]chat.Message, error) { return b.store.Last(t.Context(), chat.Lobby, limit) }
	after := func(after chat.Seq, limit int) ([]chat.Message, error) {
		return b.store.After(t.Context(), chat.Lobby, chat.Cursor{Seq: after}, limit)
	}
	for _, c := range []struct {
		what string
		read func() ([]chat.Message, error)
		want string
	}{
		{"the last two, oldest first", func() ([]chat.Message, error) { return last(2) }, "4 5"},
		{"more than there are", func() ([]chat.Message, error) { return last(100) }, " 2 3 4 5"},
		{"none", func() ([]chat.Message, error) { return last(0) }, ""},
		{"all after the first", func() ([]chat.Message, error) { return after(1, 100) }, "2 3 4 5"},
		{"the next two", func() ([]chat.Message, error) { return after(1, 2) }, "2 3"},
		{"after the last", func() ([]chat.Message, error) { return after(5, 100) }, ""},
		{"after what is to come", func() ([]chat.Message, error) { return after(99, 100) }, ""},
		{"another room", func() ([]chat.Message, error) { return b.store.Last(t.Context(), "attic", 9) }, "attic"},
		{"no room", func() ([]chat.Message, error) { return b.store.Last(t.Context(), "cellar", 9) }, ""},
	} {
		t.Run(c.what, func(t *testing.T) {
			messages, err := c.read()
			if got := strings.Join(texts(messages), " "); err != nil || got != c.want {
				t.Errorf("%q, %v, want %q", got, err, c.want)
			}
		})
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := b.store.Last(ctx, chat.Lobby, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("with a done ctx: %v", err)
	}
}

// TestReadersDoNotWait: while a batch is being written, everybody reads what stood before it.
func TestReadersDoNotWait(t *testing.T) {
	b := begun(t, t.TempDir())
	b.must(says("before")...)
	end, err := sqlitex.ImmediateTransaction(b.store.writer)
	if err != nil {
		t.Fatal(err)
	}
	during := &chat.Message{
		Room: chat.Lobby, Seq: 3, Kind: chat.KindMessage, Text: "during",
		Place: b.state.Progress().Place + 1,
	}
	err = errors.Join(b.store.insert(during), sqlitex.Execute(b.store.writer,
		"UPDATE state SET seq = 3 WHERE kind = 'room' AND key = 'lobby'", nil))
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range 2 * readers {
		all.Go(func() {
			if got := texts(history(t, b.store)); !slices.Equal(got, []string{"", "before"}) {
				t.Errorf("%q", got)
			}
		})
	}
	all.Wait()
	end(&err)
	if got := texts(history(t, b.store)); err != nil || !slices.Equal(got, []string{"", "before", "during"}) {
		t.Errorf("%q, %v", got, err)
	}
}

// TestReadersSeeWholeBatches, however many are written meanwhile.
func TestReadersSeeWholeBatches(t *testing.T) {
	b := begun(t, t.TempDir())
	const batches, each = 100, 5
	written := make(chan struct{})
	var all sync.WaitGroup
	for range readers {
		all.Go(func() {
			for before := 0; ; {
				n := len(history(t, b.store)) - 1
				if n%each != 0 || n < before {
					t.Errorf("%d messages after %d, in batches of %d", n, before, each)
				}
				before = n
				select {
				case <-written:
					return
				default:
				}
			}
		})
	}
	for range batches {
		b.must(says("1", "2", "3", "4", "5")...)
	}
	close(written)
	all.Wait()
}
