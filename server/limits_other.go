//go:build !linux

package server

// OpenFiles reports that the limit of another process is not known on this system.
func (h Holder) OpenFiles() (limit uint64, known bool) { return 0, false }
