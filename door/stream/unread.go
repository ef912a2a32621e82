package stream

import (
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"parley/chat"
	"parley/guard"
)

const (
	// unreadMax is how many answers may wait for their readers at once.
	unreadMax = 128
	// unreadPatience is how long one of them waits.
	unreadPatience = 2 * time.Minute
)

// unread is the connections whose answers wait for them to read. Each keeps a goroutine and its
// stack, so their number is bounded. When it is reached, the network with most of them loses the
// connection that has waited longest. Any goroutine.
type unread struct {
	most     int
	patience time.Duration

	mu      sync.Mutex
	waiting []waiter // in the order in which they began to wait
}

// waiter is a connection that waits, and its network.
type waiter struct {
	conn    *Conn
	network netip.Prefix
}

// wait returns once roomy is closed, or the session ends. It ends a session that reads nothing for
// too long.
func (u *unread) wait(c *Conn, roomy <-chan struct{}) {
	if last := u.enter(waiter{c, networkOf(c.remote())}); last != nil {
		last.tooSlow()
	}
	defer u.leave(c)
	over := time.NewTimer(u.patience)
	defer over.Stop()
	select {
	case <-roomy: // or End woke it
	case <-over.C:
		c.tooSlow()
	case <-c.door.ctx.Done():
		c.End(chat.ReasonEnded)
	}
}

func networkOf(a net.Addr) netip.Prefix { return guard.NetworkOf(addrOf(a)) }

// addrOf returns the address of a client; the zero one: unknown.
func addrOf(a net.Addr) netip.Addr {
	tcp, ok := a.(*net.TCPAddr)
	if !ok {
		return netip.Addr{}
	}
	return tcp.AddrPort().Addr().Unmap()
}

// enter adds a connection, and returns the one that must end for it, if any.
func (u *unread) enter(w waiter) *Conn {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.waiting = append(u.waiting, w)
	if len(u.waiting) <= u.most {
		return nil
	}
	i := u.last()
	last := u.waiting[i].conn
	u.waiting = slices.Delete(u.waiting, i, i+1)
	return last
}

// last returns the index of the one that has waited longest in the network that has most. mu is
// held.
func (u *unread) last() int {
	counts := map[netip.Prefix]int{}
	most := 0
	for _, w := range u.waiting {
		counts[w.network]++
		most = max(most, counts[w.network])
	}
	return slices.IndexFunc(u.waiting, func(w waiter) bool { return counts[w.network] == most })
}

func (u *unread) leave(c *Conn) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if i := slices.IndexFunc(u.waiting, func(w waiter) bool { return w.conn == c }); i >= 0 {
		u.waiting = slices.Delete(u.waiting, i, i+1)
	}
	if len(u.waiting) == 0 {
		u.waiting = nil // a crowd's memory goes back
	}
}

// len returns how many answers wait for their readers.
func (u *unread) len() int {
	u.mu.Lock()
	defer u.mu.Unlock()
	return len(u.waiting)
}
