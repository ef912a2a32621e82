package hub

import (
	"slices"
	"sync"

	"parley/chat"
)

// index is who is inside, as committed: which sessions hear a room, by door. The loop changes it, anybody may ask.
type index struct {
	mu       sync.RWMutex // the loop holds it to change, others to read; the loop reads without
	sessions map[chat.SessionID]*Session
	rooms    map[chat.RoomID][]*audience
}

// audience is the sessions of one door in one room. members is shared with batches under way: it is appended to or replaced,
// its elements never change.
type audience struct {
	doorway *Doorway
	members []*Session
}

func newIndex() *index {
	return &index{sessions: map[chat.SessionID]*Session{}, rooms: map[chat.RoomID][]*audience{}}
}

func (x *index) audience(room chat.RoomID, w *Doorway) *audience {
	for _, a := range x.rooms[room] {
		if a.doorway == w {
			return a
		}
	}
	a := &audience{doorway: w}
	x.rooms[room] = append(x.rooms[room], a)
	return a
}

// open makes an audience for a door that may have nobody in the room yet.
func (x *index) open(room chat.RoomID, w *Doorway) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.audience(room, w)
}

// enter adds a session to a room.
func (x *index) enter(s *Session, room chat.RoomID) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.sessions[s.ID] = s
	s.rooms++
	a := x.audience(room, s.doorway)
	a.members = append(a.members, s)
}

// leave takes a session out of a room, and out of the index when it is in none.
func (x *index) leave(s *Session, room chat.RoomID) {
	x.mu.Lock()
	defer x.mu.Unlock()
	a := x.audience(room, s.doorway)
	i := slices.Index(a.members, s)
	if i < 0 {
		return
	}
	rest := make([]*Session, 0, len(a.members)) // not cap: a room that empties gives its memory back
	a.members = append(append(rest, a.members[:i]...), a.members[i+1:]...)
	if s.rooms--; s.rooms == 0 && x.sessions[s.ID] == s {
		delete(x.sessions, s.ID)
	}
}

// members returns who is in a room, in no order.
func (x *index) members(room chat.RoomID) []chat.Session {
	x.mu.RLock()
	defer x.mu.RUnlock()
	var all []chat.Session
	for _, a := range x.rooms[room] {
		for _, s := range a.members {
			all = append(all, s.Session)
		}
	}
	return all
}

// count returns how many sessions each door has.
func (x *index) count() map[string]int {
	x.mu.RLock()
	defer x.mu.RUnlock()
	doors := map[string]int{}
	for _, s := range x.sessions {
		doors[s.Door]++
	}
	return doors
}
