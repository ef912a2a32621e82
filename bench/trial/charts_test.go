package trial

import (
	"slices"
	"testing"

	"parley/bench/plot"
	"parley/load"
)

func TestPercentilesAreSpreadByTheirNines(t *testing.T) {
	r := &load.Report{
		Curve: []load.Quantile{{Share: 0, MS: 1}, {Share: 0.9, MS: 5}, {Share: 0.99, MS: 20}},
	}
	chart := Percentiles("latency", Curve("ours", r), Curve("nothing measured", &load.Report{}))
	want := []plot.Point{{X: 0, Y: 1}, {X: 1, Y: 5}, {X: 2, Y: 20}}
	got := chart.Lines[0].Points
	for i, p := range got { // 1 - 0.9 is not exactly 0.1
		got[i].X = float64(int(p.X*1000+0.5)) / 1000
	}
	if !slices.Equal(got, want) || len(chart.Lines[1].Points) != 0 {
		t.Errorf("%v, want %v", chart.Lines, want)
	}
	var ticks []string
	for _, tick := range chart.X.Ticks {
		ticks = append(ticks, tick.Name)
	}
	if want := []string{"0", "50", "90", "99"}; !slices.Equal(ticks, want) {
		t.Errorf("%q, want %q", ticks, want)
	}
}
