package port

import (
	"time"

	"golang.org/x/sys/unix"
)

// limitUnacknowledged makes the system end a connection to whose peer it has retransmitted for a
// time. It counts whole seconds.
func limitUnacknowledged(descriptor uintptr, most time.Duration) error {
	s := int(max(time.Second, most).Seconds())
	return unix.SetsockoptInt(int(descriptor), unix.IPPROTO_TCP, unix.TCP_RXT_CONNDROPTIME, s)
}
