package plot

// Bars are groups of numbers side by side, each of them written on its bar.
type Bars struct {
	Title  string
	Y      Axis     // linear
	Names  []string // of the bars in each group
	Groups []Group
}

// Group is bars that belong together. Goal, if it is not 0, is drawn across them.
type Group struct {
	Name   string
	Values []float64
	Goal   float64
}

func (p Bars) draw(c *canvas) {
	values := []float64{0}
	for _, g := range p.Groups {
		values = append(append(values, g.Values...), g.Goal)
	}
	y := p.Y.newScale(values)
	c.text(left, 22, "start", bigText, ink, p.Title)
	c.grid(y, p.Y.Name)
	each := float64(innerWidth) / float64(max(1, len(p.Groups)))
	for i, g := range p.Groups {
		start := left + each*(float64(i)+0.15)
		bar := each * 0.7 / float64(max(1, len(g.Values)))
		for j, v := range g.Values {
			if !isNumber(v) {
				continue
			}
			tall := innerHeight * y.at(v)
			x := start + bar*float64(j)
			c.printf(`<rect x="%s" y="%s" width="%s" height="%s" fill="%s"/>`+"\n", short(x+2), short(top+innerHeight-tall), short(bar-4), short(tall), colour(j))
			if tall > smallText+8 { // at the foot, where no goal crosses it
				c.text(x+bar/2, top+innerHeight-6, "middle", smallText, background, Number(v))
			} else {
				c.text(x+bar/2, top+innerHeight-tall-4, "middle", smallText, ink, Number(v))
			}
		}
		if g.Goal != 0 {
			at := top + innerHeight*(1-y.at(g.Goal))
			c.printf(`<line x1="%s" y1="%s" x2="%s" y2="%s" stroke="%s" stroke-width="1.5" stroke-dasharray="5 3"/>`+"\n",
				short(start-each*0.1), short(at), short(start+each*0.8), short(at), ink)
		}
		c.text(start+each*0.35, height-bottom+15, "middle", smallText, ink, g.Name)
	}
	c.legend(p.Names)
}
