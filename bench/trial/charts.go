package trial

import (
	"math"
	"strconv"

	"parley/bench/plot"
	"parley/load"
)

// Percentiles returns a chart of latencies by percentile. Its lines are made by Curve.
func Percentiles(title string, lines ...plot.Line) plot.Curves {
	ticks := []plot.Tick{{At: 0, Name: "0"}}
	most := 0.0
	for _, line := range lines {
		for _, p := range line.Points {
			most = max(most, p.X)
		}
	}
	for _, share := range []float64{0.5, 0.9, 0.99, 0.999, 0.9999, 0.99999} {
		if nines(share) <= most+0.1 {
			name := strconv.FormatFloat(share*100, 'g', 6, 64)
			ticks = append(ticks, plot.Tick{At: nines(share), Name: name})
		}
	}
	return plot.Curves{
		Title: title,
		X:     plot.Axis{Name: "% of the deliveries took no longer", Ticks: ticks},
		Y:     plot.Axis{Name: "ms", Log: true},
		Lines: lines,
	}
}

// Curve returns the latencies of a report as a line of Percentiles.
func Curve(name string, r *load.Report) plot.Line {
	line := plot.Line{Name: name}
	for _, q := range r.Curve {
		line.Points = append(line.Points, plot.Point{X: nines(q.Share), Y: q.MS})
	}
	return line
}

// nines spreads shares close to all: 0.9 is 1, 0.99 is 2.
func nines(share float64) float64 { return -math.Log10(1 - share) }
