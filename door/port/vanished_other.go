//go:build !linux && !darwin && !windows

package port

import "time"

// limitUnacknowledged does nothing: this system has one limit for all connections.
func limitUnacknowledged(uintptr, time.Duration) error { return nil }
