package load

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"parley/locale"
)

// Options are what a run is given beside its Plan. The zero value is good.
type Options struct {
	Server   Meter                                                 // measures the server's process; nil: nobody can
	Inside   func(ctx context.Context, prefix string) (int, error) // how many are inside whose nicknames begin so, as the server says; nil: it is not asked
	Progress func(Progress)                                        // called every ProgressEvery, by a goroutine of the run
}

// ProgressEvery is how often Options.Progress is called.
const ProgressEvery = 500 * time.Millisecond

// Phase is what a run is doing.
type Phase int32

// A run's phases, in their order.
const (
	Entering Phase = iota
	WarmingUp
	Measuring
	Draining
	Leaving
)

// Progress tells how far a run has come.
type Progress struct {
	Phase    Phase
	Elapsed  time.Duration // since the talking began
	Inside   int
	Sent     uint64
	Received uint64 // deliveries
	Missing  int64  // deliveries of which a later one has come
}

// timings are how long things may take; tests have their own.
type timings struct {
	firstRepeat time.Duration // an unanswered request is sent again; a server drops what waits for who enters again
	lastRepeat  time.Duration // the time between doubles up to this
	asking      time.Duration // then a request is given up
	quiet       time.Duration // nothing has come for so long: nothing will
	settling    time.Duration // and after so long nobody waits any more
	giveUp      time.Duration // a message that its witness has not received does not hold up others any more
	leaving     time.Duration // all of it; who has not left then is found gone by the server
	vanishing   time.Duration // until nobody waits any more to see who is gone
}

var patient = timings{
	firstRepeat: 2 * time.Second, lastRepeat: 8 * time.Second, asking: time.Minute, quiet: time.Second, settling: 30 * time.Second,
	giveUp: 2 * time.Second, leaving: 2 * time.Minute, vanishing: 30 * time.Second,
}

// lookEvery is how often something is looked at that is waited for.
const lookEvery = 10 * time.Millisecond

// run is one run under way.
type run struct {
	timings
	plan    Plan
	options Options
	id      runID
	rooms   []string  // their names
	began   time.Time // of the run's clock
	members []*member
	readers sync.WaitGroup
	seen    seen
	flights *flights // nil at a fixed rate
	report  *Report

	phase    atomic.Int32
	inside   atomic.Int64
	sent     atomic.Uint64
	expected atomic.Uint64 // deliveries of what was sent
	talked   atomic.Int64  // when the talking began, by the clock
	hearers  []uint64      // by room: how many hear what is said there
	late     Histogram     // from due to sent

	// The talking goroutine.
	count []uint32 // sent, by sender
	text  []byte   // the one being said
}

// clock is the time since the run began.
func (r *run) clock() time.Duration { return time.Since(r.began) }

// Run carries out a plan. When ctx ends it ends early, in good order, and reports what there is. An error means that there is
// nothing to report.
func Run(ctx context.Context, plan Plan, options Options) (*Report, error) {
	return carryOut(ctx, plan, options, patient)
}

func carryOut(ctx context.Context, plan Plan, options Options, t timings) (*Report, error) {
	if err := plan.Check(); err != nil {
		return nil, err
	}
	if err := enoughFiles(plan.Members); err != nil {
		return nil, err
	}
	r := &run{timings: t, plan: plan, options: options, id: newRunID(), began: time.Now(), count: make([]uint32, plan.Senders)}
	r.seen.others = map[string]int{}
	if plan.Rate == 0 && plan.Idle == "" {
		r.flights = newFlights(plan.InFlight, plan.Senders, plan.rooms(), t.giveUp)
	}
	r.report = &Report{Plan: plan, Started: r.began.UTC()}
	for i := range plan.rooms() {
		r.rooms = append(r.rooms, "r"+strconv.Itoa(i))
	}
	for i := range plan.Members {
		r.members = append(r.members, r.newMember(i))
	}
	defer r.close()
	stop := r.tellProgress()
	defer stop()
	if err := r.enter(ctx); err != nil {
		r.leave(r.lastRepeat)
		return nil, err
	}
	if ctx.Err() == nil {
		r.spend(ctx)
	}
	r.leave(r.leaving)
	r.close()
	r.tally()
	r.report.Interrupted = ctx.Err() != nil
	return r.report, nil
}

// spend has the members do what they have come for.
func (r *run) spend(ctx context.Context) {
	if r.plan.Idle != "" {
		r.idle(ctx)
		return
	}
	r.stop()
	r.talk(ctx)
	r.drain()
	r.wake(ctx)
	if ctx.Err() == nil {
		r.vanish()
	}
}

// close closes every socket and waits for the readers. It may be called again.
func (r *run) close() {
	for _, m := range r.members {
		m.link.close()
	}
	r.readers.Wait()
}

// How many do something at once. Connecting, no more than any server's backlog holds: ngIRCd's 10, and what does not fit is tried
// again by the system after a second. Entering, as many datagrams as a socket surely holds; of connections a crowd at the door, since what a
// server makes of many at once is what entering costs.
const (
	connectAtOnce     = 5
	datagramsAtOnce   = 64
	connectionsAtOnce = 1000
)

// atOnce is how many enter or leave at once.
func (r *run) atOnce() int {
	if r.plan.Door.isUDP() {
		return datagramsAtOnce
	}
	return connectionsAtOnce
}

// each calls do for members, so many at once, until one fails or ctx ends.
func (r *run) each(ctx context.Context, atOnce int, members []*member, do func(context.Context, *member) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var next atomic.Int64
	var workers sync.WaitGroup
	for range min(atOnce, len(members)) {
		workers.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(members)) && ctx.Err() == nil; i = next.Add(1) - 1 {
				if err := do(ctx, members[i]); err != nil {
					cancel(err)
				}
			}
		})
	}
	workers.Wait()
	return context.Cause(ctx)
}

// enter brings everybody inside and waits until they have been told of each other.
func (r *run) enter(ctx context.Context) error {
	before, err := r.usage()
	if err != nil {
		return fmt.Errorf("measure the server: %w", err)
	}
	var repeats atomic.Int64
	began := r.clock()
	err = r.each(ctx, connectAtOnce, r.members, r.connect)
	if err == nil && r.plan.Idle != Silent {
		err = r.each(ctx, r.atOnce(), r.members, func(ctx context.Context, m *member) error {
			m.asked = true
			again, err := m.link.enter(ctx)
			repeats.Add(int64(again))
			if err == nil {
				m.inside = true
				r.inside.Add(1)
			}
			return err
		})
	}
	r.report.Enter = Enter{Seconds: (r.clock() - began).Seconds(), Repeated: int(repeats.Load())}
	if err != nil && ctx.Err() == nil {
		return err
	}
	if expected := r.pairs(); expected > 0 {
		r.settle(func() bool { return r.seen.notices.Load() >= expected })
	}
	n := int(r.inside.Load())
	r.report.Enter.Members = n
	r.report.Server = entered(before, r.measure(), n)
	return nil
}

// connect opens a member's connection; those who stay silent have then come as far as they go.
func (r *run) connect(ctx context.Context, m *member) error {
	err := m.link.connect(ctx)
	switch {
	case errors.Is(err, errNobody):
		return err
	case err != nil:
		return locale.Errorf(locale.Text{EN: "member %d: %v", ZH: "第 %d 名成员：%v"}, m.index, err)
	case r.plan.Idle == Silent:
		m.link.listen()
		r.inside.Add(1)
	}
	return nil
}

// pairs is how often one of two is told that the other enters.
func (r *run) pairs() (n uint64) {
	if !r.plan.Door.Notices {
		return 0
	}
	inside := make([]uint64, r.plan.rooms())
	for _, m := range r.members {
		if m.inside {
			n += inside[m.room]
			inside[m.room]++
		}
	}
	return n
}

// settle waits until all has come, or nothing comes any more.
func (r *run) settle(done func() bool) {
	end := time.Now().Add(r.settling)
	for last, since := uint64(0), time.Now(); !done() && time.Since(since) < r.quiet && time.Now().Before(end); time.Sleep(lookEvery) {
		if now := r.seen.notices.Load() + r.seen.lines.Load(); now != last {
			last, since = now, time.Now()
		}
	}
}

// drain waits until all that was said has been heard.
func (r *run) drain() {
	r.phase.Store(int32(Draining))
	r.settle(func() bool { return r.seen.received.Load() >= r.expected.Load() })
}

// leave lets everybody out who may be inside, whatever has ended the run.
func (r *run) leave(patience time.Duration) {
	r.phase.Store(int32(Leaving))
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var held []*member
	for _, m := range r.members {
		if m.asked && !m.gone {
			held = append(held, m)
		}
	}
	_ = r.each(ctx, r.atOnce(), held, func(ctx context.Context, m *member) error {
		if err := m.link.leave(ctx); errors.Is(err, errNobody) {
			return err
		}
		if m.inside {
			r.inside.Add(-1)
		}
		return nil
	})
}

// tellProgress calls Options.Progress until the function it returns is called.
func (r *run) tellProgress() (stop func()) {
	if r.options.Progress == nil {
		return func() {}
	}
	done := make(chan struct{})
	var telling sync.WaitGroup
	telling.Go(func() {
		every := time.NewTicker(ProgressEvery)
		defer every.Stop()
		for {
			select {
			case <-every.C:
				r.options.Progress(r.progress())
			case <-done:
				return
			}
		}
	})
	return func() { close(done); telling.Wait() }
}

func (r *run) progress() Progress {
	p := Progress{
		Phase: Phase(r.phase.Load()), Inside: int(r.inside.Load()), Sent: r.sent.Load(),
		Received: r.seen.received.Load(), Missing: r.seen.missing.Load(),
	}
	if p.Phase > Entering {
		p.Elapsed = r.clock() - time.Duration(r.talked.Load())
	}
	return p
}
