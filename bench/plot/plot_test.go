package plot

import (
	"encoding/xml"
	"errors"
	"io"
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// texts returns what stands in a drawing, which must be well-formed.
func texts(t *testing.T, svg []byte) []string {
	t.Helper()
	var all []string
	for d := xml.NewDecoder(strings.NewReader(string(svg))); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatalf("%v\n%s", err, svg)
		}
		if text, ok := token.(xml.CharData); ok && strings.TrimSpace(string(text)) != "" {
			all = append(all, string(text))
		}
	}
}

func TestWhatIsDrawnIsNamed(t *testing.T) {
	svg := SVG("a < b & \"c\"",
		Curves{Title: "curves", X: Axis{Name: "seconds", Ticks: []Tick{{0, "then"}, {2, "now"}}}, Y: Axis{Name: "ms", Log: true}, Lines: []Line{
			{"one", []Point{{0, 1}, {1, math.NaN()}, {2, 0}, {2, 90}}}, {"two", nil},
		}},
		Bars{Title: "bars", Y: Axis{Name: "µs"}, Names: []string{"ours", "theirs"}, Groups: []Group{
			{"20/s", []float64{7.25, math.NaN()}, 10}, {"50/s", []float64{0, math.Inf(1)}, 0},
		}},
	)
	got := texts(t, svg)
	for _, want := range []string{`a < b & "c"`, "curves", "seconds", "then", "now", "ms", "1", "10", "100", "one", "two", "bars", "µs", "ours", "theirs", "20/s", "50/s", "7.25"} {
		if !slices.Contains(got, want) {
			t.Errorf("%q is not in %q", want, got)
		}
	}
	for _, never := range []string{"NaN", "Inf", "script", "href"} {
		if strings.Contains(string(svg), never) {
			t.Errorf("%s stands in the drawing", never)
		}
	}
	if n := strings.Count(string(svg), "dasharray"); n != 1 {
		t.Errorf("%d goals are drawn", n)
	}
}

func TestTheSameChartsGiveTheSameBytes(t *testing.T) {
	draw := func() string {
		return string(SVG("x", Curves{Lines: []Line{{"a", []Point{{1, 2}}}}}, Curves{}, Bars{}))
	}
	if first, second := draw(), draw(); first != second {
		t.Error("two drawings differ")
	}
}

func TestTicksAreRoundAndHoldEverything(t *testing.T) {
	for high, want := range map[float64]string{
		1: "0 0.2 0.4 0.6 0.8 1", 7: "0 1 2 3 4 5 6 7", 48: "0 10 20 30 40 50", 123456: "0 20k 40k 60k 80k 100k 120k 140k",
	} {
		var names []string
		for _, tick := range (Axis{}).newScale([]float64{high}).ticks {
			names = append(names, tick.Name)
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("to %g: %s, want %s", high, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOf(rapid.Float64Range(0, 1e12)).Draw(t, "values")
		s := Axis{Log: rapid.Bool().Draw(t, "log")}.newScale(values)
		if len(s.ticks) < 2 || len(s.ticks) > 12 {
			t.Fatalf("%d ticks", len(s.ticks))
		}
		for _, v := range values {
			if at := s.at(v); at < 0 || at > 1.000001 {
				t.Fatalf("%g is at %g", v, at)
			}
		}
	})
}
