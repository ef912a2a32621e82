package hub

import (
	"context"
	"slices"

	"parley/chat"
)

// SaidMax is how many of the newest messages Said knows of.
const SaidMax = 200

// said is what the history of a room shows last of what was said or announced, as long as nothing
// more is: in a crowd that comes back, each client asks for it.
type said struct {
	newest   chat.Place // what had been said when it was read; see room.said
	messages []chat.Message
}

// Said returns the newest messages that people said in a room, or the administrator to all, before
// a record of the log, oldest first, at most SaidMax. Messages that lie very far behind, with
// nothing but joins and leaves since, are not found. The slice is shared: it must not be changed.
// Refused with RoomUnknown. Any goroutine.
func (h *Hub) Said(
	ctx context.Context, id chat.RoomID, before chat.Place,
) ([]chat.Message, error) {
	room, newest, known := h.index.recent(id)
	if room == nil {
		return nil, chat.Refuse(chat.RoomUnknown)
	}
	if known == nil {
		messages, err := h.store.Said(ctx, id, SaidMax)
		if err != nil {
			return nil, err
		}
		known = &said{newest: newest, messages: messages}
		h.index.remember(room, known)
	}
	end := len(known.messages)
	for end > 0 && known.messages[end-1].Place >= before {
		end--
	}
	return slices.Clip(known.messages[:end]), nil
}

// speak notes that something was said in a room.
func (x *index) speak(m chat.Message) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.room(m.Room).said = m.Place
}

// recent returns a room, the place of what its history shows last of what was said, and that itself
// if it is known.
func (x *index) recent(id chat.RoomID) (r *room, newest chat.Place, known *said) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	if r = x.rooms[id]; r == nil {
		return nil, 0, nil
	}
	newest = r.said
	if everywhere := x.rooms[chat.Everywhere]; everywhere != nil {
		newest = max(newest, everywhere.said)
	}
	if r.last != nil && r.last.newest == newest {
		known = r.last
	}
	return r, newest, known
}

// remember keeps what was said last in a room. Another room of the same name knows nothing of it.
func (x *index) remember(r *room, known *said) {
	x.mu.Lock()
	defer x.mu.Unlock()
	r.last = known
}
