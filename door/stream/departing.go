package stream

import (
	"errors"
	"sync"
	"time"

	"parley/chat"
)

// leaveEvery is how often a leave that was refused is tried again.
const leaveEvery = time.Second

// departing is the sessions whose connections are closed and whose leaves the log has refused, for
// instance because the disk was full. They are tried again until the log takes them: otherwise
// their nicknames would stay taken until a restart. Any goroutine.
type departing struct {
	every time.Duration

	mu      sync.Mutex
	leaves  []chat.Leave // in the order in which the connections ended
	running bool
}

// leaveLater tries a leave again until the log takes it. refusal is why it did not.
func (d *Door) leaveLater(leave chat.Leave, refusal error) {
	d.log.Debug("a leave is refused, and is tried again",
		"door", d.name, "session", leave.By.Session, "err", refusal)
	d.departing.mu.Lock()
	defer d.departing.mu.Unlock()
	if d.ctx.Err() != nil {
		return // the end of this life ends it
	}
	d.departing.leaves = append(d.departing.leaves, leave)
	if !d.departing.running {
		d.departing.running = true
		d.serving.Go(d.depart)
	}
}

// depart is the goroutine that tries again, until nothing is left to try.
func (d *Door) depart() {
	again := time.NewTicker(d.departing.every)
	defer again.Stop()
	for {
		select {
		case <-again.C:
		case <-d.ctx.Done():
			return
		}
		for {
			leave, ok := d.departing.next()
			if !ok {
				return
			}
			again := isRefusedForNow(d.doorway.Do(d.ctx, leave))
			d.departing.drop(again)
			if again {
				break
			}
		}
	}
}

// next returns the first leave. Without one the goroutine ends.
func (p *departing) next() (chat.Leave, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.leaves) == 0 {
		p.leaves, p.running = nil, false
		return chat.Leave{}, false
	}
	return p.leaves[0], true
}

// drop forgets the first leave, or puts it behind the others to be tried again: one that is never
// taken must not keep the others back.
func (p *departing) drop(again bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	first := p.leaves[0]
	p.leaves = p.leaves[1:]
	if again {
		p.leaves = append(p.leaves, first)
	}
}

func (p *departing) len() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.leaves)
}

// isRefusedForNow says whether the log may take a leave later. It does not if the session is not
// inside.
func isRefusedForNow(err error) bool {
	var refusal *chat.Refusal
	return err != nil && !(errors.As(err, &refusal) && refusal.Code == chat.NotInside)
}
