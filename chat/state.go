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
	entityRoom    = "room"
	entitySession = "session"
	entityNode    = "node"
)

// lasts tells of every kind whether it outlives who is inside and through which server: what lasts is exported and imported,
// the rest is presence. A kind that is not here cannot be loaded.
var lasts = map[string]bool{
	entityRoom:    true,
	entitySession: false,
	entityNode:    false,
}

// Lasts says whether an entity of a kind outlives who is inside, and so belongs into an export.
func Lasts(kind string) bool { return lasts[kind] }

// IsRoom says whether a Change is a room's, whose RoomID is then its Key.
func (c Change) IsRoom() bool { return c.Kind == entityRoom }

// entity is what State is made of.
type entity interface {
	encode(e *encoding) // adds every field that JSON has to what is hashed
	check() error       // says whether the rules could have led to it
}

// Room is a room's entity.
type Room struct {
	ID    RoomID `json:"id"`
	Seq   Seq    `json:"seq"`             // of its newest message
	Topic string `json:"topic,omitempty"` // what it is about
}

// Session is somebody's presence: who, through which door, in which rooms. Rooms is never changed in place.
type Session struct {
	ID      SessionID `json:"id"`
	Node    NodeID    `json:"node"`
	Door    string    `json:"door"`
	Nick    Nick      `json:"nick"`
	Rooms   []RoomID  `json:"rooms"`
	Entered time.Time `json:"entered"`
	Away    string    `json:"away,omitempty"` // why it does not answer; empty: it does
}

// node is what is known of a server of the log: how far its commands have come.
type node struct {
	ID    NodeID    `json:"id"`
	Epoch Epoch     `json:"epoch"`
	N     uint64    `json:"n"`
	Seen  time.Time `json:"seen"`
}

func (r Room) encode(e *encoding) {
	e.text(string(r.ID))
	e.number(uint64(r.Seq))
	e.text(r.Topic)
}

func (s Session) encode(e *encoding) {
	e.text(string(s.ID))
	e.text(string(s.Node))
	e.text(s.Door)
	e.text(s.Nick.Name)
	e.text(s.Nick.Key)
	e.number(uint64(len(s.Rooms)))
	for _, r := range s.Rooms {
		e.text(string(r))
	}
	e.time(s.Entered)
	e.text(s.Away)
}

func (n node) encode(e *encoding) {
	e.text(string(n.ID))
	e.number(uint64(n.Epoch))
	e.number(n.N)
	e.time(n.Seen)
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

// State is everything the rules need to know. It belongs to one goroutine.
type State struct {
	progress Progress
	rooms    map[RoomID]Room
	sessions map[SessionID]Session
	holders  map[string]SessionID // Nick.Key → who has it
	nodes    map[NodeID]node
}

// NewState returns the State before the first Record: the lobby and nobody in it.
func NewState() *State {
	return &State{
		rooms:    map[RoomID]Room{Lobby: {ID: Lobby}},
		sessions: map[SessionID]Session{},
		holders:  map[string]SessionID{},
		nodes:    map[NodeID]node{},
	}
}

// LoadState rebuilds the State that progress and entities were kept of. Entities come in any order,
// each as the last Change left it, with its JSON. It fails for a kind or a shape that this version
// does not know, and for what the rules could not have led to (see CheckEntity): going on without
// it would part from the log.
func LoadState(progress Progress, entities []Change) (*State, error) {
	s := NewState()
	s.progress = progress
	for _, e := range entities {
		if err := s.load(e); err != nil {
			return nil, fmt.Errorf("entity %s %q: %w", e.Kind, e.Key, err)
		}
	}
	return s, nil
}

var errKindUnknown = errors.New("this version does not know the kind")

func (s *State) load(e Change) error {
	if _, known := lasts[e.Kind]; !known {
		return errKindUnknown
	}
	switch e.Kind {
	case entityRoom:
		return loadInto(s.rooms, e, func(r Room) RoomID { return r.ID })
	case entityNode:
		return loadInto(s.nodes, e, func(n node) NodeID { return n.ID })
	case entitySession:
		if err := loadInto(s.sessions, e, func(m Session) SessionID { return m.ID }); err != nil {
			return err
		}
		m := s.sessions[SessionID(e.Key)]
		if other, taken := s.holders[m.Nick.Key]; taken {
			return fmt.Errorf("%q has its nickname as well", other)
		}
		s.holders[m.Nick.Key] = m.ID
		return nil
	}
	return errKindUnknown
}

func loadInto[K ~string, V entity](into map[K]V, e Change, key func(V) K) error {
	var v V
	value, _ := e.Value.(json.RawMessage)
	o, err := ParseObject(value)
	if err != nil {
		return err
	}
	if err := o.Fill(&v); err != nil {
		return err
	}
	if string(key(v)) != e.Key {
		return fmt.Errorf("its value has another key, %q", key(v))
	}
	if err := v.check(); err != nil {
		return err
	}
	into[key(v)] = v
	return nil
}

// Progress returns how far the State has come.
func (s *State) Progress() Progress { return s.progress }

// Epoch returns the epoch of a node's last life, 0 if it never lived.
func (s *State) Epoch(id NodeID) Epoch { return s.nodes[id].Epoch }

// Room returns a room and whether it exists.
func (s *State) Room(id RoomID) (Room, bool) {
	r, ok := s.rooms[id]
	return r, ok
}

// joinable returns how many rooms there are that somebody can join.
func (s *State) joinable() (n int) {
	for id := range s.rooms {
		if !id.IsDirect() {
			n++
		}
	}
	return n
}

// Sessions returns who is inside, ordered by SessionID.
func (s *State) Sessions() []Session {
	all := make([]Session, 0, len(s.sessions))
	for _, id := range sortedKeys(s.sessions) {
		all = append(all, s.sessions[id])
	}
	return all
}

// Rooms returns the rooms, ordered by RoomID.
func (s *State) Rooms() []Room {
	all := make([]Room, 0, len(s.rooms))
	for _, id := range sortedKeys(s.rooms) {
		all = append(all, s.rooms[id])
	}
	return all
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }
