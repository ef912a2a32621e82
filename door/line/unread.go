package line

import (
	"slices"
	"sync"
	"time"

	"parley/chat"
)

const (
	// answerAhead is how many bytes of answers may wait for a client that reads them slowly before its command waits.
	answerAhead = 16 << 10
	// unreadMax is how many commands may wait for their readers at once.
	unreadMax = 512
	// unreadPatience is how long one of them waits.
	unreadPatience = 2 * time.Minute
)

// unread is the members whose commands wait for them to read. Each holds a page of what it asked for, so there is a bound to how
// many they are: the one that has waited longest is disconnected to make room. Any goroutine.
type unread struct {
	most     int
	patience time.Duration

	mu      sync.Mutex
	waiting []*member // in the order in which they began to wait
}

// wait returns once roomy is closed, or the member is ended, which it is when it reads nothing for too long.
func (u *unread) wait(m *member, roomy <-chan struct{}) {
	if oldest := u.enter(m); oldest != nil {
		oldest.tooSlow()
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

// enter adds a member, and returns the one that has to go for it, if any.
func (u *unread) enter(m *member) (oldest *member) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.waiting = append(u.waiting, m)
	if len(u.waiting) > u.most {
		oldest = u.waiting[0]
		u.waiting = slices.Delete(u.waiting, 0, 1)
	}
	return oldest
}

func (u *unread) leave(m *member) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if i := slices.Index(u.waiting, m); i >= 0 {
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
