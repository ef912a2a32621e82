package store

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"parley/chat"
)

// attic returns a book in which the room attic has so many messages.
func attic(t *testing.T, dir string, messages int) *book {
	t.Helper()
	b := begun(t, dir)
	b.must(chat.Join{By: chat.By(s1), Room: "attic", Rooms: 9, Joined: 9, New: true})
	batch := make([]chat.Command, messages-1)
	for i := range batch {
		batch[i] = chat.Post{By: chat.By(s1), Room: "attic", Text: fmt.Sprint("old ", i)}
	}
	b.must(batch...)
	return b
}

// stored returns how many messages of the attic are in the file, also of a removed one.
func stored(t *testing.T, s *Store) int64 {
	t.Helper()
	n, err := number(s.writer, "SELECT count(*) FROM message WHERE room = 'attic'")
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestARemovedRoomIsDeletedInSlices: none of its messages is read any more, also not by those who
// use a new room of its name meanwhile, and after a start it goes on.
func TestARemovedRoomIsDeletedInSlices(t *testing.T) {
	dir := t.TempDir()
	b := attic(t, dir, 3*sliceMax+1)
	b.must(chat.RemoveRoom{By: chat.ByOperator(), Room: "attic"})
	if got := stored(t, b.store); got != 2*sliceMax+1 {
		t.Errorf("%d messages are left at first", got)
	}
	b.must(chat.Join{By: chat.By(s1), Room: "attic", Rooms: 9, Joined: 9, New: true},
		chat.Post{By: chat.By(s1), Room: "attic", Text: "new"})
	want := []string{"", "new"}
	b.store = open(t, dir, Options{})
	for more, sweeps := true, 0; more; sweeps++ {
		for what, read := range map[string]func() ([]chat.Message, error){
			"last": func() ([]chat.Message, error) {
				return b.store.Last(t.Context(), "attic",
					9999)
			},
			"said": func() ([]chat.Message, error) {
				return b.store.Said(t.Context(), "attic",
					9999)
			},
			"after": func() ([]chat.Message, error) { return after(t, b.store, "attic") },
			"reader": func() (all []chat.Message, err error) {
				look(t, dir, func(r *Reader) {
					err = r.Messages("attic", func(m chat.Message) error {
						all = append(all, m)
						return nil
					})
				})
				return all, err
			},
		} {
			want := want
			if what == "said" {
				want = want[1:]
			}
			if all, err := read(); err != nil || !slices.Equal(texts(all), want) {
				t.Errorf("%s reads %q, %v, want %q", what, texts(all), err, want)
			}
		}
		sameDigests(t, dir)
		sameState(t, load(t, b.store), b.state)
		var err error
		if more, err = b.store.Sweep(); err != nil || sweeps > 3 {
			t.Fatalf("%d sweeps, %v", sweeps, err)
		}
	}
	if got := stored(t, b.store); got != 2 {
		t.Errorf("%d messages are left at last", got)
	}
	if rows, err := number(b.store.writer,
		"SELECT count(*) FROM leftover"); rows != 0 || err != nil {
		t.Errorf("%d leftovers, %v", rows, err)
	}
	if more, err := b.store.Sweep(); more || err != nil {
		t.Errorf("with nothing left: %v, %v", more, err)
	}
	checkIntegrity(t, b.store)
}

// TestANewRoomGrowsIntoALeftover, faster than that is deleted, and may be removed itself.
func TestANewRoomGrowsIntoALeftover(t *testing.T) {
	dir := t.TempDir()
	b := attic(t, dir, 4*sliceMax)
	for _, messages := range []int{2 * sliceMax, 3} {
		batch := []chat.Command{
			chat.RemoveRoom{By: chat.ByOperator(), Room: "attic"},
			chat.Join{By: chat.By(s1), Room: "attic", Rooms: 9, Joined: 9, New: true},
		}
		for i := range messages - 1 {
			text := fmt.Sprint("new ", i)
			batch = append(batch, chat.Post{By: chat.By(s1), Room: "attic", Text: text})
		}
		b.must(batch...)
		all, err := b.store.Last(t.Context(), "attic", 9999)
		if err != nil || len(all) != messages || messages > 1 && all[1].Text != "new 0" {
			t.Errorf("%d messages, %v, want %d", len(all), err, messages)
		}
		sameDigests(t, dir)
	}
	if len(b.store.leftovers) != 1 {
		t.Errorf("left over is %v", b.store.leftovers)
	}
}

func after(t *testing.T, s *Store, room chat.RoomID) (all []chat.Message, err error) {
	t.Helper()
	for at := (chat.Cursor{}); ; {
		page, err := s.After(t.Context(), room, at, 100)
		if err != nil || len(page) == 0 {
			return all, err
		}
		all = append(all, page...)
		at = at.Past(room, page[len(page)-1])
	}
}

// TestAWrongLeftoverIsFound, before it hides or deletes messages of a room that exists.
func TestAWrongLeftoverIsFound(t *testing.T) {
	for what, c := range map[string]struct {
		room  chat.RoomID
		place int
		right bool
	}{
		"of the future":           {"cellar", 1000, false},
		"over a room that exists": {"attic", 3, false},
		"before the room":         {"attic", 1, true},
		"of a room that is gone":  {"cellar", 3, true},
	} {
		dir := t.TempDir()
		t.Run(what, func(t *testing.T) { attic(t, dir, 3) }) // which closes it
		runScript(t, dir, fmt.Sprintf("INSERT INTO leftover VALUES ('%s', %d)", c.room, c.place))
		s, err := Open(dir, Options{})
		if err == nil {
			s.Close()
		}
		r, read := OpenReader(t.Context(), dir)
		if read == nil {
			r.Close()
		}
		for _, err := range []error{err, read} {
			if (err == nil) != c.right || err != nil && !errors.Is(err, ErrDamaged) {
				t.Errorf("a leftover %s: %v", what, err)
			}
		}
	}
}

// TestTheAmendmentsOfARemovedRoomGoWithIt.
func TestTheAmendmentsOfARemovedRoomGoWithIt(t *testing.T) {
	dir := t.TempDir()
	t.Run("", func(t *testing.T) { attic(t, dir, 3) }) // which closes it
	runScript(t, dir, "INSERT INTO amendment VALUES ('attic', 4, 2, 3), ('lobby', 2, 1, 1)")
	b := writes(t, open(t, dir, Options{}))
	b.must(chat.RemoveRoom{By: chat.ByOperator(), Room: "attic"})
	left, err := number(b.store.writer, "SELECT count(*) FROM amendment")
	if err != nil || left != 1 {
		t.Errorf("%d amendments are left, %v", left, err)
	}
}
