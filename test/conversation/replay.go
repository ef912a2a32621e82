package conversation

import (
	"cmp"
	"fmt"
	"slices"

	"parley/chat"
)

// replayed is what somebody should have heard, and whether it is inside in the end.
type replayed struct {
	heard  []Heard
	inside bool
}

// replay goes through what is stored, in its order, and tells it to those who were there.
func (s *Story) replay(messages []chat.Message) map[*Member]replayed {
	r := &replay{
		story: s, holders: map[string]*Member{}, users: map[chat.UserID]*Member{},
		rooms: map[chat.RoomID][]*Member{}, heard: map[*Member][]Heard{},
	}
	r.rest = slices.Clone(messages)
	slices.SortStableFunc(r.rest, func(a, b chat.Message) int { return a.Time.Compare(b.Time) })
	for len(r.rest) > 0 {
		next := r.rest[0]
		r.rest = r.rest[1:]
		r.take(next)
	}
	all := map[*Member]replayed{}
	for _, m := range s.members {
		inside := false
		for _, holder := range r.holders {
			inside = inside || holder == m
		}
		all[m] = replayed{r.heard[m], inside}
	}
	return all
}

// replay is a chat room as its log tells it.
type replay struct {
	story   *Story
	rest    []chat.Message // to come
	holders map[string]*Member
	users   map[chat.UserID]*Member
	rooms   map[chat.RoomID][]*Member
	heard   map[*Member][]Heard
}

// kinds are those of what rooms are told.
var kinds = map[chat.Kind]Kind{
	chat.KindEntered: Entered, chat.KindLeft: Left, chat.KindRenamed: Renamed, chat.KindMessage: Said, chat.KindAction: Did,
	chat.KindTopic: Topic,
}

func (r *replay) take(m chat.Message) {
	if m.Kind == chat.KindEntered && r.holders[m.Nick] == nil {
		r.holders[m.Nick] = r.story.born(m.Nick, r.first(m.Nick))
	}
	self := r.holders[m.Nick]
	if m.Kind == chat.KindEntered {
		r.users[m.Author] = self
	}
	if m.Kind == chat.KindRenamed && self == nil { // another room has told so
		self = r.holders[m.Text]
	}
	switch {
	case m.Room.IsDirect():
		r.tellOne(m)
		return
	case m.Kind == chat.KindAnnouncement:
		for _, holder := range r.holders {
			r.hears(holder, TheAdministrator(m.Text))
		}
		return
	}
	h := Heard{Kind: kinds[m.Kind], Room: m.Room, Nick: m.Nick, Text: m.Text}
	if h.isComing() {
		h.Text = ""
	}
	for _, other := range r.rooms[m.Room] {
		if other != self {
			r.hears(other, h)
		}
	}
	r.move(m, self)
}

// move keeps who is where, and who has which nickname.
func (r *replay) move(m chat.Message, self *Member) {
	switch m.Kind {
	case chat.KindEntered:
		r.rooms[m.Room] = append(r.rooms[m.Room], self)
	case chat.KindRenamed:
		if self != nil {
			delete(r.holders, m.Nick)
			r.holders[m.Text] = self
		}
	case chat.KindLeft:
		r.rooms[m.Room] = slices.DeleteFunc(r.rooms[m.Room], func(other *Member) bool { return other == self })
		for _, there := range r.rooms {
			if slices.Contains(there, self) {
				return
			}
		}
		if m.Text != string(chat.ReasonParted) {
			delete(r.holders, m.Nick)
		}
	}
}

// tellOne tells what one says to another alone.
func (r *replay) tellOne(m chat.Message) {
	one, other, _ := m.Room.Users()
	to := one
	if m.Author == one {
		to = other
	}
	r.hears(r.users[to], Heard{Kind: Told, Nick: m.Nick, Text: m.Text})
}

func (r *replay) hears(m *Member, h Heard) {
	if m != nil {
		r.heard[m] = append(r.heard[m], h)
	}
}

// first returns what is said first under a nickname before whoever has it leaves; empty: nothing.
func (r *replay) first(nick string) string {
	for _, m := range r.rest {
		switch {
		case m.Nick != nick:
		case m.Kind == chat.KindMessage:
			return m.Text
		case m.Kind == chat.KindLeft || m.Kind == chat.KindRenamed:
			return ""
		}
	}
	return ""
}

// born returns who entered under a nickname: the first that did and is not found yet. Where that may be another, because several
// entered at once, it is the one that said what was said first.
func (s *Story) born(nick, first string) *Member {
	s.mu.Lock()
	defer s.mu.Unlock()
	var oldest *life
	for _, l := range s.lives {
		if l.found || l.nick != nick {
			continue
		}
		if first != "" && l.first == first {
			oldest = l
			break
		}
		if oldest == nil {
			oldest = l
		}
	}
	if oldest == nil {
		return nil
	}
	oldest.found = true
	return oldest.member
}

// compare compares what was heard with what should have been, room by room: of two rooms each has its own order. Who comes and goes
// may be left out.
func compare(got, want []Heard, gathers, noComings bool) error {
	byRoom := func(all []Heard) map[chat.RoomID][]Heard {
		rooms := map[chat.RoomID][]Heard{}
		for _, h := range all {
			if h.Kind.isStored() && !(noComings && h.isComing()) {
				rooms[h.Room] = append(rooms[h.Room], h)
			}
		}
		return rooms
	}
	heard, stored := byRoom(got), byRoom(want)
	for _, room := range slices.SortedFunc(rooms(heard, stored), func(a, b chat.RoomID) int { return cmp.Compare(a, b) }) {
		if wrong := differ(heard[room], stored[room], gathers); wrong != "" {
			return fmt.Errorf("by what is stored: %s", wrong)
		}
	}
	return nil
}

// rooms are those of which something is heard, or should be.
func rooms(all ...map[chat.RoomID][]Heard) func(func(chat.RoomID) bool) {
	return func(yield func(chat.RoomID) bool) {
		for _, m := range all {
			for room := range m {
				if !yield(room) {
					return
				}
			}
		}
	}
}
