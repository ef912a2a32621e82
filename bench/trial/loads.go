package trial

import "parley/load"

// Loads are what one load on one server came to, round by round.
type Loads []*load.Report

// Of is a number of each.
func (l Loads) Of(number func(*load.Report) float64) []float64 {
	var all []float64
	for _, r := range l {
		all = append(all, number(r))
	}
	return all
}

// Faults is how much went wrong in all of them.
func (l Loads) Faults() uint64 {
	var n uint64
	for _, r := range l {
		n += r.Deliveries.Faults()
	}
	return n
}

// Middle is the report whose p99 is the median one.
func (l Loads) Middle() *load.Report {
	wanted := Median(l.Of(P99))
	for _, r := range l {
		if P99(r) >= wanted {
			return r
		}
	}
	return l[0]
}

// PerDelivery is the server's CPU in microseconds, 0 if nobody can tell.
func PerDelivery(r *load.Report) float64 {
	if r.Server == nil {
		return 0
	}
	return r.Server.PerDelivery
}

// P50 is the median latency in milliseconds.
func P50(r *load.Report) float64 { return r.Latency.P50 }

// P99 is the latency that one in a hundred is above.
func P99(r *load.Report) float64 { return r.Latency.P99 }

// LinesPerRead is how many messages came at once, in a datagram or a read.
func LinesPerRead(r *load.Report) float64 {
	return float64(r.Measured.Lines) / float64(max(1, r.Measured.Datagrams))
}
