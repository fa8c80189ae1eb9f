package theme

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"

	"confab/app/chat"
	"confab/tui/highlight"
)

// rgb is a colour with channels from 0 to 255.
type rgb [3]float64

// grounds are backgrounds of well-known themes of terminals. A palette has to be legible
// on all of its ground.
var grounds = map[Ground][]rgb{
	DarkGround:  {{0, 0, 0}, {0x1e, 0x1e, 0x1e}, {0x28, 0x2a, 0x36}, {0x2e, 0x34, 0x40}, {0x00, 0x2b, 0x36}, {0x30, 0x34, 0x46}},
	LightGround: {{0xff, 0xff, 0xff}, {0xfd, 0xf6, 0xe3}, {0xef, 0xf1, 0xf5}, {0xee, 0xe8, 0xd5}, {0xf6, 0xf8, 0xfa}},
	AnyGround:   {{0, 0, 0}, {0xff, 0xff, 0xff}},
}

// rgb returns a colour of xterm's palette: a cube of 6x6x6 colours, and 24 greys.
func (c color) rgb() rgb {
	if c >= 232 {
		grey := float64(8 + 10*(int(c)-232))
		return rgb{grey, grey, grey}
	}
	levels := [...]float64{0, 95, 135, 175, 215, 255}
	i := int(c) - 16
	return rgb{levels[i/36], levels[i/6%6], levels[i%6]}
}

func (c rgb) linear() (l [3]float64) {
	for i, v := range c {
		if v /= 255; v <= 0.04045 {
			l[i] = v / 12.92
		} else {
			l[i] = math.Pow((v+0.055)/1.055, 2.4)
		}
	}
	return l
}

// contrast is the contrast ratio of WCAG 2.2.
func contrast(a, b rgb) float64 {
	light := func(c rgb) float64 { l := c.linear(); return 0.2126*l[0] + 0.7152*l[1] + 0.0722*l[2] + 0.05 }
	x, y := light(a), light(b)
	return max(x, y) / min(x, y)
}

func TestContrast(t *testing.T) {
	for _, high := range []bool{false, true} {
		least := 4.5
		if high {
			least = 7
		}
		for ground, on := range grounds {
			p := Kind{Colors256, ground, high}.palette()
			if p == nil {
				continue // no colours
			}
			name := fmt.Sprintf("ground %d, high contrast %v", ground, high)
			texts := append([]color{p.faint, p.warn, p.unread, p.read, p.here}, p.names...)
			for class, c := range p.code {
				if highlight.Class(class) != highlight.Plain {
					texts = append(texts, c)
				}
			}
			if p.selected != 0 {
				on = append(slices.Clone(on), p.selected.rgb())
			}
			for _, c := range texts {
				for _, g := range on {
					if c < 16 || contrast(c.rgb(), g) < least {
						t.Errorf("%s: %d on %v has %.2f", name, c, g, contrast(c.rgb(), g))
					}
				}
			}
			for _, f := range []fill{p.bar, p.chosen, p.mention, p.call} {
				if f.text < 16 || f.ground < 16 || contrast(f.text.rgb(), f.ground.rgb()) < least {
					t.Errorf("%s: %d on %d has %.2f", name, f.text, f.ground, contrast(f.text.rgb(), f.ground.rgb()))
				}
			}
		}
	}
}

// The 16 colours are the terminal's own. These are xterm's.
func TestContrastOfTheBasicColors(t *testing.T) {
	xterm := map[string]rgb{
		"31": {0xcd, 0, 0}, "32": {0, 0xcd, 0}, "33": {0xcd, 0xcd, 0}, "34": {0, 0, 0xee}, "35": {0xcd, 0, 0xcd}, "36": {0, 0xcd, 0xcd},
		"91": {0xff, 0, 0}, "92": {0, 0xff, 0}, "93": {0xff, 0xff, 0}, "94": {0x5c, 0x5c, 0xff}, "95": {0xff, 0, 0xff}, "96": {0, 0xff, 0xff},
	}
	for ground, g := range map[Ground]rgb{DarkGround: {0, 0, 0}, LightGround: {0xff, 0xff, 0xff}} {
		for _, style := range stylesOf(New(Terminal{Kind: Kind{Colors: Colors16, Ground: ground}})) {
			for _, parameter := range regexp.MustCompile(`[39]\d`).FindAllString(style, -1) {
				if c, ok := xterm[parameter]; !ok || contrast(c, g) < 4.5 {
					t.Errorf("ground %d: %q has %.2f", ground, style, contrast(c, g))
				}
			}
		}
	}
}

// stylesOf are all styles of a theme.
func stylesOf(th *Theme) []string {
	styles := []string{th.Bold, th.Faint, th.Bar, th.Current, th.Chosen, th.Selected, th.Call, th.Warn, th.Match, th.Unread, th.HereStyle, strings.Join(th.Ticks[:], "")}
	for id := range chat.UserID(20) {
		styles = append(styles, th.Author(id, 1))
	}
	for look := Look(1); look <= LookNamesMe; look <<= 1 {
		styles = append(styles, th.Style(look))
	}
	for class := range highlight.Removed + 1 {
		styles = append(styles, th.Syntax(class))
	}
	return styles
}

// The themes without colours, and those of terminals that say nothing about their
// background and have 16 colours, use none.
func TestThemesWithoutColors(t *testing.T) {
	color := regexp.MustCompile(`[[;]([34]8;|3\d|4\d|9\d|10\d)`)
	for name, k := range map[string]Kind{"none": {}, "16 on any ground": {Colors: Colors16}, "contrast on any ground": {Colors: Colors256, Contrast: true}} {
		for _, style := range stylesOf(New(Terminal{Kind: k})) {
			if color.MatchString(style) {
				t.Errorf("%s: %q", name, style)
			}
		}
	}
}

// Names are told apart by people with each of the two common kinds of colour-blindness.
// The matrices are those of Machado, Oliveira and Fernandes (2009) for protanopia and
// deuteranopia; a difference of 9 in CIELAB is easily seen side by side.
func TestNamesAreToldApartByTheColorBlind(t *testing.T) {
	see := [][3][3]float64{
		{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}},
		{{0.152286, 1.052583, -0.204868}, {0.114503, 0.786281, 0.099216}, {-0.003882, -0.048116, 1.051998}},
		{{0.367322, 0.860646, -0.227968}, {0.280085, 0.672501, 0.047413}, {-0.011820, 0.042940, 0.968881}},
	}
	for _, high := range []bool{false, true} {
		for ground := range grounds {
			p := Kind{Colors256, ground, high}.palette()
			if p == nil {
				continue
			}
			for i, a := range p.names {
				for _, b := range p.names[:i] {
					for _, m := range see {
						if d := difference(lab(m, a.rgb()), lab(m, b.rgb())); d < 9 {
							t.Errorf("ground %d, high contrast %v: %d and %d differ by %.1f", ground, high, a, b, d)
						}
					}
				}
			}
		}
	}
}

// lab converts a colour, as it is seen, to CIELAB.
func lab(see [3][3]float64, c rgb) (out [3]float64) {
	times := func(m [3][3]float64, v [3]float64) (r [3]float64) {
		for i := range r {
			r[i] = m[i][0]*v[0] + m[i][1]*v[1] + m[i][2]*v[2]
		}
		return r
	}
	seen := times(see, c.linear())
	for i := range seen {
		seen[i] = max(0, min(1, seen[i]))
	}
	xyz := times([3][3]float64{{0.4124, 0.3576, 0.1805}, {0.2126, 0.7152, 0.0722}, {0.0193, 0.1192, 0.9505}}, seen)
	f := func(t float64) float64 {
		if t > 0.008856 {
			return math.Cbrt(t)
		}
		return 7.787*t + 16.0/116
	}
	x, y, z := f(xyz[0]/0.9505), f(xyz[1]), f(xyz[2]/1.089)
	return [3]float64{116*y - 16, 500 * (x - y), 200 * (y - z)}
}

func difference(a, b [3]float64) float64 {
	return math.Sqrt((a[0]-b[0])*(a[0]-b[0]) + (a[1]-b[1])*(a[1]-b[1]) + (a[2]-b[2])*(a[2]-b[2]))
}
