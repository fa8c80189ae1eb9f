package main

import (
	"bytes"
	"fmt"
	"strings"
	"time"
)

// movie is a moving picture of a terminal. It keeps each row once for as long as it does not
// change, so it is hardly larger than a few pictures. It moves by CSS alone, because
// pictures in documents may not run programs.
type movie struct {
	drawing *drawing
	begins  []time.Duration // of the frames
	parts   [][]string      // by frame: each row, and then the cursor
}

func newMovie(d *drawing) *movie { return &movie{drawing: d} }

// shoot adds what the terminal shows from now on. The caller holds the terminal's lock.
func (m *movie) shoot(t *terminal, at time.Duration) {
	var parts []string
	draw := func(do func()) {
		m.drawing.shapes.Reset()
		do()
		parts = append(parts, m.drawing.shapes.String())
	}
	for y := range m.drawing.height {
		draw(func() { m.drawing.row(y, t.cells(y)) })
	}
	at0 := t.vt.CursorPosition()
	draw(func() { m.drawing.cursor(at0.X, at0.Y) })
	m.begins, m.parts = append(m.begins, at), append(m.parts, parts)
}

// picture returns the moving picture, which ends after a time and begins again. People who
// have asked for less motion see the last frame.
func (m *movie) picture(end time.Duration) []byte {
	percent := func(frame int) float64 {
		if frame == len(m.begins) {
			return 100
		}
		return 100 * m.begins[frame].Seconds() / end.Seconds()
	}
	var styles, shapes strings.Builder
	named := make(map[[2]int]string) // from a frame to the one before another
	for part := range m.parts[0] {
		for from := 0; from < len(m.parts); {
			to := from + 1
			for to < len(m.parts) && m.parts[to][part] == m.parts[from][part] {
				to++
			}
			shows := [2]int{from, to}
			if named[shows] == "" {
				class := fmt.Sprintf("t%d", len(named))
				named[shows] = class
				if to < len(m.parts) {
					fmt.Fprintf(&styles, ".%s{visibility:hidden}\n", class)
				}
				if from > 0 || to < len(m.parts) {
					fmt.Fprintf(&styles, "@media (prefers-reduced-motion:no-preference){.%s{animation:%s %.2fs step-end infinite}}\n@keyframes %s{", class, class, end.Seconds(), class)
					if from > 0 {
						fmt.Fprint(&styles, "0%{visibility:hidden}")
					}
					fmt.Fprintf(&styles, "%.3f%%{visibility:visible}%.3f%%{visibility:%s}}\n", percent(from), percent(to), map[bool]string{true: "visible", false: "hidden"}[to == len(m.parts)])
				}
			}
			fmt.Fprintf(&shapes, "<g class=\"%s\">\n%s</g>\n", named[shows], m.parts[from][part])
			from = to
		}
	}
	m.drawing.shapes.Reset()
	m.drawing.shapes.WriteString("<style>\n" + styles.String() + "</style>\n" + shapes.String())
	var b bytes.Buffer
	m.drawing.writeTo(&b)
	return b.Bytes()
}
