package main

import (
	"encoding/xml"
	"fmt"
	"image/color"
	"io"
	"strings"
	"unicode/utf8"

	uv "github.com/charmbracelet/ultraviolet"
)

// The size of a cell is in pixels for a font of fontSize; the usual monospace fonts
// are 0.6 em wide.
const (
	cellWidth  = 8.4
	cellHeight = 18
	fontSize   = 14
	margin     = 12
	barHeight  = 28
)

// colours are those of a terminal.
type colours struct{ background, foreground, faint string }

var (
	darkColours  = colours{"#16181d", "#d6d9e0", "#7c8290"}
	lightColours = colours{"#ffffff", "#24262b", "#6b7080"}
)

// cell is a cell of a terminal. A cell of width 0 belongs to the one before.
type cell struct {
	text  string
	width int
	style uv.Style
}

// drawing is a picture in progress.
type drawing struct {
	colours
	width, height int
	title         string
	shapes        strings.Builder
}

func newDrawing(width, height int, title string, light bool) *drawing {
	d := &drawing{colours: darkColours, width: width, height: height, title: title}
	if light {
		d.colours = lightColours
	}
	return d
}

func place(x, y int) (px, py float64) {
	return margin + float64(x)*cellWidth, barHeight + margin/2 + float64(y)*cellHeight
}

// row draws a row of cells. It draws adjacent cells of one style as one piece of
// text. Characters that are neither ASCII nor lines are drawn alone, so that a font
// with other widths shifts nothing.
func (d *drawing) row(y int, at func(x int) cell) {
	for x := 0; x < d.width; {
		c := at(x)
		n, text := max(c.width, 1), c.text
		for plain(c.text) && x+n < d.width {
			next := at(x + n)
			if !plain(next.text) || next.style != c.style {
				break
			}
			text += next.text
			n++
		}
		d.piece(x, y, n, text, c.style)
		x += n
	}
}

// plain reports whether every font draws the text of a cell with the usual width.
func plain(text string) bool {
	r, size := utf8.DecodeRuneInString(text)
	return size == len(text) && (r < utf8.RuneSelf || r >= 0x2500 && r < 0x2580)
}

func (d *drawing) piece(x, y, n int, text string, style uv.Style) {
	px, py := place(x, y)
	fg, bg := colorOf(style.Fg, d.foreground), colorOf(style.Bg, "")
	if style.Attrs&uv.AttrFaint != 0 {
		fg = d.faint
	}
	if style.Attrs&uv.AttrReverse != 0 {
		fg, bg = d.background, fg
	}
	if bg != "" {
		fmt.Fprintf(&d.shapes, "<rect x=\"%.1f\" y=\"%.0f\" width=\"%.1f\" height=\"%d\" fill=\"%s\"/>\n", px, py, float64(n)*cellWidth, cellHeight, bg)
	}
	if strings.TrimSpace(text) == "" {
		return
	}
	weight := ""
	if style.Attrs&uv.AttrBold != 0 {
		weight = ` font-weight="bold"`
	}
	if style.Attrs&uv.AttrItalic != 0 {
		weight += ` font-style="italic"`
	}
	if style.Underline != 0 {
		weight += ` text-decoration="underline"`
	}
	fmt.Fprintf(&d.shapes, "<text x=\"%.1f\" y=\"%.1f\" fill=\"%s\"%s", px, py+cellHeight*0.75, fg, weight)
	if utf8.RuneCountInString(text) == n {
		fmt.Fprintf(&d.shapes, " textLength=\"%.1f\"", float64(n)*cellWidth)
	}
	fmt.Fprintf(&d.shapes, ">%s</text>\n", escape(text))
}

// cursor draws the terminal's cursor.
func (d *drawing) cursor(x, y int) {
	px, py := place(x, y)
	fmt.Fprintf(&d.shapes, "<rect x=\"%.1f\" y=\"%.0f\" width=\"%.1f\" height=\"%d\" fill=\"%s\" opacity=\"0.7\"/>\n", px, py, cellWidth, cellHeight, d.foreground)
}

// writeTo writes the whole picture: a window with a title.
func (d *drawing) writeTo(w io.Writer) {
	width := 2*margin + float64(d.width)*cellWidth
	height := barHeight + margin + float64(d.height)*cellHeight
	fmt.Fprintf(w, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f %.0f\" width=\"%.0f\" font-family=\"ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace\" font-size=\"%d\" xml:space=\"preserve\">\n", width, height, width, fontSize)
	fmt.Fprintf(w, "<rect width=\"100%%\" height=\"100%%\" rx=\"8\" fill=\"%s\"/>\n", d.background)
	for i, c := range []string{"#ff5f57", "#febc2e", "#28c840"} {
		fmt.Fprintf(w, "<circle cx=\"%d\" cy=\"14\" r=\"5\" fill=\"%s\"/>\n", 16+16*i, c)
	}
	fmt.Fprintf(w, "<text x=\"50%%\" y=\"19\" fill=\"%s\" text-anchor=\"middle\">%s</text>\n", d.faint, escape(d.title))
	_, _ = io.WriteString(w, d.shapes.String())
	_, _ = io.WriteString(w, "</svg>\n")
}

// colorOf converts a terminal's colour to SVG. It returns a default for no colour.
func colorOf(c color.Color, none string) string {
	if c == nil {
		return none
	}
	r, g, b, _ := c.RGBA()
	return fmt.Sprintf("#%02x%02x%02x", r>>8, g>>8, b>>8)
}

func escape(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a Builder never fails
	// This keeps runs of blanks even where xml:space is not known.
	return strings.ReplaceAll(b.String(), " ", "\u00a0")
}
