package main

import (
	"fmt"
	"strings"

	"parley/bench/plot"
	"parley/bench/trial"
)

// series is one number of one load, as the goals and the tables have it.
type series struct {
	load   string
	number func(*figures) float64
}

var (
	cpu20    = series{steady20, cpu}
	cpu50    = series{steady50, cpu}
	cpuStorm = series{storm, cpu}
	cpuRooms = series{rooms, cpu}
	joinCPU  = series{steady20, func(f *figures) float64 { return f.Join }}
	idleKB   = series{idle, func(f *figures) float64 { return f.Idle / 1000 }}
	silentKB = series{silent, func(f *figures) float64 { return f.Idle / 1000 }}
)

func cpu(f *figures) float64 { return f.CPU }

// of is the series of a server: a number for each round that could be measured.
func (x series) of(s *server) (all []float64) {
	for _, f := range s.Figures[x.load] {
		if f != nil {
			all = append(all, x.number(f))
		}
	}
	return all
}

// against is the series of two servers, in the rounds in which both could be measured.
func (x series) against(ours, theirs *server) (a, b []float64) {
	for i, f := range ours.Figures[x.load] {
		if g := theirs.Figures[x.load]; f != nil && i < len(g) && g[i] != nil {
			a, b = append(a, x.number(f)), append(b, x.number(g[i]))
		}
	}
	return a, b
}

// goals are what Parley is to reach. Without another, the limit is of the number itself.
var goals = []struct {
	goal, name string
	unit       string
	series     series
	other      string
	limit      float64
}{
	{"G1", "W1-20, against the floor with a write per message", "µs", cpu20, floorMessage, 1.1},
	{"G1", "W1-50, against the same", "µs", cpu50, floorMessage, 1.1},
	{"G2", "W2, against the floor with a write per round", "µs", cpuStorm, floorRound, 2},
	{"G3", "W3, against InspIRCd", "µs", cpuRooms, inspircd, 1},
	{"G4", "a silent connection", "kB", silentKB, "", 5},
	{"G4", "a quiet member", "kB", idleKB, "", 5},
	{"G5", "CPU until all members have joined and been told of the others", "s", joinCPU, "", 0.3},
}

// judge makes a measure of each goal for which there are numbers.
func (b *bench) judge() {
	ours := b.named(parley)
	if ours == nil {
		return
	}
	for _, g := range goals {
		m := trial.Measure{Goal: g.goal, Name: g.name, Unit: g.unit, Limit: g.limit, Ours: g.series.of(ours)}
		if g.other != "" {
			other := b.named(g.other)
			if other == nil {
				continue
			}
			m.Ours, m.Theirs = g.series.against(ours, other)
		}
		if len(m.Ours) > 0 {
			b.Results.Add(m)
		}
	}
}

// numbers is everything, for peers.json.
func (b *bench) numbers() any {
	return struct {
		trial.Results
		Servers []*server `json:"servers"`
	}{b.Results, b.servers}
}

// page is what people read.
func (b *bench) page() []byte {
	goals := "Parley's door of lines was not measured.\n"
	if len(b.Results.Measures) > 0 {
		goals = b.Results.Rows()
	}
	return fmt.Appendf(nil, `# Servers of lines over TCP, side by side

`+"`make bench-peers`"+` makes this page. Every server got the same loads from the same
generator (that of `+"`parley bench`"+`), and was started anew for each load. The servers ran in
turn, in alternating order. Each number is the median of %d rounds. Each ratio is the median of the
ratios of the rounds, with the lowest and the highest in parentheses. The main figure is the
server's CPU per delivery (one member receiving one message). All numbers of all rounds are in
[peers.json](peers.json). On a busy machine, trust the ratios, not the milliseconds.

%s

%s
%s

The rows called raw are floors: `+"`bench/forward --tcp`"+`, one thread that forwards lines and
does nothing else. It writes to each member once per message, or once per round, for all messages
that it could read at once. Of all these servers, only Parley stores a message on the disk before it
is shown.

## Goals

%s
## Parley against each

%s
%s
## How they were configured

%s`, b.Rounds, b.Results.Machine.Sentence(), b.table(), b.legend(), goals, b.ratios(), b.Results.Rest(), b.configurations())
}

// table has a row for each server.
func (b *bench) table() string {
	var t strings.Builder
	fmt.Fprintln(&t, "| server | W1-20 µs | W1-50 µs | W1-50 p50 / p99 ms | W2 µs (messages per read) | W3 µs (messages per read) | idle kB | join CPU s |")
	fmt.Fprintln(&t, "|---|---|---|---|---|---|---|---|")
	middle := func(s *server, load string, number func(*figures) float64) string {
		return cell(series{load, number}.of(s))
	}
	perRead := func(f *figures) float64 { return f.LinesPerRead }
	for _, s := range b.servers {
		cells := []string{
			strings.TrimSpace(s.Name + " " + s.Version), cell(cpu20.of(s)), cell(cpu50.of(s)),
			middle(s, steady50, func(f *figures) float64 { return f.P50 }) + " / " + middle(s, steady50, func(f *figures) float64 { return f.P99 }),
			fmt.Sprintf("%s (%s)", cell(cpuStorm.of(s)), middle(s, storm, perRead)),
			fmt.Sprintf("%s (%s)", cell(cpuRooms.of(s)), middle(s, rooms, perRead)),
			cell(idleKB.of(s)), cell(joinCPU.of(s)),
		}
		if silent := silentKB.of(s); len(silent) > 0 {
			cells[6] += " (" + cell(silent) + " silent)"
		}
		fmt.Fprintf(&t, "| %s |\n", strings.Join(cells, " | "))
	}
	return t.String()
}

// cell is a median, or a dash.
func cell(all []float64) string {
	if len(all) == 0 {
		return "–"
	}
	return trial.Number(trial.Median(all), "")
}

// legend tells what the loads are.
func (b *bench) legend() string {
	var t strings.Builder
	for _, l := range b.loads() {
		fmt.Fprintf(&t, "- %s: %s\n", l.name, l.what)
	}
	return t.String() + fmt.Sprintf(`
Each text has %d bytes. In each room, ten members send in turn. Each load is measured for %v, after
%v of warm-up, and quiet connections for %v.`, textSize, b.Talk, b.WarmUp, b.quiet)
}

// ratios has a row for each server that Parley is compared with.
func (b *bench) ratios() string {
	ours := b.named(parley)
	if ours == nil {
		return "Parley's door of lines was not measured.\n"
	}
	var t strings.Builder
	fmt.Fprintln(&t, "| Parley ÷ | W1-20 | W1-50 | W2 | W3 | idle | join |")
	fmt.Fprintln(&t, "|---|---|---|---|---|---|---|")
	for _, s := range b.servers {
		if s == ours {
			continue
		}
		cells := []string{s.Name}
		for _, x := range []series{cpu20, cpu50, cpuStorm, cpuRooms, idleKB, joinCPU} {
			a, b := x.against(ours, s)
			cells = append(cells, trial.Spread(trial.Measure{Ours: a, Theirs: b}.Ratios()))
		}
		fmt.Fprintf(&t, "| %s |\n", strings.Join(cells, " | "))
	}
	return t.String()
}

// configurations shows each server's.
func (b *bench) configurations() string {
	var t strings.Builder
	for _, s := range b.servers {
		if s.Config != "" {
			fmt.Fprintf(&t, "%s %s:\n\n    %s\n\n", s.Name, s.Version, strings.ReplaceAll(strings.TrimSpace(s.Config), "\n", "\n    "))
		}
	}
	return strings.TrimRight(t.String(), "\n") + "\n"
}

// drawAll draws what a delivery costs, and how long it took.
func (b *bench) drawAll() {
	var panels []plot.Panel
	for _, chart := range []struct {
		title string
		all   []series
	}{{"server CPU per delivery, at a fixed rate", []series{cpu20, cpu50}}, {"server CPU per delivery, as fast as accepted", []series{cpuStorm, cpuRooms}}} {
		bars := plot.Bars{Title: chart.title, Y: plot.Axis{Name: "µs"}, Names: names(b.servers)}
		for _, x := range chart.all {
			group := plot.Group{Name: x.load}
			for _, s := range b.servers {
				group.Values = append(group.Values, trial.Median(x.of(s)))
			}
			bars.Groups = append(bars.Groups, group)
		}
		panels = append(panels, bars)
	}
	var lines []plot.Line
	for _, s := range b.servers {
		if l := s.kept[steady50]; len(l) > 0 {
			lines = append(lines, trial.Curve(s.Name, l.Middle()))
		}
	}
	panels = append(panels, trial.Percentiles("W1-50: from due to received", lines...))
	b.Results.Draw("peers.svg", plot.SVG(fmt.Sprintf("%d members, 100 bytes", b.members), panels...))
}
