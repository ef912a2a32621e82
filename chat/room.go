package chat

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/secure/precis"
)

// RoomID names a room: as ParseRoom makes it, or as DirectRoom does.
type RoomID string

// Lobby is the room that always exists and that everybody enters first.
const Lobby RoomID = "lobby"

// LobbyInChinese is how Chinese texts call the lobby. Where a name is read it means the lobby,
// unless such a room exists.
const LobbyInChinese RoomID = "大厅"

// Everywhere holds what the administrator tells everyone. Nobody joins it: the history of each
// public room shows its messages between its own, as of their Places.
const Everywhere RoomID = "*"

// RoomMaxBytes bounds a room's name, after folding.
const RoomMaxBytes = 64

// ParseRoom makes a RoomID out of what somebody typed, with or without the # that IRC puts before it; any error is a *Refusal
// with RoomName. A room's name is folded as nicknames are compared (PRECIS, RFC 8266), may have the same characters, and is of
// scripts that go together: so two that differ in case or width are one room. ParseRoom(string(id)) gives id again.
func ParseRoom(s string) (RoomID, error) {
	s = strings.TrimPrefix(s, "#")
	if len(s) > 4*RoomMaxBytes || !utf8.ValidString(s) { // bounds the work
		return "", Refuse(RoomName)
	}
	s = normalized(strings.ReplaceAll(s, "\uFE0F", ""))
	if checkNick(s) != OK {
		return "", Refuse(RoomName)
	}
	folded, err := precis.Nickname.CompareKey(s)
	if err != nil || checkNick(folded) != OK || len(folded) > RoomMaxBytes || mixesScripts(folded) {
		return "", Refuse(RoomName)
	}
	return RoomID(folded), nil
}

// ParseAnyRoom is ParseRoom, but also returns the name of a room that nobody joins, as it is.
func ParseAnyRoom(s string) (RoomID, error) {
	if room := RoomID(s); !room.IsPublic() && room.IsRoom() {
		return room, nil
	}
	return ParseRoom(s)
}

// DirectRoom names the room in which two users talk to each other alone. No room that members join
// can be called so. A user is not found by a nickname: the next member with that nickname must not
// continue the conversation.
func DirectRoom(a, b UserID) RoomID {
	return RoomID(fmt.Sprintf("@%d:%d", min(a, b), max(a, b)))
}

// Users returns the users of a direct room, the older one first. A direct room from before there
// were users is named by nicknames, `@ann+bob`, and has none.
func (r RoomID) Users() (a, b UserID, ok bool) {
	rest, direct := strings.CutPrefix(string(r), "@")
	first, second, two := strings.Cut(rest, ":")
	if !direct || !two {
		return 0, 0, false
	}
	one, err := strconv.ParseUint(first, 10, 64)
	other, err2 := strconv.ParseUint(second, 10, 64)
	a, b = UserID(one), UserID(other)
	ok = err == nil && err2 == nil && 0 < a && a <= b && b <= math.MaxInt64 && DirectRoom(a, b) == r
	return a, b, ok
}

// IsDirect says whether a room is one in which two users talk to each other alone.
func (r RoomID) IsDirect() bool { return strings.HasPrefix(string(r), "@") }

// IsPublic says whether members can join a room, if there is one of that name.
func (r RoomID) IsPublic() bool { return !r.IsDirect() && r != Everywhere }
