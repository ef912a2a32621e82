package hub

import (
	"context"
	"slices"

	"parley/chat"
)

// SaidMax is how many of the newest messages Said knows of.
const SaidMax = 200

// said is what people said last in a room, as long as nothing more is said: in a crowd that comes back, everybody asks for it.
type said struct {
	newest   chat.Seq // what had been said when it was read; see room.said
	messages []chat.Message
}

// Said returns the newest messages that people said in a room before a place, oldest first, at most SaidMax. It does not look back
// for ever: what lies very far behind, with nothing but comings and goings since, is not found. The slice is shared: it must not
// be changed. Refused with RoomUnknown. Any goroutine.
func (h *Hub) Said(ctx context.Context, room chat.RoomID, before chat.Seq) ([]chat.Message, error) {
	r, known, exists := h.index.recent(room)
	if !exists {
		return nil, chat.Refuse(chat.RoomUnknown)
	}
	if known == nil {
		messages, err := h.store.Said(ctx, room, r.Seq+1, SaidMax)
		if err != nil {
			return nil, err
		}
		known = &said{newest: r.said, messages: messages}
		h.index.remember(room, known)
	}
	end := len(known.messages)
	for end > 0 && known.messages[end-1].Seq >= before {
		end--
	}
	return slices.Clip(known.messages[:end]), nil
}

// speak notes that something was said in a room.
func (x *index) speak(m chat.Message) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.room(m.Room).said = m.Seq
}

// recent returns a room, and what was said there last if that is known.
func (x *index) recent(id chat.RoomID) (r room, known *said, exists bool) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	found := x.rooms[id]
	if found == nil {
		return room{}, nil, false
	}
	if found.last != nil && found.last.newest == found.said {
		known = found.last
	}
	return *found, known, true
}

// remember keeps what was said last in a room.
func (x *index) remember(id chat.RoomID, known *said) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if r := x.rooms[id]; r != nil { // else it was removed meanwhile
		r.last = known
	}
}
