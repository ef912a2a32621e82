package store

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"zombiezen.com/go/sqlite"

	"parley/chat"
)

// sessionFormat is the first format in which a session has a chat.SessionID.
const sessionFormat = 5

// formerSession is a session in the JSON of older formats. Its ID is a text, such as
// `node/udp/192.0.2.2:4000`.
type formerSession struct {
	ID      string        `json:"id"`
	Node    chat.NodeID   `json:"node"`
	Door    string        `json:"door"`
	Nick    chat.Nick     `json:"nick"`
	Rooms   []chat.RoomID `json:"rooms"`
	Entered time.Time     `json:"entered"`
	Away    string        `json:"away,omitempty"`
	User    chat.UserID   `json:"user,omitempty"`
}

// datagrams is the door of which a session's ID had the client's address.
const datagrams = "udp"

// now returns the session as it is today: the n-th of a life that no node has. Without the address
// of a datagram client the session has no user, so that the next start ends it.
func (f formerSession) now(n int) chat.Session {
	s := chat.Session{
		ID: chat.SessionID{Node: f.Node, N: uint64(n)}, Door: f.Door, Nick: f.Nick, Rooms: f.Rooms,
		Entered: f.Entered, Away: f.Away, User: f.User,
	}
	if f.Door == datagrams {
		peer, err := netip.ParseAddrPort(f.ID[strings.LastIndex(f.ID, "/")+1:])
		if err != nil {
			s.User = 0
		}
		s.Peer = peer
	}
	return s
}

// renamed returns entities of an older format, ordered by key, with sessions as they are today.
func renamed(entities []chat.Change) ([]chat.Change, error) {
	all := slices.Clone(entities)
	n := 0
	for i, e := range all {
		if e.Kind != chat.EntitySession {
			continue
		}
		n++
		s, err := renamedSession(e, n)
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

func renamedSession(e chat.Change, n int) (chat.Change, error) {
	var f formerSession
	value, _ := e.Value.(json.RawMessage)
	o, err := chat.ParseObject(value)
	if err != nil {
		return e, err
	}
	if err := o.Fill(&f); err != nil {
		return e, err
	}
	s := f.now(n)
	e.Key = s.ID.String()
	renamed, err := json.Marshal(s)
	e.Value = json.RawMessage(renamed)
	return e, err
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
