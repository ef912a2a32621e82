package load

import (
	"math"
	"sync/atomic"
	"time"
)

// slots is how many parts the time of talking is cut into, to see how it went.
const slots = 100

// Timeline tells how the talking went, from its beginning with the warm-up.
type Timeline struct {
	SlotSeconds float64   `json:"slot_seconds"`
	Received    []uint64  `json:"received"`   // deliveries, by when they were
	Slowest     []float64 `json:"slowest_ms"` // of them, from due to received
}

// timeline is a Timeline while readers count.
type timeline struct {
	start, slot atomic.Int64 // by the run's clock
	received    [slots]atomic.Uint64
	slowest     [slots]atomic.Int64
}

// place returns the slot of a moment, -1 if it is in none.
func (t *timeline) place(at time.Duration) int {
	slot := t.slot.Load()
	if slot == 0 {
		return -1
	}
	if i := (int64(at) - t.start.Load()) / slot; i >= 0 && i < slots {
		return int(i)
	}
	return -1
}

// begin says when the talking begins, and how long it is to last.
func (t *timeline) begin(start, lasts time.Duration) {
	t.start.Store(int64(start))
	t.slot.Store(max(1, int64(lasts/slots)))
}

func (t *timeline) arrived(at, due time.Duration) {
	i := t.place(at)
	if i < 0 {
		return
	}
	t.received[i].Add(1)
	for took := int64(at - due); ; {
		most := t.slowest[i].Load()
		if took <= most || t.slowest[i].CompareAndSwap(most, took) {
			return
		}
	}
}

func (t *timeline) told() Timeline {
	told := Timeline{SlotSeconds: time.Duration(t.slot.Load()).Seconds()}
	for i := range slots {
		told.Received = append(told.Received, t.received[i].Load())
		told.Slowest = append(told.Slowest, milliseconds(time.Duration(t.slowest[i].Load())))
	}
	return told
}

// Quantile says that a share of all durations were not longer.
type Quantile struct {
	Share float64 `json:"share"`
	MS    float64 `json:"ms"`
}

// curve tells durations by share, ever closer to all of them, as far as there are enough to tell.
func curve(h *Histogram) []Quantile {
	var all []Quantile
	for nines := 0.0; math.Pow(10, nines) <= float64(h.Count()); nines += 0.1 {
		share := 1 - math.Pow(10, -nines)
		all = append(all, Quantile{share, milliseconds(h.Quantile(share))})
	}
	return all
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
