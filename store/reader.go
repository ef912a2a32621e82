package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"parley/chat"
)

// digestFormat is the first format that records digests.
const digestFormat = 2

// Reader is a database opened only to be looked at, whether or not a server has it open too. All that is read through it is of
// one moment, that of its opening. It belongs to one goroutine.
type Reader struct {
	conn       *sqlite.Conn
	source     source
	format     int
	hasDigests bool
}

// OpenReader opens the database in a data directory. Nothing is made or brought to a newer format.
// The error is fs.ErrNotExist when there is none. ctx interrupts what is read.
func OpenReader(ctx context.Context, dir string) (*Reader, error) {
	s, err := dataSource(ctx, filepath.Join(dir, FileName))
	if err != nil {
		return nil, err
	}
	return s.reader(ctx)
}

// OpenFile opens a database that nobody writes and that is whole in one file, such as a backup.
// Nothing is written beside it.
func OpenFile(ctx context.Context, path string) (*Reader, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, err // says which file
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s is not a regular file (%w)", path, fs.ErrInvalid)
	case info.Size() == 0:
		return nil, fmt.Errorf("%w: %s is empty (0 bytes)", ErrDamaged, path)
	}
	if wal, err := os.Stat(path + "-wal"); err == nil && wal.Size() > 0 {
		return nil, fmt.Errorf("%s is a database in use, not a complete copy: part of it is in %s", path, path+"-wal")
	}
	uri, err := fileURI(path, "immutable=1")
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	s := source{path: path, name: uri, flags: sqlite.OpenReadOnly | sqlite.OpenURI, fixed: info}
	return s.reader(ctx)
}

func (s source) reader(ctx context.Context) (*Reader, error) {
	conn, err := s.open(ctx)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", s.path, err)
	}
	r := &Reader{conn: conn, source: s}
	if err := r.begin(); err != nil {
		err = named(s.path, cmp.Or(ctx.Err(), classify(err)))
		return nil, errors.Join(err, conn.Close())
	}
	return r, nil
}

// begin recognises the file, in the transaction in which all of it will be read.
func (r *Reader) begin() error {
	for _, sql := range []string{"PRAGMA query_only = ON", "BEGIN"} {
		if err := sqlitex.ExecuteTransient(r.conn, sql, nil); err != nil {
			return err
		}
	}
	schema, err := schema()
	if err != nil {
		return err
	}
	if r.format, err = recognise(r.conn, schema); err != nil {
		return err
	}
	if err := examineEnd(r.source.path); err != nil {
		return err
	}
	if r.format >= stateFormat {
		r.hasDigests = true
		return checkLeftovers(r.conn, r.format)
	}
	log, err := readLog(r.conn, r.format)
	r.hasDigests = log.epoch != "" // in format 2, only once a server has opened it
	return err
}

// Close closes the database. An error says that what was read cannot be relied on.
func (r *Reader) Close() error { return errors.Join(r.conn.Close(), r.source.unchanged()) }

// HasDigests says whether digests are recorded, as they are since a server opened the database in
// format 2 or later.
func (r *Reader) HasDigests() bool { return r.hasDigests }

// Progress returns how far the log was applied.
func (r *Reader) Progress() (chat.Progress, error) { return readProgress(r.conn, r.format) }

// Entities returns every entity, ordered by kind and key.
func (r *Reader) Entities() ([]chat.Change, error) { return readEntities(r.conn, r.format) }

// Digests returns every room's digest as recorded.
func (r *Reader) Digests() (map[chat.RoomID]Digest, error) { return readDigests(r.conn, r.format) }

// Follow adds a message to the hash of a room's digest, as the database's format does.
func (r *Reader) Follow(before chat.Hash, m chat.Message) chat.Hash {
	return follow(r.format, before, m)
}

// Sums returns the recorded sum over all entities, rooms' digests and the progress, and the sum
// that they have now. Older formats record none; both are then zero.
func (r *Reader) Sums() (recorded, computed chat.Hash, err error) {
	if r.format < stateFormat {
		return recorded, computed, nil
	}
	_, s, err := readBooks(r.conn)
	return s.recorded, s.computed, err
}

// Amendment is a change of a message after it was written.
type Amendment struct {
	Room chat.RoomID
	Rev  chat.Rev // of the room, which this change led to
	Seq  chat.Seq // the message
	Born chat.Seq // the newest message in the room at that time
}

// Amendments calls each with every amendment, ordered by room and rev, until each fails.
func (r *Reader) Amendments(each func(Amendment) error) error {
	if r.format < stateFormat {
		return nil
	}
	const query = "SELECT room, rev, seq, born FROM amendment ORDER BY room, rev"
	err := sqlitex.Execute(r.conn, query,
		&sqlitex.ExecOptions{ResultFunc: func(row *sqlite.Stmt) error {
			return each(Amendment{
				Room: chat.RoomID(row.ColumnText(0)),
				Rev:  chat.Rev(row.ColumnInt64(1)),
				Seq:  chat.Seq(row.ColumnInt64(2)),
				Born: chat.Seq(row.ColumnInt64(3)),
			})
		}})
	if err != nil {
		return fmt.Errorf("read amendments: %w", err)
	}
	return nil
}

// Messages calls each with every message of a room, or of all rooms if it is empty, ordered by room
// and seq, until each fails.
func (r *Reader) Messages(room chat.RoomID, each func(chat.Message) error) error {
	if err := eachMessage(r.conn, r.format, room, each); err != nil {
		return fmt.Errorf("read messages: %w", err)
	}
	return nil
}

// QuickCheck returns what SQLite finds wrong with the file, a sentence each.
func (r *Reader) QuickCheck() (problems []string, err error) {
	err = sqlitex.ExecuteTransient(r.conn, "PRAGMA quick_check", &sqlitex.ExecOptions{ResultFunc: func(row *sqlite.Stmt) error {
		if said := row.ColumnText(0); said != "ok" {
			problems = append(problems, said)
		}
		return nil
	}})
	if err != nil {
		return problems, fmt.Errorf("quick_check: %w", err)
	}
	return problems, nil
}

// Size returns about how many bytes a copy takes.
func (r *Reader) Size() (int64, error) {
	pages, err := number(r.conn, "PRAGMA page_count")
	if err != nil {
		return 0, err
	}
	size, err := number(r.conn, "PRAGMA page_size")
	return pages * size, err
}
