package hub_test

import (
	"cmp"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"testing"

	"parley/chat"
)

// directs returns the direct rooms among some, ordered by their users.
func directs(rooms iter.Seq[chat.RoomID]) []chat.RoomID {
	all := slices.Collect(rooms)
	all = slices.DeleteFunc(all, func(r chat.RoomID) bool { return !r.IsDirect() })
	slices.SortFunc(all, func(one, other chat.RoomID) int {
		a, b, _ := one.Users()
		c, d, _ := other.Users()
		return cmp.Or(cmp.Compare(a, c), cmp.Compare(b, d))
	})
	return all
}

// named yields the rooms of a State.
func named(s *chat.State) iter.Seq[chat.RoomID] {
	return func(yield func(chat.RoomID) bool) {
		for _, r := range s.Rooms() {
			if !yield(r.ID) {
				return
			}
		}
	}
}

// histories returns what is stored of every room. Users are numbered as they entered.
func histories(t *testing.T, s *storage) (all []string) {
	t.Helper()
	numbers := map[chat.UserID]chat.UserID{}
	entered, err := s.After(t.Context(), chat.Lobby, chat.Cursor{}, 1_000_000)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range entered {
		if _, known := numbers[m.Author]; m.Kind == chat.KindEntered && !known {
			numbers[m.Author] = chat.UserID(len(numbers) + 1)
		}
	}
	for _, room := range slices.Concat(rooms, directs(named(load(t, s)))) {
		name := room
		if a, b, direct := room.Users(); direct {
			name = chat.DirectRoom(numbers[a], numbers[b])
		}
		for _, line := range historyOf(t, s, room) {
			all = append(all, fmt.Sprint(name, " ", line))
		}
	}
	return all
}

// foretell says what must be left of a story, by the rules as people know them and without the code
// that is tested.
func foretell(s story) outcome {
	w := &world{inside: map[string]*member{}, rooms: map[chat.RoomID]*place{chat.Lobby: {}}}
	for _, life := range s {
		for _, id := range w.begin() {
			w.leaves(id, "ended")
		}
		for n, a := range life {
			w.act(n, a)
		}
	}
	for _, room := range slices.Concat(rooms, directs(maps.Keys(w.rooms))) {
		if p := w.rooms[room]; p != nil {
			w.history = append(w.history, p.history...)
		}
	}
	return w.outcome
}

// world is who is inside and which rooms there are; sessions are named door/local.
type world struct {
	outcome
	inside map[string]*member
	ghosts map[string]*member // inside since a former life, and unknown to their door
	rooms  map[chat.RoomID]*place
	told   int         // announcements
	users  chat.UserID // that have entered
}

// place is a room.
type place struct {
	topic    string
	messages int      // of its own
	history  []string // with the announcements between them
}

type member struct {
	nick, door, local, away string
	user                    chat.UserID
	rooms                   []chat.RoomID // in the order in which it came
	asked                   bool          // told that its nickname is wanted: once is enough while the clock stands still
}

func (m *member) isIn(room chat.RoomID) bool { return slices.Contains(m.rooms, room) }

// begin starts a life and returns the sessions that do not outlive the one before.
func (w *world) begin() []string {
	w.ghosts = map[string]*member{}
	for id, m := range w.inside {
		m.asked = false
		if m.door != doorNames[0] {
			w.ghosts[id] = m
		}
	}
	return slices.Sorted(maps.Keys(w.ghosts))
}

// act does what an act says, and answers it.
func (w *world) act(n int, a act) {
	id := doorNames[a.door] + "/" + a.local
	m, inside := w.inside[id]
	var verdict string
	switch {
	case a.verb == "enter":
		newcomer := &member{nick: a.word, door: doorNames[a.door], local: a.local}
		if verdict = w.enters(id, newcomer); verdict == "ok" {
			verdict += ", inside as " + a.local
		}
	case a.verb == "kick":
		verdict = w.kicks(a.word)
	case a.verb == "announce":
		verdict = w.announces(a.word)
	case a.verb == "remove":
		verdict = w.removes(a.room)
	case a.verb == "alive", a.verb == "sweep": // nobody is dead
		verdict = "ok"
	case a.verb == "gone":
		verdict = "node_spoke"
	case !inside:
		verdict = "not_inside"
	default:
		verdict = w.member(id, m, a)
	}
	w.heard[a.door] = append(w.heard[a.door], fmt.Sprintf("answer %d: %s", n, verdict))
}

// member does what somebody inside asks for.
func (w *world) member(id string, m *member, a act) (verdict string) {
	switch a.verb {
	case "leave":
		w.leaves(id, "quit")
		return "ok"
	case "join":
		return w.joins(m, a.room, a.most)
	case "rename":
		return w.renames(id, m, a.word)
	case "away":
		if m.away != a.word {
			m.away = a.word
			w.changes(m)
		}
		return "ok"
	case "direct":
		return w.tells(m, a.word, "to "+a.word)
	}
	switch { // the rest is done in a room
	case w.rooms[a.room] == nil:
		return "room_unknown"
	case !m.isIn(a.room):
		return "room_not_joined"
	case a.verb == "post":
		w.happens(a.room, m.nick+" message "+a.word, m.nick+": "+a.word, m)
	case a.verb == "do":
		w.happens(a.room, m.nick+" action "+a.word, m.nick+": "+a.word, m)
	case a.verb == "part":
		i := slices.Index(m.rooms, a.room)
		m.rooms = slices.Delete(m.rooms, i, i+1)
		w.happens(a.room, m.nick+" left parted", m.nick+" leaves, parted", m)
		w.vacates(a.room)
	case w.rooms[a.room].topic != a.word:
		w.rooms[a.room].topic = a.word
		w.happens(a.room, m.nick+" topic "+a.word, fmt.Sprintf("%s sets %q", m.nick, a.word), m)
	}
	return "ok"
}

// holder returns who has a nickname; empty: nobody.
func (w *world) holder(nick string) string {
	for id, m := range w.inside {
		if strings.EqualFold(m.nick, nick) {
			return id
		}
	}
	return ""
}

// isTaken tells the holder of a nickname that somebody else asks for it, if there is one.
func (w *world) isTaken(id, nick string) bool {
	holder := w.holder(nick)
	if holder == "" || holder == id {
		return false
	}
	h := w.inside[holder]
	if !h.asked {
		h.asked = true
		w.tellDoor(h.door, "wanted → "+h.local)
	}
	return true
}

func (w *world) enters(id string, m *member) (verdict string) {
	before, inside := w.inside[id]
	if inside && before.nick == m.nick {
		return "ok"
	}
	if w.isTaken(id, m.nick) {
		return "nick_occupied"
	}
	if inside {
		w.leaves(id, "quit")
	}
	w.happens(chat.Lobby, m.nick+" entered", m.nick+" enters", m)
	m.rooms = []chat.RoomID{chat.Lobby}
	w.users++
	m.user = w.users
	w.inside[id] = m
	return "ok"
}

func (w *world) joins(m *member, room chat.RoomID, most int) (verdict string) {
	joinable := 0
	for _, r := range rooms {
		if w.rooms[r] != nil {
			joinable++
		}
	}
	switch {
	case m.isIn(room):
		return "ok"
	case w.rooms[room] == nil && joinable >= most, len(m.rooms) >= joinedMax:
		return "too_many_rooms"
	}
	w.happens(room, m.nick+" entered", m.nick+" enters", m)
	m.rooms = append(m.rooms, room)
	return "ok"
}

func (w *world) renames(id string, m *member, nick string) (verdict string) {
	before := m.nick
	switch {
	case before == nick:
		return "ok"
	case w.isTaken(id, nick):
		return "nick_occupied"
	}
	m.nick = nick
	w.changes(m)
	for _, room := range m.rooms {
		w.happens(room, before+" renamed "+nick, before+" is now "+nick, m)
	}
	return "ok"
}

// changes tells a session what it is now.
func (w *world) changes(m *member) {
	now := fmt.Sprintf("changed: %s, %q", m.nick, m.away)
	w.tellDoor(m.door, now+" → "+m.local+" by "+m.local)
}

func (w *world) tells(m *member, nick, text string) (verdict string) {
	holder := w.holder(nick)
	if holder == "" {
		return "nick_unknown"
	}
	to := w.inside[holder]
	seq := w.stores(chat.DirectRoom(m.user, to.user), m.nick+" message "+text)
	told := fmt.Sprintf("%d %s alone: %s → ", seq, m.nick, text)
	if to.door == m.door {
		w.tellDoor(to.door, told+to.local+" by "+m.local)
		return "ok"
	}
	w.tellDoor(to.door, told+to.local)
	w.tellDoor(m.door, told+" by "+m.local)
	return "ok"
}

func (w *world) kicks(nick string) (verdict string) {
	holder := w.holder(nick)
	if holder == "" {
		return "nick_unknown"
	}
	w.leaves(holder, "kicked: enough")
	return "ok"
}

func (w *world) announces(text string) (verdict string) {
	w.told++
	for _, room := range rooms {
		if p := w.rooms[room]; p != nil {
			p.history = append(p.history, fmt.Sprint(room, " ", w.told, " announcement ", text))
		}
	}
	w.tell("all: "+text, func(*member) bool { return true }, nil)
	return "ok"
}

// removes removes a room that its members are then told to have left.
func (w *world) removes(room chat.RoomID) (verdict string) {
	switch {
	case room == chat.Lobby:
		return "bad_argument"
	case w.rooms[room] == nil:
		return "room_unknown"
	}
	w.tell(fmt.Sprint(room, " is removed"), func(m *member) bool { return m.isIn(room) }, nil)
	for _, m := range w.inside {
		m.rooms = slices.DeleteFunc(m.rooms, func(r chat.RoomID) bool { return r == room })
	}
	delete(w.rooms, room)
	return "ok"
}

// leaves ends a session, in all its rooms.
func (w *world) leaves(id, why string) {
	m := w.inside[id]
	self := m
	if w.ghosts[id] != nil {
		self = nil
	}
	delete(w.inside, id)
	delete(w.ghosts, id)
	for _, room := range m.rooms {
		w.happens(room, m.nick+" left "+why, m.nick+" leaves, "+why, self)
		w.vacates(room)
	}
	w.forgets(m.user)
	if self != nil {
		reason, _, _ := strings.Cut(why, ":")
		w.tellDoor(self.door, "end, "+reason+" → "+self.local+" by "+self.local)
	}
}

// forgets removes the direct rooms of a user.
func (w *world) forgets(user chat.UserID) {
	for _, room := range directs(maps.Keys(w.rooms)) {
		a, b, _ := room.Users()
		if a == user || b == user {
			delete(w.rooms, room)
		}
	}
}

// vacates removes a room that nobody is in and in which nothing was said.
func (w *world) vacates(room chat.RoomID) {
	for _, m := range w.inside {
		if m.isIn(room) {
			return
		}
	}
	for _, line := range w.rooms[room].history {
		words := strings.Fields(line)
		if words[2] == "announcement" {
			continue // to all, not in the room
		}
		kind := words[3]
		if room == chat.Lobby || kind != "entered" && kind != "left" && kind != "renamed" {
			return
		}
	}
	delete(w.rooms, room)
}

// stores writes into a room's history, and makes the room if there is none.
func (w *world) stores(room chat.RoomID, stands string) (seq int) {
	p := w.rooms[room]
	if p == nil {
		p = new(place)
		w.rooms[room] = p
	}
	p.messages++
	p.history = append(p.history, fmt.Sprint(room, " ", p.messages, " ", stands))
	return p.messages
}

// happens writes into a room's history and tells those in it, and the door of self.
func (w *world) happens(room chat.RoomID, stands, told string, self *member) {
	seq := w.stores(room, stands)
	w.tell(fmt.Sprint(seq, " ", told), func(m *member) bool { return m.isIn(room) }, self)
}

// tell tells some of those inside, and the door of self.
func (w *world) tell(told string, whom func(*member) bool, self *member) {
	for _, door := range doorNames {
		var to []string
		for id, m := range w.inside {
			if m.door == door && w.ghosts[id] == nil && whom(m) {
				to = append(to, m.local)
			}
		}
		slices.Sort(to)
		line := told + " → " + strings.Join(to, " ")
		by := self != nil && self.door == door
		if by {
			line += " by " + self.local
		}
		if len(to) > 0 || by {
			w.tellDoor(door, line)
		}
	}
}

func (w *world) tellDoor(door, line string) {
	i := slices.Index(doorNames[:], door)
	w.heard[i] = append(w.heard[i], line)
}
