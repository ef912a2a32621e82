package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
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

// Commit stores what a batch of Records led to, in their order, with the progress after the last of them. It returns once all
// of it is on the disk.
func (s *Store) Commit(results []chat.Result, progress chat.Progress) error {
	if s.failed != nil {
		return ErrFailed
	}
	if why := s.lostBefore(); why != nil {
		return fmt.Errorf("commit: %w: %w", ErrLost, why)
	}
	touched, err := s.transact(results, progress)
	s.place.end()
	switch {
	case err == nil:
		s.progress = progress
		maps.Copy(s.digests, touched)
		return nil
	case isFull(err):
		return fmt.Errorf("commit: %w (%w)", ErrFull, err)
	default:
		s.failed = fmt.Errorf("commit: %w", classify(err))
		return s.failed
	}
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
	return s.progress, maps.Clone(s.digests)
}

// Failed returns the error of the Commit after which every other one returns ErrFailed, nil if none
// did. It is ErrDamaged if SQLite found the database not to be what it wrote. It belongs to the
// goroutine of Commit.
func (s *Store) Failed() error { return s.failed }

// transact writes a batch and returns the digests of the rooms it touched.
func (s *Store) transact(results []chat.Result, progress chat.Progress) (touched map[chat.RoomID]Digest, err error) {
	end, err := sqlitex.ImmediateTransaction(s.writer)
	if err != nil {
		return nil, err
	}
	defer end(&err)
	newest := map[entityID]chat.Change{}
	var messages []*chat.Message
	for i := range results {
		for j := range results[i].Messages {
			messages = append(messages, &results[i].Messages[j])
		}
		for _, c := range results[i].Changes {
			newest[entityID{c.Kind, c.Key}] = c
		}
	}
	slices.SortStableFunc(messages, func(a, b *chat.Message) int { return strings.Compare(string(a.Room), string(b.Room)) })
	for _, m := range messages { // room by room, as they stand on the disk
		if err := s.insert(m); err != nil {
			return nil, fmt.Errorf("message %s/%d: %w", m.Room, m.Seq, err)
		}
	}
	for _, c := range newest {
		if err := s.put(c); err != nil {
			return nil, fmt.Errorf("entity %s %s: %w", c.Kind, chat.Quote(c.Key), err)
		}
	}
	if touched, err = s.putDigests(results); err != nil {
		return nil, err
	}
	return touched, sqlitex.Execute(s.writer, "UPDATE progress SET place = ?, time = ?, hash = ?",
		&sqlitex.ExecOptions{Args: []any{int64(progress.Place), progress.Time.UnixNano(), progress.Hash[:]}})
}

type entityID struct{ kind, key string }

func (s *Store) insert(m *chat.Message) error {
	q, err := s.writer.Prepare("INSERT INTO message (room, seq, time, kind, nick, text) VALUES (?, ?, ?, ?, ?, ?)")
	if err != nil {
		return err
	}
	q.BindText(1, string(m.Room))
	q.BindInt64(2, int64(m.Seq))
	q.BindInt64(3, m.Time.UnixNano())
	q.BindText(4, string(m.Kind))
	q.BindText(5, m.Nick)
	q.BindText(6, m.Text)
	return run(q)
}

func (s *Store) put(c chat.Change) error {
	if c.Value == nil {
		q, err := s.writer.Prepare("DELETE FROM entity WHERE kind = ? AND key = ?")
		if err != nil {
			return err
		}
		q.BindText(1, c.Kind)
		q.BindText(2, c.Key)
		return run(q)
	}
	value, err := json.Marshal(c.Value)
	if err != nil {
		return err
	}
	q, err := s.writer.Prepare("INSERT INTO entity (kind, key, value) VALUES (?, ?, ?) ON CONFLICT (kind, key) DO UPDATE SET value = excluded.value")
	if err != nil {
		return err
	}
	q.BindText(1, c.Kind)
	q.BindText(2, c.Key)
	q.BindText(3, string(value))
	return run(q)
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
