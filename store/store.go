package store

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"

	"zombiezen.com/go/sqlite"
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

	// Upgrades, if not nil, is called before an older database is brought from one disk format to
	// another, which takes some seconds for a million messages.
	Upgrades func(from, to int)

	migrating func(step string) // see migration.reached
}

// Store is the open database. Commit and Load belong to one goroutine; the queries to any.
type Store struct {
	path   string // absolute, as SQLite has it
	writer *sqlite.Conn
	pool   *sqlitex.Pool
	place  *place
	lost   atomic.Pointer[error] // see Abandon

	// Written by the goroutine of Commit only. Any goroutine reads node and epoch, which change
	// only in Open and Renew.
	books     books     // as committed
	leftovers leftovers // as committed
	failed    error     // of the first Commit that failed so, see ErrFailed
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
func (s *Store) Node() chat.NodeID { return s.books.node }

// Epoch returns which history this is, 16 hexadecimal digits: the name made with the data, and made anew whenever its history
// is replaced, by a restore or an import. Somebody who remembers a place in a room's history remembers the Epoch beside it: with
// another one the place means nothing any more. It is no chat.Epoch, which counts the lives of a node.
func (s *Store) Epoch() string { return s.books.epoch }

func (s *Store) prepare(options Options) (err error) {
	newest, err := schema()
	if err != nil {
		return err
	}
	format, err := recognise(s.writer, newest)
	if err != nil {
		return err
	}
	if err := examineEnd(s.path); err != nil {
		return err
	}
	if err := checkNewest(s.writer, format); err != nil {
		return err
	}
	pragmas := []string{
		"journal_mode = wal",
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
	m := migration{
		conn: s.writer, scripts: newest, upgrades: options.Upgrades, reached: options.migrating,
	}
	if err := m.from(format); err != nil {
		return err
	}
	s.books, _, err = readBooks(s.writer) // Load says whether they are as written
	if err != nil {
		return err
	}
	s.leftovers, err = readLeftovers(s.writer, s.books.progress.Place)
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

// Renew gives the data a new Epoch: its history is another than before.
func (s *Store) Renew() error {
	renewed := s.books
	renewed.epoch = randomName(8)
	if err := renewed.putLog(s.writer); err != nil {
		return fmt.Errorf("renew the epoch: %w", err)
	}
	s.books = renewed
	return nil
}

func randomName(bytes int) string {
	name := make([]byte, bytes)
	rand.Read(name)
	return hex.EncodeToString(name)
}

// Load returns the State as the last Commit left it. The error is ErrDamaged if the database
// contradicts itself, or has an entity that is not as it was written.
func (s *Store) Load() (*chat.State, error) { return loadState(s.writer, sessionFormat) }

// loadState is Load for each format.
func loadState(conn *sqlite.Conn, format int) (*chat.State, error) {
	state, err := readState(conn, format)
	if err != nil {
		return nil, err
	}
	digests, err := readDigests(conn, format)
	if err != nil {
		return nil, err
	}
	if err := compareNewest(state, digests); err != nil {
		return nil, err
	}
	return state, nil
}
