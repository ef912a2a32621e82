package main

import (
	"fmt"
	"strconv"
	"strings"

	"parley/bench/plot"
	"parley/bench/trial"
)

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
		cpu := trial.Measure{Goal: "G6", Name: room + ": server CPU per delivery", Unit: "µs", Ours: ours.Of(trial.PerDelivery), Theirs: theirs.Of(trial.PerDelivery), Limit: c.limit}
		b.Results.Add(cpu)
		b.Results.Add(trial.Measure{
			Goal: "G6",
			Name: room + ": p50 latency (from the time a message was due until it was received)",
			Unit: "ms", Ours: ours.Of(trial.P50), Theirs: theirs.Of(trial.P50),
		})
		b.Results.Add(trial.Measure{Goal: "G6", Name: room + ": p99", Unit: "ms", Ours: ours.Of(trial.P99), Theirs: theirs.Of(trial.P99)})
		if c.rate == "max" {
			b.Results.Add(trial.Measure{Goal: "G6", Name: room + ": lines per datagram", Ours: ours.Of(trial.LinesPerRead), Theirs: theirs.Of(trial.LinesPerRead)})
		}
		if n := theirs.Faults() + ours.Faults(); n > 0 {
			b.Results.Note("%s: faults (lost, doubled, out of order): Parley %d, forwarding loop %d.", room, ours.Faults(), theirs.Faults())
		}
		bars.Groups = append(bars.Groups, plot.Group{Name: c.name, Values: []float64{trial.Median(cpu.Ours), trial.Median(cpu.Theirs)}, Goal: c.limit * trial.Median(cpu.Theirs)})
		if c.rate == "50" {
			b.Results.Draw("latency.svg", plot.SVG(room, trial.Percentiles("from due to received",
				trial.Curve("Parley", ours.Middle()),
				trial.Curve("forwarding loop", theirs.Middle()))))
		}
	}
	b.Results.Draw("cpu.svg", plot.SVG(fmt.Sprintf("%d members, 100 bytes", b.members), bars))
	return nil
}

// compareLoad puts the same load on a server of ours and on the forwarding loop, in turn, each started anew.
func (b *bench) compareLoad(name string, args ...string) (ours, theirs trial.Loads, err error) {
	one := func(who string, into *trial.Loads, start func() (*trial.Process, error)) trial.Contender {
		return trial.Contender{Name: who, Measure: func() error {
			p, err := start()
			if err != nil {
				return err
			}
			defer p.Stop()
			r, err := b.load(p, args...)
			if err != nil {
				return err
			}
			*into = append(*into, r)
			b.Say("%-22s %-16s %6.2f µs a delivery, p50 %.2f ms, p99 %.2f ms, faults %d", name, who, trial.PerDelivery(r), r.Latency.P50, r.Latency.P99, r.Deliveries.Faults())
			return nil
		}}
	}
	b.Results.Command("parley serve --listen 127.0.0.1:0 --no-limits --data DIR")
	b.Results.Command("forward 127.0.0.1:0")
	b.Results.Command("parley bench --pid PID --duration %v --warm-up %v %s ADDRESS", b.Talk, b.WarmUp, strings.Join(args, " "))
	err = b.InTurn(
		one("Parley", &ours, func() (*trial.Process, error) { return b.newParley() }),
		one("forwarding loop", &theirs, b.newForward),
	)
	return ours, theirs, err
}
