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

// leftovers are the removed rooms that have messages left, each with the place of the record that
// removed it. Its messages go in slices, oldest first: deleting a long history at once would hold
// up everything, and need as much free space as the history has. Nobody reads them: a room that is
// made again has fewer messages than are deleted, see delete.
type leftovers map[chat.RoomID]chat.Place

// readLeftovers returns the leftovers of a database.
func readLeftovers(conn *sqlite.Conn) (leftovers, error) {
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
	return all, nil
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
	return l.sweep(conn, room, part)
}

// sweep deletes the oldest messages of a leftover as far as the slice goes, and the leftover itself
// once it has none.
func (l leftovers) sweep(conn *sqlite.Conn, room chat.RoomID, part *slice) error {
	last, all, err := l.oldest(conn, room, part)
	if err != nil {
		return err
	}
	if err := l.delete(conn, room, last); err != nil || !all {
		return err
	}
	q, err := conn.Prepare("DELETE FROM leftover WHERE room = ?")
	if err != nil {
		return err
	}
	q.BindText(1, string(room))
	delete(l, room)
	return run(q)
}

// oldest returns the last message of a leftover to which the slice goes, and whether that is all of
// it. It takes them from the slice.
func (l leftovers) oldest(conn *sqlite.Conn, room chat.RoomID, part *slice) (
	last chat.Seq, all bool, err error,
) {
	const query = "SELECT seq, octet_length(text) FROM message WHERE room = ? AND place <= ?" +
		" ORDER BY seq LIMIT ?"
	err = sqlitex.Execute(conn, query, &sqlitex.ExecOptions{
		Args: []any{string(room), int64(l[room]), part.messages + 1},
		ResultFunc: func(row *sqlite.Stmt) error {
			bytes := row.ColumnInt64(1)
			full := part.messages == 0 || bytes > part.bytes && part.messages < sliceMax
			if full {
				part.messages = 0
				return errPageFull
			}
			part.messages--
			part.bytes -= bytes
			last = chat.Seq(row.ColumnInt64(0))
			return nil
		},
	})
	if errors.Is(err, errPageFull) {
		return last, false, nil
	}
	return last, true, err
}

// delete deletes the messages of a leftover up to one of them. A new room of the name may then have
// so many.
func (l leftovers) delete(conn *sqlite.Conn, room chat.RoomID, last chat.Seq) error {
	place, left := l[room]
	if !left {
		return nil
	}
	q, err := conn.Prepare("DELETE FROM message WHERE room = ? AND place <= ? AND seq <= ?")
	if err != nil {
		return err
	}
	q.BindText(1, string(room))
	q.BindInt64(2, int64(place))
	q.BindInt64(3, int64(last))
	return run(q)
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
			if err := left.sweep(s.writer, room, part); err != nil {
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
