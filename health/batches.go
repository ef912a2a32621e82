package health

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"parley/chat"
)

// batches counts what the hub's loop stores, as it does.
type batches struct {
	seconds  prometheus.Histogram
	commands prometheus.Histogram
	failures prometheus.Counter
	messages *prometheus.CounterVec
	kinds    map[chat.Kind]prometheus.Counter
}

func newBatches() *batches {
	b := &batches{
		seconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "parley_commit_seconds", Help: "Time to store a batch on the disk, in seconds.",
			Buckets: prometheus.ExponentialBuckets(0.0001, 2, 16), // 0.1 ms to 3.3 s
		}),
		commands: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "parley_commit_commands", Help: "Number of commands in a batch.",
			Buckets: prometheus.ExponentialBuckets(1, 2, 12), // 1 to 2,048, the most that a batch holds
		}),
		failures: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "parley_commit_failures_total", Help: "Batches that could not be stored.",
		}),
		messages: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "parley_messages_total", Help: "Messages stored, by kind.",
		}, []string{"kind"}),
		kinds: map[chat.Kind]prometheus.Counter{},
	}
	for _, k := range chat.Kinds() {
		b.kinds[k] = b.messages.WithLabelValues(string(k))
	}
	return b
}

func (b *batches) register(r *prometheus.Registry) {
	r.MustRegister(b.seconds, b.commands, b.failures, b.messages)
}

func (b *batches) committed(results []chat.Result, took time.Duration, err error) {
	if err != nil {
		b.failures.Inc()
		return
	}
	b.seconds.Observe(took.Seconds())
	b.commands.Observe(float64(len(results)))
	for i := range results {
		for _, m := range results[i].Messages {
			b.kinds[m.Kind].Inc()
		}
	}
}
