package store

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

// Glimpse is what can be seen of a database without opening it to write.
type Glimpse struct {
	Messages bool      // whether there are any
	Time     time.Time // of what was stored last; zero: nothing was
	Bytes    int64     // of the file
}

// Glance looks at the database in dir, whether a server has it open or not, and leaves nothing there. It fails with
// fs.ErrNotExist if there is none, with ErrNewer, ErrForeign, ErrDamaged and other errors. All of them
// name the file.
func Glance(ctx context.Context, dir string) (g Glimpse, err error) {
	path := filepath.Join(dir, FileName)
	if err := examine(path); err != nil {
		return g, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return g, err
	}
	g.Bytes = info.Size()
	location, err := readOnly(path)
	if err != nil {
		return g, err
	}
	conn, err := sqlite.OpenConn(location, sqlite.OpenReadOnly, sqlite.OpenURI)
	if err != nil {
		return g, cannotOpen(path, err)
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	conn.SetInterrupt(ctx.Done())
	if err := g.read(conn, path); err != nil {
		return g, cannotOpen(path, classify(err))
	}
	return g, nil
}

// cannotOpen returns the system's reason where SQLite only says that it cannot open the file: this user
// may not read it, say.
func cannotOpen(path string, err error) error {
	if sqlite.ErrCode(err).ToPrimary() != sqlite.ResultCantOpen {
		return named(path, err)
	}
	f, why := os.Open(path)
	if why != nil {
		return why
	}
	return named(path, errors.Join(err, f.Close()))
}

// readOnly returns how SQLite is to open a database so that nothing is made beside it. Where there is a WAL with its index, they
// are read; else SQLite would make them, even for reading, unless it is told that nobody writes.
func readOnly(path string) (string, error) {
	query := "mode=ro"
	for _, beside := range []string{"-wal", "-shm"} {
		if _, err := os.Stat(path + beside); errors.Is(err, fs.ErrNotExist) {
			query = "immutable=1"
		}
	}
	return fileURI(path, query)
}

func (g *Glimpse) read(conn *sqlite.Conn, path string) error {
	if err := sqlitex.ExecuteTransient(conn, "BEGIN", nil); err != nil { // all of one moment
		return err
	}
	newest, err := schema()
	if err != nil {
		return err
	}
	format, err := recognise(conn, newest)
	if err != nil {
		return err
	}
	if err := examineEnd(path); err != nil {
		return err
	}
	if err := checkNewest(conn, format); err != nil {
		return err
	}
	if err := checkLoaded(conn, format); err != nil {
		return err
	}
	progress, err := readProgress(conn, format)
	if err != nil {
		return err
	}
	if progress.Time.UnixNano() > 0 {
		g.Time = progress.Time
	}
	some, err := number(conn, "SELECT EXISTS (SELECT 1 FROM message)")
	g.Messages = some != 0
	return err
}

// checkLoaded returns the error that Load would.
func checkLoaded(conn *sqlite.Conn, format int) error {
	if format < digestFormat {
		return nil
	}
	if format < stateFormat {
		log, err := readLog(conn, format)
		if err != nil || log.epoch == "" { // a server has never opened it in this format
			return err
		}
	}
	_, err := loadState(conn, format)
	return err
}
