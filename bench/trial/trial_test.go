package trial

import (
	"math"
	"testing"
)

func TestContendersTakeTurns(t *testing.T) {
	var order string
	one := func(name string) Contender {
		return Contender{name, func() error { order += name; return nil }}
	}
	b := &Trial{Rounds: 3}
	if err := b.InTurn(one("a"), one("b"), one("c")); err != nil || order != "abccbaabc" {
		t.Errorf("%s %v", order, err)
	}
}

func TestRows(t *testing.T) {
	for want, m := range map[string]Measure{
		"| G1 | a | 2.00 µs | 4.00 µs | 0.50 (0.25–1.00) | ≤ 0.50 | reached |":    {Goal: "G1", Name: "a", Unit: "µs", Ours: []float64{2, 1, 4}, Theirs: []float64{4, 4, 4}, Limit: 0.5},
		"| G1 | b | 3.00 µs | 4.00 µs | 0.75 (0.75–0.75) | ≤ 0.70 | **missed** |": {Goal: "G1", Name: "b", Unit: "µs", Ours: []float64{3}, Theirs: []float64{4}, Limit: 0.7},
		"| G1 | c | 300 /s | 1000 /s | 0.30 (0.30–0.30) | ≥ 0.50 | **missed** |":  {Goal: "G1", Name: "c", Unit: "/s", Ours: []float64{300}, Theirs: []float64{1000}, Limit: 0.5, AtLeast: true},
		"| G1 | d | 55.0 ms |  |  | ≤ 100 ms | reached |":                         {Goal: "G1", Name: "d", Unit: "ms", Ours: []float64{50, 60}, Limit: 100},
		"| G1 | e | 1.00 |  |  |  |  |":                                           {Goal: "G1", Name: "e", Ours: []float64{1}},
		"| G1 | f | 1.00 | 0.00 |  | ≤ 1.00 | **missed** |":                       {Goal: "G1", Name: "f", Ours: []float64{1}, Theirs: []float64{0}, Limit: 1},
	} {
		if got := m.row(); got != want {
			t.Errorf("%s\nwant\n%s", got, want)
		}
	}
	if !math.IsNaN(Median(nil)) {
		t.Error("nothing has a median")
	}
}
