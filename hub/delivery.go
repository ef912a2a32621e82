package hub

import (
	"context"

	"parley/chat"
)

// Door is one way into the chat room. A door translates; it decides nothing.
type Door interface {
	// Name is the door's name in sessions, in status and in logs.
	Name() string

	// Deliver hands over what a committed batch means for this door's sessions, in the order of the log. It is called by the hub's
	// loop only and must not block. The Batch may be kept; nothing in it may be changed but Session.Local.
	Deliver(Batch)
}

// Batch is what one committed batch means for one door.
type Batch []Item

// Item is one event, or the answer to one of this door's commands.
type Item struct {
	Event chat.Event // nil in an Answer
	To    *Audience  // whom of this door the event is for, perhaps with Self; nil: nobody
	Self  *Session   // the member that entered, spoke or left; nil if it is not of this door

	Answer *Answer
}

// Audience is some sessions of one door. It is an identity: two Items with the same Audience are
// for the same sessions, so a door can hand them over as one. It never changes.
type Audience struct{ sessions []*Session }

// NewAudience returns an Audience of these sessions that no other Item has.
func NewAudience(sessions ...*Session) *Audience { return &Audience{sessions} }

// Sessions returns the sessions of an Audience, which may be nil. The slice must not be changed.
func (a *Audience) Sessions() []*Session {
	if a == nil {
		return nil
	}
	return a.sessions
}

// Answer tells what became of a command that this door submitted.
type Answer struct {
	Ref     any           // what Submit was given
	Refusal *chat.Refusal // nil: done, and on the disk
	Session *Session      // the session inside after an Enter that was not refused
}

// Session is a member as a door sees them.
type Session struct {
	ID    chat.SessionID
	Local any // the door's own; the hub never reads it. Set it in Deliver, or before Run for those of Doorway.Sessions

	doorway *Doorway     // nil: it is not of a door of this hub
	state   chat.Session // the index's
	asked   int64        // loop only: when it was last told that somebody asks for its nickname, in Unix ns
}

// State returns the session as committed. In Deliver, or before Run, only.
func (s *Session) State() chat.Session { return s.state }

// Doorway is where a door meets the hub.
type Doorway struct {
	hub       *Hub
	door      Door
	resumable bool
	batch     Batch // loop only: what the batch under way means for the door
	last      int   // loop only: how much the batch before did
}

// NewSession returns an ID that no session had before. A door takes one when it submits Enter. Any
// goroutine.
func (w *Doorway) NewSession() chat.SessionID {
	l := &w.hub.life
	self := l.self.Load()
	return chat.SessionID{Node: self.Node, Life: self.Life, N: l.sessions.Add(1)}
}

// Submit appends a command. When ref is not nil, an Answer with it is delivered, exactly once, if Submit returned nil. Errors
// are *chat.Refusal: Busy (after waiting for ctx) or ShuttingDown. Any goroutine.
func (w *Doorway) Submit(ctx context.Context, command chat.Command, ref any) error {
	if ref == nil {
		return w.hub.submit(ctx, command, nil)
	}
	return w.hub.submit(ctx, command, func(a Answer) {
		a.Ref = ref
		w.put(Item{Answer: &a})
	})
}

// Do is Hub.Do, for a command that concerns no connection any more. Any goroutine.
func (w *Doorway) Do(ctx context.Context, command chat.Command) error {
	return w.hub.Do(ctx, command)
}

// put adds to the batch under way, which is likely to be as long as the one before. The loop only.
func (w *Doorway) put(i Item) {
	if w.batch == nil {
		w.batch = make(Batch, 0, w.last)
	}
	w.batch = append(w.batch, i)
}

// Sessions returns those of this door that were inside before this start, if the door is resumable. Before Run only. Those
// for whom it has been too long leave in the first batch.
func (w *Doorway) Sessions() []*Session {
	var mine []*Session
	for s := range w.hub.index.of(w) {
		mine = append(mine, s)
	}
	return mine
}
