package chat

import "time"

// RoomID names a room.
type RoomID string

// Lobby is the room that always exists and that everybody enters first.
const Lobby RoomID = "lobby"

// Seq is a message's place in its room: 1, 2, 3, … without a gap, for ever.
type Seq uint64

// Kind says what a message is.
type Kind string

const (
	KindMessage      Kind = "message"      // somebody said something
	KindAnnouncement Kind = "announcement" // the administrator told everybody
	KindEntered      Kind = "entered"      // somebody entered the room
	KindLeft         Kind = "left"         // somebody left it; Text is the reason
)

// Kinds returns every Kind there is.
func Kinds() []Kind { return []Kind{KindMessage, KindAnnouncement, KindEntered, KindLeft} }

// Message is one line of a room's history: what was said, and who came and went.
type Message struct {
	Room RoomID    `json:"room"`
	Seq  Seq       `json:"seq"`
	Time time.Time `json:"time"` // UTC
	Kind Kind      `json:"kind"`
	Nick string    `json:"nick"` // as shown; empty for an announcement
	Text string    `json:"text"` // may have several lines
}
