package load

import (
	"time"

	"parley/chat"
	"parley/wire/datagram"
)

// Report is what a run found out. Its JSON is documented in docs/bench/report.md.
type Report struct {
	Plan        Plan           `json:"plan"`
	Started     time.Time      `json:"started"`
	Interrupted bool           `json:"interrupted"` // ended before its time; everything tells of what there was
	Enter       Enter          `json:"enter"`
	Sent        uint64         `json:"sent"` // messages, with those of the warm-up
	GivenUp     uint64         `json:"given_up"`
	Closed      int            `json:"closed"`     // connections that the server closed though their members read
	Deliveries  Tally          `json:"deliveries"` // of all that was sent
	Dropped     uint64         `json:"dropped"`    // lines that the server said it dropped
	Measured    Measured       `json:"measured"`
	Latency     Latencies      `json:"latency_ms"` // from due to received
	Late        Latencies      `json:"late_ms"`    // from due to sent: how late this program was itself
	Server      *Server        `json:"server,omitempty"`
	Vanished    *Vanished      `json:"vanished,omitempty"`
	Stopped     *Stopped       `json:"stopped,omitempty"`
	Idle        *Idle          `json:"idle,omitempty"`
	Curve       []Quantile     `json:"curve"` // of the latency
	Timeline    Timeline       `json:"timeline"`
	ServerError string         `json:"server_error,omitempty"` // why Server is missing
	Others      map[string]int `json:"others,omitempty"`       // what the server said beside the chat, and how often
}

// Enter tells how everybody entered.
type Enter struct {
	Members  int     `json:"members"`
	Seconds  float64 `json:"seconds"`  // from the first request to the last answer
	Repeated int     `json:"repeated"` // requests sent again
	Notices  Notices `json:"notices"`
}

// Notices counts what members were told of others entering. Of each two who enter a room, exactly one is told of the other: who was
// first. Where a server gathers notices (A, B and 38 others), nobody can look at every two.
type Notices struct {
	Expected uint64 `json:"expected"`
	Received uint64 `json:"received"`
	Lost     uint64 `json:"lost"`     // neither of two was told
	Doubled  uint64 `json:"doubled"`  // both of two were, or one more than once
	Gathered bool   `json:"gathered"` // then none is said to be lost or doubled
}

// Silent says whether nobody was told of anybody: servers need not.
func (n Notices) Silent() bool { return n.Received == 0 }

// Measured is the time that was measured, as it came out.
type Measured struct {
	Seconds    float64 `json:"seconds"`
	Sent       uint64  `json:"sent"`       // messages that were due in it
	Deliveries uint64  `json:"deliveries"` // received
	Lines      uint64  `json:"lines"`
	Datagrams  uint64  `json:"datagrams"` // that the lines came in; of a stream, the reads
}

// Latencies are durations in milliseconds.
type Latencies struct {
	Count uint64  `json:"count"`
	Mean  float64 `json:"mean"`
	P50   float64 `json:"p50"`
	P90   float64 `json:"p90"`
	P99   float64 `json:"p99"`
	P999  float64 `json:"p99_9"`
	Max   float64 `json:"max"`
}

// Server is what the server's process used.
type Server struct {
	RSSBefore      int64   `json:"rss_before"`       // bytes, before anybody entered
	RSSEntered     int64   `json:"rss_entered"`      // when all were inside
	BytesPerMember float64 `json:"bytes_per_member"` // what that is for each
	RSSAfter       int64   `json:"rss_after"`        // after the measured time
	EnterCPU       float64 `json:"enter_cpu"`        // seconds, for the entering
	CPU            float64 `json:"cpu"`              // seconds, in the measured time
	PerDelivery    float64 `json:"cpu_us_per_delivery"`
}

// Limited says whether the server's rates, or its being busy, kept the load off it: then they are what was measured.
func (r *Report) Limited() bool {
	for line := range r.Others {
		if c := datagram.RefusalCode(line); c == chat.TooFast || c == chat.Busy {
			return true
		}
	}
	return r.Enter.Repeated > 0
}

// OK says whether everything arrived as it must.
func (r *Report) OK() bool {
	n := r.Enter.Notices
	return r.Deliveries.Faults() == 0 && r.Closed == 0 && (n.Silent() || n.Lost == 0 && n.Doubled == 0)
}

func latencies(h *Histogram) Latencies {
	return Latencies{
		Count: h.Count(), Mean: milliseconds(h.Mean()), P50: milliseconds(h.Quantile(0.5)), P90: milliseconds(h.Quantile(0.9)), P99: milliseconds(h.Quantile(0.99)),
		P999: milliseconds(h.Quantile(0.999)), Max: milliseconds(h.Max()),
	}
}

// sample is what stood at one moment.
type sample struct {
	at                     time.Duration
	usage                  *Usage // nil: not known
	received, lines, reads uint64
}

// look takes a sample.
func (r *run) look() sample {
	return sample{
		at: r.clock(), usage: r.measure(), received: r.seen.received.Load(),
		lines: r.seen.lines.Load(), reads: r.seen.reads.Load(),
	}
}

// usage asks the Meter, if there is one.
func (r *run) usage() (*Usage, error) {
	if r.options.Server == nil {
		return nil, nil
	}
	u, err := r.options.Server()
	return &u, err
}

// measure asks the Meter and keeps why it cannot tell.
func (r *run) measure() *Usage {
	u, err := r.usage()
	if err != nil {
		r.report.ServerError = err.Error()
		return nil
	}
	return u
}

// entered begins the account of the server with how members entered.
func entered(before, after *Usage, members int) *Server {
	if before == nil || after == nil {
		return nil
	}
	return &Server{
		RSSBefore: before.RSS, RSSEntered: after.RSS, EnterCPU: (after.CPU - before.CPU).Seconds(),
		BytesPerMember: float64(after.RSS-before.RSS) / float64(max(1, members)),
	}
}

// window enters what happened between two samples.
func (r *Report) window(first, last sample) {
	r.Measured.Seconds = (last.at - first.at).Seconds()
	r.Measured.Deliveries = last.received - first.received
	r.Measured.Lines, r.Measured.Datagrams = last.lines-first.lines, last.reads-first.reads
	if r.Server == nil || first.usage == nil || last.usage == nil {
		r.Server = nil
		return
	}
	r.Server.RSSAfter = last.usage.RSS
	r.Server.CPU = (last.usage.CPU - first.usage.CPU).Seconds()
	if r.Measured.Deliveries > 0 {
		r.Server.PerDelivery = r.Server.CPU * 1e6 / float64(r.Measured.Deliveries)
	}
}

// tally closes every account. Readers must have ended.
func (r *run) tally() {
	for _, m := range r.members {
		if m.inside && !m.stopped {
			r.report.Deliveries.Add(m.account.Close(r.sentIn(m.room)))
		}
	}
	r.report.Enter.Notices = r.notices()
	r.report.Sent = r.sent.Load()
	if r.flights != nil {
		r.report.GivenUp = r.flights.givenUp
	}
	r.report.Closed = int(r.seen.closed.Load())
	r.report.Dropped = r.seen.dropped.Load()
	r.report.Latency = latencies(&r.seen.latency)
	r.report.Curve = curve(&r.seen.latency)
	r.report.Timeline = r.seen.timeline.told()
	r.report.Late = latencies(&r.late)
	r.report.Others = r.seen.others
}

// notices looks at every two who entered a room.
func (r *run) notices() (n Notices) {
	if r.plan.Door.Grouped {
		return Notices{Expected: r.pairs(), Received: r.seen.notices.Load(), Gathered: true}
	}
	if !r.plan.Door.Notices {
		return Notices{}
	}
	for i, a := range r.members {
		n.Received += a.entered.len()
		n.Doubled += a.again
		for j := a.room; j < i; j += r.plan.rooms() {
			b := r.members[j]
			if !a.inside || !b.inside {
				continue
			}
			n.Expected++
			switch aOfB, bOfA := a.entered.has(j), b.entered.has(i); {
			case aOfB && bOfA:
				n.Doubled++
			case !aOfB && !bOfA:
				n.Lost++
			}
		}
	}
	return n
}
