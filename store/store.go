package store

import (
	"context"
	"crypto/rand"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
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

//go:embed migrations/*.sql
var migrations embed.FS

// Options tunes a Store; the zero value is what a server runs with.
type Options struct {
	MaxBytes int64 // the database grows no further, as if the disk were full; 0: until the disk is
}

// Store is the open database. Commit and Load belong to one goroutine; the queries to any.
type Store struct {
	path   string
	writer *sqlite.Conn
	pool   *sqlitex.Pool
	node   chat.NodeID
	failed bool // writer only: see ErrFailed
}

// Open opens the database in dir, or makes it there. The caller sees to it that nobody else writes it.
func Open(dir string, options Options) (*Store, error) {
	path := filepath.Join(dir, FileName)
	writer, err := sqlite.OpenConn(path, sqlite.OpenReadWrite, sqlite.OpenCreate) // WAL comes once the file is known to be ours
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	s := &Store{path: path, writer: writer}
	if err := s.prepare(options); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", path, err), writer.Close())
	}
	s.pool, err = sqlitex.NewPool(path, sqlitex.PoolOptions{
		Flags:    sqlite.OpenReadWrite | sqlite.OpenWAL, // a reader maps the WAL index, which needs writing
		PoolSize: readers,
		PrepareConn: func(conn *sqlite.Conn) error {
			return sqlitex.ExecuteTransient(conn, "PRAGMA query_only = ON", nil)
		},
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", path, err), writer.Close())
	}
	return s, nil
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

func (s *Store) prepare(options Options) error {
	if err := migrate(s.writer); err != nil {
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
	return s.identify()
}

// limit bounds the database's size. SQLite never sets it below what the file has already.
func (s *Store) limit(maxBytes int64) error {
	size, err := sqlitex.ResultInt64(s.writer.Prep("PRAGMA page_size"))
	if err != nil {
		return err
	}
	return sqlitex.ExecuteTransient(s.writer, fmt.Sprintf("PRAGMA max_page_count = %d", max(1, maxBytes/size)), nil)
}

func migrate(conn *sqlite.Conn) error {
	names, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return err
	}
	schema := sqlitemigration.Schema{AppID: applicationID}
	for _, name := range names { // sorted: the names are numbered
		sql, err := migrations.ReadFile(name)
		if err != nil {
			return err
		}
		schema.Migrations = append(schema.Migrations, string(sql))
	}
	if err := recognise(conn, len(schema.Migrations)); err != nil {
		return err
	}
	if err := sqlitex.ExecuteTransient(conn, "PRAGMA journal_mode = wal", nil); err != nil {
		return err
	}
	return sqlitemigration.Migrate(context.Background(), conn, schema)
}

// recognise refuses a file of a newer version, and one that another program made, before anything is written.
func recognise(conn *sqlite.Conn, newest int) error {
	id, err := sqlitex.ResultInt(conn.Prep("PRAGMA application_id"))
	if err != nil {
		return err
	}
	version, err := sqlitex.ResultInt(conn.Prep("PRAGMA user_version"))
	if err != nil {
		return err
	}
	tables, err := sqlitex.ResultInt(conn.Prep("SELECT count(*) FROM sqlite_schema"))
	switch {
	case err != nil:
		return err
	case id != applicationID && (id != 0 || tables > 0):
		return fmt.Errorf("another program made this file (its application_id is %#x): use another data directory", id)
	case version > newest:
		return fmt.Errorf("a newer version of parley made this data (its format is %d, this version knows up to %d): use that version, or another data directory",
			version, newest)
	}
	return nil
}

// identify reads the node's name, or makes it in a new database.
func (s *Store) identify() error {
	var name [4]byte
	rand.Read(name[:])
	err := sqlitex.Execute(s.writer, "INSERT INTO progress (id, node, place, time, hash) VALUES (1, ?, 0, 0, zeroblob(32)) ON CONFLICT DO NOTHING",
		&sqlitex.ExecOptions{Args: []any{hex.EncodeToString(name[:])}})
	if err != nil {
		return err
	}
	node, err := sqlitex.ResultText(s.writer.Prep("SELECT node FROM progress"))
	s.node = chat.NodeID(node)
	return err
}

// Load returns the State as the last Commit left it.
func (s *Store) Load() (*chat.State, error) {
	var progress chat.Progress
	err := sqlitex.Execute(s.writer, "SELECT place, time, hash FROM progress", &sqlitex.ExecOptions{
		ResultFunc: func(row *sqlite.Stmt) error {
			progress.Place = chat.Place(row.ColumnInt64(0))
			progress.Time = time.Unix(0, row.ColumnInt64(1)).UTC()
			if row.ColumnBytes(2, progress.Hash[:]) != len(progress.Hash) {
				return errors.New("the recorded hash is cut short")
			}
			return nil
		},
	})
	if err != nil {
		return nil, fmt.Errorf("load progress: %w", err)
	}
	var entities []chat.Change
	err = sqlitex.Execute(s.writer, "SELECT kind, key, value FROM entity", &sqlitex.ExecOptions{
		ResultFunc: func(row *sqlite.Stmt) error {
			entities = append(entities, chat.Change{Kind: row.ColumnText(0), Key: row.ColumnText(1), Value: []byte(row.ColumnText(2))})
			return nil
		},
	})
	if err != nil {
		return nil, fmt.Errorf("load entities: %w", err)
	}
	return chat.LoadState(progress, entities)
}
