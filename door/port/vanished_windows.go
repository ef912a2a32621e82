package port

import (
	"time"

	"golang.org/x/sys/windows"
)

// limitUnacknowledged makes the system end a connection to whose peer it has retransmitted for a
// time. It counts whole seconds.
func limitUnacknowledged(descriptor uintptr, most time.Duration) error {
	s := int(max(time.Second, most).Seconds())
	socket := windows.Handle(descriptor)
	return windows.SetsockoptInt(socket, windows.IPPROTO_TCP, windows.TCP_MAXRT, s)
}
