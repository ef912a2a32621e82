package main

import (
	"fmt"
	"net/netip"
	"runtime"

	"parley/bench/trial"
	"parley/load"
)

// workload is one load that every server gets.
type workload struct {
	name string
	what string
	plan load.Plan
	once bool // in the first round only
}

// The loads.
const (
	steady20 = "W1-20"
	steady50 = "W1-50"
	storm    = "W2"
	rooms    = "W3"
	idle     = "idle"
	silent   = "silent"
)

// The same in every load.
const (
	inFlight = 32  // messages under way at once in a room, as fast as accepted
	senders  = 10  // of a room
	textSize = 100 // bytes
)

func (b *bench) loads() []workload {
	at20 := b.plan(b.members, 1)
	at50, fast, small := at20, at20, b.plan(b.rooms*roomSize, b.rooms)
	at20.Rate, at50.Rate = 20, 50
	return []workload{
		{
			name: steady20, plan: at20,
			what: fmt.Sprintf("one room of %d, 20 messages/s; join: CPU for the joins", b.members),
		},
		{name: steady50, plan: at50, what: fmt.Sprintf("one room of %d, 50 messages/s", b.members)},
		{
			name: storm, plan: fast,
			what: fmt.Sprintf("one room of %d, as fast as accepted, %d in flight",
				b.members, inFlight),
		},
		{
			name: rooms, plan: small,
			what: fmt.Sprintf("%d rooms of %d, as fast as accepted, %d in flight in each",
				b.rooms, roomSize, inFlight),
		},
		{
			name: idle, plan: b.quietly(load.Entered, b.idle/roomSize), once: true,
			what: fmt.Sprintf("%d quiet members, in rooms of %d", b.idle, roomSize),
		},
		{
			name: silent, plan: b.quietly(load.Silent, 1), once: true,
			what: fmt.Sprintf("%d connections that sent nothing (floors and Parley only)", b.idle),
		},
	}
}

// plan is a load on any server: as fast as accepted, until its fields say otherwise.
func (b *bench) plan(members, rooms int) load.Plan {
	return load.Plan{
		Members: members, Rooms: rooms, Senders: min(members, senders*rooms), Size: textSize,
		InFlight: inFlight, WarmUp: b.WarmUp, Duration: b.Talk,
	}
}

// quietly is a load of members that say nothing.
func (b *bench) quietly(how string, rooms int) load.Plan {
	return load.Plan{Members: b.idle, Rooms: rooms, Size: textSize, Idle: how, Duration: b.quiet}
}

// gets says whether a server gets a load: ngIRCd's backlog of 10 cannot take thousands who say nothing that could be waited for.
func (l workload) gets(s *server) bool {
	return l.name != silent || s.Name == floorMessage || s.Name == floorRound || s.Name == parley
}

// figures are what one load on one server came to. What does not belong to the load is 0.
type figures struct {
	CPU          float64 `json:"cpu_us_per_delivery"`
	P50          float64 `json:"p50_ms"`
	P99          float64 `json:"p99_ms"`
	LinesPerRead float64 `json:"messages_per_read"`
	Deliveries   float64 `json:"deliveries_per_second"`
	Join         float64 `json:"join_cpu_seconds"` // from the first connection until all are inside and told
	Idle         float64 `json:"idle_bytes"`
	Faults       uint64  `json:"faults"`
	Closed       int     `json:"closed"`
}

func figuresOf(r *load.Report) *figures {
	f := &figures{
		CPU: trial.PerDelivery(r), P50: trial.P50(r), P99: trial.P99(r), LinesPerRead: trial.LinesPerRead(r), Faults: r.Deliveries.Faults(),
		Closed: r.Closed,
	}
	if r.Measured.Seconds > 0 {
		f.Deliveries = float64(r.Measured.Deliveries) / r.Measured.Seconds
	}
	if r.Server != nil {
		f.Join = r.Server.EnterCPU
	}
	if r.Idle != nil {
		f.Idle = r.Idle.Bytes
	}
	return f
}

// measure puts every load on every server, round by round.
func (b *bench) measure(loads []workload, wanted func(string) bool) error {
	for round := range b.Rounds {
		for _, l := range loads {
			if l.once && round > 0 || !wanted(l.name) {
				continue
			}
			b.Results.Command("go run ./bench/peers -rounds %d -only %s", b.Rounds, l.name)
			var contenders []trial.Contender
			for _, s := range b.servers {
				if l.gets(s) {
					contenders = append(contenders, trial.Contender{Name: s.Name, Measure: func() error { return b.measureOne(l, s) }})
				}
			}
			if err := b.Round(round, contenders...); err != nil {
				return err
			}
		}
	}
	return nil
}

// measureOne puts a load on a server. That a server cannot take it is a result, too.
func (b *bench) measureOne(l workload, s *server) error {
	report, err := b.loadOne(l, s)
	if b.Context.Err() != nil {
		return b.Context.Err()
	}
	if err != nil {
		b.Say("%-7s %-26s %v", l.name, s.Name, err)
		b.Results.Note("%s under %s could not be measured: %v.", s.Name, l.name, err)
		s.Figures[l.name] = append(s.Figures[l.name], nil)
		return nil
	}
	f := figuresOf(report)
	s.Figures[l.name] = append(s.Figures[l.name], f)
	s.kept[l.name] = append(s.kept[l.name], report)
	if n := f.Faults; n > 0 || f.Closed > 0 {
		b.Results.Note("%s under %s: %d deliveries were lost, doubled, changed or out of order, %d connections closed.", s.Name, l.name, n, f.Closed)
	}
	b.Say("%-7s %-26s %6.2f µs a delivery, p50 %.1f ms, p99 %.1f ms, %.1f a read, join %.2f s, idle %.0f B, faults %d",
		l.name, s.Name, f.CPU, f.P50, f.P99, f.LinesPerRead, f.Join, f.Idle, f.Faults)
	return nil
}

// loadOne starts a server and puts a load on it, from this process.
func (b *bench) loadOne(l workload, s *server) (*load.Report, error) {
	p, err := s.start(b, s)
	if err != nil {
		return nil, err
	}
	defer p.Stop()
	meter, err := load.Process(p.PID())
	if err != nil {
		return nil, err
	}
	plan := l.plan
	plan.Door = s.door
	if plan.Target, err = netip.ParseAddrPort(p.Address); err != nil {
		return nil, err
	}
	runtime.GC() // of the load before, so that it takes no time from this one
	return load.Run(b.Context, plan, load.Options{Server: meter})
}
