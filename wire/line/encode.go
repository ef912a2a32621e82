package line

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"parley/chat"
)

// Prompt asks for a nickname. No line break follows: people answer behind it.
const Prompt = "Please enter nickname: "

// What the server says on its own.
const (
	Asked    = "somebody asks for your nickname"
	Stopping = "the server is shutting down"
	Removed  = "you were removed from the chat room" // may go on with ": REASON"
	Bye      = "you have left the chat room"
	Slow     = "you read more slowly than others speak, so you have left the chat room"
	Unshown  = "! a line that others said cannot be shown here: see /history"
	NoProxy  = "! a PROXY header is accepted only from an address in port.proxies"
	TimedOut = "! timed out waiting for a nickname"
)

// Refused words a refusal.
func Refused(r *chat.Refusal) string { return "! " + strings.ReplaceAll(r.Error(), "\n", " ") }

// Welcome is what somebody is told who has entered.
func Welcome(nick string, others int) string {
	return fmt.Sprintf("Welcome to the chat room, %s. %s /help lists commands.", nick, here(others))
}

// Topic is what somebody is told of the lobby who has entered, if it has a topic.
func Topic(topic string) string { return "The topic is: " + topic }

func here(others int) string {
	switch others {
	case 0:
		return "Nobody else is here."
	case 1:
		return "1 other is here."
	}
	return fmt.Sprintf("%d others are here.", others)
}

// Missed introduces what was said while somebody was away: so many messages, or at least so many, of which the last shown follow.
func Missed(missed, shown int, orMore bool) string {
	said := fmt.Sprintf("%d messages", missed)
	if missed == 1 {
		said = "1 message"
	}
	if orMore {
		said += " or more"
	}
	if shown < missed {
		said += fmt.Sprintf(", the last %d follow", shown)
	}
	return "--- you missed " + said + " ---"
}

// IsAway says why somebody does not answer who was told something.
func IsAway(nick, why string) string { return nick + " is away: " + why }

// shortMax is how many bytes of a message are repeated for a member that enters.
const shortMax = 600

// Shortened returns the beginning of a text that has more than 600 bytes, and how to read the rest.
func Shortened(text string) string {
	if len(text) <= shortMax {
		return text
	}
	cut := shortMax
	for !utf8.RuneStart(text[cut]) {
		cut--
	}
	return fmt.Sprintf("%s … (%d more bytes, see /history)", text[:cut], len(text)-cut)
}

// Latest introduces the newest messages for somebody of whom it is not known what they missed.
const Latest = "--- what was said last ---"

// Append encodes what a room, or one in it, is told of an event, behind b: lines, none for what is not told.
func Append(b []byte, e chat.Event) []byte {
	switch e := e.(type) {
	case chat.Posted:
		if e.Message.Kind == chat.KindAction {
			return appendLines(b, in(e.Message.Room)+"* "+e.Message.Nick+" ", e.Message.Text)
		}
		return appendLines(b, in(e.Message.Room)+e.Message.Nick+": ", e.Message.Text)
	case chat.Told:
		return appendLines(b, "(to you alone) "+e.Message.Nick+": ", e.Message.Text)
	case chat.Entered:
		return appendLine(b, Coming(e.Message.Room, true, 1, e.Message.Nick))
	case chat.Left:
		return appendLine(b, Leaving(e))
	case chat.Renamed:
		return appendLine(b, in(e.Message.Room)+e.Message.Nick+" is now "+e.Message.Text)
	case chat.TopicSet:
		if e.Message.Text == "" {
			return appendLine(b, in(e.Message.Room)+e.Message.Nick+" removes the topic")
		}
		return appendLine(b, in(e.Message.Room)+e.Message.Nick+" changes the topic to: "+e.Message.Text)
	case chat.Announced:
		return appendLines(b, "Administrator message: ", e.Text)
	case chat.Wanted:
		return appendLine(b, Asked)
	}
	return b
}

// Coming says that some enter a room, or leave it: count of them, the first of whom are named.
func Coming(room chat.RoomID, enter bool, count int, named ...string) string {
	does, what := "enter", "the room"
	if room == chat.Lobby {
		what = "the chat room"
	}
	switch {
	case !enter && room == chat.Lobby:
		does = "quit"
	case !enter:
		does = "leave"
	}
	if count == 1 {
		does += "s"
	}
	who := strings.Join(named, ", ")
	switch more := count - len(named); {
	case more == 1:
		who += " and 1 other"
	case more > 1:
		who += fmt.Sprintf(" and %d others", more)
	}
	return in(room) + who + " " + does + " " + what
}

// Leaving says that one leaves a room, with the reason that it gave.
func Leaving(e chat.Left) string {
	said := Coming(e.Message.Room, false, 1, e.Message.Nick)
	if e.Detail != "" && (e.Reason == chat.ReasonQuit || e.Reason == chat.ReasonParted) {
		said += " (" + e.Detail + ")"
	}
	return said
}

// Line makes a line of what the server says on its own. It holds no line break.
func Line(said string) []byte { return appendLine(make([]byte, 0, len(said)+1), said) }

// in says of which room something is told: of the lobby where nothing is said.
func in(room chat.RoomID) string {
	if room == chat.Lobby {
		return ""
	}
	return "[" + string(room) + "] "
}

func appendLine(b []byte, line string) []byte { return append(append(b, line...), '\n') }

// appendLines puts prefix before each line of a text, so that no line of it can pass for another's.
func appendLines(b []byte, prefix, text string) []byte {
	for line := range strings.SplitSeq(text, "\n") {
		b = append(append(append(b, prefix...), line...), '\n')
	}
	return b
}
