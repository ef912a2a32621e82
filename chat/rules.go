package chat

import "slices"

func (c Enter) apply(t *turn) *Refusal {
	before, inside := t.state.sessions[c.Session]
	if inside && t.state.isDead(before) {
		t.leave(before, ReasonEnded, "")
		inside = false
	}
	if inside && before.Nick == c.Nick {
		return nil
	}
	if refusal := t.take(c.Nick, c.Session); refusal != nil {
		return refusal
	}
	if inside {
		t.leave(before, ReasonQuit, "")
	}
	m := Session{
		ID: c.Session, Door: c.Door, Peer: c.Peer, Nick: c.Nick,
		Rooms: []RoomID{Lobby}, Entered: t.record.Time, User: UserID(t.record.Place),
	}
	t.state.setHolder(m.Nick.Key, m.ID)
	t.keep(m)
	t.emit(Entered{Session: m, Message: t.write(Lobby, KindEntered, m, "")})
	return nil
}

// holder returns the session that holds a nickname, given as its Key, and whether there is one.
func (t *turn) holder(key string) (Session, bool) {
	id, taken := t.state.holders[key]
	if !taken {
		return Session{}, false
	}
	m := t.state.sessions[id]
	return m, !t.state.isDead(m)
}

// take makes a nickname free for a session: a dead holder is ended. A living one is told, and the
// nickname is refused.
func (t *turn) take(nick Nick, by SessionID) *Refusal {
	holder, taken := t.state.holders[nick.Key]
	if !taken || holder == by {
		return nil
	}
	if m := t.state.sessions[holder]; t.state.isDead(m) {
		t.leave(m, ReasonEnded, "")
		return nil
	}
	t.emit(Wanted{Holder: holder})
	return Refuse(NickOccupied)
}

// keep makes a session what it is from now on.
func (t *turn) keep(m Session) {
	t.state.setSession(m)
	t.change(EntitySession, m.key(), m)
}

func (c Post) apply(t *turn) *Refusal {
	m, refusal := t.present(c.By, c.Room)
	if refusal != nil {
		return refusal
	}
	kind := KindMessage
	if c.Action {
		kind = KindAction
	}
	t.emit(Posted{From: m.ID, Message: t.write(c.Room, kind, m, c.Text)})
	return nil
}

func (c Direct) apply(t *turn) *Refusal {
	m, refusal := t.session(c.By)
	if refusal != nil {
		return refusal
	}
	to, inside := t.holder(c.ToKey)
	if !inside {
		return Refuse(NickUnknown)
	}
	if c.To != 0 && c.To != to.User {
		return Refuse(NickUnknown)
	}
	room := DirectRoom(m.User, to.User)
	if _, exists := t.state.others[room]; !exists && !c.New {
		return Refuse(RoomUnknown)
	}
	t.emit(Told{From: m, To: to, Message: t.write(room, KindMessage, m, c.Text)})
	return nil
}

func (c Join) apply(t *turn) *Refusal {
	m, refusal := t.session(c.By)
	if refusal != nil || m.isIn(c.Room) {
		return refusal
	}
	_, exists := t.state.rooms[c.Room]
	switch {
	case !exists && !c.New:
		return Refuse(RoomUnknown)
	case !exists && len(t.state.rooms) >= c.Rooms, len(m.Rooms) >= c.Joined:
		return Refuse(TooManyRooms)
	case !exists:
		t.state.setRoom(Room{ID: c.Room, Quiet: true}) // the notice that follows writes it down
	}
	m.Rooms = append(slices.Clone(m.Rooms), c.Room)
	t.keep(m)
	t.emit(Entered{Session: m, Message: t.write(c.Room, KindEntered, m, "")})
	return nil
}

func (c Part) apply(t *turn) *Refusal {
	m, refusal := t.present(c.By, c.Room)
	if refusal != nil {
		return refusal
	}
	m.Rooms = without(m.Rooms, c.Room)
	t.keep(m)
	text := ReasonParted.with(c.Detail)
	t.emit(Left{
		Session: m, Reason: ReasonParted, Detail: c.Detail,
		Message: t.write(c.Room, KindLeft, m, text),
	})
	t.leaveRoom(c.Room)
	return nil
}

func (c Rename) apply(t *turn) *Refusal {
	m, refusal := t.session(c.By)
	if refusal != nil || m.Nick == c.Nick {
		return refusal
	}
	if refusal := t.take(c.Nick, m.ID); refusal != nil {
		return refusal
	}
	former := m
	m.Nick = c.Nick
	t.state.removeHolder(former.Nick.Key)
	t.state.setHolder(m.Nick.Key, m.ID)
	t.keep(m)
	t.emit(Changed{Session: m})
	for _, room := range m.Rooms {
		t.emit(Renamed{
			Session: m, Before: former.Nick,
			Message: t.write(room, KindRenamed, former, m.Nick.Name),
		})
	}
	return nil
}

func (c SetTopic) apply(t *turn) *Refusal {
	m, refusal := t.present(c.By, c.Room)
	if refusal != nil {
		return refusal
	}
	r := t.state.rooms[c.Room]
	if r.Topic == c.Text {
		return nil
	}
	r.Topic = c.Text
	t.state.setRoom(r)
	t.emit(TopicSet{From: m.ID, Message: t.write(r.ID, KindTopic, m, c.Text)})
	return nil
}

func (c SetAway) apply(t *turn) *Refusal {
	m, refusal := t.session(c.By)
	if refusal != nil || m.Away == c.Text {
		return refusal
	}
	m.Away = c.Text
	t.keep(m)
	t.emit(Changed{Session: m})
	return nil
}

func (c Leave) apply(t *turn) *Refusal {
	m, refusal := t.session(c.By)
	if refusal != nil {
		return refusal
	}
	t.leave(m, c.Reason, c.Detail)
	return nil
}

func (c Kick) apply(t *turn) *Refusal {
	if refusal := operates(c.By); refusal != nil {
		return refusal
	}
	m, inside := t.holder(c.NickKey)
	if !inside {
		return Refuse(NickUnknown)
	}
	t.leave(m, ReasonKicked, c.Detail)
	return nil
}

func (c Announce) apply(t *turn) *Refusal {
	if refusal := operates(c.By); refusal != nil {
		return refusal
	}
	t.emit(Announced{Message: t.write(Everywhere, KindAnnouncement, Session{}, c.Text)})
	return nil
}

func (c RemoveRoom) apply(t *turn) *Refusal {
	if refusal := operates(c.By); refusal != nil {
		return refusal
	}
	if c.Room == Lobby || c.Room == Everywhere {
		return Refuse(BadArgument)
	}
	if _, exists := t.state.Room(c.Room); !exists {
		return Refuse(RoomUnknown)
	}
	members := t.membersOf(c.Room)
	for i := range members {
		members[i].Rooms = without(members[i].Rooms, c.Room)
		t.keep(members[i])
	}
	members = slices.DeleteFunc(members, t.state.isDead)
	t.removeRoom(c.Room)
	if len(members) > 0 {
		t.emit(RoomRemoved{Room: c.Room, Members: members})
	}
	return nil
}

// membersOf returns the sessions in a room, ordered by SessionID. It looks through all sessions
// unless the room is empty.
func (t *turn) membersOf(room RoomID) []Session {
	members := make([]Session, 0, t.state.inside[room])
	if cap(members) == 0 {
		return nil
	}
	for _, m := range t.state.sessions {
		if slices.Contains(m.Rooms, room) {
			members = append(members, m)
		}
	}
	slices.SortFunc(members, func(a, b Session) int { return a.ID.Compare(b.ID) })
	return members
}

// without returns rooms without one of them.
func without(rooms []RoomID, room RoomID) []RoomID {
	return slices.DeleteFunc(slices.Clone(rooms), func(r RoomID) bool { return r == room })
}

// detailMark is between a reason and its detail in the history.
const detailMark = ": "

// with returns what the history says: the reason and, behind a colon, the detail if there is one.
func (r Reason) with(detail string) string {
	if detail == "" {
		return string(r)
	}
	return string(r) + detailMark + detail
}

// leave ends a session, in all its rooms.
func (t *turn) leave(m Session, reason Reason, detail string) {
	t.state.removeSession(m.ID)
	t.state.removeHolder(m.Nick.Key)
	t.remove(EntitySession, m.key())
	text := reason.with(detail)
	for _, room := range m.Rooms {
		t.emit(Left{
			Session: m, Reason: reason, Detail: detail,
			Message: t.write(room, KindLeft, m, text),
		})
		t.leaveRoom(room)
	}
	t.leaveTalks(m.User)
	t.emit(Ended{Session: m, Reason: reason, Detail: detail})
}
