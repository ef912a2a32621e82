package hub

import (
	"cmp"
	"iter"
	"slices"
	"sync"

	"parley/chat"
)

// index is who is inside and which rooms there are, as committed: which sessions hear a room, by door. The loop changes it,
// anybody may ask.
type index struct {
	mu       sync.RWMutex // the loop holds it to change, others to read; the loop reads without
	sessions map[chat.SessionID]*Session
	rooms    map[chat.RoomID]*room
}

// room is a room and who of this hub is in it.
type room struct {
	chat.Room
	audiences []*audience
	said      chat.Seq // of the newest message since the start that people said
	last      *said    // what Said read last; nil: nobody asked
}

// audience is the sessions of one door in one room. members is shared with batches under way: it is appended to or replaced,
// its elements never change.
type audience struct {
	doorway *Doorway
	members []*Session
}

func newIndex(rooms []chat.Room) *index {
	x := &index{sessions: map[chat.SessionID]*Session{}, rooms: map[chat.RoomID]*room{}}
	for _, r := range rooms {
		x.rooms[r.ID] = &room{Room: r}
	}
	return x
}

// keep notes what a room is from now on.
func (x *index) keep(r chat.Room) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.room(r.ID).Room = r
}

// room returns a room, which it makes for a new one. mu is held.
func (x *index) room(id chat.RoomID) *room {
	r := x.rooms[id]
	if r == nil {
		r = &room{Room: chat.Room{ID: id}}
		x.rooms[id] = r
	}
	return r
}

// audiences returns who is in a room, door by door. The loop only.
func (x *index) audiences(id chat.RoomID) []*audience {
	if r := x.rooms[id]; r != nil {
		return r.audiences
	}
	return nil
}

// audience returns those of a door in a room. mu is held.
func (x *index) audience(id chat.RoomID, w *Doorway) *audience {
	r := x.room(id)
	for _, a := range r.audiences {
		if a.doorway == w {
			return a
		}
	}
	a := &audience{doorway: w}
	r.audiences = append(r.audiences, a)
	return a
}

// open makes an audience for a door that may have nobody in the room yet.
func (x *index) open(room chat.RoomID, w *Doorway) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.audience(room, w)
}

// begin adds a session, in no room yet.
func (x *index) begin(s *Session) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.sessions[s.ID] = s
}

// change notes what a session is from now on.
func (x *index) change(s *Session, state chat.Session) {
	x.mu.Lock()
	defer x.mu.Unlock()
	s.state = state
}

// enter adds a session to a room.
func (x *index) enter(s *Session, room chat.RoomID) {
	x.mu.Lock()
	defer x.mu.Unlock()
	a := x.audience(room, s.doorway)
	a.members = append(a.members, s)
}

// leave takes a session out of a room.
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
}

// end takes a session out of the index. It is in no room any more.
func (x *index) end(s *Session) {
	x.mu.Lock()
	defer x.mu.Unlock()
	delete(x.sessions, s.ID)
}

// of returns the sessions of a door, in no order. The loop, or before Run, only.
func (x *index) of(w *Doorway) iter.Seq[*Session] {
	return func(yield func(*Session) bool) {
		for _, s := range x.sessions {
			if s.doorway == w && !yield(s) {
				return
			}
		}
	}
}

// members returns who is in a room, in no order.
func (x *index) members(room chat.RoomID) []chat.Session {
	x.mu.RLock()
	defer x.mu.RUnlock()
	var all []chat.Session
	for _, a := range x.audiences(room) {
		for _, s := range a.members {
			all = append(all, s.state)
		}
	}
	return all
}

// all returns the rooms that somebody can join, with how many are in each, ordered by RoomID.
func (x *index) all() []Room {
	x.mu.RLock()
	defer x.mu.RUnlock()
	var all []Room
	for id, r := range x.rooms {
		if id.IsDirect() {
			continue
		}
		all = append(all, Room{r.Room, r.present()})
	}
	slices.SortFunc(all, func(a, b Room) int { return cmp.Compare(a.ID, b.ID) })
	return all
}

// present returns how many are in a room.
func (x *index) present(id chat.RoomID) int {
	x.mu.RLock()
	defer x.mu.RUnlock()
	if r := x.rooms[id]; r != nil {
		return r.present()
	}
	return 0
}

func (r *room) present() (members int) {
	for _, a := range r.audiences {
		members += len(a.members)
	}
	return members
}

// get returns a room and whether there is one.
func (x *index) get(id chat.RoomID) (chat.Room, bool) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	r := x.rooms[id]
	if r == nil {
		return chat.Room{}, false
	}
	return r.Room, true
}

// count returns how many sessions each door has.
func (x *index) count() map[string]int {
	x.mu.RLock()
	defer x.mu.RUnlock()
	doors := map[string]int{}
	for _, s := range x.sessions {
		doors[s.state.Door]++
	}
	return doors
}
