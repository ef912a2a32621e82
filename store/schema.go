package store

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"parley/chat"
)

// A migration is never changed, not even its comments: every file's schema is compared with what its migrations make.
//
//go:embed migrations/*.sql
var migrations embed.FS

// ErrNewer is returned for a database that this version does not know.
var ErrNewer = errors.New("a newer version of Parley wrote this data")

// ErrForeign is returned for a file that is no database, or not one that parley made, or one that was changed in what it is made
// of.
var ErrForeign = errors.New("not a database of Parley")

// schema returns the scripts that make a file of the newest format, one for each format there was.
func schema() (scripts []string, err error) {
	names, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return nil, err
	}
	for _, name := range names { // sorted: the names are numbered
		sql, err := migrations.ReadFile(name)
		if err != nil {
			return nil, err
		}
		// The same however it was checked out.
		scripts = append(scripts, strings.ReplaceAll(string(sql), "\r\n", "\n"))
	}
	return scripts, nil
}

// recognise returns a file's format, before anything is written. It refuses a file of a newer
// version, one that another program made, and one without tables: create leaves none like it.
func recognise(conn *sqlite.Conn, migrations []string) (format int, err error) {
	id, err := number(conn, "PRAGMA application_id")
	if sqlite.ErrCode(err) == sqlite.ResultNotADB {
		return 0, fmt.Errorf("%w (%w)", ErrForeign, err)
	}
	if err != nil {
		return 0, err
	}
	version, err := number(conn, "PRAGMA user_version")
	if err != nil {
		return 0, err
	}
	tables, err := number(conn, "SELECT count(*) FROM sqlite_schema")
	switch {
	case err != nil:
		return 0, err
	case id != applicationID && (id != 0 || tables > 0):
		return 0, fmt.Errorf("%w: another program created it (its application_id is %#x)", ErrForeign, id)
	case version < 0:
		return 0, fmt.Errorf("%w: its format is %d", ErrForeign, version)
	case version > int64(len(migrations)):
		return 0, fmt.Errorf("%w (its format is %d, this version knows up to %d): use that version, or another data directory", ErrNewer, version, len(migrations))
	}
	if err := compareSchema(conn, migrations[:version]); err != nil {
		return 0, err
	}
	if version == 0 {
		return 0, fmt.Errorf("%w: it has no tables", ErrDamaged)
	}
	return int(version), nil
}

// compareSchema refuses a file whose tables are not exactly those that these migrations make: with one more trigger, or one column
// less, nothing that is read or written means what it should.
func compareSchema(conn *sqlite.Conn, migrations []string) error {
	there, err := readSchema(conn)
	if err != nil {
		return err
	}
	want, err := madeBy(migrations)
	if err != nil {
		return fmt.Errorf("build the expected schema: %w", err)
	}
	for _, o := range there {
		if !slices.Contains(want, o) {
			return fmt.Errorf("%w: its %s %s differs from what Parley creates", ErrForeign, o.kind, chat.Quote(o.name))
		}
	}
	for _, o := range want {
		if !slices.Contains(there, o) {
			return fmt.Errorf("%w: it has no %s %s", ErrForeign, o.kind, chat.Quote(o.name))
		}
	}
	return nil
}

// object is what a row of sqlite_schema says, but for where in the file it is.
type object struct{ kind, name, table, sql string }

func readSchema(conn *sqlite.Conn) (all []object, err error) {
	err = sqlitex.ExecuteTransient(conn, "SELECT type, name, tbl_name, sql FROM sqlite_schema", &sqlitex.ExecOptions{
		ResultFunc: func(row *sqlite.Stmt) error {
			all = append(all, object{row.ColumnText(0), row.ColumnText(1), row.ColumnText(2), row.ColumnText(3)})
			return nil
		},
	})
	if err != nil {
		return nil, fmt.Errorf("read the schema: %w", err)
	}
	return all, nil
}

// madeBy returns the schema of a new database after these migrations, one after the other: ALTER TABLE leaves another text than a
// table made whole.
func madeBy(migrations []string) (all []object, err error) {
	conn, err := sqlite.OpenConn(":memory:", sqlite.OpenReadWrite, sqlite.OpenCreate)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	for _, sql := range migrations {
		if err := sqlitex.ExecuteScript(conn, sql, nil); err != nil {
			return nil, err
		}
	}
	return readSchema(conn)
}

// number returns what a query answers with one number. Unlike Prep it does not panic at a file that is broken.
func number(conn *sqlite.Conn, query string) (n int64, err error) {
	err = sqlitex.ExecuteTransient(conn, query, &sqlitex.ExecOptions{ResultFunc: func(row *sqlite.Stmt) error {
		n = row.ColumnInt64(0)
		return nil
	}})
	return n, err
}

// checkNewest returns ErrDamaged if the newest message of a room is not the one recorded in its
// digest: the file was put together of two histories, say.
func checkNewest(conn *sqlite.Conn, format int) error {
	recorded := "SELECT room, seq FROM digest"
	switch {
	case format < digestFormat:
		return nil
	case format >= stateFormat:
		recorded = "SELECT key AS room, coalesce(seq, 0) AS seq FROM state WHERE kind = '" +
			chat.EntityRoom + "'"
	}
	differing := `SELECT room, seq, newest FROM (SELECT room, seq,
		coalesce((SELECT max(seq) FROM message WHERE message.room = recorded.room
			AND ` + isKept(format) + `), 0) AS newest
		FROM (` + recorded + `) AS recorded) WHERE seq != newest LIMIT 1`
	return sqlitex.Execute(conn, differing, &sqlitex.ExecOptions{ResultFunc: func(row *sqlite.Stmt) error {
		return fmt.Errorf("%w: the newest message of room %s is %d, but should be %d",
			ErrDamaged, row.ColumnText(0), row.ColumnInt64(2), row.ColumnInt64(1))
	}})
}
