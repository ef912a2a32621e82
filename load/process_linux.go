package load

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// tick is the unit of CPU times in /proc, USER_HZ, on every Linux there is.
const tick = 10 * time.Millisecond

// Process returns a Meter of any process of this machine, as /proc tells (proc(5)).
func Process(pid int) (Meter, error) {
	meter := func() (Usage, error) { return usage(pid) }
	_, err := meter()
	return meter, err
}

func usage(pid int) (Usage, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return Usage{}, err
	}
	// The second field is the program's name in parentheses, which may hold anything; utime is the 14th, stime the 15th,
	// rss, in pages, the 24th.
	text := string(stat)
	fields := strings.Fields(text[strings.LastIndexByte(text, ')')+1:])
	var numbers [3]int64
	for i, field := range []int{14, 15, 24} {
		if len(fields) <= field-3 {
			return Usage{}, fmt.Errorf("/proc/%d/stat: only %d fields", pid, len(fields)+2)
		}
		if numbers[i], err = strconv.ParseInt(fields[field-3], 10, 64); err != nil {
			return Usage{}, fmt.Errorf("/proc/%d/stat: %w", pid, err)
		}
	}
	return Usage{CPU: time.Duration(numbers[0]+numbers[1]) * tick, RSS: numbers[2] * int64(os.Getpagesize())}, nil
}
