package conversation

import (
	"slices"
	"strings"
	"time"

	"parley/chat"
)

// Verb is something that people do.
type Verb string

const (
	ToEnter      Verb = "enter"       // the chat room, as Nick
	ToEnterAgain Verb = "enter again" // under the nickname that one has: nothing happens
	ToSay        Verb = "say"         // Text, in Room
	ToSayLines   Verb = "say lines"   // Text of several lines
	ToAct        Verb = "act"         // Text, in Room
	ToTell       Verb = "tell"        // Nick alone Text
	ToJoin       Verb = "join"        // Room
	ToPart       Verb = "part"        // from Room
	ToRename     Verb = "rename"      // oneself Nick
	ToSetTopic   Verb = "set topic"   // of Room; no Text: to none
	ToGoAway     Verb = "go away"     // because of Text; none: one is back
	ToRecall     Verb = "recall"      // the last N messages of Room
	ToMiss       Verb = "miss"        // nothing: who comes back is shown what was said
	ToQuit       Verb = "quit"        // the chat room
	ToHangUp     Verb = "hang up"     // after all that was said: end of input
	ToVanish     Verb = "vanish"      // without a word: a connection that breaks
)

// Act is what somebody does.
type Act struct {
	Verb Verb
	Room chat.RoomID
	Nick string
	Text string
	N    int
}

// Driver speaks a door's wire for one person, again after the connection has ended. It belongs to one goroutine.
type Driver interface {
	// Do does something and returns once the server has dealt with it: nil, the *chat.Refusal, or what went wrong.
	Do(Act) error

	// Wait waits for something to be heard.
	Wait(deadline time.Time) error

	// Fence returns once everything has come that the door had for this person before the call.
	Fence() error

	// Take returns what was heard since the last call, in order.
	Take() []Heard

	// Recalled returns what was told since the last call of what had been said before, and how many messages are said to have been
	// missed; 0: nothing is said of that.
	Recalled() (lines []Heard, missed int)

	// Close ends what is open and tells nobody.
	Close()
}

// Door is a row of the table of doors.
type Door struct {
	Name    string
	Can     []Verb              // beside entering, talking in the lobby and quitting
	Gathers bool                // many who come and go at once are one line
	Tells   func(Heard) []Heard // what is heard through it of what happens
	Driver  func(*stage) Driver // for somebody who has not come yet
}

// Doors is the table. A door more is a row here and a driver.
func Doors() []Door {
	typed := []Verb{
		ToEnterAgain, ToAct, ToTell, ToJoin, ToPart, ToRename, ToSetTopic, ToGoAway, ToRecall, ToMiss, ToHangUp, ToVanish,
	}
	return []Door{
		{Name: "udp", Can: []Verb{ToEnterAgain, ToSayLines}, Tells: tellDatagrams, Driver: newDatagrams},
		{Name: "line", Can: typed, Gathers: true, Tells: tellLines, Driver: newLines},
		{Name: "tls", Can: typed, Gathers: true, Tells: tellLines, Driver: newLinesTLS},
	}
}

// lacks returns what of some needs cannot be done through the door; empty: nothing.
func (d Door) lacks(needs []Verb) Verb {
	for _, v := range needs {
		if !slices.Contains(d.Can, v) {
			return v
		}
	}
	return ""
}

// tells is what is heard through the door of several things.
func (d Door) tells(all []Heard) (told []Heard) {
	for _, h := range all {
		told = append(told, d.Tells(h)...)
	}
	return told
}

// refusalOf returns the Refusal that people read as a sentence; nil: none reads so.
func refusalOf(sentence string) *chat.Refusal {
	for _, c := range chat.Codes() {
		says := c.Sentence()
		if c != chat.OK && (says == sentence || strings.HasPrefix(sentence, says+" (")) {
			return chat.Refuse(c)
		}
	}
	for begins, c := range detailed {
		if strings.HasPrefix(sentence, begins) {
			return chat.Refuse(c)
		}
	}
	return nil
}

// detailed are refusals that name what they refuse, as lines word them.
var detailed = map[string]chat.Code{
	"a nickname cannot ":                chat.NickCharacters,
	"the nickname is not UTF-8":         chat.NickCharacters,
	"invalid room name ":                chat.RoomName,
	"no room ":                          chat.RoomUnknown,
	"the room ":                         chat.RoomUnknown,
	"no private messages with ":         chat.RoomUnknown,
	"you are not in the room ":          chat.RoomNotJoined,
	"you are not in any room: ":         chat.RoomNotJoined,
	"not sent: you have left that room": chat.RoomNotJoined,
}
