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

// Last returns a room's newest messages, at most limit, oldest first.
func (s *Store) Last(ctx context.Context, room chat.RoomID, limit int) ([]chat.Message, error) {
	return s.messages(ctx, `SELECT `+messageColumns+` FROM
		(SELECT * FROM message WHERE room = ? ORDER BY seq DESC LIMIT ?) ORDER BY seq`, string(room), limit)
}

// lookBack bounds how many messages Said looks at.
const lookBack = 5000

// Said returns what people said in a room before a place, at most limit messages, oldest first, among the lookBack before it.
func (s *Store) Said(ctx context.Context, room chat.RoomID, before chat.Seq, limit int) ([]chat.Message, error) {
	var kinds []string
	for _, k := range chat.Kinds() {
		if k.IsSaid() {
			kinds = append(kinds, "'"+string(k)+"'")
		}
	}
	return s.messages(ctx, `SELECT `+messageColumns+` FROM
		(SELECT * FROM message WHERE room = ? AND seq < ? AND seq >= ? AND kind IN (`+strings.Join(kinds, ", ")+`)
		ORDER BY seq DESC LIMIT ?) ORDER BY seq`, string(room), int64(before), int64(before)-lookBack, limit)
}

// PageBytes bounds the text that After returns.
const PageBytes = 16 << 10

// After returns a page of a room's messages that follow after, oldest first: at most limit, and with at most PageBytes of text unless
// the first has more.
func (s *Store) After(ctx context.Context, room chat.RoomID, after chat.Seq, limit int) ([]chat.Message, error) {
	const query = "SELECT " + messageColumns +
		" FROM message WHERE room = ? AND seq > ? ORDER BY seq LIMIT ?"
	return s.page(ctx, PageBytes, query, string(room), int64(after), limit)
}

func (s *Store) messages(ctx context.Context, query string, args ...any) ([]chat.Message, error) {
	return s.page(ctx, math.MaxInt, query, args...)
}

// errPageFull ends a query: what is read is enough for a page.
var errPageFull = errors.New("the page is full")

// page reads messages until their texts have more than so many bytes.
func (s *Store) page(ctx context.Context, bytes int, query string, args ...any) ([]chat.Message, error) {
	conn, err := s.pool.Take(ctx)
	if err != nil {
		return nil, fmt.Errorf("read history: %w", err)
	}
	defer s.pool.Put(conn)
	var all []chat.Message
	err = sqlitex.Execute(conn, query, &sqlitex.ExecOptions{
		Args: args,
		ResultFunc: func(row *sqlite.Stmt) error {
			m := message(row)
			if bytes -= len(m.Text); bytes < 0 && len(all) > 0 {
				return errPageFull
			}
			all = append(all, m)
			return nil
		},
	})
	if err != nil && !errors.Is(err, errPageFull) {
		return nil, fmt.Errorf("read history: %w", cmp.Or(ctx.Err(), err)) // a done ctx interrupts the query
	}
	return all, nil
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
	query, args := "SELECT "+columns+" FROM message ORDER BY room, seq", []any(nil)
	if room != "" {
		query = "SELECT " + columns + " FROM message WHERE room = ? ORDER BY seq"
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
