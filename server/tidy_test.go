package server

import "testing"

func TestMemoryGoesBackOnceItIsQuiet(t *testing.T) {
	before := heap{live: 20 << 20, objects: 30 << 20, allocated: 100 << 20}
	for what, c := range map[string]struct {
		now  heap
		want bool
	}{
		"quiet, with much to be had":    {heap{live: 20 << 20, objects: 25 << 20, free: 10 << 20, allocated: 100<<20 + 1000}, true},
		"quiet, with nothing to be had": {heap{live: 20 << 20, objects: 21 << 20, free: 1 << 20, allocated: 100<<20 + 1000}, false},
		"busy":                          {heap{live: 20 << 20, objects: 40 << 20, free: 10 << 20, allocated: 200 << 20}, false},
	} {
		if got := c.now.isWorth(before); got != c.want {
			t.Errorf("%s: %v", what, got)
		}
	}
	if h := readHeap(); h.objects == 0 || h.allocated == 0 {
		t.Errorf("nothing is known of the heap: %+v", h)
	}
}
