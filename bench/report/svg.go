package report

import (
	"fmt"
	"html"
	"io"
	"math"
	"strings"
)

// Size of a plot and of its margins, in pixels.
const (
	plotWidth, plotHeight              = 720.0, 420.0
	leftMargin, rightMargin            = 74.0, 20.0
	topMargin, bottomMargin            = 46.0, 84.0
	markRadius                         = 3.0
	legendStep, tickLength, legendDrop = 150.0, 5.0, 66.0
)

// plotStyle follows the page: dark ink on light, light ink on dark. The colours
// of the lines keep apart in both, and for most of the colour-blind.
const plotStyle = `<style>
text{font:12px system-ui,sans-serif;fill:#222}.t{font-size:15px;font-weight:600}
.a{stroke:#222;fill:none}.g{stroke:#8884;fill:none}
.l0{stroke:#0b6bcb}.l1{stroke:#c2410c}.l2{stroke:#15803d}.l3{stroke:#7e22ce}.l4{stroke:#a16207}.l5{stroke:#be185d}
.l{fill:none;stroke-width:2}.e{stroke-width:1;opacity:.6}
@media(prefers-color-scheme:dark){text{fill:#ddd}.a{stroke:#ddd}
.l0{stroke:#60a5fa}.l1{stroke:#fb923c}.l2{stroke:#4ade80}.l3{stroke:#c084fc}.l4{stroke:#facc15}.l5{stroke:#f472b6}}
</style>`

// lineStyles is how many lines look different.
const lineStyles = 6

// axis maps values to pixels.
type axis struct {
	low, high float64 // of the values
	from, to  float64 // pixels
	log       bool
}

func newAxis(low, high, from, to float64, log bool) axis {
	if log {
		low, high = math.Pow(10, math.Floor(math.Log10(low))), math.Pow(10, math.Ceil(math.Log10(high)))
		if low == high {
			high *= 10
		}
		return axis{low, high, from, to, true}
	}
	low = min(low, 0)
	if high <= low {
		high = low + 1
	}
	step := niceStep((high - low) / 6)
	return axis{math.Floor(low/step) * step, math.Ceil(high/step) * step, from, to, false}
}

func (a axis) at(v float64) float64 {
	low, high := a.low, a.high
	if a.log {
		v, low, high = math.Log10(v), math.Log10(low), math.Log10(high)
	}
	return a.from + (v-low)/(high-low)*(a.to-a.from)
}

func (a axis) ticks() (ticks []float64) {
	if a.log {
		between := []float64{1}
		if a.high/a.low < 1001 {
			between = []float64{1, 2, 5}
		}
		for decade := a.low; decade <= a.high*1.001; decade *= 10 {
			for _, m := range between {
				if v := decade * m; v <= a.high*1.001 {
					ticks = append(ticks, v)
				}
			}
		}
		return ticks
	}
	step := niceStep((a.high - a.low) / 6)
	for i := 0; a.low+float64(i)*step <= a.high+step/1000; i++ {
		ticks = append(ticks, a.low+float64(i)*step)
	}
	return ticks
}

// niceStep is the next of 1, 2, 5 times a power of ten that is not below v.
func niceStep(v float64) float64 {
	size := math.Pow(10, math.Floor(math.Log10(v)))
	for _, m := range []float64{1, 2, 5} {
		if m*size >= v {
			return m * size
		}
	}
	return 10 * size
}

// WriteSVG draws a curve. Points that a logarithmic axis cannot show, being zero
// or less, are left out; without any point left it is an error.
func (c *Curve) WriteSVG(w io.Writer) error {
	lines, box := c.shown()
	if box == nil {
		return fmt.Errorf("curve %s has no points to draw", c.Name)
	}
	x := newAxis(box[0], box[1], leftMargin, plotWidth-rightMargin, c.LogX)
	y := newAxis(box[2], box[3], plotHeight-bottomMargin, topMargin, c.LogY)
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %g %g" width="%g" height="%g" role="img" aria-label="%s">`+"\n%s\n",
		plotWidth, plotHeight, plotWidth, plotHeight, html.EscapeString(c.Title), plotStyle)
	fmt.Fprintf(&b, `<text class="t" x="%g" y="24">%s</text>`+"\n", leftMargin, html.EscapeString(c.Title))
	for _, v := range x.ticks() {
		fmt.Fprintf(&b, `<path class="g" d="M%.1f %gV%g"/><text text-anchor="middle" x="%.1f" y="%g">%s</text>`+"\n",
			x.at(v), topMargin, y.from+tickLength, x.at(v), y.from+18, short(v))
	}
	for _, v := range y.ticks() {
		fmt.Fprintf(&b, `<path class="g" d="M%g %.1fH%g"/><text text-anchor="end" x="%g" y="%.1f">%s</text>`+"\n",
			x.from-tickLength, y.at(v), x.to, x.from-9, y.at(v)+4, short(v))
	}
	fmt.Fprintf(&b, `<path class="a" d="M%g %gV%gH%g"/>`+"\n", x.from, topMargin, y.from, x.to)
	fmt.Fprintf(&b, `<text text-anchor="middle" x="%g" y="%g">%s</text>`+"\n", (x.from+x.to)/2, y.from+38, html.EscapeString(c.X))
	fmt.Fprintf(&b, `<text text-anchor="middle" transform="translate(16 %g) rotate(-90)">%s</text>`+"\n", (y.from+topMargin)/2, html.EscapeString(c.Y))
	for i, line := range lines {
		drawLine(&b, i, line, x, y)
		at := leftMargin + float64(i%4)*legendStep
		drop := y.from + legendDrop - 8 + float64(i/4)*15
		fmt.Fprintf(&b, `<path class="l l%d" d="M%g %gh18"/><text x="%g" y="%g">%s</text>`+"\n",
			i%lineStyles, at, drop, at+23, drop+4, html.EscapeString(line.Name))
	}
	b.WriteString("</svg>\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// drawLine draws the medians, joined, with their spreads as bars.
func drawLine(b *strings.Builder, number int, line Lines, x, y axis) {
	style := number % lineStyles
	var path strings.Builder
	for i, p := range line.Points {
		step := "L"
		if i == 0 {
			step = "M"
		}
		fmt.Fprintf(&path, "%s%.1f %.1f", step, x.at(p.X), y.at(p.Y))
		if p.Low < p.Top {
			fmt.Fprintf(b, `<path class="e l%d" d="M%.1f %.1fV%.1f"/>`+"\n", style, x.at(p.X), y.at(max(p.Low, y.low)), y.at(min(p.Top, y.high)))
		}
		fmt.Fprintf(b, `<circle class="l%d" cx="%.1f" cy="%.1f" r="%g" fill="none"/>`+"\n", style, x.at(p.X), y.at(p.Y), markRadius)
	}
	fmt.Fprintf(b, `<path class="l l%d" d="%s"/>`+"\n", style, path.String())
}

// shown returns the lines without what cannot be drawn, and the bounds of all
// points: least and greatest x, least and greatest y; nil if there are none.
func (c *Curve) shown() (lines []Lines, box []float64) {
	drawable := func(v float64, log bool) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) && (!log || v > 0) }
	for _, line := range c.Lines {
		kept := Lines{Name: line.Name}
		for _, p := range line.Points {
			if !drawable(p.X, c.LogX) || !drawable(p.Y, c.LogY) {
				continue
			}
			if !drawable(p.Low, c.LogY) || !drawable(p.Top, c.LogY) {
				p.Low, p.Top = p.Y, p.Y
			}
			kept.Points = append(kept.Points, p)
			if box == nil {
				box = []float64{p.X, p.X, p.Low, p.Top}
			}
			box = []float64{min(box[0], p.X), max(box[1], p.X), min(box[2], p.Low), max(box[3], p.Top)}
		}
		lines = append(lines, kept)
	}
	return lines, box
}
