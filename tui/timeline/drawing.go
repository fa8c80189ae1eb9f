package timeline

import (
	"slices"

	"confab/app/chat"
)

// drawing keeps the rows of the last frame. Most frames differ from the previous one only
// by a message at the end, and then only that message is drawn. Going through all messages
// on the screen would cost more than the rest of the frame: with hundreds of sessions,
// their memory is in no cache of the processor.
type drawing struct {
	of   drawnWith
	last chat.Seq // the newest message in it
	rows []string
}

// drawnWith has everything but the messages themselves that their rows depend on.
type drawnWith struct {
	style          *rowStyle
	height         int
	receipts       *chat.Receipts
	first          chat.Seq // of the window
	own, all       chat.Seq // see [placement]
	line, selected chat.Seq
	cleared        chat.Seq
	visit, pages   int
	picture        *picture
}

// draw returns the rows on the screen, at most height of them. The next call reuses them.
func (c canvas) draw() []string {
	if len(c.window) == 0 || !c.following || c.items() > len(c.window) {
		c.drawing.last = 0
		p, ok := c.bottom()
		if !ok {
			return nil
		}
		return c.drawAll(nil, p)
	}
	marks := c.marks()
	of := drawnWith{
		style: c.style, height: c.height, receipts: c.receipts, first: c.first(), own: marks.own, all: marks.all,
		line: c.line, selected: c.selected, cleared: c.cleared, visit: c.visit, pages: c.pages, picture: c.picture,
	}
	d := &c.drawing
	item, there := c.index(d.last)
	if d.last == 0 || d.of != of || !there {
		p, _ := c.bottom()
		d.rows = c.drawAll(d.rows, p)
	} else {
		for item++; item < len(c.window); item++ {
			d.rows = append(d.rows, c.drawn(item)...)
		}
		if over := len(d.rows) - c.height; over > 0 {
			d.rows = d.rows[:copy(d.rows, d.rows[over:])]
		}
	}
	d.of, d.last = of, c.last()
	return d.rows
}

// drawAll draws all rows from a place upwards.
func (c canvas) drawAll(rows []string, p place) []string {
	if rows = rows[:0]; cap(rows) < c.height {
		rows = make([]string, 0, c.height)
	}
	for item, hidden := p.item, c.hidden(); item >= hidden && len(rows) < c.height; item-- {
		of := c.drawn(item)
		if item == p.item {
			of = of[:p.line+1]
		}
		for i := len(of) - 1; i >= 0 && len(rows) < c.height; i-- {
			rows = append(rows, of[i])
		}
	}
	slices.Reverse(rows)
	return rows
}
