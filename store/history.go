package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"parley/chat"
)

// shown selects what the history of a room shows: its messages, and those of chat.Everywhere since
// the first of them, each bounded by a condition and newest first or oldest first, at most :limit.
// The lobby shows what was announced before it had a message, too.
func shown(columns, ofRoom, ofEverywhere, order string) string {
	return "SELECT * FROM (SELECT " + columns + " FROM message WHERE room = :room AND " + ofRoom +
		" AND seq <= " + newest + // later ones are left over of a removed room
		" ORDER BY seq " + order + " LIMIT :limit)" +
		" UNION ALL SELECT * FROM (SELECT " + columns + " FROM message WHERE room = '" +
		string(chat.Everywhere) + "' AND :public AND " + ofEverywhere +
		" AND (:room = '" + string(chat.Lobby) + "' OR place >" +
		" (SELECT place FROM message WHERE room = :room AND seq = 1))" +
		" ORDER BY seq " + order + " LIMIT :limit)"
}

// newest is the number of a room's newest message.
const newest = "(SELECT seq FROM state WHERE kind = '" + chat.EntityRoom + "' AND key = :room)"

// places are what shown reads to order messages.
const places = "room, seq, place"

// Last returns the newest messages that the history of a room shows, at most limit, oldest first.
func (s *Store) Last(ctx context.Context, room chat.RoomID, limit int) ([]chat.Message, error) {
	query := "SELECT * FROM (" + shown(messageColumns, "TRUE", "TRUE", "DESC") +
		" ORDER BY place DESC, seq DESC LIMIT :limit) ORDER BY place, seq"
	return s.page(ctx, math.MaxInt, query, room, map[string]any{":limit": limit})
}

// lookBack bounds how many messages of a room Said looks at.
const lookBack = 5000

// Said returns the newest messages that people said in a room or the administrator to all, oldest
// first, at most limit, among the lookBack newest of the room.
func (s *Store) Said(ctx context.Context, room chat.RoomID, limit int) ([]chat.Message, error) {
	var kinds []string
	for _, k := range chat.Kinds() {
		if k.IsSaid() {
			kinds = append(kinds, "'"+string(k)+"'")
		}
	}
	said := "seq > " + newest + " - :back AND kind IN (" +
		strings.Join(kinds, ", ") + ")"
	query := "SELECT * FROM (" + shown(messageColumns, said, "TRUE", "DESC") +
		" ORDER BY place DESC, seq DESC LIMIT :limit) ORDER BY place, seq"
	return s.page(ctx, math.MaxInt, query, room,
		map[string]any{":limit": limit, ":back": lookBack})
}

// PageBytes bounds the text that After returns.
const PageBytes = 16 << 10

// After returns a page of the messages that the history of a room shows after a place, oldest
// first: at most limit, and with at most PageBytes of text unless the first has more.
func (s *Store) After(
	ctx context.Context, room chat.RoomID, after chat.Cursor, limit int,
) ([]chat.Message, error) {
	query := shown(messageColumns, "seq > :seq", "seq > :told", "ASC") +
		" ORDER BY place, seq LIMIT :limit"
	return s.page(ctx, PageBytes, query, room, map[string]any{
		":seq": int64(after.Seq), ":told": int64(after.Told), ":limit": limit,
	})
}

// Back returns the place that so many messages lie behind, of those that the history of a room
// shows before a place.
func (s *Store) Back(
	ctx context.Context, room chat.RoomID, before chat.Cursor, messages int,
) (chat.Cursor, error) {
	query := shown(places, "seq <= :seq", "seq <= :told", "DESC") +
		" ORDER BY place DESC, seq DESC LIMIT :limit"
	args := map[string]any{
		":seq": int64(before.Seq), ":told": int64(before.Told), ":limit": messages,
	}
	err := s.query(ctx, query, room, args, func(row *sqlite.Stmt) error {
		first := chat.Seq(row.ColumnInt64(1))
		if chat.RoomID(row.ColumnText(0)) == room {
			before.Seq = first - 1
		} else {
			before.Told = first - 1
		}
		return nil
	})
	return before, err
}

// errPageFull ends a query: what is read is enough for a page.
var errPageFull = errors.New("the page is full")

// page reads messages until their texts have more than so many bytes.
func (s *Store) page(
	ctx context.Context, bytes int, query string, room chat.RoomID, args map[string]any,
) (all []chat.Message, err error) {
	err = s.query(ctx, query, room, args, func(row *sqlite.Stmt) error {
		m := message(row)
		if bytes -= len(m.Text); bytes < 0 && len(all) > 0 {
			return errPageFull
		}
		all = append(all, m)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}

// query calls each with the rows of a query of shown, until it returns errPageFull.
func (s *Store) query(
	ctx context.Context, query string, room chat.RoomID, args map[string]any,
	each func(*sqlite.Stmt) error,
) error {
	conn, err := s.pool.Take(ctx)
	if err != nil {
		return fmt.Errorf("read history: %w", err)
	}
	defer s.pool.Put(conn)
	args[":room"], args[":public"] = string(room), room.IsPublic()
	err = sqlitex.Execute(conn, query, &sqlitex.ExecOptions{Named: args, ResultFunc: each})
	if err != nil && !errors.Is(err, errPageFull) {
		err = cmp.Or(ctx.Err(), err) // a done ctx interrupts the query
		return fmt.Errorf("read history: %w", err)
	}
	return nil
}

// messageColumns are the columns that message reads.
const messageColumns = "room, seq, time, kind, nick, text, place, author, reply"

// eachMessage calls each with the messages of a room, or of all rooms if it is empty, ordered by
// room and seq.
func eachMessage(conn *sqlite.Conn, format int, room chat.RoomID,
	each func(chat.Message) error,
) error {
	columns := messageColumns
	if format < stateFormat {
		columns = "room, seq, time, kind, nick, text, 0, 0, 0"
	}
	query, args := "SELECT "+columns+" FROM message WHERE "+isKept(format)+" ORDER BY room, seq",
		[]any(nil)
	if room != "" {
		query = "SELECT " + columns + " FROM message WHERE room = ? AND " + isKept(format) +
			" ORDER BY seq"
		args = []any{string(room)}
	}
	return sqlitex.Execute(conn, query, &sqlitex.ExecOptions{
		Args: args, ResultFunc: func(row *sqlite.Stmt) error { return each(message(row)) },
	})
}

// message reads a row of messageColumns.
func message(row *sqlite.Stmt) chat.Message {
	return chat.Message{
		Room:   chat.RoomID(row.ColumnText(0)),
		Seq:    chat.Seq(row.ColumnInt64(1)),
		Time:   time.Unix(0, row.ColumnInt64(2)).UTC(),
		Kind:   chat.Kind(row.ColumnText(3)),
		Nick:   row.ColumnText(4),
		Text:   row.ColumnText(5),
		Place:  chat.Place(row.ColumnInt64(6)),
		Author: chat.UserID(row.ColumnInt64(7)),
		Reply:  chat.Seq(row.ColumnInt64(8)),
	}
}
