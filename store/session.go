package store

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"

	"zombiezen.com/go/sqlite"

	"parley/chat"
)

// sessionFormat is the first format in which a session has a chat.SessionID.
const sessionFormat = 5

// renamed returns entities of an older format, ordered by key, with sessions as they are today.
func renamed(entities []chat.Change) ([]chat.Change, error) {
	all := slices.Clone(entities)
	n := 0
	for i, e := range all {
		if e.Kind != chat.EntitySession {
			continue
		}
		n++
		s, err := chat.RenameSession(e, n)
		if err != nil {
			return nil, fmt.Errorf("%w: session %s: %v", ErrDamaged, chat.Quote(e.Key), err)
		}
		all[i] = s
	}
	slices.SortFunc(all, func(a, b chat.Change) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Key, b.Key))
	})
	return all, nil
}

// renameSessions brings the sessions of a database of the format before to this one.
func renameSessions(conn *sqlite.Conn) error {
	b, s, err := readBooks(conn)
	if err == nil {
		err = s.check()
	}
	if err != nil {
		return err
	}
	before, err := readRows(conn, sessionFormat-1)
	if err != nil {
		return err
	}
	after, err := renamed(before)
	if err != nil {
		return err
	}
	for _, e := range before {
		if r := rowOf(e); e.Kind == chat.EntitySession {
			b.entities = b.entities.Minus(r.hash())
			if err := deleteRow(conn, r); err != nil {
				return err
			}
		}
	}
	for _, e := range after {
		if r := rowOf(e); e.Kind == chat.EntitySession {
			b.entities = b.entities.Plus(r.hash())
			if err := putRow(conn, r); err != nil {
				return err
			}
		}
	}
	return b.putLog(conn)
}

// rowOf returns the row of an entity that is no room.
func rowOf(e chat.Change) row {
	value, _ := e.Value.(json.RawMessage) // as it is stored
	return row{kind: e.Kind, key: e.Key, value: string(value)}
}
