package store

import (
	"fmt"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"parley/chat"
)

// Digest is what a room's messages come to. Of a room without messages it is zero.
type Digest struct {
	Seq  chat.Seq  // of the newest message
	Hash chat.Hash // over all messages, see follow
}

// follow adds a message to the hash over those before it, as a format does: the sum of
// chat.Message.Hash, or in an older format the chain of chat.Hash.Follow.
func follow(format int, before chat.Hash, m chat.Message) chat.Hash {
	if format < stateFormat {
		return before.Follow(m)
	}
	return before.Plus(m.Hash())
}

// add returns the Digest with one more message, which must be the next.
func (d Digest) add(format int, m chat.Message) (Digest, error) {
	if m.Seq != d.Seq+1 {
		return d, fmt.Errorf("message %s/%d: it does not follow %d", m.Room, m.Seq, d.Seq)
	}
	return Digest{Seq: m.Seq, Hash: follow(format, d.Hash, m)}, nil
}

// readDigests returns each room's digest as it is recorded.
func readDigests(conn *sqlite.Conn, format int) (map[chat.RoomID]Digest, error) {
	query := "SELECT room, seq, hash FROM digest"
	if format >= stateFormat {
		query = "SELECT key, seq, sum FROM state WHERE kind = '" + chat.EntityRoom + "'"
	}
	all := map[chat.RoomID]Digest{}
	take := func(row *sqlite.Stmt) (err error) {
		all[chat.RoomID(row.ColumnText(0))], err = digestOf(row, 1)
		return err
	}
	err := sqlitex.Execute(conn, query, &sqlitex.ExecOptions{ResultFunc: take})
	if err != nil {
		return nil, fmt.Errorf("load digests: %w", err)
	}
	return all, nil
}

// digestOf reads a Digest from two columns of a row, seq and hash.
func digestOf(row *sqlite.Stmt, column int) (Digest, error) {
	d := Digest{Seq: chat.Seq(row.ColumnInt64(column))}
	if row.ColumnLen(column+1) != len(d.Hash) {
		return d, fmt.Errorf("%w: a recorded digest is cut short", ErrDamaged)
	}
	row.ColumnBytes(column+1, d.Hash[:])
	return d, nil
}

// compareNewest returns ErrDamaged if the rules count other messages in a room than its digest
// does: the file was put together of two histories.
func compareNewest(state *chat.State, digests map[chat.RoomID]Digest) error {
	for _, room := range state.Rooms() {
		if d := digests[room.ID]; d.Seq != room.Seq {
			return fmt.Errorf("%w: the newest message of room %s is %d, but should be %d",
				ErrDamaged, room.ID, d.Seq, room.Seq)
		}
	}
	return nil
}
