package load

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// What a process tells of itself in the text format of Prometheus.
const (
	cpuMetric = "process_cpu_seconds_total"
	rssMetric = "process_resident_memory_bytes"
)

// Metrics returns a Meter of a server that tells its metrics in the text format of Prometheus. fetch asks for them.
func Metrics(fetch func() (io.ReadCloser, error)) Meter {
	return func() (Usage, error) {
		page, err := fetch()
		if err != nil {
			return Usage{}, err
		}
		defer page.Close()
		return readMetrics(page)
	}
}

// readMetrics finds the two figures of the process; both must be there.
func readMetrics(page io.Reader) (Usage, error) {
	found := map[string]float64{}
	lines := bufio.NewScanner(page)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) < 2 || fields[0] != cpuMetric && fields[0] != rssMetric {
			continue
		}
		value, err := strconv.ParseFloat(fields[1], 64)
		if err != nil {
			return Usage{}, fmt.Errorf("the server's metrics: %s: %w", fields[0], err)
		}
		found[fields[0]] = value
	}
	if err := lines.Err(); err != nil {
		return Usage{}, fmt.Errorf("the server's metrics: %w", err)
	}
	for _, name := range []string{cpuMetric, rssMetric} {
		if _, ok := found[name]; !ok {
			return Usage{}, fmt.Errorf("the server's metrics do not tell %s", name)
		}
	}
	return Usage{CPU: time.Duration(found[cpuMetric] * float64(time.Second)), RSS: int64(found[rssMetric])}, nil
}
