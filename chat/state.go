package chat

import (
	"cmp"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Kinds of entity, as they stand in a Change.
const (
	EntityRoom    = "room"
	EntitySession = "session"
	entityNode    = "node"
)

// Lasts says whether entities of a kind are exported and imported. Sessions and nodes are presence,
// which ends with the server.
func Lasts(kind string) bool { return kind == EntityRoom }

// IsRoom says whether a Change is a room's, whose RoomID is then its Key.
func (c Change) IsRoom() bool { return c.Kind == EntityRoom }

// entity is what State is made of.
type entity interface {
	key() string        // of the Changes that keep it
	encode(e *encoding) // adds every field that JSON has to what is hashed
	check() error       // says whether the rules of this version could have led to it
}

// Room is a room's entity.
type Room struct {
	ID    RoomID `json:"id"`
	Seq   Seq    `json:"seq"`             // of its newest message
	Topic string `json:"topic,omitempty"` // what it is about

	// Amended counts the changes of its messages after they were written.
	Amended uint64 `json:"amended,omitempty"`
	// Quiet is true while the room has notices only: nothing was said, and it had no topic. Such a
	// room is removed when its last member leaves.
	Quiet bool `json:"quiet,omitempty"`
}

// Rev returns the room's revision.
func (r Room) Rev() Rev { return Rev(r.Seq) + Rev(r.Amended) }

func (r Room) key() string { return string(r.ID) }

func (r Room) encode(e *encoding) {
	e.text(string(r.ID))
	e.number(uint64(r.Seq))
	e.text(r.Topic)
	e.later(tagAmended, r.Amended)
	e.laterFlag(tagQuiet, r.Quiet)
}

// Hash runs over everything that was ever applied: equal hashes, equal histories.
type Hash [32]byte

// String returns the hash in hexadecimal.
func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// Progress is how far a State has come.
type Progress struct {
	Place Place
	Time  time.Time
	Hash  Hash
}

// State is everything the rules need to know. It belongs to one goroutine. Its maps change in the
// setters of this file only, so that Undo knows every change.
type State struct {
	progress Progress
	rooms    map[RoomID]Room // public ones
	others   map[RoomID]Room // direct ones, of which there may be very many, and Everywhere
	sessions map[SessionID]Session
	inside   map[RoomID]int       // sessions by room; a room without any is not in it
	holders  map[string]SessionID // by Nick.Key
	users    map[UserID]SessionID // that are inside

	talks map[UserID]map[UserID]bool // direct rooms by each of their users, then by the other one
	nodes map[NodeID]node
	dying map[NodeID][]SessionID // see dead

	sweepMax int  // sweepMax, but for tests
	undo     undo // what changed since the last Commit
}

// NewState returns the State before the first Record: the lobby and nobody in it.
func NewState() *State {
	return &State{
		rooms:    map[RoomID]Room{Lobby: {ID: Lobby}},
		others:   map[RoomID]Room{},
		sessions: map[SessionID]Session{},
		inside:   map[RoomID]int{},
		holders:  map[string]SessionID{},
		users:    map[UserID]SessionID{},
		talks:    map[UserID]map[UserID]bool{},
		nodes:    map[NodeID]node{},
		dying:    map[NodeID][]SessionID{},
		sweepMax: sweepMax,
	}
}

// LoadState rebuilds the State that progress and entities were kept of. Entities come in any order,
// each as the last Change left it, with its JSON. It fails for a kind or a shape that this version
// does not know: going on without it would part from the log. It does not apply the rules for names
// and texts: a version with stricter ones still loads what was allowed before.
func LoadState(progress Progress, entities []Change) (*State, error) {
	s := NewState()
	s.progress = progress
	for _, c := range entities {
		e, err := parseEntity(c)
		if err == nil {
			err = s.add(e)
		}
		if err != nil {
			return nil, fmt.Errorf("entity %s %s: %w", Quote(c.Kind), Quote(c.Key), err)
		}
	}
	return s, nil
}

// AddEntity adds an entity as LoadState does. It adds nothing and returns an error if no server of
// this version could have written the entity: its value is not exactly the JSON of its kind, or the
// rules could not have led to it.
func (s *State) AddEntity(c Change) error {
	e, err := parseEntity(c)
	if err != nil {
		return err
	}
	if err := e.check(); err != nil {
		return err
	}
	return s.add(e)
}

// parseEntity reads an entity's JSON.
func parseEntity(c Change) (entity, error) {
	switch c.Kind {
	case EntityRoom:
		return parseAs[Room](c)
	case EntitySession:
		return parseAs[Session](c)
	case entityNode:
		return parseAs[node](c)
	}
	return nil, errors.New("this version does not know the kind")
}

func parseAs[E entity](c Change) (entity, error) {
	var e E
	value, _ := c.Value.(json.RawMessage)
	o, err := ParseObject(value)
	if err != nil {
		return nil, err
	}
	if err := o.Fill(&e); err != nil {
		return nil, err
	}
	if e.key() != c.Key {
		return nil, fmt.Errorf("its value has another key, %s", Quote(e.key()))
	}
	return e, nil
}

func (s *State) add(e entity) error {
	switch e := e.(type) {
	case Room:
		s.putRoom(e, true)
	case node:
		s.nodes[e.ID] = e
	case Session:
		if other, taken := s.holders[e.Nick.Key]; taken {
			return fmt.Errorf("%s has its nickname as well", Quote(other.String()))
		}
		if other, taken := s.users[e.User]; taken {
			return fmt.Errorf("%s is the same user", Quote(other.String()))
		}
		s.putSession(e, true)
		s.holders[e.Nick.Key] = e.ID
	}
	return nil
}

// Progress returns how far the State has come.
func (s *State) Progress() Progress { return s.progress }

// Epoch returns the epoch of a node's last life, 0 if it never lived.
func (s *State) Epoch(id NodeID) Epoch { return s.nodes[id].Epoch }

// Room returns a room and whether it exists.
func (s *State) Room(id RoomID) (Room, bool) {
	r, ok := s.among(id)[id]
	return r, ok
}

// among returns the rooms of the same sort: the public ones or the others.
func (s *State) among(id RoomID) map[RoomID]Room {
	if id.IsPublic() {
		return s.rooms
	}
	return s.others
}

// setRoom stores a room's new value.
func (s *State) setRoom(r Room) {
	s.noteRoom(r.ID)
	s.putRoom(r, true)
}

// removeRoom removes a room.
func (s *State) removeRoom(id RoomID) {
	s.noteRoom(id)
	s.putRoom(Room{ID: id}, false)
}

// putRoom stores a room, or removes it, and notes whose direct room it is.
func (s *State) putRoom(r Room, exists bool) {
	rooms := s.among(r.ID)
	_, existed := rooms[r.ID]
	put(rooms, r.ID, r, exists)
	if exists == existed {
		return
	}
	if a, b, direct := r.ID.Users(); direct {
		s.putTalk(a, b, exists)
		s.putTalk(b, a, exists)
	}
}

// putTalk notes that a user has a direct room with another one, or has it no more.
func (s *State) putTalk(user, other UserID, exists bool) {
	with := s.talks[user]
	switch {
	case exists && with == nil:
		s.talks[user] = map[UserID]bool{other: true}
	case exists:
		with[other] = true
	default:
		if delete(with, other); len(with) == 0 {
			delete(s.talks, user)
		}
	}
}

// noteRoom remembers a room for Undo.
func (s *State) noteRoom(id RoomID) {
	u := &s.undo.rooms
	if last := len(*u) - 1; last < 0 || (*u)[last].value.ID != id {
		before, existed := s.Room(id)
		before.ID = id
		*u = append(*u, was[Room]{before, existed})
	}
}

// setSession stores a session's new value.
func (s *State) setSession(m Session) {
	s.noteSession(m.ID)
	s.putSession(m, true)
}

// removeSession removes a session. Its nickname is another matter.
func (s *State) removeSession(id SessionID) {
	s.noteSession(id)
	s.putSession(Session{ID: id}, false)
}

// noteSession remembers a session for Undo.
func (s *State) noteSession(id SessionID) {
	before, existed := s.sessions[id]
	before.ID = id
	s.undo.sessions = append(s.undo.sessions, was[Session]{before, existed})
}

// putSession stores a session, or removes it, and counts it in its rooms.
func (s *State) putSession(m Session, exists bool) {
	was := s.sessions[m.ID]
	before := was.Rooms
	put(s.sessions, m.ID, m, exists)
	if was.User != 0 {
		delete(s.users, was.User)
	}
	if exists && m.User != 0 {
		s.users[m.User] = m.ID
	}
	if exists {
		for _, room := range m.Rooms {
			s.inside[room]++
		}
	}
	for _, room := range before {
		if s.inside[room]--; s.inside[room] == 0 {
			delete(s.inside, room)
		}
	}
}

// setHolder gives a nickname to a session.
func (s *State) setHolder(key string, id SessionID) {
	s.noteHolder(key)
	s.holders[key] = id
}

// removeHolder makes a nickname free.
func (s *State) removeHolder(key string) {
	s.noteHolder(key)
	delete(s.holders, key)
}

// noteHolder remembers a nickname's holder for Undo.
func (s *State) noteHolder(key string) {
	before, existed := s.holders[key]
	s.undo.holders = append(s.undo.holders, was[holding]{holding{key, before}, existed})
}

// setNode stores a node's new value.
func (s *State) setNode(n node) {
	u := &s.undo.nodes
	if last := len(*u) - 1; last < 0 || (*u)[last].value.ID != n.ID {
		before, existed := s.nodes[n.ID]
		before.ID = n.ID
		*u = append(*u, was[node]{before, existed})
	}
	s.nodes[n.ID] = n
}

// Sessions returns who is inside, ordered by SessionID.
func (s *State) Sessions() []Session {
	all := make([]Session, 0, len(s.sessions))
	for _, m := range s.sessions {
		if !s.isDead(m) {
			all = append(all, m)
		}
	}
	slices.SortFunc(all, func(a, b Session) int { return a.ID.Compare(b.ID) })
	return all
}

// Rooms returns all rooms, also those that nobody joins, ordered by RoomID.
func (s *State) Rooms() []Room {
	all := slices.AppendSeq(make([]Room, 0, len(s.rooms)+len(s.others)), maps.Values(s.rooms))
	all = slices.AppendSeq(all, maps.Values(s.others))
	slices.SortFunc(all, func(a, b Room) int { return cmp.Compare(a.ID, b.ID) })
	return all
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }
