package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

// source is how SQLite opens a database for reading.
type source struct {
	path  string
	name  string // the path, or a URI with parameters
	flags sqlite.OpenFlags
	fixed fs.FileInfo // of a file that nobody may write meanwhile; nil: SQLite's locks see to that
}

// dataSource returns how to read the database of a data directory. A reader of a WAL needs its
// index, which takes the right and 32 KiB to write. Where one of them is missing, a WAL is read
// with an index in memory, and a database without WAL as a file that nobody writes.
func dataSource(ctx context.Context, path string) (source, error) {
	s := source{path: path, name: path, flags: sqlite.OpenReadWrite}
	if err := examine(path); err != nil {
		return s, err
	}
	if !needsWriting(s.try(ctx)) {
		return s, nil // what else is wrong will be found again
	}
	query := "mode=ro&readonly_shm=1"
	if wal, err := os.Stat(path + "-wal"); err != nil || wal.Size() == 0 {
		query = "immutable=1"
		if s.fixed, err = os.Stat(path); err != nil {
			return s, err
		}
	}
	var err error
	s.name, err = fileURI(path, query)
	s.flags = sqlite.OpenReadOnly | sqlite.OpenURI
	return s, err
}

func (s source) open(ctx context.Context) (*sqlite.Conn, error) {
	conn, err := sqlite.OpenConn(s.name, s.flags)
	if err != nil {
		return nil, err
	}
	conn.SetInterrupt(ctx.Done())
	return conn, nil
}

// try reads something.
func (s source) try(ctx context.Context) error {
	conn, err := s.open(ctx)
	if err != nil {
		return err
	}
	_, err = number(conn, "SELECT count(*) FROM sqlite_schema")
	return errors.Join(err, conn.Close())
}

// unchanged returns an error if a fixed file was written since. What was read of it may then be of
// more than one moment.
func (s source) unchanged() error {
	if s.fixed == nil {
		return nil
	}
	now, err := os.Stat(s.path)
	if err != nil {
		return err
	}
	then := s.fixed
	if !os.SameFile(now, then) || now.Size() != then.Size() || !now.ModTime().Equal(then.ModTime()) {
		return fmt.Errorf("%s changed while it was being read: try again", s.path)
	}
	return nil
}

// needsWriting says whether reading failed only because nothing can be written beside the database.
func needsWriting(err error) bool {
	code := sqlite.ErrCode(err)
	switch code.ToPrimary() {
	case sqlite.ResultFull, sqlite.ResultReadOnly, sqlite.ResultCantOpen:
		return true
	}
	switch code {
	case sqlite.ResultIOErrSHMSize, sqlite.ResultIOErrSHMOpen, sqlite.ResultIOErrSHMMap:
		return true
	}
	return false
}

// fileURI returns a path with parameters as SQLite takes them.
func fileURI(path, query string) (string, error) {
	full, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	full = "/" + strings.TrimPrefix(filepath.ToSlash(full), "/") // on Windows too, before the drive
	return (&url.URL{Scheme: "file", Path: full, RawQuery: query}).String(), nil
}

// Copy writes the database of a data directory, as it is at one moment, into a file that is empty
// or not there. The copy is whole in that file, in the same format. It is not known to be on the
// disk yet. An error may leave part of it; ErrFull is one of them.
func Copy(ctx context.Context, dir, target string) error {
	if err := copyInto(ctx, filepath.Join(dir, FileName), target); err != nil {
		return fmt.Errorf("copy: %w", err)
	}
	return nil
}

func copyInto(ctx context.Context, path, target string) error {
	target, err := filepath.Abs(target) // what starts with file: would be a URI
	if err != nil {
		return err
	}
	from, err := dataSource(ctx, path)
	if err != nil {
		return err
	}
	conn, err := from.open(ctx)
	if err != nil {
		return err
	}
	err = vacuumInto(conn, target)
	if ctx.Err() != nil {
		err = ctx.Err() // which interrupted it
	}
	return errors.Join(err, conn.Close(), from.unchanged())
}

// vacuumInto copies a database into a file, named by its full path.
func vacuumInto(conn *sqlite.Conn, target string) error {
	return classify(sqlitex.ExecuteTransient(conn, "VACUUM INTO ?", &sqlitex.ExecOptions{Args: []any{target}}))
}
