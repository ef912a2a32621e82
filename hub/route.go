package hub

import (
	"time"

	"parley/chat"
)

// askedEvery is how often a session is told that somebody asks for its nickname, however many do.
const askedEvery = 10 * time.Second

// route puts an event into the batch of each door that has somebody to tell, and keeps the index.
func (h *Hub) route(e chat.Event) {
	switch e := e.(type) {
	case chat.Posted:
		h.tell(e, e.Message.Room, h.index.sessions[e.From])
	case chat.TopicSet:
		h.tell(e, e.Message.Room, h.index.sessions[e.From])
	case chat.Renamed:
		h.tell(e, e.Message.Room, h.index.sessions[e.Session.ID])
	case chat.Told:
		h.tellTwo(e)
	case chat.Entered:
		h.enter(e)
	case chat.Left:
		self := h.index.sessions[e.Session.ID]
		if self != nil {
			h.index.leave(self, e.Message.Room)
			h.index.change(self, e.Session)
		}
		h.tell(e, e.Message.Room, self)
	case chat.Ended:
		if self := h.index.sessions[e.Session.ID]; self != nil {
			h.index.end(self)
			self.tell(e)
		}
	case chat.Changed:
		if self := h.index.sessions[e.Session.ID]; self != nil {
			h.index.change(self, e.Session)
			self.tell(e)
		}
	case chat.RoomRemoved:
		h.tell(e, e.Room, nil)
		for _, m := range e.Members {
			if s := h.index.sessions[m.ID]; s != nil {
				h.index.leave(s, e.Room)
				h.index.change(s, m)
			}
		}
	case chat.Announced:
		all := h.index.everybody()
		for _, w := range h.doorways {
			if len(all[w]) > 0 {
				w.add(Item{Event: e, To: NewAudience(all[w]...)})
			}
		}
	case chat.Wanted:
		if s := h.local(e.Holder); s != nil && s.isAsked(h.options.Now()) {
			s.doorway.add(Item{Event: e, To: NewAudience(s)})
		}
	}
}

// enter tells a room that somebody enters it, who is then told what follows.
func (h *Hub) enter(e chat.Entered) {
	self := h.index.sessions[e.Session.ID]
	if self == nil {
		self = &Session{ID: e.Session.ID, doorway: h.doorwayOf(e.Session), state: e.Session}
		h.index.begin(self)
	} else {
		h.index.change(self, e.Session)
	}
	if self.doorway != nil {
		h.index.open(e.Message.Room, self.doorway) // the first of its door hears of itself, too
	}
	h.tell(e, e.Message.Room, self)
	h.index.enter(self, e.Message.Room)
}

// local returns a session of a door of this hub; nil: there is no such session.
func (h *Hub) local(id chat.SessionID) *Session {
	if s := h.index.sessions[id]; s != nil && s.doorway != nil {
		return s
	}
	return nil
}

// tell tells a session, if it is of this hub, what happened to it.
func (s *Session) tell(e chat.Event) {
	if s.doorway != nil {
		s.doorway.add(Item{Event: e, To: NewAudience(s), Self: s})
	}
}

// isAsked reports whether the session is to be told that somebody asks for its nickname. The first
// time it is, as only a holder that is sent something can be found dead.
func (s *Session) isAsked(now time.Time) bool {
	since := now.Sub(time.Unix(0, s.asked))
	if 0 <= since && since < askedEvery {
		return false
	}
	s.asked = now.UnixNano()
	return true
}

// doorwayOf returns the doorway through which a session entered; nil: one of another hub.
func (h *Hub) doorwayOf(s chat.Session) *Doorway {
	for _, w := range h.doorways {
		if s.ID.Node == h.node() && s.Door == w.door.Name() {
			return w
		}
	}
	return nil
}

// tell adds an event to every door with members in the room, and to that of self.
func (h *Hub) tell(e chat.Event, room chat.RoomID, self *Session) {
	told := false
	for _, a := range h.index.audiences(room) {
		item := Item{Event: e, To: a.toTell()}
		if self != nil && self.doorway == a.doorway {
			item.Self, told = self, true
		}
		a.doorway.add(item)
	}
	if self != nil && self.doorway != nil && !told {
		self.doorway.add(Item{Event: e, Self: self})
	}
}

// tellTwo adds what one says to another to the doors of both: one item where they came through the same one.
func (h *Hub) tellTwo(e chat.Told) {
	from, to := h.local(e.From.ID), h.local(e.To.ID)
	if to != nil {
		item := Item{Event: e, To: NewAudience(to)}
		if from != nil && from.doorway == to.doorway {
			item.Self = from
		}
		to.doorway.add(item)
	}
	if from != nil && (to == nil || from.doorway != to.doorway) {
		from.doorway.add(Item{Event: e, Self: from})
	}
}

func (w *Doorway) add(i Item) {
	if i.To != nil || i.Self != nil {
		w.put(i)
	}
}
