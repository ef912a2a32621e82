package command

import (
	"errors"
	"net/netip"
	"slices"
	"sync"
	"time"

	"parley/chat"
	"parley/guard"
)

// directShare is how many times as many new direct rooms one network may create as one member.
const directShare = 5

// Growth bounds how many new rooms members may create in an hour: public rooms stay, and direct
// ones stay as long as their members. It is asked before the log: a command carries whether it may
// create its room. A restart forgets what was created.
type Growth struct {
	rooms    *guard.Quota[creator]
	directs  *guard.Quota[creator]
	personal *guard.Quota[chat.SessionID] // direct rooms of one session

	mu       sync.Mutex                // guards creating
	creating map[chat.RoomID]*creation // rooms whose first commands are not answered
}

// creation is a room that some callers try to create at once. It is counted once, for the first.
type creation struct {
	callers  int
	made     bool
	giveBack func()
}

// creator is a network, or a session whose network is not counted.
type creator struct {
	network netip.Prefix
	session chat.SessionID
}

// NewGrowth makes bounds of so many new public rooms for each network, and of so many new direct
// rooms for each member; 0: no limit.
func NewGrowth(rooms, directs int, now func() time.Time) *Growth {
	return &Growth{
		rooms:    guard.NewQuota[creator](rooms, now),
		directs:  guard.NewQuota[creator](directShare*directs, now),
		personal: guard.NewQuota[chat.SessionID](directs, now),
		creating: make(map[chat.RoomID]*creation),
	}
}

// creator returns what a caller's new rooms are counted for: its network, or on this machine, where
// others may be behind one address, its session.
func (c *Caller) creator() creator {
	if !c.Addr.IsValid() || c.Addr.IsLoopback() {
		return creator{session: c.Session}
	}
	return creator{network: guard.NetworkOf(c.Addr)}
}

// take takes one new room, and returns what gives it back if it is not created.
func (g *Growth) take(c *Caller, direct bool) (giveBack func(), refusal *chat.Refusal) {
	by := c.creator()
	switch {
	case !direct && g.rooms.Take(by):
		return func() { g.rooms.Return(by) }, nil
	case !direct:
		return nil, chat.Refuse(chat.NewRooms)
	case !g.personal.Take(c.Session):
		return nil, chat.Refuse(chat.NewDirects)
	case !g.directs.Take(by):
		g.personal.Return(c.Session)
		return nil, chat.Refuse(chat.NewDirects)
	}
	return func() { g.directs.Return(by); g.personal.Return(c.Session) }, nil
}

// begin takes one new room, unless others create it already, and returns what is told at the end
// whether the caller's command has created it; nil: isKnown says that it exists now.
func (g *Growth) begin(c *Caller, room chat.RoomID, isKnown func() bool) (
	created func(bool), refusal *chat.Refusal,
) {
	if g == nil {
		return func(bool) {}, nil
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	now, ok := g.creating[room]
	if !ok {
		if isKnown() {
			return nil, nil
		}
		giveBack, refusal := g.take(c, room.IsDirect())
		if refusal != nil {
			return nil, refusal
		}
		now = &creation{giveBack: giveBack}
		g.creating[room] = now
	}
	now.callers++
	return func(made bool) { g.end(room, now, made) }, nil
}

// end counts a caller off whose command is answered. The last gives back what was taken if none has
// created the room.
func (g *Growth) end(room chat.RoomID, c *creation, made bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	c.made = c.made || made
	if c.callers--; c.callers > 0 {
		return
	}
	delete(g.creating, room)
	if !c.made {
		c.giveBack()
	}
}

// createTries is how often a command is submitted whose room comes and goes meanwhile.
const createTries = 3

// mayCreate carries out a command that creates its room if the room does not exist and the caller's
// quota allows it. made says that the room did not exist just before: another caller may have been
// faster.
func (c call) mayCreate(
	room chat.RoomID, command func(isNew bool) chat.Command,
) (made bool, err error) {
	for range createTries {
		made, again, err := c.tryCreate(room, command)
		if !again {
			return made, err
		}
	}
	return false, chat.Refuse(chat.Busy) // others create the room and leave it all the time
}

func (c call) tryCreate(
	room chat.RoomID, command func(bool) chat.Command,
) (made, again bool, err error) {
	_, unknown := c.desk.Hub.Newest(room)
	if unknown == nil {
		err = c.caller.Do(c.ctx, command(false))
		return false, isRefused(err, chat.RoomUnknown), err // removed meanwhile
	}
	isKnown := func() bool {
		_, unknown := c.desk.Hub.Newest(room)
		return unknown == nil
	}
	created, refusal := c.desk.Growth.begin(c.caller, room, isKnown)
	if refusal != nil {
		return false, false, refusal
	}
	if created == nil {
		return false, true, nil
	}
	defer func() { created(!isRefused(err)) }()
	err = c.caller.Do(c.ctx, command(true))
	return err == nil, false, err
}

// isRefused says whether an error is a refusal, with one of some codes if any are named.
func isRefused(err error, codes ...chat.Code) bool {
	var refusal *chat.Refusal
	return errors.As(err, &refusal) && (len(codes) == 0 || slices.Contains(codes, refusal.Code))
}

// direct returns another member and its direct room with the caller. The user is 0, and no room has
// the name, if that member is not inside.
func (c call) direct(to chat.Nick) (chat.UserID, chat.RoomID) {
	self, _ := c.desk.Hub.Session(c.caller.Session)
	other, _ := c.desk.Hub.Holder(to.Key)
	return other.User, chat.DirectRoom(self.User, other.User)
}
