package chat

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// SessionID names a session for ever: the N-th of a node's life. So the ID of a former life never
// names a new connection. The zero SessionID names no session.
type SessionID struct {
	Node NodeID
	Life Life
	N    uint64
}

// Session is the presence of a user: through which door, in which rooms. Rooms is never changed in
// place.
type Session struct {
	ID      SessionID      `json:"id"`
	Door    string         `json:"door"`
	Peer    netip.AddrPort `json:"peer,omitzero"` // see Enter
	Nick    Nick           `json:"nick"`
	Rooms   []RoomID       `json:"rooms"`
	Entered time.Time      `json:"entered"`
	Away    string         `json:"away,omitempty"` // why it does not answer; empty: it does
	User    UserID         `json:"user,omitempty"` // 0: from before there were users; Start ends it
}

// String returns the ID as `node/life/n`: the life as 16 hexadecimal digits, n in decimal.
func (id SessionID) String() string {
	b := make([]byte, 0, len(id.Node)+40)
	b = append(append(b, id.Node...), '/')
	b = append(id.Life.append(b), '/')
	return string(strconv.AppendUint(b, id.N, 10))
}

// MarshalText implements encoding.TextMarshaler with String.
func (id SessionID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler. It accepts only what String returns.
func (id *SessionID) UnmarshalText(text []byte) error {
	rest, n, _ := cutLast(string(text), "/")
	node, life, _ := cutLast(rest, "/")
	read := SessionID{Node: NodeID(node)}
	number, err := strconv.ParseUint(n, 10, 64)
	read.N = number
	if err = errors.Join(err,
		read.Life.UnmarshalText([]byte(life))); err != nil || read.String() != string(text) {
		return fmt.Errorf("%s is not the ID of a session", Quote(string(text)))
	}
	*id = read
	return nil
}

// cutLast is strings.Cut at the last separator.
func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

// Compare orders SessionIDs by node, then by life, then by number.
func (id SessionID) Compare(other SessionID) int {
	return cmp.Or(cmp.Compare(id.Node, other.Node), cmp.Compare(id.Life, other.Life),
		cmp.Compare(id.N, other.N))
}

// isIn says whether the session is in a room.
func (s Session) isIn(room RoomID) bool { return slices.Contains(s.Rooms, room) }

func (s Session) key() string { return s.ID.String() }

func (s Session) encode(e *encoding) {
	e.session(s.ID)
	e.text(s.Door)
	e.text(s.Nick.Name)
	e.text(s.Nick.Key)
	e.number(uint64(len(s.Rooms)))
	for _, r := range s.Rooms {
		e.text(string(r))
	}
	e.time(s.Entered)
	e.text(s.Away)
	e.later(tagUser, uint64(s.User))
	if s.Peer.IsValid() {
		e.number(tagPeer)
		e.text(s.Peer.String())
	}
}
