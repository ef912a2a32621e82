package line

import (
	"time"

	"parley/chat"
	"parley/gather"
	"parley/hub"
	"parley/wire/line"
)

// crowds shows members that enter and leave, in crowds as one line for many of them. The door's
// Hear and Turn own it, so no line overtakes an earlier one.
type crowds struct {
	door     *Door
	gathered gather.Crowds[*hub.Session]
	timer    *time.Timer
	running  bool // the timer will call tick
	stopped  bool
}

func (c *crowds) init(d *Door) {
	c.door = d
	c.timer = time.AfterFunc(time.Hour, func() { d.Turn(c.tick) })
	c.timer.Stop()
}

// come shows that a member enters a room or leaves it, in the words of told. In a crowd it keeps
// that for later, without the reason.
func (d *Door) come(item hub.Item, m chat.Message, enter bool, told string) {
	if d.crowds.gather(item, m, enter) {
		return
	}
	d.TellAs(item, told+"\n")
}

// gather keeps a notice for later, or returns false if it is to be shown now.
func (c *crowds) gather(item hub.Item, m chat.Message, enter bool) bool {
	if item.To == nil {
		c.gathered.Take(m.Room) // the last listener has left
		return false
	}
	now := c.door.now()
	before, alone := c.gathered.Add(gather.Move[*hub.Session]{
		Room: m.Room, Nick: m.Nick, Enters: enter, Self: item.Self, To: item.To.Sessions(),
		Stays: m.Room == chat.Lobby && m.Reason() == chat.ReasonParted || m.IsReturn(),
	}, now)
	c.start(now)
	if before != nil {
		c.showBatch(before)
	}
	return !alone
}

// start starts the timer, unless it runs: then it ends early enough.
func (c *crowds) start(now time.Time) {
	if c.running || c.stopped {
		return
	}
	if due, ok := c.gathered.Due(); ok {
		c.running = true
		c.timer.Reset(due.Sub(now))
	}
}

// tick shows batches whose window is over. The timer calls it in a Turn.
func (c *crowds) tick() {
	c.running = false
	now := c.door.now()
	for batch := range c.gathered.Expire(now) {
		c.door.Guard(func() { c.showBatch(batch) })
	}
	c.start(now)
}

// show shows what is gathered in all rooms.
func (c *crowds) show() {
	for batch := range c.gathered.All() {
		c.showBatch(batch)
	}
}

// showRoom shows what is gathered in one room.
func (c *crowds) showRoom(id chat.RoomID) {
	if batch := c.gathered.Take(id); batch != nil {
		c.showBatch(batch)
	}
}

// showBatch writes a batch to each of its listeners, without the moves that the listener is not
// told of.
func (c *crowds) showBatch(batch *gather.Batch[*hub.Session]) {
	said := encodeBatch(c.door.words, batch)
	for _, s := range batch.To {
		c.door.Write(s, said[batch.Skipped(s)])
	}
}

// encodeBatch returns for each n the lines that tell of all moves but the first n.
func encodeBatch(words *line.Words, batch *gather.Batch[*hub.Session]) [][]byte {
	said := make([][]byte, batch.Len()+1)
	for n, notice := range batch.Notices() {
		said[n] = appendGroup(said[n], batch.Room, entering(words), &notice.Entered)
		said[n] = appendGroup(said[n], batch.Room, words.Returning, &notice.Returned)
		said[n] = appendGroup(said[n], batch.Room, words.Parting, &notice.Parted)
		said[n] = appendGroup(said[n], batch.Room, leaving(words), &notice.Left)
	}
	return said
}

// did words what members did in a room. The first of them are named.
type did func(room chat.RoomID, count int, named ...string) string

func entering(words *line.Words) did {
	return func(room chat.RoomID, count int, named ...string) string {
		return words.Coming(room, true, count, named...)
	}
}

func leaving(words *line.Words) did {
	return func(room chat.RoomID, count int, named ...string) string {
		return words.Coming(room, false, count, named...)
	}
}

// appendGroup encodes members that did the same behind b, or nothing if there are none.
func appendGroup(b []byte, id chat.RoomID, did did, g *gather.Group) []byte {
	if g.Count == 0 {
		return b
	}
	return append(b, line.Line(did(id, g.Count, g.Named()...))...)
}

// stop shows what is gathered, and stops the timer.
func (c *crowds) stop() {
	c.door.Turn(func() {
		c.stopped = true
		c.timer.Stop()
		c.show()
	})
}
