package line

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
	// answerAhead is how many bytes may wait for a client before a command reads another page.
	answerAhead = 16 << 10
	// answerMost is how many may wait before a command waits within a page: a page fits on top of
	// answerAhead, and the smallest line.outbox is larger than both.
	answerMost = 48 << 10
	// unreadMax is how many commands may wait for their readers at once.
	unreadMax = 128
	// unreadPatience is how long one of them waits.
	unreadPatience = 2 * time.Minute
)

// unread is the members whose commands wait for them to read. Each keeps a goroutine and its stack,
// so their number is bounded: when it is reached, the member that has waited longest in the network
// that has most of them is disconnected. Any goroutine.
type unread struct {
	most     int
	patience time.Duration

	mu      sync.Mutex
	waiting []waiter // in the order in which they began to wait
}

// waiter is a member that waits, and the network that it is of.
type waiter struct {
	*member
	network netip.Prefix
}

// wait returns once roomy is closed, or the member is ended, which it is when it reads nothing for too long.
func (u *unread) wait(m *member, roomy <-chan struct{}) {
	if last := u.enter(waiter{m, networkOf(m.conn.RemoteAddr())}); last != nil {
		last.tooSlow()
	}
	defer u.leave(m)
	over := time.NewTimer(u.patience)
	defer over.Stop()
	select {
	case <-roomy: // or end woke it
	case <-over.C:
		m.tooSlow()
	case <-m.door.ctx.Done():
		m.end(chat.ReasonEnded)
	}
}

func networkOf(a net.Addr) netip.Prefix {
	tcp, ok := a.(*net.TCPAddr)
	if !ok {
		return netip.Prefix{}
	}
	return guard.NetworkOf(tcp.AddrPort().Addr().Unmap())
}

// enter adds a member, and returns the one that has to go for it, if any.
func (u *unread) enter(w waiter) *member {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.waiting = append(u.waiting, w)
	if len(u.waiting) <= u.most {
		return nil
	}
	i := u.last()
	last := u.waiting[i].member
	u.waiting = slices.Delete(u.waiting, i, i+1)
	return last
}

// last returns which one has waited longest of the network that has most. mu is held.
func (u *unread) last() int {
	counts := map[netip.Prefix]int{}
	most := 0
	for _, w := range u.waiting {
		counts[w.network]++
		most = max(most, counts[w.network])
	}
	return slices.IndexFunc(u.waiting, func(w waiter) bool { return counts[w.network] == most })
}

func (u *unread) leave(m *member) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if i := slices.IndexFunc(u.waiting, func(w waiter) bool { return w.member == m }); i >= 0 {
		u.waiting = slices.Delete(u.waiting, i, i+1)
	}
	if len(u.waiting) == 0 {
		u.waiting = nil // a crowd's memory goes back
	}
}

// len returns how many commands wait for their readers.
func (u *unread) len() int {
	u.mu.Lock()
	defer u.mu.Unlock()
	return len(u.waiting)
}
