package main

import (
	"fmt"
	"strconv"

	"parley/load"
	"parley/plot"
)

// loaded is one load on one server, round by round.
type loaded struct{ reports []*load.Report }

func (l *loaded) of(number func(*load.Report) float64) []float64 {
	var all []float64
	for _, r := range l.reports {
		all = append(all, number(r))
	}
	return all
}

func (l *loaded) faults() uint64 {
	var n uint64
	for _, r := range l.reports {
		n += r.Deliveries.Faults()
	}
	return n
}

func perDelivery(r *load.Report) float64 {
	if r.Server == nil {
		return 0
	}
	return r.Server.PerDelivery
}

// forwarding is G6: a large room through Parley and through the forwarding loop, at fixed rates and as fast as accepted.
func (b *bench) forwarding() error {
	bars := plot.Bars{Title: "server CPU per delivery", Y: plot.Axis{Name: "µs; dashed: what Parley must not exceed"}, Names: []string{"Parley", "forwarding loop"}}
	for _, c := range []struct {
		name  string
		rate  string
		limit float64
	}{
		{"20 messages/s", "20", 1.0},
		{"50 messages/s", "50", 1.0},
		{"as fast as accepted", "max", 0.3},
	} {
		ours, theirs, err := b.compareLoad(c.name, "--members", strconv.Itoa(b.members), "--rate", c.rate, "--in-flight", "32")
		if err != nil {
			return err
		}
		room := fmt.Sprintf("%d members, %s", b.members, c.name)
		cpu := Measure{Goal: "G6", Name: room + ": server CPU per delivery", Unit: "µs", Ours: ours.of(perDelivery), Theirs: theirs.of(perDelivery), Limit: c.limit}
		b.add(cpu)
		b.add(Measure{Goal: "G6", Name: room + ": p50 from due to received", Unit: "ms", Ours: ours.of(p50), Theirs: theirs.of(p50)})
		b.add(Measure{Goal: "G6", Name: room + ": p99", Unit: "ms", Ours: ours.of(p99), Theirs: theirs.of(p99)})
		if c.rate == "max" {
			b.add(Measure{Goal: "G6", Name: room + ": lines per datagram", Ours: ours.of(linesPerDatagram), Theirs: theirs.of(linesPerDatagram)})
		}
		if n := theirs.faults() + ours.faults(); n > 0 {
			b.note("%s: faults (lost, doubled, out of order): Parley %d, forwarding loop %d.", room, ours.faults(), theirs.faults())
		}
		bars.Groups = append(bars.Groups, plot.Group{Name: c.name, Values: []float64{median(cpu.Ours), median(cpu.Theirs)}, Goal: c.limit * median(cpu.Theirs)})
		if c.rate == "50" {
			b.draw("latency.svg", plot.SVG(room, load.Percentiles("from due to received", 0, ours.middle().Line("Parley"), theirs.middle().Line("forwarding loop"))))
		}
	}
	b.draw("cpu.svg", plot.SVG(fmt.Sprintf("%d members, 100 bytes", b.members), bars))
	return nil
}

func p50(r *load.Report) float64 { return r.Latency.P50 }
func p99(r *load.Report) float64 { return r.Latency.P99 }

func linesPerDatagram(r *load.Report) float64 {
	return float64(r.Measured.Lines) / float64(max(1, r.Measured.Datagrams))
}

// middle is the report whose p99 is the median one.
func (l *loaded) middle() *load.Report {
	wanted := median(l.of(p99))
	for _, r := range l.reports {
		if p99(r) >= wanted {
			return r
		}
	}
	return l.reports[0]
}

// compareLoad puts the same load on a server of ours and on the forwarding loop, in turn, each started anew.
func (b *bench) compareLoad(name string, args ...string) (ours, theirs *loaded, err error) {
	ours, theirs = new(loaded), new(loaded)
	one := func(who string, into *loaded, start func() (*process, error)) contender {
		return contender{who, func() error {
			p, err := start()
			if err != nil {
				return err
			}
			defer p.stop()
			r, err := b.load(p, args...)
			if err != nil {
				return err
			}
			into.reports = append(into.reports, r)
			b.say("%-22s %-16s %6.2f µs a delivery, p50 %.2f ms, p99 %.2f ms, faults %d", name, who, perDelivery(r), r.Latency.P50, r.Latency.P99, r.Deliveries.Faults())
			return nil
		}}
	}
	b.command("parley serve --listen 127.0.0.1:0 --no-limits --data DIR")
	b.command("forward 127.0.0.1:0")
	b.command("parley bench --pid PID --duration %v --warm-up %v %s ADDRESS", b.talk, b.warmUp, join(args))
	err = b.inTurn(
		one("Parley", ours, func() (*process, error) { return b.newParley() }),
		one("forwarding loop", theirs, b.newForward),
	)
	return ours, theirs, err
}
