package chat

import "slices"

// holder checks that a session is inside and, where as is given, that it has that nickname.
func (t *turn) holder(id SessionID, as string) (Session, *Refusal) {
	m, inside := t.state.sessions[id]
	if inside && (as == "" || as == m.Nick.Key) {
		return m, nil
	}
	if _, taken := t.state.holders[as]; taken {
		return Session{}, Refuse(NotYours)
	}
	return Session{}, Refuse(NotInside)
}

func (c Enter) apply(t *turn) *Refusal {
	before, inside := t.state.sessions[c.Session]
	if inside && before.Nick == c.Nick {
		return nil
	}
	if holder, taken := t.state.holders[c.Nick.Key]; taken && holder != c.Session {
		t.emit(Wanted{Holder: holder})
		return Refuse(NickOccupied)
	}
	if inside {
		t.leave(before, ReasonQuit, "")
	}
	m := Session{
		ID: c.Session, Node: t.record.Origin.Node, Door: c.Door, Nick: c.Nick,
		Rooms: []RoomID{Lobby}, Entered: t.record.Time,
	}
	t.state.sessions[m.ID] = m
	t.state.holders[m.Nick.Key] = m.ID
	t.change(entitySession, string(m.ID), m)
	t.emit(Entered{Session: m, Message: t.write(Lobby, KindEntered, m.Nick.Name, "")})
	return nil
}

func (c Post) apply(t *turn) *Refusal {
	m, refusal := t.holder(c.Session, c.As)
	if refusal != nil {
		return refusal
	}
	if !slices.Contains(m.Rooms, c.Room) {
		return Refuse(RoomUnknown)
	}
	t.emit(Posted{From: m.ID, Message: t.write(c.Room, KindMessage, m.Nick.Name, c.Text)})
	return nil
}

func (c Leave) apply(t *turn) *Refusal {
	m, refusal := t.holder(c.Session, c.As)
	if refusal != nil {
		return refusal
	}
	t.leave(m, c.Reason, "")
	return nil
}

func (c Kick) apply(t *turn) *Refusal {
	id, inside := t.state.holders[c.NickKey]
	if !inside {
		return Refuse(NickUnknown)
	}
	t.leave(t.state.sessions[id], ReasonKicked, c.Detail)
	return nil
}

func (c Announce) apply(t *turn) *Refusal {
	for _, room := range sortedKeys(t.state.rooms) {
		t.write(room, KindAnnouncement, "", c.Text)
	}
	t.emit(Announced{Time: t.record.Time, Text: c.Text})
	return nil
}

func (c Start) apply(t *turn) *Refusal {
	origin := t.record.Origin
	silent := t.record.Time.Sub(t.state.nodes[origin.Node].Seen)
	for _, id := range sortedKeys(t.state.sessions) {
		m := t.state.sessions[id]
		if m.Node != origin.Node {
			continue
		}
		if silent > c.Within || !slices.Contains(c.Resumable, m.Door) {
			t.leave(m, ReasonEnded, "")
		}
	}
	return nil
}

func (Alive) apply(*turn) *Refusal { return nil }

// leave ends a session in all its rooms.
func (t *turn) leave(m Session, reason Reason, detail string) {
	delete(t.state.sessions, m.ID)
	delete(t.state.holders, m.Nick.Key)
	t.remove(entitySession, string(m.ID))
	text := string(reason)
	if detail != "" {
		text += ": " + detail
	}
	for _, room := range m.Rooms {
		t.emit(Left{Session: m, Reason: reason, Detail: detail, Message: t.write(room, KindLeft, m.Nick.Name, text)})
	}
}
