package plot

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"math"
	"strconv"
)

// Panel is one drawing of a page: Curves or Bars.
type Panel interface {
	draw(c *canvas)
}

// Sizes of a panel in pixels, and where its drawing begins and ends.
const (
	width, height       = 560, 320
	left, right         = 64, 16
	top, bottom         = 44, 64
	innerWidth          = width - left - right
	innerHeight         = height - top - bottom
	letter              = 6.2 // about the width of a character of the small text
	smallText, bigText  = 11, 14
	background, gridded = "#fcfcfa", "#e4e4e0"
	ink, faint          = "#222222", "#666666"
)

// colours tell lines apart, for every kind of eye (Okabe and Ito).
var colours = []string{"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"}

func colour(i int) string { return colours[i%len(colours)] }

// SVG draws panels below each other under a title.
func SVG(title string, panels ...Panel) []byte {
	c := new(canvas)
	const titled = 32
	total := titled + height*len(panels)
	c.printf(`<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" font-family="system-ui, sans-serif">`+"\n", width, total, width, total)
	c.printf(`<rect width="100%%" height="100%%" fill="%s"/>`+"\n", background)
	c.text(left, 24, "start", bigText+1, ink, title)
	for i, p := range panels {
		c.printf(`<g transform="translate(0 %d)">`+"\n", titled+i*height)
		p.draw(c)
		c.printf("</g>\n")
	}
	c.printf("</svg>\n")
	return c.Bytes()
}

// canvas is what is drawn on.
type canvas struct{ bytes.Buffer }

func (c *canvas) printf(format string, args ...any) { fmt.Fprintf(c, format, args...) }

func (c *canvas) text(x, y float64, anchor string, size int, fill, s string) {
	c.printf(`<text x="%s" y="%s" text-anchor="%s" font-size="%d" fill="%s">`, short(x), short(y), anchor, size, fill)
	_ = xml.EscapeText(c, []byte(s)) // a Buffer takes everything
	c.printf("</text>\n")
}

func (c *canvas) line(x1, y1, x2, y2 float64, stroke string) {
	c.printf(`<line x1="%s" y1="%s" x2="%s" y2="%s" stroke="%s"/>`+"\n", short(x1), short(y1), short(x2), short(y2), stroke)
}

// legend names the lines, under the drawing.
func (c *canvas) legend(names []string) {
	x := float64(left)
	for i, name := range names {
		if name == "" {
			continue
		}
		c.printf(`<rect x="%s" y="%d" width="12" height="4" fill="%s"/>`+"\n", short(x), height-17, colour(i))
		c.text(x+17, height-12, "start", smallText, ink, name)
		x += 17 + letter*float64(len([]rune(name))) + 18
	}
}

// short writes a coordinate.
func short(v float64) string { return strconv.FormatFloat(math.Round(v*10)/10, 'f', -1, 64) }

// Axis is one direction of a chart.
type Axis struct {
	Name  string
	Log   bool
	Ticks []Tick // nil: at round numbers
}

// Tick is a place on an axis with a name of its own.
type Tick struct {
	At   float64
	Name string
}

// scale brings values of an axis from 0 to 1.
type scale struct {
	low, high float64
	log       bool
	ticks     []Tick
}

// decades bounds how far down a logarithmic axis goes.
const decades = 6

// newScale makes a scale that holds every value that is a number. A linear one begins at 0.
func (a Axis) newScale(values []float64) scale {
	low, high := math.Inf(1), math.Inf(-1)
	for _, v := range values {
		if isNumber(v) && (!a.Log || v > 0) {
			low, high = min(low, v), max(high, v)
		}
	}
	for _, t := range a.Ticks {
		low, high = min(low, t.At), max(high, t.At)
	}
	if low > high {
		low, high = 1, 1
	}
	s := scale{log: a.Log, ticks: a.Ticks}
	if a.Log {
		s.low = math.Pow(10, math.Floor(math.Log10(max(low, high/math.Pow(10, decades)))))
		s.high = math.Pow(10, math.Ceil(math.Log10(high)))
		if s.low >= s.high {
			s.high = s.low * 10
		}
	} else {
		s.low, s.high = min(0, low), high
		if s.high <= s.low {
			s.high = s.low + 1
		}
	}
	if s.ticks == nil {
		s.tick()
	}
	return s
}

// tick puts ticks at round numbers: powers of ten, or multiples of 1, 2 or 5 that leave about five of them.
func (s *scale) tick() {
	if s.log {
		for v := s.low; v <= s.high*1.01; v *= 10 {
			s.ticks = append(s.ticks, Tick{v, Number(v)})
		}
		return
	}
	step := math.Pow(10, math.Floor(math.Log10((s.high-s.low)/5)))
	for _, m := range []float64{10, 5, 2} {
		if (s.high-s.low)/(step*m) >= 4 {
			step *= m
			break
		}
	}
	for i := math.Ceil(s.low / step); i*step < s.high+step; i++ {
		s.ticks = append(s.ticks, Tick{i * step, Number(i * step)})
		s.high = max(s.high, i*step)
	}
}

// at returns where a value is, from 0 to 1, or NaN if it is nowhere.
func (s scale) at(v float64) float64 {
	if s.log {
		if v <= 0 {
			return math.NaN()
		}
		return max(0, math.Log10(v/s.low)/math.Log10(s.high/s.low))
	}
	return (v - s.low) / (s.high - s.low)
}

func isNumber(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// Number writes a number for people: three digits that count, thousands as k and M.
func Number(v float64) string {
	switch size := math.Abs(v); {
	case size >= 1e6:
		return strconv.FormatFloat(v/1e6, 'g', 3, 64) + "M"
	case size >= 1e4:
		return strconv.FormatFloat(v/1e3, 'g', 3, 64) + "k"
	case size >= 1000:
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return strconv.FormatFloat(v, 'g', 3, 64)
}
