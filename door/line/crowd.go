package line

import (
	"sync"
	"time"

	"parley/chat"
	"parley/hub"
	"parley/wire/line"
)

// The first few who come or go in a room are shown one by one. Who follows within crowdWindow is gathered, and shown as one line
// when the window is over, or something else is said in the room.
const (
	crowdWindow = 500 * time.Millisecond
	crowdFew    = 3
	crowdNamed  = 2 // how many of a crowd are named
)

// crowds gather who comes and goes.
type crowds struct {
	door *Door

	mu      sync.Mutex // held by Deliver, and by the clock while it shows: nothing overtakes what came before it
	rooms   map[chat.RoomID]*crowd
	timer   *time.Timer
	running bool
	stopped bool
}

// crowd is who came and went in a room lately.
type crowd struct {
	until     time.Time // the window's end
	shown     int       // in this window, one by one
	to        []*hub.Session
	waits     []coming // in the order in which it happened
	nicks     map[string]bool
	newcomers map[*hub.Session]int // of those in to: how much of waits was before they came
}

// coming is that somebody enters, or leaves.
type coming struct {
	nick  string
	enter bool
}

func (c *crowds) init(d *Door) {
	c.door, c.rooms = d, map[chat.RoomID]*crowd{}
	c.timer = time.AfterFunc(time.Hour, c.tick)
	c.timer.Stop()
}

// come shows that a member enters a room or leaves it, as told, or keeps it for later, without a
// reason. Deliver only.
func (d *Door) come(item hub.Item, m chat.Message, enter bool, told string) {
	if d.crowds.gather(item, m, enter) {
		return
	}
	d.addLines(item, func(b []byte) []byte { return append(append(b, told...), '\n') })
}

// gather keeps a notice for later, or says that it is to be shown now. mu is held.
func (c *crowds) gather(item hub.Item, m chat.Message, enter bool) bool {
	if len(item.To) == 0 {
		return false
	}
	now := c.door.now()
	room := c.rooms[m.Room]
	if room == nil {
		room = new(crowd)
		c.rooms[m.Room] = room
	}
	if len(room.waits) == 0 {
		if now.After(room.until) {
			room.until, room.shown = now.Add(crowdWindow), 0
		}
		if room.shown++; room.shown <= crowdFew {
			c.start()
			return false
		}
	}
	if room.nicks[m.Nick] { // the same one again: in the order in which it happened
		c.door.endRun()
		c.showCrowd(m.Room, room)
	}
	room.add(item, coming{m.Nick, enter})
	c.start()
	return true
}

func (r *crowd) add(item hub.Item, w coming) {
	if r.nicks == nil {
		r.nicks, r.newcomers = map[string]bool{}, map[*hub.Session]int{}
	}
	r.nicks[w.nick] = true
	r.waits = append(r.waits, w)
	r.to = item.To
	if w.enter && item.Self != nil {
		r.newcomers[item.Self] = len(r.waits)
	}
}

// start sees to it that the clock runs. mu is held.
func (c *crowds) start() {
	if !c.running && !c.stopped {
		c.running = true
		c.timer.Reset(crowdWindow)
	}
}

// tick shows what has waited for its window to end, and forgets rooms in which nobody comes or goes.
func (c *crowds) tick() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.running = false
	now := c.door.now()
	for id, room := range c.rooms {
		if now.Before(room.until) {
			continue
		}
		if len(room.waits) > 0 {
			c.door.guard(func() { c.showCrowd(id, room) })
			room.until, room.shown = now.Add(crowdWindow), crowdFew
			continue
		}
		delete(c.rooms, id)
	}
	if len(c.rooms) > 0 {
		c.start()
	}
}

// show shows everything that waits. mu is held.
func (c *crowds) show() {
	c.door.endRun()
	for id, room := range c.rooms {
		c.showCrowd(id, room)
	}
}

// showRoom shows what waits in one room. mu is held.
func (c *crowds) showRoom(id chat.RoomID) {
	if room := c.rooms[id]; room != nil && len(room.waits) > 0 {
		c.door.endRun()
		c.showCrowd(id, room)
	}
}

// showCrowd writes a line, or two, to each in a room: of all who came and went or, to who came among them, of those after. mu is
// held.
func (c *crowds) showCrowd(id chat.RoomID, room *crowd) {
	if len(room.waits) == 0 {
		return
	}
	said, to, newcomers := tails(c.door.words, id, room.waits), room.to, room.newcomers
	room.waits, room.nicks, room.newcomers, room.to = nil, nil, nil, nil
	var ready []*member
	defer func() { c.door.writer.Ready(ready...) }() // also after a panic: they were told Ready once
	for _, s := range to {
		lines := said[newcomers[s]]
		if m := memberOf(s); m != nil && len(lines) > 0 && m.follow(m.out.Push(lines)) {
			ready = append(ready, m)
		}
	}
	c.door.counts.delivered.Add(uint64(len(to)))
}

// tails returns for each n the lines that tell of all who came and went but the first n.
func tails(words *line.Words, id chat.RoomID, waits []coming) [][]byte {
	said := make([][]byte, len(waits)+1)
	var came, went gathering
	for n := len(waits) - 1; n >= 0; n-- {
		if w := waits[n]; w.enter {
			came.before(w.nick)
		} else {
			went.before(w.nick)
		}
		said[n] = went.append(came.append(nil, words, id, true), words, id, false)
	}
	return said
}

// gathering is some who did the same.
type gathering struct {
	count int
	named []string // the first few
}

// before adds somebody who did it before the others.
func (g *gathering) before(nick string) {
	g.count++
	g.named = append([]string{nick}, g.named[:min(len(g.named), crowdNamed-1)]...)
}

// append encodes a gathering behind b; nothing if it is empty.
func (g *gathering) append(b []byte, words *line.Words, id chat.RoomID, enter bool) []byte {
	if g.count == 0 {
		return b
	}
	return append(b, line.Line(words.Coming(id, enter, g.count, g.named...))...)
}

// stop shows what waits, and ends the clock.
func (c *crowds) stop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.show()
	c.stopped = true
	c.timer.Stop()
}
