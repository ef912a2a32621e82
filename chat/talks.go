package chat

// leaveTalks removes the direct rooms of a user that is not inside any more. Both users of a room
// are guests: one that has left never comes back, so the conversation cannot go on.
func (t *turn) leaveTalks(user UserID) {
	for _, other := range sortedKeys(t.state.talks[user]) {
		t.removeRoom(DirectRoom(user, other))
	}
}

// leaveAllTalks removes the direct rooms of users that are not inside, as an import may have.
func (t *turn) leaveAllTalks() {
	for _, id := range sortedKeys(t.state.others) {
		a, b, direct := id.Users()
		_, one := t.state.users[a]
		if _, other := t.state.users[b]; direct && !(one && other) {
			t.removeRoom(id)
		}
	}
}
