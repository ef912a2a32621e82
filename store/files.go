package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitemigration"
	"zombiezen.com/go/sqlite/sqlitex"
)

// ErrDamaged is returned for a database that is not whole: it is empty, cut short, or contradicts
// itself.
var ErrDamaged = errors.New("the database is damaged")

// ErrLost is returned by every Commit after Abandon: nobody would find what is written now.
var ErrLost = errors.New("writing has stopped")

// belongings are the suffixes of the files that a database in use consists of.
var belongings = []string{"", "-wal", "-shm"}

// examine looks at a database's file before SQLite does. SQLite would take an empty file for a new
// database and discard its WAL, and would wait on a pipe. It returns fs.ErrNotExist if there is no
// database.
func examine(path string) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		wal, walErr := os.Lstat(path + "-wal")
		if walErr == nil && wal.Size() > 0 {
			return fmt.Errorf("%w: %s is missing, though its WAL is there", ErrDamaged, path)
		}
		return err
	case err != nil:
		return err
	case info.Mode()&fs.ModeSymlink != 0: // two directories could then share one database
		return fmt.Errorf("%w: %s is a symbolic link, not a file", ErrDamaged, path)
	case !info.Mode().IsRegular():
		return fmt.Errorf("%w: %s is not a file (%v)", ErrDamaged, path, info.Mode().Type())
	case info.Size() == 0:
		return fmt.Errorf("%w: %s is empty (0 bytes)", ErrDamaged, path)
	}
	return nil
}

// sector divides the size of every page, and so that of a database.
const sector = 512

// examineEnd refuses a database that ends within a page, which SQLite would fill with zeros. Beside
// a WAL it may end so: a checkpoint was cut short, and will be made again.
func examineEnd(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	wal, walErr := os.Stat(path + "-wal")
	if info.Size()%sector != 0 && (walErr != nil || wal.Size() == 0) {
		return fmt.Errorf("%w: %s is cut short (%d bytes)", ErrDamaged, path, info.Size())
	}
	return nil
}

// create makes a database of the newest format. It appears under its name whole, or not at all,
// wherever the program is stopped.
func create(path string) error {
	partial := path + ".partial"
	// A file there was left by a start that was killed.
	if err := os.Remove(partial); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := os.OpenFile(partial, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644) // follows no link
	if err != nil {
		return err
	}
	err = build(partial)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(partial, path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(partial))
	}
	return SyncDir(filepath.Dir(path))
}

// build makes the tables in an empty file, all of them in that one file. It is not on the disk yet.
func build(path string) error {
	newest, err := schema()
	if err != nil {
		return err
	}
	conn, err := sqlite.OpenConn(path, sqlite.OpenReadWrite) // no WAL
	if err != nil {
		return err
	}
	err = errors.Join(
		sqlitex.ExecuteTransient(conn, "PRAGMA journal_mode = MEMORY", nil),
		sqlitex.ExecuteTransient(conn, "PRAGMA synchronous = OFF", nil),
	)
	if err == nil {
		err = sqlitemigration.Migrate(context.Background(), conn, newest)
	}
	return errors.Join(err, conn.Close())
}

// SyncDir brings the names in a directory to the disk.
func SyncDir(dir string) error {
	if runtime.GOOS == "windows" { // where directories cannot be synced
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// place remembers which files an open database consists of. It asks the file system by name only:
// opening and closing one of them would drop SQLite's locks on it.
type place struct {
	path  string
	files []fs.FileInfo // as opened, in the order of belongings
	size  int64         // the most that the database's file had; it never shrinks
	cut   error         // that the file was cut short; its content does not come back
}

// newPlace remembers the files of a database that has just been opened.
func newPlace(path string) (*place, error) {
	p := &place{path: path}
	for _, suffix := range belongings {
		info, err := os.Stat(path + suffix)
		if err != nil {
			return nil, err
		}
		_ = os.SameFile(info, info) // Windows finds out which file it is only when it is asked
		p.files = append(p.files, info)
	}
	return p, nil
}

// check returns an error if a file is not the one under its name, or was ever cut short.
func (p *place) check() error {
	if p.cut != nil {
		return p.cut
	}
	for i, suffix := range belongings {
		path := p.path + suffix
		info, err := os.Stat(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return fmt.Errorf("%s was removed", path)
		case err != nil:
			return err
		case !os.SameFile(info, p.files[i]):
			return fmt.Errorf("%s was replaced by another file", path)
		case i == 0 && info.Size() < p.size:
			p.cut = fmt.Errorf("%s was cut short from %d bytes to %d", path, p.size, info.Size())
			return p.cut
		case i == 0:
			p.size = info.Size()
		}
	}
	return nil
}

// InPlace returns an error that says which of the database's files is removed or replaced, or was
// cut short since Open. One goroutine at a time.
func (s *Store) InPlace() error { return s.place.check() }

// Abandon makes every Commit from now on fail with ErrLost and the reason. Any goroutine.
func (s *Store) Abandon(why error) { s.lost.CompareAndSwap(nil, &why) }

// Lost returns the reason of the first Abandon, nil if there was none. Any goroutine.
func (s *Store) Lost() error {
	if why := s.lost.Load(); why != nil {
		return *why
	}
	return nil
}

// Rescue copies the database, whatever became of its files, into a new file beside it, and returns
// the file's path. An error beside a path says that a power failure may still lose the copy. It
// belongs to the goroutine of Commit.
func (s *Store) Rescue() (file string, err error) {
	f, err := os.CreateTemp(filepath.Dir(s.path), "parley-rescued-*.db")
	if err != nil {
		return "", fmt.Errorf("rescue the database: %w", err)
	}
	err = vacuumInto(s.writer, f.Name())
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return "", errors.Join(fmt.Errorf("rescue the database: %w", err), os.Remove(f.Name()))
	}
	if err := SyncDir(filepath.Dir(f.Name())); err != nil {
		return f.Name(), fmt.Errorf("rescue the database: %w", err)
	}
	return f.Name(), nil
}
