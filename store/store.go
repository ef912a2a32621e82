package store

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitemigration"
	"zombiezen.com/go/sqlite/sqlitex"

	"parley/chat"
)

// FileName is the database's name in the data directory.
const FileName = "parley.db"

// applicationID marks the file as ours ("Prly"), as PRAGMA application_id has it.
const applicationID = 0x50726c79

// readers is how many queries run at once.
const readers = 4

// Options tunes a Store; the zero value is what a server runs with.
type Options struct {
	MaxBytes int64 // the database grows no further, as if the disk were full; 0: until the disk is
}

// Store is the open database. Commit and Load belong to one goroutine; the queries to any.
type Store struct {
	path   string // absolute, as SQLite has it
	writer *sqlite.Conn
	pool   *sqlitex.Pool
	node   chat.NodeID
	epoch  string
	place  *place
	lost   atomic.Pointer[error] // see Abandon

	// Writer only.
	progress chat.Progress          // as committed
	digests  map[chat.RoomID]Digest // as committed
	failed   error                  // of the first Commit that failed so, see ErrFailed
}

// Open opens the database in dir, or makes it there. The caller sees to it that nobody else writes
// it. The error is ErrFull, ErrDamaged, ErrForeign or ErrNewer where it is one of them.
func Open(dir string, options Options) (*Store, error) {
	path, err := filepath.Abs(filepath.Join(dir, FileName))
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	s := &Store{path: path}
	if err := s.open(options); err != nil {
		return nil, named(path, classify(err))
	}
	return s, nil
}

// named returns an error that names a database's file: err itself, if it does.
func named(path string, err error) error {
	if strings.Contains(err.Error(), path) {
		return err
	}
	return fmt.Errorf("%s: %w", path, err)
}

// classify adds the error of this package that one of SQLite amounts to.
func classify(err error) error {
	switch {
	case isFull(err):
		return fmt.Errorf("%w (%w)", ErrFull, err)
	case sqlite.ErrCode(err).ToPrimary() == sqlite.ResultCorrupt:
		return fmt.Errorf("%w (%w)", ErrDamaged, err)
	}
	return err
}

func (s *Store) open(options Options) (err error) {
	if err := examine(s.path); errors.Is(err, fs.ErrNotExist) {
		err = create(s.path)
		if err != nil {
			return err
		}
	} else if err != nil {
		return err
	}
	// WAL comes once the file is known to be ours.
	if s.writer, err = sqlite.OpenConn(s.path, sqlite.OpenReadWrite); err != nil {
		return err
	}
	if err := s.prepare(options); err != nil {
		return errors.Join(err, s.writer.Close())
	}
	s.pool, err = sqlitex.NewPool(s.path, sqlitex.PoolOptions{
		Flags:    sqlite.OpenReadWrite | sqlite.OpenWAL, // a reader maps the WAL index, which needs writing
		PoolSize: readers,
		PrepareConn: func(conn *sqlite.Conn) error {
			return sqlitex.ExecuteTransient(conn, "PRAGMA query_only = ON", nil)
		},
	})
	if err != nil {
		return errors.Join(err, s.writer.Close())
	}
	hide(s.path)
	if s.place, err = newPlace(s.path); err != nil {
		return errors.Join(err, s.Close())
	}
	return nil
}

// Close closes the database. Queries under way end first.
func (s *Store) Close() error {
	return errors.Join(s.pool.Close(), s.writer.Close())
}

// Size returns how many bytes of the disk the database takes. Any goroutine.
func (s *Store) Size() (bytes int64) {
	for _, suffix := range []string{"", "-wal"} {
		if info, err := os.Stat(s.path + suffix); err == nil {
			bytes += info.Size()
		}
	}
	return bytes
}

// Node returns the name that this data has had since it was made.
func (s *Store) Node() chat.NodeID { return s.node }

// Epoch returns which history this is, 16 hexadecimal digits: the name made with the data, and made anew whenever its history
// is replaced, by a restore or an import. Somebody who remembers a place in a room's history remembers the Epoch beside it: with
// another one the place means nothing any more. It is no chat.Epoch, which counts the lives of a node.
func (s *Store) Epoch() string { return s.epoch }

func (s *Store) prepare(options Options) error {
	if err := migrate(s.writer, s.path); err != nil {
		return err
	}
	pragmas := []string{
		"synchronous = FULL",            // a commit is an fsync
		"fullfsync = ON",                // and on macOS a real one
		"wal_autocheckpoint = 2000",     // pages: about 8 MB of WAL
		"journal_size_limit = 67108864", // a WAL that grew shrinks again
		"secure_delete = ON",            // what is deleted is overwritten
	}
	for _, p := range pragmas {
		if err := sqlitex.ExecuteTransient(s.writer, "PRAGMA "+p, nil); err != nil {
			return fmt.Errorf("set %s: %w", p, err)
		}
	}
	if options.MaxBytes > 0 {
		if err := s.limit(options.MaxBytes); err != nil {
			return err
		}
	}
	if err := s.identify(); err != nil {
		return err
	}
	var err error
	s.progress, err = readProgress(s.writer)
	return err
}

// limit bounds the database's size. SQLite never sets it below what the file has already.
func (s *Store) limit(maxBytes int64) error {
	size, err := number(s.writer, "PRAGMA page_size")
	if err != nil {
		return err
	}
	return sqlitex.ExecuteTransient(s.writer, fmt.Sprintf("PRAGMA max_page_count = %d", max(1, maxBytes/size)), nil)
}

func migrate(conn *sqlite.Conn, path string) error {
	schema, err := schema()
	if err != nil {
		return err
	}
	format, err := recognise(conn, schema.Migrations)
	if err != nil {
		return err
	}
	if err := examineEnd(path); err != nil {
		return err
	}
	if err := checkNewest(conn, format); err != nil {
		return err
	}
	if err := sqlitex.ExecuteTransient(conn, "PRAGMA journal_mode = wal", nil); err != nil {
		return err
	}
	return sqlitemigration.Migrate(context.Background(), conn, schema)
}

// identify reads the names of the node and of the history, and every room's digest. In a new database it makes the names, in one
// of format 1 the digests.
func (s *Store) identify() (err error) {
	end, err := sqlitex.ImmediateTransaction(s.writer)
	if err != nil {
		return err
	}
	defer end(&err)
	err = sqlitex.Execute(s.writer, "INSERT INTO progress (id, node, place, time, hash) VALUES (1, ?, 0, 0, zeroblob(32)) ON CONFLICT DO NOTHING",
		&sqlitex.ExecOptions{Args: []any{randomName(4)}})
	if err != nil {
		return err
	}
	err = sqlitex.Execute(s.writer, "SELECT node, epoch FROM progress", &sqlitex.ExecOptions{ResultFunc: func(row *sqlite.Stmt) error {
		s.node, s.epoch = chat.NodeID(row.ColumnText(0)), row.ColumnText(1)
		return nil
	}})
	if err != nil {
		return err
	}
	if s.epoch != "" {
		s.digests, err = readDigests(s.writer)
		return err
	}
	if s.digests, err = computeDigests(s.writer); err != nil {
		return err
	}
	for room, d := range s.digests {
		if err := s.putDigest(room, d); err != nil {
			return err
		}
	}
	return s.Renew()
}

// Renew gives the data a new Epoch: its history is another than before.
func (s *Store) Renew() error {
	epoch := randomName(8)
	err := sqlitex.Execute(s.writer, "UPDATE progress SET epoch = ?", &sqlitex.ExecOptions{Args: []any{epoch}})
	if err != nil {
		return fmt.Errorf("renew the epoch: %w", err)
	}
	s.epoch = epoch
	return nil
}

func randomName(bytes int) string {
	name := make([]byte, bytes)
	rand.Read(name)
	return hex.EncodeToString(name)
}

// Load returns the State as the last Commit left it. The error is ErrDamaged if the database
// contradicts itself.
func (s *Store) Load() (*chat.State, error) {
	progress, err := readProgress(s.writer)
	if err != nil {
		return nil, err
	}
	entities, err := readEntities(s.writer)
	if err != nil {
		return nil, err
	}
	state, err := chat.LoadState(progress, entities)
	if err != nil {
		return nil, err
	}
	return state, checkRooms(state, s.digests)
}

// checkRooms returns ErrDamaged if the rules count other messages in a room than its digest does:
// the file was put together of two histories.
func checkRooms(state *chat.State, digests map[chat.RoomID]Digest) error {
	for _, room := range state.Rooms() {
		if d := digests[room.ID]; d.Seq != room.Seq {
			return fmt.Errorf("%w: the newest message of room %s is %d, but should be %d", ErrDamaged, room.ID, d.Seq, room.Seq)
		}
	}
	return nil
}

func readProgress(conn *sqlite.Conn) (progress chat.Progress, err error) {
	err = sqlitex.Execute(conn, "SELECT place, time, hash FROM progress", &sqlitex.ExecOptions{
		ResultFunc: func(row *sqlite.Stmt) error {
			progress.Place = chat.Place(row.ColumnInt64(0))
			progress.Time = time.Unix(0, row.ColumnInt64(1)).UTC()
			if row.ColumnLen(2) != len(progress.Hash) {
				return errors.New("the recorded hash is cut short")
			}
			row.ColumnBytes(2, progress.Hash[:])
			return nil
		},
	})
	if err != nil {
		return progress, fmt.Errorf("load progress: %w", err)
	}
	return progress, nil
}

// readEntities returns the entities, ordered by kind and key.
func readEntities(conn *sqlite.Conn) (all []chat.Change, err error) {
	err = sqlitex.Execute(conn, "SELECT kind, key, value FROM entity ORDER BY kind, key", &sqlitex.ExecOptions{
		ResultFunc: func(row *sqlite.Stmt) error {
			all = append(all, chat.Change{Kind: row.ColumnText(0), Key: row.ColumnText(1), Value: json.RawMessage(row.ColumnText(2))})
			return nil
		},
	})
	if err != nil {
		return nil, fmt.Errorf("load entities: %w", err)
	}
	return all, nil
}
