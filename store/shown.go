package store

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"sort"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"parley/chat"
)

// The history of a public room shows the messages of chat.Everywhere between its own, in the order
// of their places: those since the room's first message, and in the lobby all. Both are read
// lazily, in the order of their primary keys. So nothing is sorted, which would take memory or a
// temporary file, and no more is read than is shown.

// Queries for messages of a room (?1) from a number (?2) to another (?3). Rows behind a room's
// newest message are left over of a removed room. Each is a query of its own, as two are read at
// once.
const (
	between = "SELECT " + messageColumns + " FROM message WHERE room = ?1 AND seq >= ?2 AND" +
		" seq <= ?3 AND seq <= (SELECT seq FROM state WHERE kind = '" + chat.EntityRoom +
		"' AND key = ?1) ORDER BY seq"
	ownForwards   = between + " -- own"
	toldForwards  = between + " -- told"
	ownBackwards  = between + " DESC -- own"
	toldBackwards = between + " DESC -- told"
)

// forwards calls each with the messages that the history of a room shows after a place, until each
// returns false.
func (s *Store) forwards(
	ctx context.Context, room chat.RoomID, after chat.Cursor, each func(*sqlite.Stmt) bool,
) error {
	return s.look(ctx, func(conn *sqlite.Conn) error {
		first, err := firstShown(conn, room)
		if err != nil {
			return err
		}
		m := merge{room: room, each: each, isFirst: func(a, b chat.Place) bool { return a <= b }}
		defer m.reset()
		if m.own, err = newRows(conn, ownForwards, room, after.Seq+1, math.MaxInt64); err != nil {
			return err
		}
		m.told, err = newRows(conn, toldForwards, chat.Everywhere, max(after.Told+1, first),
			math.MaxInt64)
		return cmp.Or(err, m.run())
	})
}

// backwards calls each with the messages that the history of a room shows up to a place, newest
// first, until each returns false.
func (s *Store) backwards(
	ctx context.Context, room chat.RoomID, upTo chat.Cursor, each func(*sqlite.Stmt) bool,
) error {
	return s.look(ctx, func(conn *sqlite.Conn) error {
		first, err := firstShown(conn, room)
		if err != nil {
			return err
		}
		m := merge{room: room, each: each, isFirst: func(a, b chat.Place) bool { return a > b }}
		defer m.reset()
		if m.own, err = newRows(conn, ownBackwards, room, 1, upTo.Seq); err != nil {
			return err
		}
		m.told, err = newRows(conn, toldBackwards, chat.Everywhere, first, upTo.Told)
		return cmp.Or(err, m.run())
	})
}

// look reads in one transaction, so that all that is read is of one moment.
func (s *Store) look(ctx context.Context, read func(*sqlite.Conn) error) (err error) {
	conn, err := s.pool.Take(ctx)
	if err != nil {
		return fmt.Errorf("read history: %w", err)
	}
	defer s.pool.Put(conn)
	end := sqlitex.Transaction(conn)
	err = read(conn)
	end(&err)
	if err != nil {
		err = cmp.Or(ctx.Err(), err) // a done ctx interrupts the query
		return fmt.Errorf("read history: %w", err)
	}
	return nil
}

// firstShown returns the number of the first message of chat.Everywhere that the history of a room
// shows. Their places grow with their numbers, so it is found without reading all of them.
func firstShown(conn *sqlite.Conn, room chat.RoomID) (chat.Seq, error) {
	if room == chat.Lobby || !room.IsPublic() {
		return 1, nil
	}
	since, there, err := placeOf(conn, room, 1)
	if err != nil || !there {
		return math.MaxInt64, err
	}
	told := 0
	const query = "SELECT seq FROM state WHERE kind = '" + chat.EntityRoom + "' AND key = '" +
		string(chat.Everywhere) + "'"
	take := func(row *sqlite.Stmt) error {
		told = row.ColumnInt(0)
		return nil
	}
	err = sqlitex.Execute(conn, query, &sqlitex.ExecOptions{ResultFunc: take})
	first := 1 + sort.Search(told, func(i int) bool {
		place, _, failed := placeOf(conn, chat.Everywhere, chat.Seq(i+1))
		err = cmp.Or(err, failed)
		return place > since
	})
	return chat.Seq(first), err
}

// placeOf returns the place of a message, and whether there is one.
func placeOf(conn *sqlite.Conn, room chat.RoomID, seq chat.Seq) (
	place chat.Place, there bool, err error,
) {
	const query = "SELECT place FROM message WHERE room = ? AND seq = ?"
	err = sqlitex.Execute(conn, query, &sqlitex.ExecOptions{
		Args: []any{string(room), int64(seq)},
		ResultFunc: func(row *sqlite.Stmt) error {
			place, there = chat.Place(row.ColumnInt64(0)), true
			return nil
		},
	})
	return place, there, err
}

// merge calls each with the messages of a room and of chat.Everywhere in one order.
type merge struct {
	room      chat.RoomID
	own, told *rows
	each      func(*sqlite.Stmt) bool
	isFirst   func(own, told chat.Place) bool
}

func (m *merge) run() error {
	err := m.own.next()
	if err == nil && m.room.IsPublic() {
		err = m.told.next()
	}
	for err == nil && (m.own.there || m.told.there) {
		from := m.told
		if m.own.there && (!m.told.there || m.isFirst(m.own.place(), m.told.place())) {
			from = m.own
		}
		if !m.each(from.stmt) {
			return nil
		}
		err = from.next()
	}
	return err
}

// reset ends both queries.
func (m *merge) reset() {
	for _, r := range []*rows{m.own, m.told} {
		if r != nil {
			_ = r.stmt.Reset() // its error was Step's
		}
	}
}

// rows are what a query returns, one after the other.
type rows struct {
	stmt  *sqlite.Stmt
	there bool // stmt is at a row
}

func newRows(
	conn *sqlite.Conn, query string, room chat.RoomID, from, to chat.Seq,
) (*rows, error) {
	stmt, err := conn.Prepare(query)
	if err != nil {
		return nil, err
	}
	stmt.BindText(1, string(room))
	stmt.BindInt64(2, int64(from))
	stmt.BindInt64(3, int64(to))
	return &rows{stmt: stmt}, nil
}

func (r *rows) next() (err error) {
	r.there, err = r.stmt.Step()
	return err
}

func (r *rows) place() chat.Place { return chat.Place(r.stmt.ColumnInt64(placeColumn)) }
