package conversation

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/go-cmp/cmp"

	"parley/chat"
	"parley/store"
)

// Outcome is what is left of a story, without what differs from door to door.
type Outcome struct {
	Log    []string // room by room, the lobby first: `[ROOM] KIND NICK: TEXT`, the lobby's without its name
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

// outcome reads what is stored since it was last read.
func (s *stage) outcome() (o *Outcome, err error) {
	r, err := store.OpenReader(context.Background(), s.dir)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	o = &Outcome{}
	newest := map[chat.RoomID]chat.Seq{}
	err = r.Messages("", func(m chat.Message) error {
		if newest[m.Room]++; m.Seq != newest[m.Room] {
			return fmt.Errorf("message %d of %s has the sequence %d", newest[m.Room], m.Room, m.Seq)
		}
		if m.Seq > s.told[m.Room] {
			o.messages = append(o.messages, m)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	s.told = newest
	for _, m := range o.messages {
		if m.Room == chat.Lobby {
			o.Log = append(o.Log, logged(m))
		}
	}
	for _, m := range o.messages {
		if m.Room != chat.Lobby {
			o.Log = append(o.Log, "["+string(m.Room)+"] "+logged(m))
		}
	}
	entities, err := r.Entities()
	if err != nil {
		return nil, err
	}
	return o, o.take(entities)
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

// take notes the entities that a story leaves.
func (o *Outcome) take(entities []chat.Change) error {
	for _, e := range entities {
		value, _ := e.Value.(json.RawMessage)
		switch e.Kind {
		case "room":
			var r chat.Room
			if err := json.Unmarshal(value, &r); err != nil {
				return err
			}
			o.Rooms = append(o.Rooms, strings.TrimSpace(fmt.Sprint(r.ID, " ", r.Seq, " ", r.Topic)))
		case "session":
			var m chat.Session
			if err := json.Unmarshal(value, &m); err != nil {
				return err
			}
			o.Inside = append(o.Inside, strings.TrimSpace(fmt.Sprint(m.Nick.Name, " ", m.Rooms, " ", m.Away)))
		}
	}
	slices.Sort(o.Inside) // they are stored by what names a session at its door
	return nil
}
