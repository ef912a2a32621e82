package store

import (
	"context"
	"math"
	"slices"
	"time"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"parley/chat"
)

// Last returns the newest messages that the history of a room shows, at most limit, oldest first.
func (s *Store) Last(
	ctx context.Context, room chat.RoomID, limit int,
) (all []chat.Message, err error) {
	err = s.backwards(ctx, room, everything, func(m *sqlite.Stmt) bool {
		if len(all) < limit {
			all = append(all, message(m))
		}
		return len(all) < limit
	})
	slices.Reverse(all)
	return all, err
}

// lookBack bounds how many messages of a room Said looks at.
const lookBack = 5000

// Said returns the newest messages that people said in a room or the administrator to all, oldest
// first, at most limit, among the lookBack newest of the room.
func (s *Store) Said(
	ctx context.Context, room chat.RoomID, limit int,
) (all []chat.Message, err error) {
	looked := 0
	err = s.backwards(ctx, room, everything, func(row *sqlite.Stmt) bool {
		looked++
		if chat.Kind(row.ColumnText(kindColumn)).IsSaid() {
			all = append(all, message(row))
		}
		return len(all) < limit && looked < lookBack
	})
	slices.Reverse(all)
	return all, err
}

// PageBytes bounds the text that After returns.
const PageBytes = 16 << 10

// After returns a page of the messages that the history of a room shows after a place, oldest
// first: at most limit, and with at most PageBytes of text unless the first has more.
func (s *Store) After(
	ctx context.Context, room chat.RoomID, after chat.Cursor, limit int,
) (all []chat.Message, err error) {
	bytes := PageBytes
	err = s.forwards(ctx, room, after, func(row *sqlite.Stmt) bool {
		bytes -= row.ColumnLen(textColumn)
		if len(all) == limit || bytes < 0 && len(all) > 0 {
			return false
		}
		all = append(all, message(row))
		return true
	})
	return all, err
}

// Back returns the place that so many messages lie behind, of those that the history of a room
// shows before a place.
func (s *Store) Back(
	ctx context.Context, room chat.RoomID, before chat.Cursor, messages int,
) (chat.Cursor, error) {
	at := before
	err := s.backwards(ctx, room, before, func(row *sqlite.Stmt) bool {
		if messages == 0 {
			return false
		}
		messages--
		if first := chat.Seq(row.ColumnInt64(seqColumn)); chat.RoomID(row.ColumnText(0)) == room {
			at.Seq = first - 1
		} else {
			at.Told = first - 1
		}
		return true
	})
	return at, err
}

// everything is the place behind all messages.
var everything = chat.Cursor{Seq: math.MaxInt64, Told: math.MaxInt64}

// messageColumns are the columns that message reads.
const messageColumns = "room, seq, time, kind, nick, text, place, author, reply"

// Where some of them stand.
const (
	seqColumn   = 1
	kindColumn  = 3
	textColumn  = 5
	placeColumn = 6
)

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
