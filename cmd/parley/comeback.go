package main

import "time"

const (
	comebackMax   = 30 * time.Second // the longest pause before entering again
	comebackCalm  = time.Minute      // a session that has lasted this long was a good one
	comebackPiped = 3                // how often a pipe enters again, as nobody is there to give up
)

// comeback decides when to enter again after the server has ended a session: at once, then after
// growing pauses while sessions are short.
type comeback struct {
	entered time.Time // when the last session began
	tries   int       // since the last good one
}

// next counts a try at now and returns how long to wait before it.
func (c *comeback) next(now time.Time) time.Duration {
	if now.Sub(c.entered) >= comebackCalm {
		c.tries = 0
	}
	c.tries++
	if c.tries == 1 {
		return 0
	}
	return min(time.Second<<min(c.tries-2, 10), comebackMax)
}
