package load

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestAccountOfWhatIsLostDoubledAndLate(t *testing.T) {
	for name, c := range map[string]struct {
		came []uint32
		sent uint32
		want Tally
	}{
		"all":               {[]uint32{0, 1, 2}, 3, Tally{Expected: 3, Received: 3}},
		"nothing":           {nil, 3, Tally{Expected: 3, Lost: 3}},
		"the first is lost": {[]uint32{1, 2}, 3, Tally{Expected: 3, Received: 2, Lost: 1}},
		"the last is lost":  {[]uint32{0, 1}, 3, Tally{Expected: 3, Received: 2, Lost: 1}},
		"two in the middle": {[]uint32{0, 3}, 4, Tally{Expected: 4, Received: 2, Lost: 2}},
		"doubled":           {[]uint32{0, 1, 1, 0, 2}, 3, Tally{Expected: 3, Received: 3, Doubled: 2}},
		"swapped":           {[]uint32{0, 2, 1, 3}, 4, Tally{Expected: 4, Received: 4, OutOfOrder: 1}},
		"late and doubled":  {[]uint32{2, 0, 0, 1, 1}, 3, Tally{Expected: 3, Received: 3, OutOfOrder: 2, Doubled: 2}},
		"a hole in a hole":  {[]uint32{9, 4, 4}, 10, Tally{Expected: 10, Received: 2, OutOfOrder: 1, Doubled: 1, Lost: 8}},
	} {
		t.Run(name, func(t *testing.T) {
			a := NewAccount(1, -1)
			for _, n := range c.came {
				a.Take(0, n)
			}
			if diff := cmp.Diff(c.want, a.Close([]uint32{c.sent})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAccountOfSeveralSenders(t *testing.T) {
	a := NewAccount(3, 1)
	a.Take(0, 0)
	a.Take(2, 1)
	if v, _ := a.Take(1, 0); v != Unexpected {
		t.Errorf("one's own line is %v", v)
	}
	a.Damaged()
	want := Tally{Expected: 5, Received: 2, Lost: 3, Damaged: 1, Unexpected: 1}
	if diff := cmp.Diff(want, a.Close([]uint32{2, 7, 3})); diff != "" {
		t.Error(diff)
	}
	if want.Faults() != 5 {
		t.Errorf("%d faults", want.Faults())
	}
}

// A model that remembers everything says what an Account must.
func TestAccountAgainstAModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sent := rapid.Uint32Range(1, 30).Draw(t, "sent")
		came := rapid.SliceOf(rapid.Uint32Range(0, sent-1)).Draw(t, "came")
		a, missing := NewAccount(1, -1), 0
		seen, highest := map[uint32]bool{}, -1
		want := Tally{Expected: uint64(sent)}
		for _, n := range came {
			_, more := a.Take(0, n)
			missing += more
			switch {
			case seen[n]:
				want.Doubled++
			case int(n) < highest:
				want.Received, want.OutOfOrder = want.Received+1, want.OutOfOrder+1
			default:
				want.Received++
			}
			seen[n] = true
			highest = max(highest, int(n))
		}
		want.Lost = uint64(sent) - uint64(len(seen))
		if diff := cmp.Diff(want, a.Close([]uint32{sent})); diff != "" {
			t.Fatal(diff)
		}
		if missing != highest+1-len(seen) {
			t.Fatalf("%d missing below %d, having %d", missing, highest, len(seen))
		}
	})
}
