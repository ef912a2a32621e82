package load

import (
	"math"
	"math/bits"
	"sync/atomic"
	"time"
)

// Histogram counts durations in buckets that grow with them, 32 for each doubling, so that what it tells is at most 3.2 % more
// than it was. The zero value is ready. Any goroutine may Record; the rest is exact once nobody does.
type Histogram struct {
	buckets [bucketCount]atomic.Uint64
	count   atomic.Uint64
	sum     atomic.Int64
	max     atomic.Int64
}

const (
	linearBits  = 6 // below 64 ns a bucket each
	bucketCount = (64-linearBits)<<(linearBits-1) + 1<<linearBits
)

// bucketOf returns the bucket of a value; neighbours share one as their doublings grow.
func bucketOf(v uint64) int {
	shift := max(0, bits.Len64(v)-linearBits)
	return shift<<(linearBits-1) + int(v>>shift)
}

// highest returns the largest value of a bucket.
func highest(bucket int) uint64 {
	shift := max(0, bucket>>(linearBits-1)-1)
	return uint64(bucket-shift<<(linearBits-1)+1)<<shift - 1
}

// Record counts a duration; a negative one as none.
func (h *Histogram) Record(d time.Duration) {
	d = max(0, d)
	h.buckets[bucketOf(uint64(d))].Add(1)
	h.count.Add(1)
	h.sum.Add(int64(d))
	for {
		most := h.max.Load()
		if int64(d) <= most || h.max.CompareAndSwap(most, int64(d)) {
			return
		}
	}
}

// Count returns how many durations were recorded.
func (h *Histogram) Count() uint64 { return h.count.Load() }

// Max returns the longest one, exactly.
func (h *Histogram) Max() time.Duration { return time.Duration(h.max.Load()) }

// Mean returns the average, 0 of none.
func (h *Histogram) Mean() time.Duration {
	if n := h.count.Load(); n > 0 {
		return time.Duration(h.sum.Load() / int64(n))
	}
	return 0
}

// Quantile returns a duration that a share (0 to 1) of all are not above, 0 of none.
func (h *Histogram) Quantile(share float64) time.Duration {
	rank := uint64(math.Ceil(share * float64(h.count.Load())))
	var seen uint64
	for i := range h.buckets {
		n := h.buckets[i].Load()
		if seen += n; n > 0 && seen >= rank {
			return min(time.Duration(highest(i)), h.Max())
		}
	}
	return h.Max()
}
