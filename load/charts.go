package load

import (
	"math"
	"strconv"

	"parley/locale"
	"parley/plot"
)

// SVG draws the report: how long deliveries took, and how they went over time.
func (r *Report) SVG(l locale.Lang) []byte {
	curve := r.Line(locale.Text{EN: "from due to received", ZH: "延迟（应发到收到）"}.In(l))
	return plot.SVG(
		locale.Text{
			EN: "%d members, %d bytes: %d deliveries in %.1f s",
			ZH: "%d 人，每条 %d 字节：%d 次送达，%.1f 秒",
		}.Format(l, r.Plan.Members, r.Plan.Size, r.Measured.Deliveries, r.Measured.Seconds),
		Percentiles(locale.Text{EN: "how long a delivery took", ZH: "送达耗时"}.In(l), l, curve),
		r.overTime(l),
	)
}

// Percentiles is a chart of lines whose X is nines of a share.
func Percentiles(title string, l locale.Lang, lines ...plot.Line) plot.Curves {
	ticks := []plot.Tick{{At: 0, Name: "0"}}
	most := 0.0
	for _, line := range lines {
		for _, p := range line.Points {
			most = max(most, p.X)
		}
	}
	for _, share := range []float64{0.5, 0.9, 0.99, 0.999, 0.9999, 0.99999} {
		if nines(share) <= most+0.1 {
			ticks = append(ticks, plot.Tick{At: nines(share), Name: strconv.FormatFloat(share*100, 'g', 6, 64)})
		}
	}
	return plot.Curves{
		Title: title,
		X: plot.Axis{Name: locale.Text{
			EN: "% of the deliveries took no longer",
			ZH: "不超过该耗时的送达占比（%）",
		}.In(l), Ticks: ticks},
		Y:     plot.Axis{Name: locale.Text{EN: "ms", ZH: "毫秒"}.In(l), Log: true},
		Lines: lines,
	}
}

// Line is the report's curve as a line for Percentiles.
func (r *Report) Line(name string) plot.Line {
	line := plot.Line{Name: name}
	for _, q := range r.Curve {
		line.Points = append(line.Points, plot.Point{X: nines(q.Share), Y: q.MS})
	}
	return line
}

// nines spreads shares close to all: 0.9 is 1, 0.99 is 2.
func nines(share float64) float64 { return -math.Log10(1 - share) }

func (r *Report) overTime(l locale.Lang) plot.Curves {
	slowest := plot.Line{Name: locale.Text{
		EN: "slowest message received at that time",
		ZH: "该时刻收到的消息中最慢的一条",
	}.In(l)}
	for i, ms := range r.Timeline.Slowest {
		if r.Timeline.Received[i] > 0 {
			slowest.Points = append(slowest.Points, plot.Point{X: (float64(i) + 0.5) * r.Timeline.SlotSeconds, Y: ms})
		}
	}
	return plot.Curves{
		Title: locale.Text{EN: "over time, warm-up included", ZH: "随时间变化（含预热）"}.In(l),
		X:     plot.Axis{Name: locale.Text{EN: "seconds", ZH: "秒"}.In(l)},
		Y:     plot.Axis{Name: locale.Text{EN: "ms", ZH: "毫秒"}.In(l), Log: true},
		Lines: []plot.Line{slowest},
	}
}
