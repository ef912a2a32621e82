package hub

import (
	"context"
	"iter"
	"sync"

	"parley/chat"
)

// followPage is how many messages Follow reads at once.
const followPage = 500

// Progress is how far the hub has come, as committed.
type Progress struct {
	chat.Progress
	Storage chat.Code // OK, StorageFull, StorageFailed or StorageLost

	epoch chat.Epoch // of the newest life of this node
}

// Room is a room that somebody can join.
type Room struct {
	chat.Room
	Members int
}

// publish lets others see how far the loop has come. Loop only.
func (h *Hub) publish() {
	h.progress.Store(&Progress{
		Progress: h.state.Progress(), Storage: h.health.refuse, epoch: h.state.Epoch(h.node()),
	})
}

// Status is what an operator wants to know of a running hub.
type Status struct {
	Progress
	Node     chat.NodeID
	Epoch    chat.Epoch
	Ready    bool           // this life has begun in the log: commands are taken
	Members  map[string]int // sessions by door
	Rooms    int            // that a member can join
	Messages uint64         // in all rooms, announced and private ones too
	Directs  int            // direct rooms
	// Queues are "ledger": commands appended and not read yet, and "answers": submitters that wait
	// for an answer.
	Queues []Queue
}

// Inside returns how many members there are, in whatever rooms, or in none.
func (s Status) Inside() (members int) {
	for _, n := range s.Members {
		members += n
	}
	return members
}

// Status tells how the hub is. It costs the same however many rooms and sessions there are. Any
// goroutine.
func (h *Hub) Status() Status {
	rooms, messages, directs := h.index.census()
	self := h.life.self.Load()
	return Status{
		Progress: *h.progress.Load(), Node: self.Node, Epoch: self.Epoch, Ready: h.isReady(),
		Members: h.index.count(), Rooms: rooms, Messages: messages, Directs: directs,
		Queues: []Queue{
			{Name: "ledger", Length: h.ledger.Len(), Capacity: h.ledger.Cap()},
			{Name: "answers", Length: h.unanswered()},
		},
	}
}

func (h *Hub) isReady() bool {
	select {
	case <-h.ready:
		return !h.isClosing()
	default:
		return false
	}
}

func (h *Hub) unanswered() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.waiting)
}

// Who yields the sessions in a room, ordered by nickname. It reads page by page while the room goes on changing: a session that is
// inside from beginning to end is yielded, unless it changes its nickname meanwhile. Any goroutine.
func (h *Hub) Who(room chat.RoomID) iter.Seq[chat.Session] {
	return paged(func(s chat.Session) string { return s.Nick.Key }, func(after string) []chat.Session { return h.index.members(room, after) })
}

// Roomless returns the sessions that are in no room, ordered by nickname. It looks at all sessions.
// Any goroutine.
func (h *Hub) Roomless() []chat.Session { return h.index.roomless() }

// paged yields what next returns, a page at a time: what follows the last of the page before.
func paged[T any, K ~string](key func(T) K, next func(after K) []T) iter.Seq[T] {
	return func(yield func(T) bool) {
		page := next("")
		for len(page) > 0 {
			for _, each := range page {
				if !yield(each) {
					return
				}
			}
			if len(page) < pageSize {
				return
			}
			page = next(key(page[len(page)-1]))
		}
	}
}

// Present returns how many are in a room. Any goroutine.
func (h *Hub) Present(room chat.RoomID) int { return h.index.present(room) }

// Session returns a session, and whether it is inside. Any goroutine.
func (h *Hub) Session(id chat.SessionID) (chat.Session, bool) { return h.index.session(id) }

// Holder returns the session that has a nickname, given as its Key, and whether there is one. Any
// goroutine.
func (h *Hub) Holder(key string) (chat.Session, bool) { return h.index.holder(key) }

// Topic returns what a room is about; empty: that was not said. Any goroutine.
func (h *Hub) Topic(room chat.RoomID) string {
	r, _ := h.index.get(room)
	return r.Topic
}

// Rooms yields the rooms that a member can join, ordered by RoomID, page by page as Who does. Any goroutine.
func (h *Hub) Rooms() iter.Seq[Room] {
	return paged(func(r Room) chat.RoomID { return r.ID }, h.index.joinable)
}

// RoomCount returns how many rooms a member can join. Any goroutine.
func (h *Hub) RoomCount() int {
	rooms, _, _ := h.index.census()
	return rooms
}

// Newest returns the Seq of a room's newest message, 0 if it has none. Refused with RoomUnknown. Any goroutine.
func (h *Hub) Newest(room chat.RoomID) (chat.Seq, error) {
	r, ok := h.index.get(room)
	if !ok {
		return 0, chat.Refuse(chat.RoomUnknown)
	}
	return r.Seq, nil
}

// End returns the place behind the newest message that the history of a room shows. Refused with
// RoomUnknown. Any goroutine.
func (h *Hub) End(room chat.RoomID) (chat.Cursor, error) {
	end, ok := h.index.newest(room)
	if !ok {
		return chat.Cursor{}, chat.Refuse(chat.RoomUnknown)
	}
	return end, nil
}

// Back returns the place that the last messages lie behind that the history of a room shows now,
// and how many they are: at most most. Refused with RoomUnknown. Any goroutine.
func (h *Hub) Back(
	ctx context.Context, room chat.RoomID, most int,
) (from chat.Cursor, messages int, err error) {
	end, err := h.End(room)
	if err != nil {
		return end, 0, err
	}
	from, err = h.store.Back(ctx, room, end, most)
	return from, end.Beyond(from), err
}

// Last returns the newest messages that the history of a room shows, at most limit, oldest first.
// Refused with RoomUnknown. Any goroutine.
func (h *Hub) Last(ctx context.Context, room chat.RoomID, limit int) ([]chat.Message, error) {
	if _, err := h.Newest(room); err != nil {
		return nil, err
	}
	return h.store.Last(ctx, room, limit)
}

// Follow calls show with every message that the history of a room shows after a place, first those
// that are there and then those that come, without a gap, until show fails, ctx is done, or the hub
// ends. Refused with RoomUnknown, also when the room is removed. Any goroutine.
func (h *Hub) Follow(
	ctx context.Context, id chat.RoomID, after chat.Cursor, show func([]chat.Message) error,
) error {
	followed := h.index.known(id)
	if followed == nil {
		return chat.Refuse(chat.RoomUnknown)
	}
	for over := false; ; {
		committed := h.commits.next()
		messages, err := h.store.After(ctx, id, after, followPage)
		if err != nil {
			return err
		}
		if h.index.known(id) != followed {
			return chat.Refuse(chat.RoomUnknown)
		}
		if len(messages) > 0 {
			if err := show(messages); err != nil {
				return err
			}
			for _, m := range messages {
				after = after.Past(id, m)
			}
			continue
		}
		if over {
			return nil
		}
		select {
		case <-committed:
		case <-ctx.Done():
			return ctx.Err()
		case <-h.ended:
			over = true // what the last batch brought is still to be read
		}
	}
}

// signal lets any number wait for the next time something happens.
type signal struct {
	mu sync.Mutex
	ch chan struct{} // nil: nobody waits
}

// next returns a channel that is closed when it next happens.
func (s *signal) next() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ch == nil {
		s.ch = make(chan struct{})
	}
	return s.ch
}

// raise says that it happened.
func (s *signal) raise() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ch != nil {
		close(s.ch)
		s.ch = nil
	}
}
