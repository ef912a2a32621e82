package load

import "context"

// Idle is what connections are worth on which nobody talks.
type Idle struct {
	Connections int     `json:"connections"`
	Closed      int     `json:"closed"` // by the server, meanwhile
	Bytes       float64 `json:"bytes"`  // of the server's memory for each, after Plan.Duration; 0: nobody can tell
	CPU         float64 `json:"cpu"`    // seconds that the server used in that time
}

// idle leaves everybody alone for a while and looks at what that costs.
func (r *run) idle(ctx context.Context) {
	r.phase.Store(int32(Measuring))
	r.talked.Store(int64(r.clock()))
	first := r.look()
	r.sleepUntil(ctx, r.clock()+r.plan.Duration)
	r.report.window(first, r.look())
	r.report.Idle = &Idle{Connections: int(r.inside.Load()), Closed: int(r.seen.closed.Load())}
	if s := r.report.Server; s != nil {
		r.report.Idle.Bytes = float64(s.RSSAfter-s.RSSBefore) / float64(max(1, r.report.Idle.Connections))
		r.report.Idle.CPU = s.CPU
	}
}
