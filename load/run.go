package load

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"parley/wire/datagram"
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
	began   time.Time // of the run's clock
	members []*member
	readers sync.WaitGroup
	seen    seen
	flights *flights // nil at a fixed rate
	report  *Report

	phase  atomic.Int32
	inside atomic.Int64
	sent   atomic.Uint64
	talked atomic.Int64 // when the talking began, by the clock
	count  []uint32     // sent, by sender: the talking goroutine
	late   Histogram    // from due to sent
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
	if plan.Rate == 0 {
		r.flights = newFlights(plan.InFlight, plan.Senders, t.giveUp)
	}
	r.report = &Report{Plan: plan, Started: r.began.UTC()}
	defer r.close()
	if err := r.open(); err != nil {
		return nil, err
	}
	stop := r.tellProgress()
	defer stop()
	if err := r.enter(ctx); err != nil {
		r.leave(r.lastRepeat)
		return nil, err
	}
	if ctx.Err() == nil {
		r.talk(ctx)
		r.drain()
	}
	if ctx.Err() == nil {
		r.vanish()
	}
	r.leave(r.leaving)
	r.close()
	r.tally()
	r.report.Interrupted = ctx.Err() != nil
	return r.report, nil
}

// open makes every member's socket and starts to read it.
func (r *run) open() error {
	for i := range r.plan.Members {
		socket, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(r.plan.Target))
		if err != nil {
			return fmt.Errorf("member %d: %w", i, err)
		}
		_ = socket.SetReadBuffer(receiveBuffer) // as far as the system grants it
		self := i
		if r.plan.Echo || i >= r.plan.Senders {
			self = -1
		}
		m := &member{
			index: i, nick: r.id.nick(i), socket: socket, answer: make(chan answer, 4),
			account: NewAccount(r.plan.Senders, self), entered: newBitset(r.plan.Members),
			reader: reader{id: r.id, members: r.plan.Members, senders: r.plan.Senders, size: r.plan.Size},
		}
		r.members = append(r.members, m)
		r.readers.Go(func() { m.receive(r) })
	}
	return nil
}

// close closes every socket and waits for the readers. It may be called again.
func (r *run) close() {
	for _, m := range r.members {
		_ = m.socket.Close()
	}
	r.readers.Wait()
}

// atOnce is how many requests to enter or leave are under way at once.
const atOnce = 64

// each calls do for members at once, a bounded number of them, until one fails or ctx ends.
func (r *run) each(ctx context.Context, members []*member, do func(context.Context, *member) error) error {
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
	err = r.each(ctx, r.members, func(ctx context.Context, m *member) error {
		m.asked = true
		again, err := r.ask(ctx, m, datagram.Enter, datagram.OK)
		repeats.Add(int64(again))
		if err == nil {
			m.inside = true
			r.inside.Add(1)
		}
		return err
	})
	r.report.Enter = Enter{Seconds: (r.clock() - began).Seconds(), Repeated: int(repeats.Load())}
	if err != nil && ctx.Err() == nil {
		return err
	}
	n := uint64(r.inside.Load())
	r.settle(func() bool { return r.seen.notices.Load() >= n*(n-1)/2 })
	r.report.Enter.Members = int(n)
	r.report.Server = entered(before, r.measure(), int(n))
	return nil
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

// hearers is how many are to hear a message.
func (r *run) hearers() uint64 {
	if r.plan.Echo {
		return uint64(r.inside.Load())
	}
	return uint64(r.inside.Load() - 1)
}

// drain waits until all that was said has been heard.
func (r *run) drain() {
	r.phase.Store(int32(Draining))
	r.settle(func() bool { return r.seen.received.Load() >= r.sent.Load()*r.hearers() })
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
	_ = r.each(ctx, held, func(ctx context.Context, m *member) error {
		if _, err := r.ask(ctx, m, datagram.Quit, datagram.Exit); errors.Is(err, errNobody) {
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
