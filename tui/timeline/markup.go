package timeline

import (
	"slices"
	"strings"

	"confab/app/text"
	"confab/tui/highlight"
	"confab/tui/theme"
)

// page collects the rows of a message with markup while it is laid out.
type page struct {
	s      *rowStyle
	body   string
	indent int    // of the text
	width  int    // of the text
	lead   string // before the first row: when and by whom; "" once it is there
	rows   []string
	last   int  // cells of the last row
	coded  bool // the last row is code
	most   int  // how wide the last row may be, from the indent, to leave room for the edge
	code   [][]highlight.Run

	of    header
	marks []mark
	named bool // the row that is added has a mention
}

// markup finds the markup in a text, or only the links if it is shown as it was typed.
func (s *rowStyle) markup(body string) []text.MarkupSpan {
	spans := text.Markup(body)
	if s.plain {
		spans = slices.DeleteFunc(spans, func(span text.MarkupSpan) bool { return span.Kind != text.MarkupLink })
	}
	return spans
}

// markedRows lays out a text with markup, below rows that are there already. It
// returns all rows, and how wide the last one is.
func markedRows(s *rowStyle, rows []string, lead string, body, state string, spans []text.MarkupSpan, h header) ([]string, int) {
	p := page{
		s: s, body: body, indent: s.indent(), width: s.textWidth(), most: s.lastRow(h.own), lead: lead, rows: rows,
		code: s.rendered.highlight(h.message, body, spans), of: h, marks: h.marks(body),
	}
	for at := 0; at <= len(body); {
		if f, next := fenceAt(body, spans, at); f.end > 0 {
			p.fence(f)
			at, spans = f.after, spans[next:]
			continue
		}
		end := at + strings.IndexByte(body[at:]+"\n", '\n')
		n := 0
		for n < len(spans) && spans[n].Start <= end {
			n++
		}
		p.line(at, end, spans[:n])
		at, spans = end+1, spans[n:]
	}
	p.state(state)
	if s.edge(h.own) > 0 && p.last > p.indent+p.most {
		p.rows, p.last = append(p.rows, ""), 0 // for the right edge
	}
	return p.rows, p.last
}

// fence is a block of code between lines of three backticks.
type fence struct {
	language   string // "" if it is not one that is highlighted
	start, end int    // of the code; an unknown language in its first line belongs to it
	after      int    // where the next line begins
}

// fenceAt returns the fence that begins at the start of a line, and how many spans belong
// to it. Without a fence, its end is 0.
func fenceAt(body string, spans []text.MarkupSpan, at int) (f fence, n int) {
	if len(spans) < 3 || spans[0].Kind != text.MarkupSign || spans[0].Start != at {
		return f, 0
	}
	n = 1
	start := -1
	if spans[n].Kind == text.MarkupLanguage {
		if f.language = body[spans[n].Start:spans[n].End]; !highlight.Known(f.language) {
			f.language, start = "", spans[n].Start
		}
		n++
	}
	if spans[n].Kind != text.MarkupFence {
		return fence{}, 0
	}
	if f.start, f.end, f.after = spans[n].Start, spans[n].End, spans[n+1].End+1; start >= 0 {
		f.start = start // the first line may be text and not a language
	}
	return f, n + 2
}

// fences returns all fences of a text.
func fences(body string, spans []text.MarkupSpan) (all []fence) {
	for i := range spans {
		if f, _ := fenceAt(body, spans[i:], spans[i].Start); f.end > 0 {
			all = append(all, f)
		}
	}
	return all
}

// row adds a row at a column.
func (p *page) row(column int, content string, cells int) {
	before := strings.Repeat(" ", column)
	switch {
	case p.lead == "" && column == p.indent:
		before = p.of.mentions.withGutter(p.s.theme, before, p.named)
	case p.lead == "":
	case column == p.indent:
		before = p.of.mentions.withGutter(p.s.theme, p.lead, p.named)
	case strings.TrimSpace(p.lead) != "":
		p.rows = append(p.rows, p.lead)
	}
	p.lead, p.coded, p.named = "", false, false
	p.rows, p.last = append(p.rows, before+content), column+cells
}

// bar returns the sign that is drawn before quotes or code, and its width.
func (p *page) bar(sign string) (string, int) { return theme.Paint(p.s.theme.Faint, sign) + " ", 2 }

// fence adds the rows of code. They are never wrapped. They use the whole width if they
// need it, and longer ones are cut.
func (p *page) fence(f fence) {
	var runs []highlight.Run
	if len(p.code) > 0 {
		runs, p.code = p.code[0], p.code[1:]
	}
	bar, barred := p.bar(p.s.theme.Vertical)
	lines := strings.Split(p.body[f.start:f.end], "\n")
	longest := 0
	for _, l := range lines {
		longest = max(longest, p.s.theme.Width(l))
	}
	column := max(0, min(p.indent, p.s.width-barred-longest))
	room := p.s.width - column - barred
	at := 0 // in the code
	for _, l := range lines {
		for len(runs) > 0 && runs[0].End <= at {
			runs = runs[1:]
		}
		kept, cells, cut := fitting(p.s.theme, l, room)
		var b strings.Builder
		done := 0
		for _, run := range runs {
			end := min(run.End-at, kept)
			if end <= done {
				break
			}
			b.WriteString(theme.Paint(p.s.theme.Syntax(run.Class), theme.ExpandTabs(l[done:end])))
			done = end
		}
		b.WriteString(theme.ExpandTabs(l[done:kept]))
		b.WriteString(theme.Paint(p.s.theme.Faint, cut))
		p.row(column, bar+p.s.theme.Isolate(b.String()), barred+cells)
		at += len(l) + 1
	}
	p.coded = true
}

// fitting returns how many bytes of a line of code fit, the sign that follows them if the
// line is cut, and the cells that both take.
func fitting(th *theme.Theme, line string, room int) (kept, cells int, cut string) {
	if w := th.Width(line); w <= room {
		return len(line), w, ""
	}
	most := room - th.Width(th.Ellipsis)
	for {
		n, w := th.Next(line[kept:])
		if cells+w > most {
			return kept, cells + th.Width(th.Ellipsis), th.Ellipsis
		}
		kept, cells = kept+n, cells+w
	}
}

// line adds the rows of a line outside of fences, which begins and ends at these
// places and has these spans.
func (p *page) line(at, end int, spans []text.MarkupSpan) {
	bar, barred := "", 0
	if len(spans) > 1 && spans[1].Kind == text.MarkupQuote {
		bar, barred = p.bar(p.s.theme.Quote)
	}
	drawn, looks, links := p.drawn(at, end, spans)
	var lines []theme.Line
	last := p.width
	if end == len(p.body) {
		last = p.most
	}
	if len(links) == 0 {
		for _, l := range p.s.wrap(drawn, p.width-barred, max(1, last-barred)) {
			lines = append(lines, theme.Line{Span: l})
		}
	} else {
		places := make([]theme.Span, len(links))
		for i, l := range links {
			places[i] = l.Span
		}
		lines = withRoom(p.s.theme, drawn, p.s.theme.WrapLinks(drawn, p.width-barred, p.s.width-barred, places), last-barred)
	}
	for i, l := range lines {
		cells := barred + p.s.theme.Width(drawn[l.Start:l.End])
		column := p.indent
		switch {
		case l.Wide && (i > 0 && lines[i-1].Wide && lines[i-1].End == l.Start || i+1 < len(lines) && lines[i+1].Wide && lines[i+1].Start == l.End):
			column = 0 // all rows of a long link begin there
		case l.Wide:
			column = max(0, min(column, p.s.width-cells))
		}
		p.named = hasMention(looks[l.Start:l.End])
		p.row(column, bar+p.s.theme.Isolate(p.painted(drawn, looks, links, l.Span)), cells)
	}
}

// withRoom gives the last word of a text with links a line of its own, if its last line is
// wider than last and the word is not. Links have no spaces, so none is broken.
func withRoom(th *theme.Theme, drawn string, lines []theme.Line, last int) []theme.Line {
	l := &lines[len(lines)-1]
	at := l.Start + strings.LastIndexByte(drawn[l.Start:l.End], ' ')
	if l.Wide || at <= l.Start || th.Width(drawn[l.Start:l.End]) <= last || th.Width(drawn[at+1:l.End]) > last {
		return lines
	}
	word := theme.Line{Span: theme.Span{Start: at + 1, End: l.End}}
	l.End = at
	return append(lines, word)
}

// link is a link in a line as it is drawn.
type link struct {
	theme.Span
	target string
}

// drawn returns a line without its markup characters, the look of each of its bytes, and
// the links in it.
func (p *page) drawn(at, end int, spans []text.MarkupSpan) (line string, looks []theme.Look, links []link) {
	const gone = theme.Look(1 << 15)
	looks = make([]theme.Look, end-at)
	for _, s := range spans {
		look := looksOf[s.Kind]
		switch s.Kind {
		case text.MarkupSign:
			if sign := p.body[s.Start]; (sign != '~' || p.s.theme.ShowsStrike()) && (sign != '`' || p.s.theme.ShowsCode()) {
				look = gone
			}
		case text.MarkupLink:
			address := p.body[s.Start:s.End]
			links = append(links, link{theme.Span{Start: s.Start - at, End: s.End - at}, text.LinkTarget(address)})
		}
		for i := s.Start; i < s.End && look != 0; i++ {
			looks[i-at] |= look
		}
	}
	for _, m := range p.marks {
		for i := max(m.start, at); i < min(m.end, end); i++ {
			looks[i-at] |= m.look
		}
	}
	var b strings.Builder
	kept := looks[:0]
	next := links
	for i := range end - at {
		if len(next) > 0 && next[0].Start == i {
			next[0].Start, next[0].End = b.Len(), b.Len()+next[0].End-i // links have no markup characters
			next = next[1:]
		}
		if looks[i]&gone == 0 {
			b.WriteByte(p.body[at+i])
			kept = append(kept, looks[i])
		}
	}
	return b.String(), kept, links
}

// looksOf returns the looks of the marked-up parts.
var looksOf = [...]theme.Look{
	text.MarkupSign: 0, text.MarkupQuote: 0, text.MarkupFence: 0, text.MarkupLanguage: 0, text.MarkupCode: theme.LookCode, text.MarkupLink: theme.LookLink,
	text.MarkupBold: theme.LookBold, text.MarkupItalic: theme.LookItalic, text.MarkupStrike: theme.LookStrike,
}

// painted returns a part of a line with its styles and links.
func (p *page) painted(line string, looks []theme.Look, links []link, part theme.Span) string {
	th := p.s.theme
	var b strings.Builder
	for i := part.Start; i < part.End; {
		for len(links) > 0 && links[0].End <= i {
			links = links[1:]
		}
		end, target := part.End, ""
		if len(links) > 0 {
			if links[0].Start <= i {
				end, target = min(end, links[0].End), links[0].target
			} else {
				end = min(end, links[0].Start)
			}
		}
		j := i + 1
		for j < end && looks[j] == looks[i] {
			j++
		}
		b.WriteString(th.Link(target, p.of.paint(th, looks[i], theme.ExpandTabs(line[i:j]))))
		i = j
	}
	return b.String()
}

// state adds the note that a message was edited. It goes to the last row if there is room.
func (p *page) state(state string) {
	if state == "" {
		return
	}
	cells := p.s.theme.Width(state)
	if n := len(p.rows); !p.coded && p.last+cells <= p.indent+p.width {
		p.rows[n-1] += theme.Paint(p.s.theme.Faint, state)
		p.last += cells
		return
	}
	state = strings.TrimLeft(state, " ")
	for _, l := range p.s.theme.Wrap(state, p.width) {
		p.row(p.indent, theme.Paint(p.s.theme.Faint, state[l.Start:l.End]), p.s.theme.Width(state[l.Start:l.End]))
	}
}
