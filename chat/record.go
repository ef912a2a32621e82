package chat

import "time"

// Place is a Record's place in the one ordered log. Places grow; they need not be dense.
type Place uint64

// NodeID names one server for as long as its data lives.
type NodeID string

// Epoch counts a node's lives: each start is a new one.
type Epoch uint64

// Origin says where a Record comes from: the N-th command of a node's life. A Record whose Origin
// was seen before is a repeat. Two servers of one node may choose the same epoch, so a life has a
// number of its own.
type Origin struct {
	Node  NodeID
	Epoch Epoch
	Life  Life
	N     uint64
}

// Record is a Command with its place and time, both given by the log.
type Record struct {
	Place   Place
	Time    time.Time // UTC, never before the previous Record's
	Origin  Origin
	Command Command
}

// Result is what a Record led to.
type Result struct {
	Place    Place
	Refusal  *Refusal  // nil: done
	Repeated bool      // the Record had been applied before; nothing happened now
	Events   []Event   // in the order in which they happened
	Messages []Message // new, in order
	Changes  []Change  // entities that are other than before
}

// Change is an entity's new whole, for whoever keeps State.
type Change struct {
	Kind  string
	Key   string
	Value any // marshals to the entity's JSON, or is that as json.RawMessage; nil: the entity is no more
}

// Event is what happened and concerns members. The set is closed: Entered, Posted, Told, Left, Ended, Changed, Renamed,
// TopicSet, RoomRemoved, Announced, Wanted.
type Event interface {
	event()
}

// Entered tells a room that a session entered it: the lobby, on entering the chat room, or one that it joins.
type Entered struct {
	Session Session
	Message Message
}

// Posted tells a room what a session said.
type Posted struct {
	From    SessionID
	Message Message
}

// Told tells two what one of them said to the other alone.
type Told struct {
	From, To Session
	Message  Message
}

// Left tells a room and the session itself that it left the room.
type Left struct {
	Session Session
	Reason  Reason
	Detail  string
	Message Message
}

// Ended tells a session that it is not inside any more. It follows what Left tells each of its rooms.
type Ended struct {
	Session Session
	Reason  Reason
	Detail  string
}

// Changed tells a session that it is other than before: its nickname, or that it is away. What rooms are told follows.
type Changed struct {
	Session Session
}

// Renamed tells a room that a session in it has another nickname.
type Renamed struct {
	Session Session
	Before  Nick
	Message Message
}

// TopicSet tells a room what it is about.
type TopicSet struct {
	From    SessionID
	Message Message
}

// RoomRemoved tells the members of a room that it was removed. They are not in it any more.
type RoomRemoved struct {
	Room    RoomID
	Members []Session // as they are now, ordered by SessionID
}

// Announced tells every member what the administrator said, once, however many rooms it is in.
type Announced struct {
	Message Message // of the room Everywhere
}

// Wanted tells a nickname's holder that somebody else asked for it.
type Wanted struct {
	Holder SessionID
}

func (Entered) event()     {}
func (Posted) event()      {}
func (Told) event()        {}
func (Left) event()        {}
func (Ended) event()       {}
func (Changed) event()     {}
func (Renamed) event()     {}
func (TopicSet) event()    {}
func (RoomRemoved) event() {}
func (Announced) event()   {}
func (Wanted) event()      {}
