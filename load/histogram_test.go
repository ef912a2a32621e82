package load

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestBucketsHoldWhatIsInThem(t *testing.T) {
	if last := bucketOf(1<<64 - 1); last != bucketCount-1 {
		t.Errorf("the largest number is in bucket %d of %d", last, bucketCount)
	}
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.Uint64().Draw(t, "v")
		b := bucketOf(v)
		if h := highest(b); h < v || h-v > v/32 {
			t.Fatalf("%d is told as %d", v, h)
		}
		if b > 0 && highest(b-1) >= v {
			t.Fatalf("%d is in bucket %d and fits the one before", v, b)
		}
	})
}

func TestQuantilesAreThoseOfTheSortedList(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := rapid.SliceOfN(rapid.Int64Range(0, int64(time.Hour)), 1, 200).Draw(t, "all")
		var h Histogram
		for _, d := range all {
			h.Record(time.Duration(d))
		}
		slices.Sort(all)
		for _, percent := range []int{0, 1, 50, 90, 99, 100} {
			rank := max(1, (len(all)*percent+99)/100)
			want, got := all[rank-1], int64(h.Quantile(float64(percent)/100))
			if got < want || got-want > want/32 {
				t.Fatalf("%d%% of %v: %d, want %d", percent, all, got, want)
			}
		}
		if h.Max() != time.Duration(all[len(all)-1]) || h.Count() != uint64(len(all)) {
			t.Fatalf("max %v count %d of %v", h.Max(), h.Count(), all)
		}
	})
}

func TestAnEmptyHistogram(t *testing.T) {
	var h Histogram
	if h.Quantile(0.5) != 0 || h.Mean() != 0 || h.Max() != 0 || len(curve(&h)) != 0 {
		t.Error("nothing recorded, something told")
	}
	h.Record(-time.Second)
	if h.Max() != 0 || h.Count() != 1 {
		t.Error("a negative duration is none")
	}
}

func TestTheTimelineHasEverythingInItsSlot(t *testing.T) {
	var line timeline
	line.arrived(time.Second, 0) // before anybody talks
	line.begin(10*time.Second, 100*time.Second)
	for _, at := range []time.Duration{9 * time.Second, 10 * time.Second, 12500 * time.Millisecond, 12600 * time.Millisecond, 110 * time.Second} {
		line.arrived(at, at-5*time.Millisecond)
	}
	line.arrived(12*time.Second, 12*time.Second-7*time.Millisecond)
	got := line.told()
	for i, n := range got.Received {
		if want := map[int]uint64{0: 1, 2: 3}[i]; n != want || got.Slowest[i] != map[int]float64{0: 5, 2: 7}[i] {
			t.Errorf("slot %d: %d, slowest %v", i, n, got.Slowest[i])
		}
	}
	if got.SlotSeconds != 1 || len(got.Received) != slots {
		t.Errorf("%v s, %d slots", got.SlotSeconds, len(got.Received))
	}
}
