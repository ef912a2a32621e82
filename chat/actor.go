package chat

// Actor is on whose behalf a Command is carried out. Each Command that a client or the operator can
// give has one. The zero Actor is nobody, and is refused everything.
type Actor struct {
	Session  SessionID // zero: no session
	As       string    // the Key of the nickname that the session claims to have, or empty
	Operator bool      // the operator of the server, at its prompt or through its control socket
}

// By returns the Actor that a session is.
func By(id SessionID) Actor { return Actor{Session: id} }

// ByOperator returns the Actor that runs the server.
func ByOperator() Actor { return Actor{Operator: true} }

// session returns the session of an Actor.
//
// Refused with NotInside, or with NotYours if another session has the claimed nickname.
func (t *turn) session(by Actor) (Session, *Refusal) {
	m, inside := t.state.sessions[by.Session]
	if inside && !t.state.isDead(m) && (by.As == "" || by.As == m.Nick.Key) {
		return m, nil
	}
	if _, taken := t.holder(by.As); taken {
		return Session{}, Refuse(NotYours)
	}
	return Session{}, Refuse(NotInside)
}

// present returns the session of an Actor that is in a room.
//
// Refused as session does, or with RoomUnknown or RoomNotJoined.
func (t *turn) present(by Actor, room RoomID) (Session, *Refusal) {
	m, refusal := t.session(by)
	if refusal != nil || m.isIn(room) {
		return m, refusal
	}
	if _, exists := t.state.rooms[room]; !exists {
		return Session{}, Refuse(RoomUnknown)
	}
	return Session{}, Refuse(RoomNotJoined)
}

// operates returns NotAllowed for an Actor that does not run the server.
func operates(by Actor) *Refusal {
	if by.Operator {
		return nil
	}
	return Refuse(NotAllowed)
}
