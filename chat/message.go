package chat

import (
	"strings"
	"time"
)

// Seq is a message's place in its room: 1, 2, 3, … without a gap, for ever.
type Seq uint64

// Rev is a room's revision. Each new message and each amendment of one raises it by exactly 1.
type Rev uint64

// UserID is the place in the log of the record that created a user. 0 is nobody: the author of
// messages from before there were users.
type UserID uint64

// Kind says what a message is.
type Kind string

const (
	KindMessage      Kind = "message"      // somebody said something
	KindAnnouncement Kind = "announcement" // the administrator told everybody
	KindEntered      Kind = "entered"      // somebody entered the room
	KindLeft         Kind = "left"         // somebody left it; Text is the reason
	KindAction       Kind = "action"       // somebody did something: Text is said of them in the third person
	KindRenamed      Kind = "renamed"      // Nick is called Text from now on
	KindTopic        Kind = "topic"        // somebody said what the room is about; Text may be empty
)

// Kinds returns every Kind there is.
func Kinds() []Kind {
	return []Kind{KindMessage, KindAnnouncement, KindEntered, KindLeft, KindAction, KindRenamed, KindTopic}
}

// IsSaid says whether a message of the Kind is something that people say to each other: what somebody misses who is not there.
func (k Kind) IsSaid() bool { return k == KindMessage || k == KindAnnouncement || k == KindAction }

// IsNotice says whether a message of the Kind tells of members only.
func (k Kind) IsNotice() bool { return k == KindEntered || k == KindLeft || k == KindRenamed }

// Message is one line of a room's history: what was said, and who came and went.
type Message struct {
	Room   RoomID    `json:"room"`
	Seq    Seq       `json:"seq"`
	Time   time.Time `json:"time"` // UTC
	Kind   Kind      `json:"kind"`
	Nick   string    `json:"nick"` // as shown; empty for an announcement
	Text   string    `json:"text"` // may have several lines
	Author UserID    `json:"author,omitempty"`
	Reply  Seq       `json:"reply,omitempty"` // the message in the room that it answers; 0: none
	Place  Place     `json:"place,omitempty"` // of its record; 0: from before disk format 3
}

// Cursor is a place in the history of a room, behind some of its messages. The history of a public
// room shows the messages of Everywhere, too, so a Cursor also is behind some of these.
type Cursor struct {
	Seq  Seq // of the newest message of the room before it; 0: none
	Told Seq // of the newest message of Everywhere before it; 0: none
}

// Past returns the Cursor behind a message that the history of a room shows after it.
func (c Cursor) Past(room RoomID, m Message) Cursor {
	if m.Room == room {
		c.Seq = m.Seq
	} else {
		c.Told = m.Seq
	}
	return c
}

// Beyond returns how many messages the history of a room shows between an earlier Cursor and c.
func (c Cursor) Beyond(earlier Cursor) int {
	return int(c.Seq) - int(earlier.Seq) + int(c.Told) - int(earlier.Told)
}

// IsReturn says whether a member enters the lobby that was inside already, in other rooms. A user's
// number is the place at which it joined the chat room.
func (m Message) IsReturn() bool {
	return m.Kind == KindEntered && m.Room == Lobby && m.Author != 0 && Place(m.Author) != m.Place
}

// Reason returns why a member left, if the message says that one left.
func (m Message) Reason() Reason {
	if m.Kind != KindLeft {
		return ""
	}
	reason, _, _ := strings.Cut(m.Text, detailMark)
	return Reason(reason)
}
