package hub

import (
	"context"

	"parley/chat"
)

// Reading reads the end of a room's history page by page. It belongs to one goroutine.
type Reading struct {
	hub  *Hub
	id   chat.RoomID
	room *room // a room of the same name is another one
	at   chat.Cursor
	left int // messages
}

// Recent begins to read the last messages that the history of a room shows now, at most most.
// Refused with RoomUnknown. Any goroutine.
func (h *Hub) Recent(ctx context.Context, id chat.RoomID, most int) (*Reading, error) {
	r := &Reading{hub: h, id: id, room: h.index.known(id)}
	if r.room == nil {
		return nil, chat.Refuse(chat.RoomUnknown)
	}
	var err error
	r.at, r.left, err = h.Back(ctx, id, most)
	return r, err
}

// More says whether there are messages that were not read.
func (r *Reading) More() bool { return r.left > 0 }

// Next returns the next messages, oldest first: at most limit, and fewer if they are long. Refused
// with RoomUnknown once the room was removed.
func (r *Reading) Next(ctx context.Context, limit int) ([]chat.Message, error) {
	page, err := r.hub.store.After(ctx, r.id, r.at, min(limit, r.left))
	if err != nil {
		return nil, err
	}
	if r.hub.index.known(r.id) != r.room {
		return nil, chat.Refuse(chat.RoomUnknown)
	}
	for _, m := range page {
		r.at = r.at.Past(r.id, m)
	}
	r.left -= len(page)
	if len(page) == 0 {
		r.left = 0
	}
	return page, nil
}
