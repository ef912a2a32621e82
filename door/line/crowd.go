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
	until time.Time // the window's end
	shown int       // in this window, one by one
	to    []*hub.Session
	came  gathering
	went  gathering
}

// gathering is some who did the same.
type gathering struct {
	count int
	named []string
	names map[string]bool
}

func (g *gathering) add(name string) {
	if g.names == nil {
		g.names = map[string]bool{}
	}
	g.names[name] = true
	if g.count++; len(g.named) < crowdNamed {
		g.named = append(g.named, name)
	}
}

func (c *crowds) init(d *Door) {
	c.door, c.rooms = d, map[chat.RoomID]*crowd{}
	c.timer = time.AfterFunc(time.Hour, c.tick)
	c.timer.Stop()
}

// come shows who enters a room or leaves it, or keeps it for later. Deliver only.
func (d *Door) come(item hub.Item, m chat.Message, enter bool) {
	if d.crowds.gather(item, m, enter) {
		return
	}
	d.addLines(item, func(b []byte) []byte { return append(b, line.Line(line.Coming(m.Room, enter, 1, m.Nick))...) })
}

// gather keeps a notice for later, or says that it is to be shown now. mu is held.
func (c *crowds) gather(item hub.Item, m chat.Message, enter bool) bool {
	now := time.Now()
	room := c.rooms[m.Room]
	if room == nil {
		room = new(crowd)
		c.rooms[m.Room] = room
	}
	if waits := room.came.count + room.went.count; waits == 0 {
		if now.After(room.until) {
			room.until, room.shown = now.Add(crowdWindow), 0
		}
		if room.shown++; room.shown <= crowdFew {
			c.start()
			return false
		}
	}
	does, did := &room.came, &room.went
	if !enter {
		does, did = did, does
	}
	if did.names[m.Nick] || does.names[m.Nick] { // the same one again: in the order in which it happened
		c.door.endRun()
		c.showCrowd(m.Room, room)
	}
	does.add(m.Nick)
	room.to = item.To
	c.start()
	return true
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
	now := time.Now()
	for id, room := range c.rooms {
		if now.Before(room.until) {
			continue
		}
		if room.came.count+room.went.count > 0 {
			c.showCrowd(id, room)
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
	if room := c.rooms[id]; room != nil && room.came.count+room.went.count > 0 {
		c.door.endRun()
		c.showCrowd(id, room)
	}
}

// showCrowd writes a room's line, or two. mu is held.
func (c *crowds) showCrowd(id chat.RoomID, room *crowd) {
	var said []byte
	for _, g := range []struct {
		*gathering
		enter bool
	}{{&room.came, true}, {&room.went, false}} {
		if g.count > 0 {
			said = append(said, line.Line(line.Coming(id, g.enter, g.count, g.named...))...)
		}
	}
	if said == nil {
		return
	}
	var ready []*member
	for _, s := range room.to {
		if m := memberOf(s); m != nil && m.follow(m.out.Push(said)) {
			ready = append(ready, m)
		}
	}
	c.door.counts.delivered.Add(uint64(len(room.to)))
	c.door.writer.Ready(ready...)
	room.came, room.went, room.to = gathering{}, gathering{}, nil
}

// stop ends the clock. What waits is not shown.
func (c *crowds) stop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stopped = true
	c.timer.Stop()
}
