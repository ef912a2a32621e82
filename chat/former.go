package chat

import (
	"encoding/json"
	"net/netip"
	"strings"
	"time"
)

// formerSession is a session in the JSON of older formats. Its ID is a text, such as
// `node/udp/192.0.2.2:4000`.
type formerSession struct {
	ID      string    `json:"id"`
	Node    NodeID    `json:"node"`
	Door    string    `json:"door"`
	Nick    Nick      `json:"nick"`
	Rooms   []RoomID  `json:"rooms"`
	Entered time.Time `json:"entered"`
	Away    string    `json:"away,omitempty"`
	User    UserID    `json:"user,omitempty"`
}

// datagrams is the door of which a session's ID had the client's address.
const datagrams = "udp"

// now returns the session as it is today, see RenameSession.
func (f formerSession) now(n int) Session {
	s := Session{
		ID: SessionID{Node: f.Node, N: uint64(n)}, Door: f.Door, Nick: f.Nick, Rooms: f.Rooms,
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

// RenameSession returns a session's entity, as databases up to format 4 have it, with today's JSON:
// the n-th session of a life that no node has. Without the address of a datagram client it has no
// user, so that the next start ends it.
func RenameSession(e Change, n int) (Change, error) {
	var f formerSession
	value, _ := e.Value.(json.RawMessage)
	o, err := ParseObject(value)
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
