//go:build !linux

package server

// IsStopped reports whether a signal has stopped the process; elsewhere than on Linux that is not known.
func (h Holder) IsStopped() bool { return false }
