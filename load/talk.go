package load

import (
	"context"
	"math"
	"sync"
	"time"
)

// talk has the senders talk for WarmUp and Duration, and measures the latter.
func (r *run) talk(ctx context.Context) {
	start := r.clock()
	r.talked.Store(int64(start))
	from, before := start+r.plan.WarmUp, start+r.plan.WarmUp+r.plan.Duration
	r.seen.timeline.begin(start, before-start)
	r.seen.measuredFrom.Store(int64(from))
	r.seen.before.Store(int64(before))
	r.phase.Store(int32(WarmingUp))
	ctx, cancel := context.WithCancel(ctx)
	var measuring sync.WaitGroup
	measuring.Go(func() {
		r.sleepUntil(ctx, from)
		r.phase.Store(int32(Measuring))
		first := r.look()
		r.sleepUntil(ctx, before)
		r.report.window(first, r.look())
	})
	if r.plan.Rate > 0 {
		r.talkAtRate(ctx, start, before)
	} else {
		r.talkAsAccepted(ctx, before)
	}
	cancel() // nothing is measured any longer if that ended early
	measuring.Wait()
}

// talkAtRate sends every message when it is due, however late the ones before were answered.
func (r *run) talkAtRate(ctx context.Context, start, before time.Duration) {
	Pace(ctx, r.began.Add(start), r.plan.Rate, before-start, func(i int, due time.Time) {
		r.say(i%r.plan.Senders, due.Sub(r.began))
		r.late.Record(time.Since(due))
	})
	r.sleepUntil(ctx, before)
}

// Pace calls do for each of a number of moments, evenly spaced at rate a second from start for a duration, none before it is
// due and all of them, however long do takes. It returns early when ctx ends.
func Pace(ctx context.Context, start time.Time, rate float64, duration time.Duration, do func(i int, due time.Time)) {
	for i := 0; ; i++ {
		offset := time.Duration(math.Round(float64(i) * float64(time.Second) / rate))
		if offset >= duration {
			return
		}
		due := start.Add(offset)
		if !sleepUntil(ctx, due) {
			return
		}
		do(i, due)
	}
}

// say sends a sender's next message. The talking goroutine only.
func (r *run) say(sender int, due time.Duration) {
	m := r.members[sender]
	r.text = r.id.appendText(r.text[:0], mark{sender, r.count[sender], due}, r.plan.Size)
	r.count[sender]++
	r.sent.Add(1)
	r.expected.Add(r.hearers[m.room])
	if r.seen.measures(due) {
		r.report.Measured.Sent++
	}
	m.link.say(r.text)
}

func (r *run) sleepUntil(ctx context.Context, t time.Duration) {
	sleepUntil(ctx, r.began.Add(t))
}

// sleepUntil returns when it is time, as precisely as the system can, or false at once when ctx ends.
func sleepUntil(ctx context.Context, t time.Time) bool {
	if d := time.Until(t) - coarse; d > 0 {
		timer := time.NewTimer(d)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
			return false
		}
	}
	for d := time.Until(t); d > 0; d = time.Until(t) {
		nap(d)
	}
	return ctx.Err() == nil
}
