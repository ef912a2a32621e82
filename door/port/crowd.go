package port

import (
	"sync"

	"parley/guard"
)

// crowd is who is connected. Any goroutine.
type crowd struct {
	most, perNetwork int

	mu        sync.Mutex // guards the rest, and what a visit has of it
	stopped   bool
	inside    int
	networks  guard.Counts
	undecided map[*visit]struct{} // those whose protocol is not told yet, or who are on their way out
}

func newCrowd(most, perNetwork int) *crowd {
	return &crowd{
		most: most, perNetwork: perNetwork,
		networks: guard.Counts{}, undecided: map[*visit]struct{}{},
	}
}

// enter takes a connection up and says whether there is room for it. Either way it is to leave in the end.
func (c *crowd) enter(v *visit) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stopped {
		_ = v.tcp.Close() // as stop would
	}
	c.undecided[v] = struct{}{}
	v.inside = c.inside < c.most
	if v.inside {
		c.inside++
	}
	return v.inside
}

// join says whether its network may have one more connection, and counts it.
func (c *crowd) join(v *visit) bool {
	if c.perNetwork == 0 {
		return true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.networks.Of(v.peer.Addr()) >= c.perNetwork {
		return false
	}
	c.networks.Add(v.peer.Addr(), 1)
	v.joined = true
	return true
}

// decide notes that it was told what a connection speaks. From then on who serves it ends it; false: the door has stopped.
func (c *crowd) decide(v *visit) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.undecided, v)
	return !c.stopped
}

// leave lets a connection go.
func (c *crowd) leave(v *visit) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.undecided, v)
	if v.inside {
		c.inside--
	}
	if v.joined {
		c.networks.Add(v.peer.Addr(), -1)
	}
}

// stop ends all who are not decided, now and from now on.
func (c *crowd) stop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stopped = true
	for v := range c.undecided {
		_ = v.tcp.Close() // its goroutine finds out
	}
}

// lens returns how many there are, and of how many it is not told what they speak.
func (c *crowd) lens() (inside, undecided int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.inside, len(c.undecided)
}
