package chat

import (
	"cmp"
	"slices"
)

// talksKept is how many direct rooms with users that have left a user keeps, those with the newest
// users. So all rooms of the users that are inside are bounded, however many members come, write to
// them and go.
const talksKept = 20

// leaveTalks removes the direct rooms of a user that is not inside any more, as far as nobody keeps
// them: both users are guests, and one that has left never comes back.
func (t *turn) leaveTalks(user UserID) {
	for _, room := range slices.Clone(t.state.talks[user]) {
		other := room.other(user)
		if _, inside := t.state.users[other]; inside {
			t.keepTalks(other)
		} else {
			t.removeRoom(room)
		}
	}
}

// keepTalks removes the direct rooms with users that have left that are too many for a user.
func (t *turn) keepTalks(user UserID) {
	gone := slices.DeleteFunc(slices.Clone(t.state.talks[user]), func(room RoomID) bool {
		_, inside := t.state.users[room.other(user)]
		return inside
	})
	if len(gone) <= talksKept {
		return
	}
	slices.SortFunc(gone, func(a, b RoomID) int { // the newest users first
		return cmp.Compare(b.other(user), a.other(user))
	})
	for _, room := range gone[talksKept:] {
		t.removeRoom(room)
	}
}

// other returns the user of a direct room beside one of them, which may be the same.
func (r RoomID) other(user UserID) UserID {
	a, b, _ := r.Users()
	if a == user {
		return b
	}
	return a
}
