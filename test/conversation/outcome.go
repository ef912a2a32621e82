package conversation

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/google/go-cmp/cmp"

	"parley/chat"
)

// Outcome is what is left of a story, without what differs from door to door: names of sessions and of their doors.
type Outcome struct {
	Log    []string // room by room, the lobby first: `[ROOM] KIND NICK: TEXT`, the lobby's without its name; of two alone, last
	Rooms  []string // with how many messages each has, and what it is about
	Inside []string // with the rooms in which each is, and why it does not answer

	messages []chat.Message
}

// differ says in what another outcome is not the same.
func (o *Outcome) differ(other *Outcome) string {
	for _, part := range []struct {
		name      string
		one, more []string
	}{{"log", o.Log, other.Log}, {"rooms", o.Rooms, other.Rooms}, {"who is inside", o.Inside, other.Inside}} {
		if diff := cmp.Diff(part.one, part.more); diff != "" {
			return part.name + ":\n" + diff
		}
	}
	return ""
}

// outcome reads what is stored since it was last read, of all rooms and of each two who may have talked alone.
func (s *stage) outcome() (*Outcome, error) {
	o, hub := &Outcome{}, s.Desk().Hub
	inside := map[chat.SessionID]chat.Session{}
	rooms := []chat.RoomID{chat.Lobby}
	for r := range hub.Rooms() {
		if r.ID != chat.Lobby {
			rooms = append(rooms, r.ID)
		}
		o.Rooms = append(o.Rooms, strings.TrimSpace(fmt.Sprint(r.ID, " ", r.Seq, " ", r.Topic)))
		for m := range hub.Who(r.ID) {
			inside[m.ID] = m
		}
	}
	for _, room := range rooms {
		if err := s.read(o, room); err != nil {
			return nil, err
		}
	}
	for _, room := range alone(o.messages) {
		if _, err := hub.Newest(room); err != nil {
			continue // they did not
		}
		if err := s.read(o, room); err != nil {
			return nil, err
		}
	}
	for _, m := range inside {
		o.Inside = append(o.Inside, strings.TrimSpace(fmt.Sprint(m.Nick.Name, " ", m.Rooms, " ", m.Away)))
	}
	slices.Sort(o.Inside)
	return o, nil
}

// everything is more messages than any story has.
const everything = 1_000_000

// read adds a room's messages.
func (s *stage) read(o *Outcome, room chat.RoomID) error {
	ctx, cancel := context.WithTimeout(context.Background(), s.patience)
	defer cancel()
	messages, err := s.Desk().Hub.Last(ctx, room, everything)
	if err != nil {
		return err
	}
	prefix := ""
	if room != chat.Lobby {
		prefix = "[" + o.nameOf(room) + "] "
	}
	var end chat.Cursor
	for _, m := range messages {
		before := end
		end = end.Past(room, m)
		if m.Room == room && end.Beyond(before) != 1 {
			return fmt.Errorf("message %d of %s follows %d", m.Seq, room, before.Seq)
		}
		if end.Seq <= s.told[room].Seq && end.Told <= s.told[room].Told {
			continue
		}
		if m.Room == room || room == chat.Lobby { // each announcement once
			o.messages = append(o.messages, m)
		}
		o.Log = append(o.Log, prefix+logged(m))
	}
	s.told[room] = end
	return nil
}

// users are those who entered, each with the first nickname it had.
func users(messages []chat.Message) map[chat.UserID]string {
	nicks := map[chat.UserID]string{}
	for _, m := range messages {
		if m.Kind == chat.KindEntered && m.Room == chat.Lobby && nicks[m.Author] == "" {
			nicks[m.Author] = m.Nick
		}
	}
	return nicks
}

// alone are the rooms that any two of those who entered, or one, can have for themselves.
func alone(messages []chat.Message) (rooms []chat.RoomID) {
	had := slices.Sorted(maps.Keys(users(messages)))
	for i, one := range had {
		for _, other := range had[i:] {
			rooms = append(rooms, chat.DirectRoom(one, other))
		}
	}
	return rooms
}

// nameOf is how a log calls a room. It is the same whichever door tells the story.
func (o *Outcome) nameOf(room chat.RoomID) string {
	one, other, direct := room.Users()
	if !direct {
		return string(room)
	}
	nicks := users(o.messages)
	names := []string{nicks[one], nicks[other]}
	slices.Sort(names)
	return "@" + strings.Join(names, "+")
}

func logged(m chat.Message) string {
	said := string(m.Kind)
	if m.Nick != "" {
		said += " " + m.Nick
	}
	if m.Text != "" {
		said += ": " + m.Text
	}
	return said
}
