package main

import (
	"fmt"
	"strconv"
	"strings"

	"parley/bench/trial"
	"parley/load"
)

// workload is one load that every server gets.
type workload struct {
	name string
	what string
	args []string
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

// inFlight is how many messages are under way at once in a room, as fast as accepted.
const inFlight = "32"

func (b *bench) loads() []workload {
	large, small := strconv.Itoa(b.members), strconv.Itoa(b.rooms)
	quiet := []string{"--members", strconv.Itoa(b.idle), "--duration", b.quiet.String(), "--idle"}
	return []workload{
		{
			name: steady20,
			what: fmt.Sprintf("one room of %s, 20 messages/s; join: CPU for the joins", large),
			args: []string{"--members", large, "--rate", "20"},
		},
		{name: steady50, what: fmt.Sprintf("one room of %s, 50 messages/s", large), args: []string{"--members", large, "--rate", "50"}},
		{name: storm, what: fmt.Sprintf("one room of %s, as fast as accepted, %s in flight", large, inFlight), args: []string{"--members", large, "--rate", "max", "--in-flight", inFlight}},
		{
			name: rooms, what: fmt.Sprintf("%s rooms of %d, as fast as accepted, %s in flight in each", small, roomSize, inFlight),
			args: []string{"--members", strconv.Itoa(b.rooms * roomSize), "--rooms", small, "--rate", "max", "--in-flight", inFlight},
		},
		{
			name: idle, what: fmt.Sprintf("%d quiet members, in rooms of %d", b.idle, roomSize),
			args: append(quiet[:5:5], load.Entered, "--rooms", strconv.Itoa(b.idle/roomSize)), once: true,
		},
		{
			name: silent,
			what: fmt.Sprintf("%d connections that sent nothing (floors and Parley only)", b.idle),
			args: append(quiet[:5:5], load.Silent), once: true,
		},
	}
}

// gets says whether a server gets a load: ngIRCd's backlog of 10 cannot take thousands who say nothing that could be waited for.
func (l workload) gets(s *server) bool {
	return l.name != silent || s.Door.Name == load.Raw.Name || s.Door.Name == load.Line.Name
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
	b.Results.Command("parley bench --pid PID --duration %v --warm-up %v --door %s %s ADDRESS",
		b.Talk, b.WarmUp, s.Door.Name, strings.Join(l.args, " "))
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

func (b *bench) loadOne(l workload, s *server) (*load.Report, error) {
	p, err := s.start(b, s)
	if err != nil {
		return nil, err
	}
	defer p.Stop()
	return b.Load(p, append([]string{"--door", s.Door.Name}, l.args...)...)
}
