package main

import (
	"encoding/xml"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
)

// Sizes are in pixels. The colours can be told apart on light and dark pages. The
// background is that of the pictures of screens.
const (
	chartWidth, chartHeight = 760, 380
	marginLeft, marginRight = 76, 190
	marginTop, marginBottom = 68, 76

	background = "#16181d"
	foreground = "#d6d9e0"
	faint      = "#7c8290"
	grid       = "#2b2f38"
	red        = "#ff7b72"
	yellow     = "#e3b341"
	green      = "#56d364"
)

// chart draws figures over numbers. The axis of the numbers is logarithmic, because
// each is twice the one before. The axis of the figures begins at 0.
type chart struct {
	title, x, y string
	under       string // when and where it was measured
	lines       []line
}

type line struct {
	name, color string
	points      []point
}

type point struct{ x, y float64 }

// write writes the chart as SVG.
func (c *chart) write(w io.Writer) {
	fmt.Fprintf(w, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" font-family=\"system-ui,sans-serif\" font-size=\"13\">\n", chartWidth, chartHeight, chartWidth)
	fmt.Fprintf(w, "<rect width=\"100%%\" height=\"100%%\" rx=\"8\" fill=\"%s\"/>\n", background)
	text(w, marginLeft, 28, "start", foreground, c.title)
	text(w, chartWidth-16, chartHeight-12, "end", faint, c.under)
	s := c.scale()
	const bottom = chartHeight - marginBottom
	for _, y := range s.steps() {
		_, py := s.place(point{s.left, y})
		fmt.Fprintf(w, "<path d=\"M%d %.1fH%d\" stroke=\"%s\"/>\n", marginLeft, py, chartWidth-marginRight, grid)
		text(w, marginLeft-8, py+4, "end", faint, number(y))
	}
	text(w, marginLeft-8, marginTop-18, "end", faint, c.y)
	for _, x := range c.columns() {
		px, _ := s.place(point{x, 0})
		fmt.Fprintf(w, "<path d=\"M%.1f %dv5\" stroke=\"%s\"/>\n", px, bottom, faint)
		text(w, px, bottom+20, "middle", faint, number(x))
	}
	text(w, (marginLeft+chartWidth-marginRight)/2, bottom+40, "middle", faint, c.x)
	below := float64(bottom + labelHeight - 4)
	for _, l := range slices.Backward(c.lines) { // the lowest is last
		below = l.write(w, s, below)
	}
	fmt.Fprintln(w, "</svg>")
}

// labelHeight is the height of a line's name.
const labelHeight = 18

// write draws a line with its points. The name and the last figure go beside its
// end, above those that are already there.
func (l line) write(w io.Writer, s scale, below float64) float64 {
	if len(l.points) == 0 {
		return below
	}
	var path strings.Builder
	for i, p := range l.points {
		x, y := s.place(p)
		fmt.Fprintf(&path, "%c%.1f %.1f", "ML"[min(i, 1)], x, y)
		fmt.Fprintf(w, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3.5\" fill=\"%s\"><title>%s: %s</title></circle>\n", x, y, l.color, number(p.x), number(p.y))
	}
	fmt.Fprintf(w, "<path d=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"2\"/>\n", path.String(), l.color)
	last := l.points[len(l.points)-1]
	x, y := s.place(last)
	y = min(y+4, below-labelHeight)
	text(w, x+10, y, "start", l.color, l.name+": "+number(last.y))
	return y
}

// columns returns all numbers of the horizontal axis.
func (c *chart) columns() []float64 {
	var all []float64
	for _, l := range c.lines {
		if len(l.points) > len(all) {
			all = nil
			for _, p := range l.points {
				all = append(all, p.x)
			}
		}
	}
	return all
}

// scale converts figures to pixels.
type scale struct{ left, right, top float64 }

func (c *chart) scale() scale {
	s := scale{math.Inf(1), math.Inf(-1), 0}
	for _, l := range c.lines {
		for _, p := range l.points {
			s.left, s.right, s.top = min(s.left, p.x), max(s.right, p.x), max(s.top, p.y)
		}
	}
	if s.right <= s.left { // one point, or none
		s.left, s.right = 1, 2
	}
	step := s.step()
	s.top = math.Ceil(s.top/step) * step
	return s
}

// step returns a round number that divides the axis into about five parts.
func (s scale) step() float64 {
	if s.top <= 0 {
		return 1
	}
	unit := math.Pow(10, math.Floor(math.Log10(s.top/5)))
	for _, n := range []float64{1, 2, 5} {
		if s.top/(unit*n) <= 5 {
			return unit * n
		}
	}
	return unit * 10
}

func (s scale) steps() []float64 {
	var all []float64
	for i := 0; i == 0 || float64(i)*s.step() <= s.top+s.step()/2; i++ {
		all = append(all, float64(i)*s.step())
	}
	return all
}

func (s scale) place(p point) (x, y float64) {
	across := math.Log(p.x/s.left) / math.Log(s.right/s.left)
	return marginLeft + across*(chartWidth-marginRight-marginLeft),
		chartHeight - marginBottom - p.y/max(s.top, math.SmallestNonzeroFloat64)*(chartHeight-marginBottom-marginTop)
}

// number formats a figure with three significant digits, in groups of three.
func number(v float64) string {
	switch {
	case v < 10 && v != math.Trunc(v):
		return fmt.Sprintf("%.1f", v)
	case v < 1000:
		return fmt.Sprintf("%.0f", v)
	default:
		n := int64(math.Round(v))
		if n >= 10_000 {
			return fmt.Sprintf("%d,000", (n+500)/1000)
		}
		return fmt.Sprintf("%d,%03d", n/1000, n%1000)
	}
}

func text(w io.Writer, x, y float64, anchor, color, s string) {
	fmt.Fprintf(w, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" fill=\"%s\">", x, y, anchor, color)
	_ = xml.EscapeText(w, []byte(s)) // writing to memory cannot fail
	fmt.Fprintln(w, "</text>")
}
