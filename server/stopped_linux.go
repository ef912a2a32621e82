package server

import (
	"bytes"
	"fmt"
	"os"
)

// IsStopped reports whether a signal has stopped the process that holds the directory, as Ctrl-Z does.
// Such a process answers nothing and does not act on SIGTERM until it is continued.
func (h Holder) IsStopped() bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", h.PID))
	if err != nil {
		return false
	}
	state := stat[bytes.LastIndexByte(stat, ')')+1:] // the name before may have any characters
	return bytes.HasPrefix(state, []byte(" T "))     // proc_pid_stat(5)
}
