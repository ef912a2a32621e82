package conversation

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"parley/chat"
)

// Kind says what somebody hears. The set is closed: a driver reads everything that it does not ask for into one of these.
type Kind string

const (
	Entered   Kind = "entered"   // Nick enters Room
	Left      Kind = "left"      // Nick leaves Room
	Renamed   Kind = "renamed"   // Nick is called Text from now on
	Said      Kind = "said"      // Nick says Text
	Did       Kind = "did"       // Nick does Text
	Topic     Kind = "topic"     // Nick says that Room is about Text
	Announced Kind = "announced" // the administrator tells everybody Text
	Told      Kind = "told"      // Nick says Text to one alone

	// Of these nothing is stored: a story has to expect them.

	Wanted  Kind = "wanted"  // somebody asked for one's nickname
	Removed Kind = "removed" // one is not inside any more, because of Text
	IsAway  Kind = "is away" // Nick, who was told something, does not answer because of Text
	Unknown Kind = "unknown" // Text, which the driver does not understand
)

// isStored says whether what is heard stands in the log.
func (k Kind) isStored() bool { return !slices.Contains([]Kind{Wanted, Removed, IsAway, Unknown}, k) }

// Heard is one thing that somebody hears. Room is the lobby where nothing is said of a room, and empty for what is for one alone.
type Heard struct {
	Kind Kind
	Room chat.RoomID
	Nick string // empty also for one of a crowd who is not named
	Text string
}

// In puts what is heard into a room.
func (h Heard) In(room chat.RoomID) Heard {
	h.Room = room
	return h
}

func (h Heard) String() string {
	said := strings.TrimSpace(fmt.Sprintf("%s %s %.60q", h.Nick, h.Kind, h.Text))
	if h.Room == "" {
		return "(" + said + ")"
	}
	return fmt.Sprintf("(%s: %s)", h.Room, said)
}

func (h Heard) isComing() bool { return h.Kind == Entered || h.Kind == Left }

// lines are what is heard where a text is told line by line.
func (h Heard) lines() (all []Heard) {
	for line := range strings.SplitSeq(h.Text, "\n") {
		one := h
		one.Text = line
		all = append(all, one)
	}
	return all
}

// TheAdministrator is what everybody hears of an announcement.
func TheAdministrator(text string) Heard { return Heard{Kind: Announced, Room: chat.Lobby, Text: text} }

// BeingWanted is what somebody hears for whose nickname another has asked.
func BeingWanted() Heard { return Heard{Kind: Wanted} }

// Removal is what somebody hears who is kicked.
func Removal(reason string) Heard { return Heard{Kind: Removed, Text: reason} }

// differ says in what way what was heard is not what was to be heard; empty: in none. Where a door gathers who comes and goes,
// those who do so one after the other may be told in any order, and some without a name.
func differ(got, want []Heard, gathers bool) string {
	for i := 0; i < len(got) || i < len(want); {
		from := i
		for gathers && i < len(got) && i < len(want) && got[i].isComing() && want[i].isComing() {
			i++
		}
		if i > from {
			if !sameComings(got[from:i], want[from:i]) {
				return fmt.Sprintf("hears %v, want in some order %v", got[from:i], want[from:i])
			}
			continue
		}
		switch {
		case i >= len(want):
			return fmt.Sprintf("hears %v, which is too much", got[i:])
		case i >= len(got):
			return fmt.Sprintf("does not hear %v", want[i:])
		case got[i] != want[i]:
			return fmt.Sprintf("hears %v, want %v", got[i], want[i])
		}
		i++
	}
	return ""
}

// sameComings compares comings and goings without their order.
func sameComings(got, want []Heard) bool {
	left := map[Heard]int{}
	for _, h := range want {
		left[h]++
	}
	unnamed := map[Heard]int{}
	for _, h := range got {
		if left[h] == 0 {
			unnamed[h]++
		} else {
			left[h]--
		}
	}
	for h := range left {
		anybody := h
		anybody.Nick = ""
		for ; left[h] > 0 && unnamed[anybody] > 0; left[h]-- {
			unnamed[anybody]--
		}
	}
	none := func(m map[Heard]int) bool {
		return !slices.ContainsFunc(slices.Collect(maps.Values(m)), func(n int) bool { return n > 0 })
	}
	return none(left) && none(unnamed)
}
