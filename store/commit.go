package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"syscall"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"parley/chat"
)

// ErrFull is returned while there is no room, or no right, to write: the batch was not stored, reading goes on, and a later
// Commit may pass.
var ErrFull = errors.New("the disk is full or read-only")

// ErrFailed is returned by every Commit after one that failed in any other way, above all in its fsync: what the disk then
// holds is not known, so nothing more is written until the store is opened again.
var ErrFailed = errors.New("the disk failed earlier: nothing is written until the server is restarted")

// Commit stores what a batch of Records led to, in their order, with the progress after the last of
// them. It returns once all of it is on the disk. A room that has messages has an entity.
func (s *Store) Commit(results []chat.Result, progress chat.Progress) error {
	var after books
	left := s.leftovers.clone()
	err := s.write(func() (err error) {
		after, err = s.transact(results, progress, left)
		return err
	})
	if err == nil {
		s.books.take(after)
		s.leftovers = left
	}
	return err
}

// write runs a transaction. Its error is that of Commit.
func (s *Store) write(transaction func() error) error {
	if s.failed != nil {
		return ErrFailed
	}
	if why := s.lostBefore(); why != nil {
		return fmt.Errorf("commit: %w: %w", ErrLost, why)
	}
	err := transaction()
	if isFull(err) {
		s.reuse()
	}
	s.place.end()
	switch {
	case err == nil:
		return nil
	case isFull(err):
		return fmt.Errorf("commit: %w (%w)", ErrFull, err)
	default:
		s.failed = fmt.Errorf("commit: %w", classify(err))
		return s.failed
	}
}

// reuse has the next transaction use the space of the WAL again, where the disk has no other. It
// waits for no reader. If it fails, the next transaction does, too.
func (s *Store) reuse() {
	_ = sqlitex.ExecuteTransient(s.writer, "PRAGMA wal_checkpoint(PASSIVE)", nil)
}

// lostBefore returns why nothing may be written any more: a Commit into files that are not in their
// place would be found by nobody, and one into a file that was overwritten would spoil it further.
// Without an error, place.end is due.
func (s *Store) lostBefore() error {
	if why := s.Lost(); why != nil {
		return why
	}
	if err := s.place.begin(); err != nil {
		s.Abandon(err)
		return s.Lost()
	}
	return nil
}

// Committed returns how far the log is stored, and what the messages of every room come to. It
// belongs to the goroutine of Commit.
func (s *Store) Committed() (chat.Progress, map[chat.RoomID]Digest) {
	digests := map[chat.RoomID]Digest{}
	for id, r := range s.books.rooms {
		digests[id] = r.Digest
	}
	return s.books.progress, digests
}

// Failed returns the error of the Commit after which every other one returns ErrFailed, nil if none
// did. It is ErrDamaged if SQLite found the database not to be what it wrote. It belongs to the
// goroutine of Commit.
func (s *Store) Failed() error { return s.failed }

// transact writes a batch. It returns what the books are after it; of the rooms, those it touched.
func (s *Store) transact(
	results []chat.Result, progress chat.Progress, left leftovers,
) (after books, err error) {
	end, err := sqlitex.ImmediateTransaction(s.writer)
	if err != nil {
		return after, err
	}
	defer end(&err)
	after = s.books
	after.progress = progress
	after.rooms = map[chat.RoomID]room{}
	changes := map[entityID]chat.Change{}
	removed := map[chat.RoomID]int{} // and by which of the results
	for i := range results {
		for _, c := range results[i].Changes {
			changes[entityID{c.Kind, c.Key}] = c
			if c.IsRoom() && c.Value == nil {
				removed[chat.RoomID(c.Key)] = i
			}
		}
	}
	var messages []*chat.Message
	for i := range results {
		for j := range results[i].Messages {
			m := &results[i].Messages[j]
			if at, ok := removed[m.Room]; !ok || at < i {
				messages = append(messages, m)
			}
		}
	}
	part := newSlice()
	for id, by := range removed {
		if err := s.deleteHistory(id, results[by].Place, left, part); err != nil {
			return after, fmt.Errorf("remove room %s: %w", id, err)
		}
		after.rooms[id] = room{} // if it is made again, it begins anew
	}
	// Room by room, as messages stand on the disk. A room's messages stay in their order.
	slices.SortStableFunc(messages, func(a, b *chat.Message) int {
		return strings.Compare(string(a.Room), string(b.Room))
	})
	for _, m := range messages {
		if err := left.makeWay(s.writer, m); err != nil {
			return after, err
		}
		if err := s.insert(m); err != nil {
			return after, fmt.Errorf("message %s/%d: %w", m.Room, m.Seq, err)
		}
		r, touched := after.rooms[m.Room]
		if !touched {
			r = s.books.rooms[m.Room]
		}
		if r.Digest, err = r.add(stateFormat, *m); err != nil {
			return after, err
		}
		after.rooms[m.Room] = r
	}
	for id, r := range after.rooms {
		if r == (room{}) {
			continue // removed
		}
		if err := s.include(changes, id); err != nil {
			return after, err
		}
	}
	for _, c := range changes {
		if err := s.put(&after, c); err != nil {
			return after, fmt.Errorf("entity %s %s: %w", c.Kind, chat.Quote(c.Key), err)
		}
	}
	return after, after.putLog(s.writer)
}

type entityID struct{ kind, key string }

// include adds a room that has new messages to the changes, as its row has their digest. An import
// brings its rooms' entities before the messages.
func (s *Store) include(changes map[entityID]chat.Change, id chat.RoomID) error {
	entity := entityID{chat.EntityRoom, string(id)}
	if c, there := changes[entity]; there && c.Value != nil {
		return nil
	}
	value, there, err := s.value(entity)
	if err != nil {
		return err
	}
	if _, removed := changes[entity]; !there || removed {
		return fmt.Errorf("room %s has messages, but no entity", chat.Quote(id))
	}
	changes[entity] = chat.Change{Kind: entity.kind, Key: entity.key, Value: json.RawMessage(value)}
	return nil
}

// deleteHistory deletes the amendments of a room and begins to delete its messages.
func (s *Store) deleteHistory(
	id chat.RoomID, place chat.Place, left leftovers, part *slice,
) error {
	q, err := s.writer.Prepare("DELETE FROM amendment WHERE room = ?")
	if err != nil {
		return err
	}
	q.BindText(1, string(id))
	if err := run(q); err != nil {
		return err
	}
	return left.add(s.writer, id, place, part)
}

func (s *Store) insert(m *chat.Message) error {
	const query = "INSERT INTO message (" + messageColumns + ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
	q, err := s.writer.Prepare(query)
	if err != nil {
		return err
	}
	q.BindText(1, string(m.Room))
	q.BindInt64(2, int64(m.Seq))
	q.BindInt64(3, m.Time.UnixNano())
	q.BindText(4, string(m.Kind))
	q.BindText(5, m.Nick)
	q.BindText(6, m.Text)
	q.BindInt64(7, int64(m.Place))
	q.BindInt64(8, int64(m.Author))
	q.BindInt64(9, int64(m.Reply))
	return run(q)
}

// put writes what an entity is from now on, and brings the books up to date.
func (s *Store) put(after *books, c chat.Change) error {
	r := row{kind: c.Kind, key: c.Key}
	before, there, err := s.stored(r)
	if err != nil {
		return err
	}
	if there {
		after.entities = after.entities.Minus(before)
	}
	if c.Value == nil {
		return deleteRow(s.writer, r)
	}
	value, err := json.Marshal(c.Value)
	if err != nil {
		return err
	}
	r.value = string(value)
	if !c.IsRoom() {
		after.entities = after.entities.Plus(r.hash())
		return putRow(s.writer, r)
	}
	id := chat.RoomID(c.Key)
	room, touched := after.rooms[id]
	if !touched {
		room = s.books.rooms[id]
	}
	r.digest = &room.Digest
	room.row = r.hash()
	after.rooms[id] = room
	after.entities = after.entities.Plus(room.row)
	return putRow(s.writer, r)
}

// stored returns the hash of an entity's row, and whether there is one. Rooms change with every
// message, so theirs are remembered; to remember sessions would take 100 bytes of each.
func (s *Store) stored(r row) (hash chat.Hash, there bool, err error) {
	if r.kind == chat.EntityRoom {
		known, there := s.books.rooms[chat.RoomID(r.key)]
		return known.row, there, nil
	}
	if r.value, there, err = s.value(entityID{r.kind, r.key}); !there || err != nil {
		return hash, false, err
	}
	return r.hash(), true, nil
}

// value returns the JSON that is stored of an entity, and whether there is any.
func (s *Store) value(id entityID) (value string, there bool, err error) {
	q, err := s.writer.Prepare("SELECT value FROM state WHERE kind = ? AND key = ?")
	if err != nil {
		return "", false, err
	}
	q.BindText(1, id.kind)
	q.BindText(2, id.key)
	there, err = q.Step()
	if there {
		value = q.ColumnText(0)
	}
	return value, there, errors.Join(err, q.Reset())
}

func run(q *sqlite.Stmt) error {
	_, err := q.Step()
	return errors.Join(err, q.Reset())
}

// isFull tells a disk that has no room, or that may not be written, from one that is broken.
func isFull(err error) bool {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EROFS) {
		return true
	}
	code := sqlite.ErrCode(err)
	switch code.ToPrimary() {
	case sqlite.ResultFull, sqlite.ResultReadOnly:
		return true
	default:
		return code == sqlite.ResultIOErrSHMSize // no room for the WAL's index; nothing was written
	}
}
