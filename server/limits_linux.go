package server

import (
	"bufio"
	"bytes"
	"fmt"
	"math"
	"os"
	"strconv"
)

// OpenFiles returns how many files the process that holds the directory may have open: its soft limit.
// Any user may read it. known is false if there is no such process, or if /proc hides it.
func (h Holder) OpenFiles() (limit uint64, known bool) {
	content, err := os.ReadFile(fmt.Sprintf("/proc/%d/limits", h.PID))
	if err != nil {
		return 0, false
	}
	return softLimit(content, "Max open files")
}

// softLimit reads one line of proc_pid_limits(5): its name, the soft limit, the hard limit, the unit.
func softLimit(limits []byte, name string) (limit uint64, known bool) {
	for lines := bufio.NewScanner(bytes.NewReader(limits)); lines.Scan(); {
		values, found := bytes.CutPrefix(lines.Bytes(), []byte(name))
		fields := bytes.Fields(values)
		if !found || len(fields) == 0 {
			continue
		}
		if string(fields[0]) == "unlimited" {
			return math.MaxUint64, true
		}
		limit, err := strconv.ParseUint(string(fields[0]), 10, 64)
		return limit, err == nil
	}
	return 0, false
}
