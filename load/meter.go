package load

import "time"

// Usage is what a server's process has used.
type Usage struct {
	CPU time.Duration // on all cores, since it started
	RSS int64         // bytes of memory now
}

// Meter measures a server's process.
type Meter func() (Usage, error)
