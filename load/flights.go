package load

import (
	"context"
	"sync"
	"time"
)

// flights are the messages under way while senders talk as fast as they are accepted.
type flights struct {
	patience time.Duration
	free     chan int // senders who may talk
	givenUp  uint64   // the talking goroutine

	mu     sync.Mutex // guards flying
	flying map[flight]time.Duration
}

// flight is one message under way.
type flight struct {
	sender int
	number uint32
}

// newFlights lets a number of messages be under way in each room, of its senders as evenly as can be.
func newFlights(n, senders, rooms int, patience time.Duration) *flights {
	f := &flights{patience: patience, free: make(chan int, n*rooms), flying: map[flight]time.Duration{}}
	for i := range n * rooms {
		room, turn := i%rooms, i/rooms
		there := (senders - room + rooms - 1) / rooms
		f.free <- room + turn%there*rooms
	}
	return f
}

func (f *flights) start(g flight, now time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.flying[g] = now
}

// land says that a message is not under way any more, and returns whether it was. Any goroutine.
func (f *flights) land(g flight) bool {
	f.mu.Lock()
	_, flew := f.flying[g]
	delete(f.flying, g)
	f.mu.Unlock()
	if flew {
		f.free <- g.sender
	}
	return flew
}

// giveUp lands what has been under way for too long. The talking goroutine only.
func (f *flights) giveUp(now time.Duration) {
	f.mu.Lock()
	var lost []flight
	for g, since := range f.flying {
		if now-since > f.patience {
			lost = append(lost, g)
		}
	}
	f.mu.Unlock()
	for _, g := range lost {
		if f.land(g) {
			f.givenUp++
		}
	}
}

// talkAsAccepted keeps InFlight messages under way. A message is due when it is sent.
func (r *run) talkAsAccepted(ctx context.Context, before time.Duration) {
	look := time.NewTicker(r.giveUp / 10)
	defer look.Stop()
	for r.clock() < before {
		select {
		case sender := <-r.flights.free:
			now := r.clock()
			r.flights.start(flight{sender, r.count[sender]}, now)
			r.say(sender, now)
		case <-look.C:
			r.flights.giveUp(r.clock())
		case <-ctx.Done():
			return
		}
	}
}

// came lands a message that its witness has received: the next of the room who reads, or the only one.
func (r *run) came(m *member, k mark) {
	if r.flights == nil {
		return
	}
	witness := k.sender + r.plan.rooms()
	if witness >= r.plan.readers() {
		witness = m.room
	}
	if m.index == witness {
		r.flights.land(flight{k.sender, k.number})
	}
}
