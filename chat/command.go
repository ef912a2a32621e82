package chat

import (
	"net/netip"
	"time"
)

// Reason says why somebody left.
type Reason string

const (
	ReasonQuit   Reason = "quit"   // asked to
	ReasonGone   Reason = "gone"   // cannot be reached any more
	ReasonIdle   Reason = "idle"   // said nothing for too long
	ReasonKicked Reason = "kicked" // removed by the administrator
	ReasonEnded  Reason = "ended"  // the server it was connected to ended
	ReasonParted Reason = "parted" // left a room, and is still inside
	ReasonSlow   Reason = "slow"   // read more slowly than others spoke
)

// Reasons returns every Reason there is.
func Reasons() []Reason {
	return []Reason{
		ReasonQuit, ReasonGone, ReasonIdle, ReasonKicked, ReasonEnded, ReasonParted, ReasonSlow,
	}
}

// Command is what somebody asks of the chat room. The set is closed: a Command is one of the types of this file, each a plain
// value that can be written down, and none of them is changed once it is in a log.
type Command interface {
	apply(*turn) *Refusal
	kind() byte // see AppendCommand
}

// Enter brings a session into the lobby under a nickname. A session that is inside with the same nickname stays and nobody is
// told; with another one it leaves and enters, at once or not at all.
//
// Refused with NickOccupied; the holder is then told by Wanted.
type Enter struct {
	Session SessionID
	Door    string
	Peer    netip.AddrPort // the client's address, if it is all that makes the session; else zero
	Nick    Nick
}

// Post says something in a room.
//
// Refused with NotInside, NotYours, RoomUnknown or RoomNotJoined.
type Post struct {
	By     Actor
	Room   RoomID
	Text   string // from ParseText
	Action bool   // Text is what the sender does: `/me waves`
}

// Direct says something to one other member, alone. It stands in the history of the two users, see
// DirectRoom, which is removed once one of them leaves.
//
// Refused with NotInside or NickUnknown, or with RoomUnknown if the two have no history and New
// does not allow one.
type Direct struct {
	By    Actor
	ToKey string
	To    UserID // the holder of ToKey that the sender meant; 0: whichever member holds it
	Text  string // from ParseText
	New   bool   // the sender may begin a history with the other
}

// Join brings a session that is inside into another room as well. If the room does not exist and
// New allows it, Join creates it. Nothing happens to a session that is in the room already.
//
// Refused with NotInside, RoomUnknown or TooManyRooms.
type Join struct {
	By     Actor
	Room   RoomID // from ParseRoom
	Rooms  int    // how many rooms there may be
	Joined int    // how many of them one session may be in
	New    bool   // the session may create the room
}

// Part takes a session out of a room. It stays inside, perhaps in no room. A Quiet room is removed
// with its last member, whichever way that member goes.
//
// Refused with NotInside, RoomUnknown or RoomNotJoined.
type Part struct {
	By     Actor
	Room   RoomID
	Detail string // why, in the member's words: one line, as kick's; may be empty
}

// Rename gives a session another nickname, in all its rooms.
//
// Refused with NotInside or NickOccupied; the holder is then told by Wanted.
type Rename struct {
	By   Actor
	Nick Nick
}

// SetTopic says what a room is about. An empty text says that it is about nothing any more.
//
// Refused with NotInside, RoomUnknown or RoomNotJoined.
type SetTopic struct {
	By   Actor
	Room RoomID
	Text string // from ParseText, one line
}

// SetAway says why a session does not answer. An empty text says that it is back.
//
// Refused with NotInside.
type SetAway struct {
	By   Actor
	Text string // from ParseText, one line
}

// Leave ends a session.
//
// Refused with NotInside or NotYours.
type Leave struct {
	By     Actor
	Reason Reason
	Detail string // why, in the member's words: one line; may be empty
}

// Announce tells every member, in whatever rooms it is. It writes one message, in Everywhere,
// however many rooms there are.
//
// Refused with NotAllowed.
type Announce struct {
	By   Actor
	Text string // from ParseText
}

// Kick ends whatever session holds a nickname.
//
// Refused with NotAllowed or NickUnknown.
type Kick struct {
	By      Actor
	NickKey string
	Detail  string // what the one removed and the history are told; may be empty
}

// RemoveRoom removes a room and its history. Its members leave it and stay inside.
//
// Refused with NotAllowed or RoomUnknown, or with BadArgument for the lobby and Everywhere.
type RemoveRoom struct {
	By   Actor
	Room RoomID // a direct one, too
}

// Start begins a node's life under the epoch and the life of its Origin. Sessions of its former
// lives end, except those of the doors in Resumable if the node was last seen at most Within ago.
type Start struct {
	Resumable []string
	Within    time.Duration
	Alone     bool // no other node has the log any more: their lives end
}

// Stop ends a node's life. Its sessions end, except those of the doors in Resumable, which wait for
// its next Start.
type Stop struct {
	Resumable []string
}

// Gone ends the life of another node that has fallen silent after the N-th command of its life, and
// all its sessions.
//
// Refused with NodeSpoke if the node has said more since, or if its life has ended.
type Gone struct {
	Node  NodeID
	Epoch Epoch
	Life  Life
	N     uint64
}

// Sweep ends further dead sessions. Start, Stop and Gone end only so many that no Record takes
// long.
type Sweep struct{}

// Alive says that a node is alive while it has nothing else to say, so that Start can tell how long it was not.
type Alive struct{}

// Size returns about how many bytes a Command takes, for bounds on batches.
func Size(c Command) int {
	const envelope = 128
	switch c := c.(type) {
	case Post:
		return envelope + len(c.Text)
	case Direct:
		return envelope + len(c.Text)
	case Announce:
		return envelope + len(c.Text)
	}
	return envelope
}
