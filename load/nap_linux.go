package load

import (
	"time"

	"golang.org/x/sys/unix"
)

// coarse is by how much Go's timers may be late here: its runtime waits in epoll, which counts in milliseconds.
const coarse = 2 * time.Millisecond

// nap sleeps for a short time, precisely.
func nap(d time.Duration) {
	t := unix.NsecToTimespec(int64(d))
	_ = unix.Nanosleep(&t, nil) // a signal may cut it short; whoever calls looks at the clock again
}
