package main

import (
	"context"
	"strings"
	"time"

	"parley/bench/trial"
	"parley/load"
)

// receiptRate is how many messages a second are said.
const receiptRate = 200

// text is a message of 100 bytes.
var text = strings.Repeat("x", 100)

// receipts is G7: from the moment a message was due to its sender's receipt, which for a datagram client is its own line, against
// SQLite alone committing a row at the same moments.
func (b *bench) receipts() error {
	const load200 = "--members 1 --senders 1 --echo --rate 200"
	var ours trial.Loads
	var theirs [2][]float64 // p50, p99
	b.Results.Command("parley serve --listen 127.0.0.1:0 --no-limits --udp-echo --data DIR")
	b.Results.Command("parley bench --pid PID --duration %v --warm-up %v %s ADDRESS", b.Talk, b.WarmUp, load200)
	err := b.InTurn(
		trial.Contender{Name: "Parley", Measure: func() error {
			p, err := b.newParley("--udp-echo")
			if err != nil {
				return err
			}
			defer p.Stop()
			r, err := b.load(p, strings.Fields(load200)...)
			if err != nil {
				return err
			}
			ours = append(ours, r)
			b.Say("%-22s %-16s p50 %.2f ms, p99 %.2f ms, faults %d", "receipt", "Parley", r.Latency.P50, r.Latency.P99, r.Deliveries.Faults())
			return nil
		}},
		trial.Contender{Name: "SQLite", Measure: func() error {
			h, err := b.paceSQLite()
			if err != nil {
				return err
			}
			for i, share := range []float64{0.5, 0.99} {
				theirs[i] = append(theirs[i], milliseconds(h.Quantile(share)))
			}
			b.Say("%-22s %-16s p50 %.2f ms, p99 %.2f ms", "commit", "SQLite", milliseconds(h.Quantile(0.5)), milliseconds(h.Quantile(0.99)))
			return nil
		}},
	)
	b.Results.Add(trial.Measure{
		Goal: "G7",
		Name: "200 messages/s: p50 latency of the receipt (from the time the message was due); " +
			"reference: a commit of SQLite alone", Unit: "ms", Ours: ours.Of(trial.P50),
		Theirs: theirs[0], Limit: 1.5,
	})
	b.Results.Add(trial.Measure{Goal: "G7", Name: "200 messages/s: p99", Unit: "ms", Ours: ours.Of(trial.P99), Theirs: theirs[1], Limit: 1.5})
	return err
}

// paceSQLite commits a row whenever a message would be due, and tells how long that took from then on.
func (b *bench) paceSQLite() (*load.Histogram, error) {
	s, err := b.openSQLite()
	if err != nil {
		return nil, err
	}
	defer s.connection.Close()
	var h load.Histogram
	start := time.Now()
	ctx, cancel := context.WithCancelCause(b.Context)
	defer cancel(nil)
	load.Pace(ctx, start, receiptRate, b.WarmUp+b.Talk, func(_ int, due time.Time) {
		if err := s.commit(1, text); err != nil {
			cancel(err)
		}
		if due.Sub(start) >= b.WarmUp {
			h.Record(time.Since(due))
		}
	})
	return &h, context.Cause(ctx)
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
