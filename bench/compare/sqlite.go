package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

// migration is where the table of messages is defined; it is read from there so that it stays the same one.
const migration = "store/migrations/0001_room.sql"

// bareSQLite is the least that stores messages: a table, one connection, nothing else.
type bareSQLite struct {
	connection *sqlite.Conn
	sequence   int64
}

// openSQLite makes a database in a new directory, as durable as the store's and with its checkpoints.
func (b *bench) openSQLite() (*bareSQLite, error) {
	schema, err := os.ReadFile(migration)
	if err != nil {
		return nil, err
	}
	_, table, found := strings.Cut(string(schema), "CREATE TABLE message")
	table, _, ended := strings.Cut(table, ";")
	if !found || !ended {
		return nil, fmt.Errorf("%s makes no table of messages", migration)
	}
	dir, err := os.MkdirTemp(b.Dir, "sqlite-")
	if err != nil {
		return nil, err
	}
	connection, err := sqlite.OpenConn(filepath.Join(dir, "bare.db"), sqlite.OpenReadWrite, sqlite.OpenCreate, sqlite.OpenWAL)
	if err != nil {
		return nil, err
	}
	for _, statement := range []string{
		"PRAGMA synchronous = FULL", "PRAGMA fullfsync = ON", "PRAGMA wal_autocheckpoint = 2000", "PRAGMA secure_delete = ON",
		"CREATE TABLE message" + table,
	} {
		if err := sqlitex.ExecuteTransient(connection, statement, nil); err != nil {
			return nil, errors.Join(err, connection.Close())
		}
	}
	return &bareSQLite{connection: connection}, nil
}

// commit stores so many messages in one transaction.
func (s *bareSQLite) commit(rows int, text string) (err error) {
	end, err := sqlitex.ImmediateTransaction(s.connection)
	if err != nil {
		return err
	}
	defer end(&err)
	for range rows {
		s.sequence++
		q := s.connection.Prep("INSERT INTO message (room, seq, time, kind, nick, text) VALUES (?, ?, ?, ?, ?, ?)")
		q.BindText(1, "lobby")
		q.BindInt64(2, s.sequence)
		q.BindInt64(3, time.Now().UnixNano())
		q.BindText(4, "message")
		q.BindText(5, "ann")
		q.BindText(6, text)
		_, err := q.Step()
		if err = errors.Join(err, q.Reset()); err != nil {
			return err
		}
	}
	return nil
}
