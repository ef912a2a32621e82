package plot

import "strings"

// Curves are lines over one axis.
type Curves struct {
	Title string
	X, Y  Axis
	Lines []Line
}

// Line is one of them.
type Line struct {
	Name   string
	Points []Point
}

// Point is a place in a chart.
type Point struct{ X, Y float64 }

func (p Curves) draw(c *canvas) {
	var xs, ys []float64
	for _, l := range p.Lines {
		for _, q := range l.Points {
			xs, ys = append(xs, q.X), append(ys, q.Y)
		}
	}
	x, y := p.X.newScale(xs), p.Y.newScale(ys)
	c.text(left, 22, "start", bigText, ink, p.Title)
	c.grid(y, p.Y.Name)
	for _, t := range x.ticks {
		at := left + innerWidth*x.at(t.At)
		c.line(at, top, at, height-bottom, gridded)
		c.text(at, height-bottom+15, "middle", smallText, faint, t.Name)
	}
	c.text(left+innerWidth, height-bottom+30, "end", smallText, faint, p.X.Name)
	var names []string
	for i, l := range p.Lines {
		names = append(names, l.Name)
		var at []string
		for _, q := range l.Points {
			across, up := x.at(q.X), y.at(q.Y)
			if isNumber(across) && isNumber(up) {
				at = append(at, short(left+innerWidth*across)+","+short(top+innerHeight*(1-up)))
			}
		}
		c.printf(`<polyline points="%s" fill="none" stroke="%s" stroke-width="1.8" stroke-linejoin="round"/>`+"\n", strings.Join(at, " "), colour(i))
	}
	c.legend(names)
}

// grid draws the lines of the upright axis and names them.
func (c *canvas) grid(y scale, name string) {
	for _, t := range y.ticks {
		at := top + innerHeight*(1-y.at(t.At))
		c.line(left, at, left+innerWidth, at, gridded)
		c.text(left-6, at+4, "end", smallText, faint, t.Name)
	}
	c.text(left, top-6, "start", smallText, faint, name)
}
