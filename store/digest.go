package store

import (
	"errors"
	"fmt"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"parley/chat"
)

// Digest is what a room's messages come to: Seq is the newest one's, Hash is chat.Hash.Follow over all of them. Of a room without
// messages it is zero.
type Digest struct {
	Seq  chat.Seq
	Hash chat.Hash
}

// follow returns the Digest with one more message, which must be the next.
func (d Digest) follow(m chat.Message) (Digest, error) {
	if m.Seq != d.Seq+1 {
		return d, fmt.Errorf("it does not follow %d", d.Seq)
	}
	return Digest{Seq: m.Seq, Hash: d.Hash.Follow(m)}, nil
}

// putDigests writes the digests of the rooms that a batch has messages for, and returns these as they are after it.
func (s *Store) putDigests(results []chat.Result) (map[chat.RoomID]Digest, error) {
	touched := map[chat.RoomID]Digest{}
	for i := range results {
		for _, m := range results[i].Messages {
			before, ok := touched[m.Room]
			if !ok {
				before = s.digests[m.Room]
			}
			after, err := before.follow(m)
			if err != nil {
				return nil, fmt.Errorf("message %s/%d: %w", m.Room, m.Seq, err)
			}
			touched[m.Room] = after
		}
	}
	for room, d := range touched {
		if err := s.putDigest(room, d); err != nil {
			return nil, fmt.Errorf("digest of %s: %w", room, err)
		}
	}
	return touched, nil
}

func (s *Store) putDigest(room chat.RoomID, d Digest) error {
	q, err := s.writer.Prepare("INSERT INTO digest (room, seq, hash) VALUES (?, ?, ?) ON CONFLICT (room) DO UPDATE SET seq = excluded.seq, hash = excluded.hash")
	if err != nil {
		return err
	}
	q.BindText(1, string(room))
	q.BindInt64(2, int64(d.Seq))
	q.BindBytes(3, d.Hash[:])
	return run(q)
}

func readDigests(conn *sqlite.Conn) (map[chat.RoomID]Digest, error) {
	all := map[chat.RoomID]Digest{}
	err := sqlitex.Execute(conn, "SELECT room, seq, hash FROM digest", &sqlitex.ExecOptions{ResultFunc: func(row *sqlite.Stmt) error {
		d := Digest{Seq: chat.Seq(row.ColumnInt64(1))}
		if row.ColumnLen(2) != len(d.Hash) {
			return errors.New("a recorded digest is cut short")
		}
		row.ColumnBytes(2, d.Hash[:])
		all[chat.RoomID(row.ColumnText(0))] = d
		return nil
	}})
	if err != nil {
		return nil, fmt.Errorf("load digests: %w", err)
	}
	return all, nil
}

// computeDigests reads every message there is.
func computeDigests(conn *sqlite.Conn) (map[chat.RoomID]Digest, error) {
	all := map[chat.RoomID]Digest{}
	err := eachMessage(conn, "", func(m chat.Message) (err error) {
		if all[m.Room], err = all[m.Room].follow(m); err != nil {
			return fmt.Errorf("message %s/%d: %w", m.Room, m.Seq, err)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("compute digests: %w", err)
	}
	return all, nil
}
