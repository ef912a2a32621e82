package store

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"parley/chat"
)

// leftoverFormat is the first format with the table leftover.
const leftoverFormat = 4

// A slice is what is deleted in one transaction, for which all new messages wait: so many messages
// at most, and only as many as come to so many bytes, or a single longer one.
const (
	sliceMax   = 1000
	sliceBytes = 512 << 10
)

// slice is what a transaction may still delete.
type slice struct {
	messages int
	bytes    int64
}

func newSlice() *slice { return &slice{messages: sliceMax, bytes: sliceBytes} }

// errSliceFull ends a query: what is read is enough for a slice.
var errSliceFull = errors.New("the slice is full")

// leftovers are the removed rooms that have messages left, each with the place of the record that
// removed it. Its messages go in slices, oldest first: deleting a long history at once would hold
// up everything, and need as much free space as the history has. Nobody reads them: a room that is
// made again has fewer messages than are deleted, see makeWay.
type leftovers map[chat.RoomID]chat.Place

// readLeftovers returns the leftovers of a database whose log has come to a place.
func readLeftovers(conn *sqlite.Conn, log chat.Place) (leftovers, error) {
	all := leftovers{}
	err := sqlitex.Execute(conn, "SELECT room, place FROM leftover", &sqlitex.ExecOptions{
		ResultFunc: func(row *sqlite.Stmt) error {
			all[chat.RoomID(row.ColumnText(0))] = chat.Place(row.ColumnInt64(1))
			return nil
		},
	})
	if err != nil {
		return nil, fmt.Errorf("load leftovers: %w", err)
	}
	return all, all.check(conn, log)
}

// checkLeftovers returns the error that readLeftovers would. It is silent about a log that cannot
// be read, which other checks tell of.
func checkLeftovers(conn *sqlite.Conn, format int) error {
	if format < leftoverFormat {
		return nil
	}
	progress, unread := readProgress(conn, format)
	if unread != nil {
		return nil
	}
	_, err := readLeftovers(conn, progress.Place)
	return err
}

// isKept is a condition for the rows of the table message: that they are not leftovers. Only the
// newest formats have any.
func isKept(format int) string {
	if format < leftoverFormat {
		return "TRUE"
	}
	return "NOT EXISTS (SELECT 1 FROM leftover WHERE leftover.room = message.room" +
		" AND message.place <= leftover.place)"
}

// clone returns a copy that a transaction may change.
func (l leftovers) clone() leftovers {
	if len(l) == 0 {
		return leftovers{}
	}
	return maps.Clone(l)
}

// add notes that a record removes a room, and deletes its messages as far as the slice goes.
func (l leftovers) add(
	conn *sqlite.Conn, room chat.RoomID, place chat.Place, part *slice,
) error {
	const query = "INSERT INTO leftover (room, place) VALUES (?, ?)" +
		" ON CONFLICT (room) DO UPDATE SET place = excluded.place"
	q, err := conn.Prepare(query)
	if err != nil {
		return err
	}
	q.BindText(1, string(room))
	q.BindInt64(2, int64(place))
	if err := run(q); err != nil {
		return err
	}
	l[room] = place
	return l.sweep(conn, room, 0, part)
}

// sweep deletes the oldest messages of a leftover as far as the slice goes, and the leftover itself
// once it has none. They stand behind newest, the number of the newest message of the room that has
// the name now.
func (l leftovers) sweep(
	conn *sqlite.Conn, room chat.RoomID, newest chat.Seq, part *slice,
) error {
	last, all, err := l.oldest(conn, room, newest, part)
	if err != nil {
		return err
	}
	q, err := conn.Prepare(
		"DELETE FROM message WHERE room = ? AND seq > ? AND seq <= ? AND place <= ?")
	if err != nil {
		return err
	}
	q.BindText(1, string(room))
	q.BindInt64(2, int64(newest))
	q.BindInt64(3, int64(last))
	q.BindInt64(4, int64(l[room]))
	if err := run(q); err != nil || !all {
		return err
	}
	if q, err = conn.Prepare("DELETE FROM leftover WHERE room = ?"); err != nil {
		return err
	}
	q.BindText(1, string(room))
	delete(l, room)
	return run(q)
}

// oldest returns the last message of a leftover to which the slice goes, and whether that is all of
// it. It takes them from the slice.
func (l leftovers) oldest(
	conn *sqlite.Conn, room chat.RoomID, newest chat.Seq, part *slice,
) (last chat.Seq, all bool, err error) {
	const query = "SELECT seq, octet_length(text) FROM message WHERE room = ? AND seq > ?" +
		" AND place <= ? ORDER BY seq LIMIT ?"
	err = sqlitex.Execute(conn, query, &sqlitex.ExecOptions{
		Args: []any{string(room), int64(newest), int64(l[room]), part.messages + 1},
		ResultFunc: func(row *sqlite.Stmt) error {
			bytes := row.ColumnInt64(1)
			full := part.messages == 0 || bytes > part.bytes && part.messages < sliceMax
			if full {
				part.messages = 0
				return errSliceFull
			}
			part.messages--
			part.bytes -= bytes
			last = chat.Seq(row.ColumnInt64(0))
			return nil
		},
	})
	if errors.Is(err, errSliceFull) {
		return last, false, nil
	}
	return last, true, err
}

// makeWay deletes the message of a leftover whose number a message of a new room takes. Messages
// with lower numbers went in the same way before.
func (l leftovers) makeWay(conn *sqlite.Conn, m *chat.Message) error {
	place, left := l[m.Room]
	if !left {
		return nil
	}
	q, err := conn.Prepare("DELETE FROM message WHERE room = ? AND seq = ? AND place <= ?")
	if err != nil {
		return err
	}
	q.BindText(1, string(m.Room))
	q.BindInt64(2, int64(m.Seq))
	q.BindInt64(3, int64(place))
	return run(q)
}

// check returns ErrDamaged if a leftover covers messages of a room that exists, or of the future.
func (l leftovers) check(conn *sqlite.Conn, log chat.Place) error {
	for room, place := range l {
		first, there, err := placeOf(conn, room, 1)
		if err != nil {
			return err
		}
		known := false
		const query = "SELECT 1 FROM state WHERE kind = '" + chat.EntityRoom + "' AND key = ?"
		err = sqlitex.Execute(conn, query, &sqlitex.ExecOptions{
			Args:       []any{string(room)},
			ResultFunc: func(*sqlite.Stmt) error { known = true; return nil },
		})
		if err != nil {
			return err
		}
		if place > log || known && there && first <= place {
			return fmt.Errorf("%w: messages of room %s are marked as removed, and are not",
				ErrDamaged, chat.Quote(room))
		}
	}
	return nil
}

// Sweep deletes a slice of the messages of removed rooms. It returns whether there are more. An
// error is Commit's: ErrFull, after which it may be tried again, or one after which nothing is
// written any more. It belongs to the goroutine of Commit.
func (s *Store) Sweep() (more bool, err error) {
	if len(s.leftovers) == 0 || s.failed != nil {
		return false, nil
	}
	left := s.leftovers.clone()
	err = s.write(func() (err error) {
		end, err := sqlitex.ImmediateTransaction(s.writer)
		if err != nil {
			return err
		}
		defer end(&err)
		part := newSlice()
		for _, room := range slices.Sorted(maps.Keys(left)) {
			if part.messages == 0 {
				break
			}
			newest := s.books.rooms[room].Seq
			if err := left.sweep(s.writer, room, newest, part); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return true, err
	}
	s.leftovers = left
	return len(left) > 0, nil
}
