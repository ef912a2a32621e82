package port

import (
	"time"

	"golang.org/x/sys/unix"
)

// limitUnacknowledged makes the system end a connection whose peer has acknowledged nothing, or had
// no room, for a time while something is to be sent (RFC 5482).
func limitUnacknowledged(descriptor uintptr, most time.Duration) error {
	ms := int(most.Milliseconds())
	return unix.SetsockoptInt(int(descriptor), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, ms)
}
