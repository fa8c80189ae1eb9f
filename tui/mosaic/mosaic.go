// Package mosaic draws pictures with characters.
package mosaic

import (
	"image"
	"image/color"
	"strconv"
	"strings"

	"confab/tui/theme"
)

// The blocks that fill the upper and the lower half of a cell.
const upper, lower = "▀", "▄"

// Rows draws a picture with a character for each two pixels above each other. A terminal without
// colours, or with ASCII only, gets characters of different brightness.
func Rows(img *image.RGBA, th *theme.Theme) []string {
	b := img.Bounds()
	rows := make([]string, 0, (b.Dy()+1)/2)
	for y := b.Min.Y; y < b.Max.Y; y += 2 {
		var row strings.Builder
		if th.ASCII || th.Colors == theme.NoColors {
			shades(&row, img, y, th.ASCII)
		} else {
			blocks(&row, img, y, th)
		}
		rows = append(rows, row.String())
	}
	return rows
}

// shades draws two rows of pixels by their brightness, for letters that are light on a dark
// background.
func shades(row *strings.Builder, img *image.RGBA, y int, ascii bool) {
	signs := []rune(" ░▒▓█")
	if ascii {
		signs = []rune(" .:-=+*#%@")
	}
	for x := img.Rect.Min.X; x < img.Rect.Max.X; x++ {
		sum := 0
		for _, c := range []color.RGBA{img.RGBAAt(x, y), img.RGBAAt(x, min(y+1, img.Rect.Max.Y-1))} {
			sum += 299*int(c.R) + 587*int(c.G) + 114*int(c.B) // what is transparent is dark
		}
		row.WriteRune(signs[sum*len(signs)/(2*255*1000+1)])
	}
}

// blocks draws two rows of pixels in their colours. What is transparent stays as the background
// of the terminal.
func blocks(row *strings.Builder, img *image.RGBA, y int, th *theme.Theme) {
	was := ""
	for x := img.Rect.Min.X; x < img.Rect.Max.X; x++ {
		top := ink(img.RGBAAt(x, y), th)
		bottom := ink(img.RGBAAt(x, y+1), th) // below the picture it is transparent
		sign, style := upper, "\x1b["
		switch {
		case top == none && bottom == none:
			sign, style = " ", ""
		case top == bottom:
			sign, style = " ", style+bottom.background()
		case top == none:
			sign, style = lower, style+bottom.foreground()
		case bottom == none:
			style += top.foreground()
		default:
			style += top.foreground() + ";" + bottom.background()
		}
		if style != "" {
			style += "m"
		}
		if style != was {
			if was != "" {
				row.WriteString("\x1b[m")
			}
			row.WriteString(style)
			was = style
		}
		row.WriteString(sign)
	}
	if was != "" {
		row.WriteString("\x1b[m")
	}
}

// colour is a colour of a terminal: its number, or red, green and blue in three bytes.
type colour struct {
	number int
	kind   kind
}

type kind uint8

const (
	transparent kind = iota
	basic            // one of the first 16
	indexed          // one of 256
	rgb
)

// none is what is transparent.
var none = colour{}

func (c colour) foreground() string { return c.parameters(30, 90, "38") }
func (c colour) background() string { return c.parameters(40, 100, "48") }

// parameters are those of SGR.
func (c colour) parameters(dark, bright int, other string) string {
	switch {
	case c.kind == rgb:
		return other + ";2;" + strconv.Itoa(c.number>>16) + ";" + strconv.Itoa(c.number>>8&255) + ";" + strconv.Itoa(c.number&255)
	case c.kind == indexed:
		return other + ";5;" + strconv.Itoa(c.number)
	case c.number < 8:
		return strconv.Itoa(dark + c.number)
	default:
		return strconv.Itoa(bright + c.number - 8)
	}
}

// ink is the colour that the terminal has for a pixel.
func ink(p color.RGBA, th *theme.Theme) colour {
	if p.A < 128 {
		return none
	}
	full := func(v uint8) int { return min(255, int(v)*255/int(p.A)) }
	r, g, b := full(p.R), full(p.G), full(p.B)
	switch {
	case th.RGB:
		return colour{r<<16 | g<<8 | b, rgb}
	case th.Colors == theme.Colors256:
		return colour{nearest256(r, g, b), indexed}
	default:
		return colour{nearest16(r, g, b), basic}
	}
}

// basics are the first 16 colours as xterm has them.
var basics = [16][3]int{
	{0, 0, 0}, {205, 0, 0}, {0, 205, 0}, {205, 205, 0}, {0, 0, 238}, {205, 0, 205}, {0, 205, 205}, {229, 229, 229},
	{127, 127, 127}, {255, 0, 0}, {0, 255, 0}, {255, 255, 0}, {92, 92, 255}, {255, 0, 255}, {0, 255, 255}, {255, 255, 255},
}

// nearest16 is the one of the basic colours that is most like another.
func nearest16(r, g, b int) int {
	best, least := 0, far(basics[0], r, g, b)
	for i, c := range basics {
		if d := far(c, r, g, b); d < least {
			best, least = i, d
		}
	}
	return best
}

// nearest256 is the colour of the cube or of the greys that is most like another.
func nearest256(r, g, b int) int {
	steps := [6]int{0, 95, 135, 175, 215, 255}
	step := func(v int) int {
		if v < 48 {
			return 0
		}
		return min(5, max(1, (v-35)/40))
	}
	i, j, k := step(r), step(g), step(b)
	grey := max(0, min(23, ((r+g+b)/3-3)/10))
	if v := 8 + 10*grey; far([3]int{v, v, v}, r, g, b) < far([3]int{steps[i], steps[j], steps[k]}, r, g, b) {
		return 232 + grey
	}
	return 16 + 36*i + 6*j + k
}

func far(c [3]int, r, g, b int) int {
	return (c[0]-r)*(c[0]-r) + (c[1]-g)*(c[1]-g) + (c[2]-b)*(c[2]-b)
}
