// Package gather joins notices about members that enter or leave a room. When many of them do so
// at about the same time, the others are told once: "ann, bob and 38 others enter".
//
// It knows nothing of timers, locks, doors and languages: the caller has a clock and the words.
//
// Its laws:
//   - The first few moves in a room are shown one by one. Further moves within Window are gathered.
//   - Gathered moves are shown together when their window ends, or before anything else is shown
//     in the room.
//   - A move is shown once, and after the moves before it. A batch has no nickname twice.
//   - A listener that enters is told of later moves only, and never of its own.
//   - The same calls with the same times have the same results.
package gather

import (
	"iter"
	"time"

	"parley/chat"
)

// Window is how long moves in a room are gathered before they are shown.
const Window = 500 * time.Millisecond

const (
	few      = 3 // moves in a window that are shown one by one
	namedMax = 2 // nicknames in a notice
)

// Move is a member that enters a room, or leaves it. L is a listener: a session that is told.
type Move[L comparable] struct {
	Room   chat.RoomID
	Nick   string
	Enters bool
	Stays  bool // it is inside before and after, in other rooms: it is shown apart from the others
	Self   L    // the member as a listener; the zero L: it is not a listener of the caller
	To     []L  // the listeners in the room; the slice is kept and not changed
}

// Crowds gathers moves in any number of rooms. The zero value is ready for use. It is not safe
// for concurrent use. Times that are passed to it must not go back.
type Crowds[L comparable] struct {
	rooms   map[chat.RoomID]*room[L]
	windows []window[L] // in the order in which they end
}

// room is a room in which members enter or leave.
type room[L comparable] struct {
	id    chat.RoomID
	until time.Time // the end of its window
	shown int       // moves shown one by one in this window

	waiting *Batch[L] // nil: nothing is gathered
	nicks   map[string]bool
}

// window is a window of a room. It is out of date if the room has begun another one since.
type window[L comparable] struct {
	room  *room[L]
	until time.Time
}

// Add takes a move. If alone is true, the caller shows the move now. Otherwise the move is
// gathered; before, if it is not nil, was gathered earlier and must be shown now.
func (c *Crowds[L]) Add(m Move[L], now time.Time) (before *Batch[L], alone bool) {
	r := c.rooms[m.Room]
	if r == nil {
		if c.rooms == nil {
			c.rooms = map[chat.RoomID]*room[L]{}
		}
		r = &room[L]{id: m.Room}
		c.rooms[m.Room] = r
		c.begin(r, now)
	}
	if r.waiting == nil {
		if !now.Before(r.until) {
			r.shown = 0
			c.begin(r, now)
		}
		if r.shown < few {
			r.shown++
			return nil, true
		}
	}
	if r.nicks[m.Nick] { // a notice tells all entries before the leaves
		before = r.take()
	}
	r.add(m)
	return before, false
}

// begin begins a window of a room.
func (c *Crowds[L]) begin(r *room[L], now time.Time) {
	r.until = now.Add(Window)
	c.windows = append(c.windows, window[L]{r, r.until})
}

// Take returns what is gathered in a room, to be shown before anything else there; nil: nothing.
func (c *Crowds[L]) Take(id chat.RoomID) *Batch[L] {
	if r := c.rooms[id]; r != nil {
		return r.take()
	}
	return nil
}

// All takes what is gathered in each room.
func (c *Crowds[L]) All() iter.Seq[*Batch[L]] {
	return func(yield func(*Batch[L]) bool) {
		for _, w := range c.windows {
			if batch := w.room.take(); batch != nil && !yield(batch) {
				return
			}
		}
	}
}

// Due returns when Expire must be called next; false: not before another Add.
func (c *Crowds[L]) Due() (at time.Time, ok bool) {
	for len(c.windows) > 0 {
		if w := c.windows[0]; w.isCurrent() {
			return w.until, true
		}
		c.pop()
	}
	return time.Time{}, false
}

// Expire takes what is gathered in each room whose window is over. It forgets rooms in which
// members no longer enter or leave.
func (c *Crowds[L]) Expire(now time.Time) iter.Seq[*Batch[L]] {
	return func(yield func(*Batch[L]) bool) {
		for at, ok := c.Due(); ok && !now.Before(at); at, ok = c.Due() {
			r := c.pop().room
			batch := r.take()
			if batch == nil {
				delete(c.rooms, r.id)
				continue
			}
			c.begin(r, now) // the crowd may go on: its next moves are gathered too
			if !yield(batch) {
				return
			}
		}
	}
}

func (c *Crowds[L]) pop() window[L] {
	first := c.windows[0]
	c.windows[0] = window[L]{} // the room may be forgotten
	c.windows = c.windows[1:]
	return first
}

func (w *window[L]) isCurrent() bool { return w.until.Equal(w.room.until) }

func (r *room[L]) add(m Move[L]) {
	if r.waiting == nil {
		r.waiting = &Batch[L]{Room: r.id, entered: map[L]int{}}
		r.nicks = map[string]bool{}
	}
	r.nicks[m.Nick] = true
	r.waiting.add(m)
}

func (r *room[L]) take() *Batch[L] {
	batch := r.waiting
	r.waiting, r.nicks = nil, nil
	return batch
}
