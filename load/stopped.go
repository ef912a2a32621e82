package load

import (
	"context"
	"time"
)

// Stopped tells of those who stopped reading.
type Stopped struct {
	Members int `json:"members"`
	Closed  int `json:"closed"` // of them, by the server before they read again
}

// wakeMax bounds how long one is read from again who had stopped.
const wakeMax = 10 * time.Second

// stopped are the members who stop reading.
func (r *run) stopped() []*member { return r.members[r.plan.readers():] }

// stop ends the reading of those who stop, and so begins the account of who hears what.
func (r *run) stop() {
	for _, m := range r.stopped() {
		m.link.(*Conn).stop() // Plan.Check lets no others
	}
	r.hearers = make([]uint64, r.plan.rooms())
	for _, m := range r.members[:r.plan.readers()] {
		r.hearers[m.room]++
	}
	if !r.plan.Echo {
		for room := range r.hearers {
			r.hearers[room]--
		}
	}
}

// wake finds out which of those who stopped the server has closed.
func (r *run) wake(ctx context.Context) {
	if r.plan.Stopped == 0 {
		return
	}
	closed := make(chan bool, r.plan.Stopped)
	until := time.Now().Add(wakeMax)
	_ = r.each(ctx, r.atOnce(), r.stopped(), func(_ context.Context, m *member) error {
		closed <- m.link.(*Conn).wake(until)
		return nil
	})
	close(closed)
	r.report.Stopped = &Stopped{Members: r.plan.Stopped}
	for isClosed := range closed {
		if isClosed {
			r.report.Stopped.Closed++
		}
	}
}
