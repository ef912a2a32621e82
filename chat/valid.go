package chat

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// NoteMaxBytes bounds what is shown on one line beside a name: a topic, or the reason why somebody
// is away or was removed.
const NoteMaxBytes = 400

// IsRoom says whether a room can have a name: as ParseRoom makes it, or as DirectRoom does, or
// Everywhere.
func (r RoomID) IsRoom() bool {
	if r == Everywhere {
		return true
	}
	if _, _, ok := r.Users(); ok {
		return true
	}
	if rest, direct := strings.CutPrefix(string(r), "@"); direct { // from before there were users
		first, second, two := strings.Cut(rest, "+")
		return two && first <= second && IsNick(first) && IsNick(second)
	}
	parsed, err := ParseRoom(string(r))
	return err == nil && parsed == r
}

// IsNick says whether somebody could ever have been called so. Unlike ParseNick it takes keys, and
// nicknames that are reserved or mix scripts: such rules may grow stricter, history stays.
func IsNick(s string) bool {
	return s != "" && len(s) <= NickMaxBytes && utf8.ValidString(s) &&
		strings.IndexFunc(s, forbiddenInNick) < 0
}

// IsLine says whether a text is one line as ParseText leaves it.
func IsLine(s string, maxBytes int) bool {
	text, err := ParseText(s, maxBytes)
	return err == nil && text == s && !strings.Contains(s, "\n")
}

// IsStorable says whether a time is kept to the nanosecond.
func IsStorable(t time.Time) bool { return t.Equal(time.Unix(0, t.UnixNano())) }

func (r Room) check() error {
	switch {
	case !r.ID.IsRoom():
		return errors.New("not a valid room name")
	case r.Topic != "" && (!r.ID.IsPublic() || !IsLine(r.Topic, NoteMaxBytes)):
		return fmt.Errorf("invalid topic %s: want one line of at most %d bytes, no control characters",
			Quote(r.Topic), NoteMaxBytes)
	case r.Quiet && (r.ID == Lobby || !r.ID.IsPublic() || r.Topic != ""):
		return errors.New("this room cannot be quiet")
	case r.Seq > math.MaxInt64:
		return fmt.Errorf("invalid seq %d", r.Seq)
	case r.Amended > math.MaxInt64-uint64(r.Seq):
		return fmt.Errorf("invalid amended %d", r.Amended)
	}
	return nil
}

func (s Session) check() error {
	switch {
	case s.ID.Node == "" || s.ID.N == 0:
		return errors.New("the session has no node or no number")
	case !IsNick(s.Nick.Name) || !IsNick(s.Nick.Key):
		return fmt.Errorf("invalid nickname %s (%s)", Quote(s.Nick.Name), Quote(s.Nick.Key))
	case s.Away != "" && !IsLine(s.Away, NoteMaxBytes):
		return fmt.Errorf("invalid reason %s for being away", Quote(s.Away))
	case !IsStorable(s.Entered):
		return fmt.Errorf("invalid time %v", s.Entered)
	}
	for i, room := range s.Rooms {
		if !room.IsRoom() || !room.IsPublic() || slices.Contains(s.Rooms[:i], room) {
			return fmt.Errorf("invalid room name %s, or it is there twice", Quote(room))
		}
	}
	return nil
}
