package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

// ErrDamaged is returned for a database that is not whole: it is empty, cut short, or contradicts
// itself.
var ErrDamaged = errors.New("the database is damaged")

// ErrLost is returned by every Commit after Abandon: nobody would find what is written now.
var ErrLost = errors.New("writing has stopped")

// ErrOverwritten is among the errors of InPlace if another program wrote the database's file.
var ErrOverwritten = errors.New("was written by another program")

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
		return fmt.Errorf("%w: %s ends within a page (%d bytes)", ErrDamaged, path, info.Size())
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
	f, err := os.OpenFile(partial, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600) // follows no link
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
		sqlitex.ExecuteTransient(conn, fmt.Sprintf("PRAGMA application_id = %d", applicationID),
			nil),
	)
	if err == nil {
		m := migration{conn: conn, scripts: newest}
		err = m.from(0)
	}
	return errors.Join(err, conn.Close())
}

// hide takes the right to read a database from everybody but its owner. SQLite gives the files that
// it makes beside it the same rights.
func hide(path string) {
	for _, suffix := range belongings {
		info, err := os.Stat(path + suffix)
		if err == nil && info.Mode().Perm()&0o077 != 0 && runtime.GOOS != "windows" {
			_ = os.Chmod(path+suffix, info.Mode().Perm()&^0o077) // only its owner may, or root
		}
	}
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

// place remembers which files an open database consists of, and when they were written. It asks the
// file system by name only: opening and closing one of them would drop SQLite's locks on it.
type place struct {
	path  string
	files []fs.FileInfo // as opened, in the order of belongings

	mu      sync.Mutex
	size    int64     // the most that the database's file had; it never shrinks
	written time.Time // its modification time after the Store wrote last
	writing bool      // the Store may be writing it, so its modification time says nothing
	spoiled error     // it was cut short or overwritten; what was in it does not come back
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
	p.size, p.written = p.files[0].Size(), p.files[0].ModTime()
	return p, nil
}

// check returns an error if a file is not the one under its name, or was ever cut short or written
// by another program.
func (p *place) check() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.compare(belongings)
}

func (p *place) compare(suffixes []string) error {
	if p.spoiled != nil {
		return p.spoiled
	}
	for i, suffix := range suffixes {
		path := p.path + suffix
		info, err := os.Stat(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return fmt.Errorf("%s was removed", path)
		case err != nil:
			return err
		case !os.SameFile(info, p.files[i]):
			return fmt.Errorf("%s was replaced by another file", path)
		case i > 0: // readers write it, too
		case info.Size() < p.size:
			p.spoiled = fmt.Errorf("%s was cut short from %d bytes to %d", path, p.size, info.Size())
			return p.spoiled
		case !p.writing && timesTell && !info.ModTime().Equal(p.written):
			p.spoiled = fmt.Errorf("%s %w", path, ErrOverwritten)
			return p.spoiled
		default:
			p.size = info.Size()
		}
	}
	return nil
}

// timesTell says whether modification times show who wrote a file. Windows changes them later than
// the file.
const timesTell = runtime.GOOS != "windows"

// begin returns the error that check has for the database's own file. Without one, it has that
// file's modification time ignored until end: a commit may write it. The files beside it are left
// to check, as asking for them too took 1 % of a server's time.
func (p *place) begin() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	err := p.compare(belongings[:1])
	p.writing = err == nil
	return err
}

// end notes what the Store made of the database's file.
func (p *place) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.writing = false
	if info, err := os.Stat(p.path); err == nil && os.SameFile(info, p.files[0]) {
		p.written = info.ModTime()
	}
}

// InPlace returns an error that says which of the database's files is removed or replaced, or was
// cut short or overwritten since Open. Any goroutine.
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

// Rescue copies the database, whatever became of its files, into a new file in the first of some
// directories that takes it, and returns the file's path. An error beside a path says that a power
// failure may still lose the copy. It belongs to the goroutine of Commit.
func (s *Store) Rescue(dirs ...string) (file string, err error) {
	var refused []error
	for _, dir := range dirs {
		file, err := s.rescueInto(dir)
		if err != nil {
			err = fmt.Errorf("cannot save the database elsewhere: %w", err)
		}
		if file != "" {
			return file, err
		}
		refused = append(refused, err)
		if errors.Is(err, ErrDamaged) {
			break // which no other directory helps against
		}
	}
	return "", errors.Join(refused...)
}

// RescuePattern is what the name of a file that Rescue made is like.
const RescuePattern = "parley-rescued-*.db"

func (s *Store) rescueInto(dir string) (file string, err error) {
	if dir, err = filepath.Abs(dir); err != nil { // what starts with file: would be a URI
		return "", err
	}
	f, err := os.CreateTemp(dir, RescuePattern)
	if err != nil {
		return "", err
	}
	err = vacuumInto(s.writer, f.Name())
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return "", errors.Join(err, os.Remove(f.Name()))
	}
	return f.Name(), SyncDir(dir)
}
