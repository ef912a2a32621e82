package hub

import (
	"cmp"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"

	"parley/chat"
)

// index is who is inside, through whatever node, and which rooms there are, as committed; and which
// sessions of this hub hear a room, by door. The loop changes it, anybody may ask. A reader never
// holds mu for longer than a page takes, so that the loop never waits for a reader.
type index struct {
	mu       sync.RWMutex // the loop holds it to change, others to read; the loop reads without
	sessions map[chat.SessionID]*Session
	holders  map[string]*Session // by chat.Nick.Key
	doors    map[string]int      // sessions by door
	rooms    map[chat.RoomID]*room
	names    []chat.RoomID // the rooms that a member can join, in order
	messages uint64        // in all rooms
}

// pageSize is how many sessions or rooms a reader copies while it holds the index.
const pageSize = 64

// room is a room and who is in it.
type room struct {
	chat.Room
	audiences []*audience
	members   []*Session // all of them, in the order of their nicknames' keys
	said      chat.Place // of the newest message since the start that people said
	last      *said      // what Said read last; nil: nobody asked
}

// audience is the sessions of one door in one room. members is shared with batches under way: it is appended to or replaced,
// its elements never change.
type audience struct {
	doorway *Doorway
	members []*Session
	told    *Audience // the members as they are; nil: no event was told since they changed
}

// toTell returns the sessions of the door that are in the room now. The loop only.
func (a *audience) toTell() *Audience {
	if a.told == nil && len(a.members) > 0 {
		a.told = &Audience{a.members}
	}
	return a.told
}

func newIndex(rooms []chat.Room) *index {
	x := &index{
		sessions: map[chat.SessionID]*Session{}, holders: map[string]*Session{},
		doors: map[string]int{},
		rooms: make(map[chat.RoomID]*room, len(rooms)),
	}
	for _, r := range rooms {
		x.rooms[r.ID] = &room{Room: r}
		if r.ID.IsPublic() {
			x.names = append(x.names, r.ID)
		}
		x.messages += uint64(r.Seq)
	}
	slices.Sort(x.names)
	return x
}

// keep notes what a room is from now on.
func (x *index) keep(r chat.Room) {
	x.mu.Lock()
	defer x.mu.Unlock()
	known := x.room(r.ID)
	x.messages += uint64(r.Seq - known.Seq)
	known.Room = r
}

// remove forgets a room. Nothing is left of it, so a room of the same name is another one.
func (x *index) remove(id chat.RoomID) {
	x.mu.Lock()
	defer x.mu.Unlock()
	r := x.rooms[id]
	if r == nil {
		return
	}
	delete(x.rooms, id)
	if i, found := slices.BinarySearch(x.names, id); found {
		x.names = slices.Delete(x.names, i, i+1)
	}
	x.messages -= uint64(r.Seq)
}

// known returns what the index has of a room; nil: there is no such room. It is only compared.
func (x *index) known(id chat.RoomID) *room {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return x.rooms[id]
}

// room returns a room, which it makes for a new one. mu is held.
func (x *index) room(id chat.RoomID) *room {
	r := x.rooms[id]
	if r == nil {
		r = &room{Room: chat.Room{ID: id}}
		x.rooms[id] = r
		if id.IsPublic() {
			i, _ := slices.BinarySearch(x.names, id)
			x.names = slices.Insert(x.names, i, id)
		}
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

// add adds a session with its rooms. Before Run only.
func (x *index) add(s *Session) {
	x.begin(s)
	for _, room := range s.state.Rooms {
		x.enter(s, room)
	}
}

// attach makes a session that of a door. Before Run only.
func (x *index) attach(id chat.SessionID, w *Doorway) {
	s := x.sessions[id]
	for _, room := range s.state.Rooms {
		x.leave(s, room)
	}
	s.doorway = w
	for _, room := range s.state.Rooms {
		x.enter(s, room)
	}
}

// begin adds a session, in no room yet.
func (x *index) begin(s *Session) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.sessions[s.ID] = s
	x.holders[s.state.Nick.Key] = s
	x.doors[s.state.Door]++
}

// change notes what a session is from now on.
func (x *index) change(s *Session, state chat.Session) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if s.state.Nick.Key == state.Nick.Key {
		s.state = state
		return
	}
	var moves []*room
	for _, id := range s.state.Rooms {
		if r := x.rooms[id]; r != nil && r.remove(s) {
			moves = append(moves, r)
		}
	}
	x.release(s)
	s.state = state
	x.holders[state.Nick.Key] = s
	for _, r := range moves {
		r.insert(s)
	}
}

// insert adds a session to the members.
func (r *room) insert(s *Session) {
	i, _ := slices.BinarySearchFunc(r.members, s.state.Nick.Key, byKey)
	r.members = slices.Insert(r.members, i, s)
}

// remove takes a session out of the members, and says whether it was among them.
func (r *room) remove(s *Session) bool {
	i, found := slices.BinarySearchFunc(r.members, s.state.Nick.Key, byKey)
	if !found || r.members[i] != s {
		return false
	}
	r.members = slices.Delete(r.members, i, i+1)
	return true
}

func byKey(s *Session, key string) int { return strings.Compare(s.state.Nick.Key, key) }

// enter adds a session to a room.
func (x *index) enter(s *Session, room chat.RoomID) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.room(room).insert(s)
	if s.doorway != nil {
		a := x.audience(room, s.doorway)
		a.members, a.told = append(a.members, s), nil
	}
}

// leave takes a session out of a room.
func (x *index) leave(s *Session, room chat.RoomID) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if !x.room(room).remove(s) || s.doorway == nil {
		return
	}
	a := x.audience(room, s.doorway)
	i := slices.Index(a.members, s)
	rest := make([]*Session, 0, len(a.members)) // not cap: a room that empties gives its memory back
	a.members, a.told = append(append(rest, a.members[:i]...), a.members[i+1:]...), nil
}

// end takes a session out of the index. It is in no room any more.
func (x *index) end(s *Session) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.sessions[s.ID] == nil {
		return
	}
	delete(x.sessions, s.ID)
	x.release(s)
	if door := s.state.Door; x.doors[door] > 1 {
		x.doors[door]--
	} else {
		delete(x.doors, door)
	}
}

// release takes a session's nickname away, unless another session has it by now. mu is held.
func (x *index) release(s *Session) {
	if key := s.state.Nick.Key; x.holders[key] == s {
		delete(x.holders, key)
	}
}

// holder returns the session that has a nickname, and whether there is one.
func (x *index) holder(key string) (chat.Session, bool) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	s := x.holders[key]
	if s == nil {
		return chat.Session{}, false
	}
	return s.state, true
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

// everybody returns the sessions of this hub, door by door. The loop only.
func (x *index) everybody() map[*Doorway][]*Session {
	all := map[*Doorway][]*Session{}
	for _, s := range x.sessions {
		if s.doorway != nil {
			all[s.doorway] = append(all[s.doorway], s)
		}
	}
	return all
}

// members returns a page of the sessions in a room: those whose nicknames' keys follow after, in that order.
func (x *index) members(id chat.RoomID, after string) (page []chat.Session) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	r := x.rooms[id]
	if r == nil {
		return nil
	}
	i, found := slices.BinarySearchFunc(r.members, after, byKey)
	if found {
		i++
	}
	for _, s := range r.members[i:min(len(r.members), i+pageSize)] {
		page = append(page, s.state)
	}
	return page
}

// roomless returns the sessions that are in no room, in the order of their nicknames' keys.
func (x *index) roomless() (all []chat.Session) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	for _, s := range x.sessions {
		if len(s.state.Rooms) == 0 {
			all = append(all, s.state)
		}
	}
	slices.SortFunc(all, func(a, b chat.Session) int { return cmp.Compare(a.Nick.Key, b.Nick.Key) })
	return all
}

// joinable returns a page of the rooms that a member can join: those that follow after, in the order of their RoomIDs.
func (x *index) joinable(after chat.RoomID) (page []Room) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	i, found := slices.BinarySearch(x.names, after)
	if found {
		i++
	}
	for _, id := range x.names[i:min(len(x.names), i+pageSize)] {
		r := x.rooms[id]
		page = append(page, Room{r.Room, len(r.members)})
	}
	return page
}

// census counts the rooms that a member can join, the messages in all rooms, and the
// direct rooms.
func (x *index) census() (rooms int, messages uint64, directs int) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	rooms, messages, directs = len(x.names), x.messages, len(x.rooms)-len(x.names)
	if x.rooms[chat.Everywhere] != nil {
		directs--
	}
	return rooms, messages, directs
}

// newest returns the place behind the newest message that the history of a room shows, and whether
// there is such a room.
func (x *index) newest(id chat.RoomID) (end chat.Cursor, exists bool) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	r := x.rooms[id]
	if r == nil {
		return end, false
	}
	end.Seq = r.Seq
	if everywhere := x.rooms[chat.Everywhere]; everywhere != nil && id.IsPublic() {
		end.Told = everywhere.Seq
	}
	return end, true
}

// present returns how many are in a room.
func (x *index) present(id chat.RoomID) int {
	x.mu.RLock()
	defer x.mu.RUnlock()
	if r := x.rooms[id]; r != nil {
		return len(r.members)
	}
	return 0
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

// session returns a session and whether there is one.
func (x *index) session(id chat.SessionID) (chat.Session, bool) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	s := x.sessions[id]
	if s == nil {
		return chat.Session{}, false
	}
	return s.state, true
}

// count returns how many sessions each door has.
func (x *index) count() map[string]int {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return maps.Clone(x.doors)
}
