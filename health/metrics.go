package health

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"parley/chat"
)

// register adds what is read from a Source at each scrape.
func register(r *prometheus.Registry, source Source) {
	r.MustRegister(
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		scrape{source},
	)
}

func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("parley_"+name, help, labels, nil)
}

// What a scrape tells. docs/operating.md says what each means and when to worry.
var (
	info        = describe("info", "1, with the version as a label.", "version")
	ready       = describe("ready", "1 while the server accepts messages.")
	storage     = describe("storage_ok", "1 while messages can be stored.")
	place       = describe("log_place", "Position in the log of the last command applied.")
	storeBytes  = describe("store_bytes", "Size of the database on the disk, in bytes.")
	backup      = describe("backup_timestamp_seconds", "Unix time of the newest backup; 0: no backup is known.")
	members     = describe("members", "Members in the chat room, by door.", "door")
	received    = describe("packets_received_total", "Packets received, by door.", "door")
	sent        = describe("packets_sent_total", "Packets sent, by door.", "door")
	deliveries  = describe("deliveries_total", "Lines queued for members, by door.", "door")
	drops       = describe("drops_total", "Packets, lines and connections dropped, by door and cause.", "door", "cause")
	refusals    = describe("refusals_total", "Requests refused, by door and code.", "door", "code")
	overflows   = describe("socket_overflows_total", "Packets that the system dropped because the socket buffer was full, by door.", "door")
	unreachable = describe("unreachable_total", "Network errors that report a client as unreachable, by door.", "door")
	queueLength = describe("queue_length", "Entries waiting, by queue.", "queue")
	queueMax    = describe("queue_capacity", "Maximum number of entries, by queue; 0: limited by its source.", "queue")
)

// scrape is a prometheus.Collector of what a Source says at the moment.
type scrape struct{ source Source }

// Describe implements prometheus.Collector.
func (s scrape) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		info, ready, storage, place, storeBytes, backup, members, received, sent, deliveries, drops, refusals, overflows,
		unreachable, queueLength, queueMax,
	} {
		out <- d
	}
}

// Collect implements prometheus.Collector.
func (s scrape) Collect(out chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	counter := func(d *prometheus.Desc, v uint64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(v), labels...)
	}
	status := s.source.Status()
	queues := status.Queues
	gauge(info, 1, s.source.Version)
	gauge(ready, oneIf(status.Ready))
	gauge(storage, oneIf(status.Storage == chat.OK))
	gauge(place, float64(status.Place))
	gauge(storeBytes, float64(s.source.Store()))
	if at := s.source.Backup(); at.IsZero() {
		gauge(backup, 0)
	} else {
		gauge(backup, float64(at.Unix()))
	}
	for _, d := range s.source.Doors() {
		gauge(members, float64(status.Members[d.Name]), d.Name)
		counter(received, d.Received, d.Name)
		counter(sent, d.Sent, d.Name)
		counter(deliveries, d.Delivered, d.Name)
		counter(overflows, d.Overflowed, d.Name)
		counter(unreachable, d.Unreachable, d.Name)
		for cause, n := range d.Dropped {
			counter(drops, n, d.Name, cause)
		}
		for code, n := range d.Refused {
			counter(refusals, n, d.Name, code)
		}
		queues = append(queues, d.Queues...)
	}
	for _, q := range queues {
		gauge(queueLength, float64(q.Length), q.Name)
		gauge(queueMax, float64(q.Capacity), q.Name)
	}
}

func oneIf(is bool) float64 {
	if is {
		return 1
	}
	return 0
}
