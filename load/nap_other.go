//go:build !linux

package load

import "time"

// coarse is by how much Go's timers may be late here: not much.
const coarse = 0

// nap sleeps for a short time.
func nap(d time.Duration) { time.Sleep(d) }
