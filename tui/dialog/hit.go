package dialog

import (
	"strings"
	"time"

	"confab/app/chat"
	"confab/app/text"
	"confab/tui/theme"
)

// hit has the parts of a found message that are shown.
type hit struct {
	conversation chat.ConversationID
	seq          chat.Seq
	thread       chat.Seq // in which it is shown, 0 for the conversation itself
	position     int64
	heading      string // conversation, author and time
	text         string // around the first of the marks, in one line
	marks        []text.Mark
}

// hitRows is how many rows a hit has: its heading and its text.
const hitRows = 2

// newHit takes the parts that are shown from a message.
func newHit(h chat.Hit, zone *time.Location) hit {
	text, marks := excerpt(said(h.Message, h.Marks))
	thread := chat.Seq(0)
	if h.Message.ThreadOnly {
		thread = h.Message.Thread
	}
	return hit{
		thread:       thread,
		conversation: h.Message.Conversation, seq: h.Message.Seq, position: h.Message.Position,
		heading: h.Conversation.Title() + "  " + h.Message.AuthorName + "  " + h.Message.SentAt.In(zone).Format("2006-01-02 15:04"),
		text:    text, marks: marks,
	}
}

// said returns a message as people read it, with the marks at their places in this text.
func said(m *chat.Message, marks []text.Mark) (string, []text.Mark) {
	words := chat.Said(m.AuthorName, m.Body)
	moved := len(words) - len(m.Body)
	if words == m.Body {
		return words, marks
	}
	var kept []text.Mark
	for _, k := range marks {
		if k.Start+moved >= len("* "+m.AuthorName) {
			kept = append(kept, text.Mark{Start: k.Start + moved, End: k.End + moved})
		}
	}
	return words, kept
}

const (
	// excerptBefore is how much of a text is shown before the first mark, in bytes.
	excerptBefore = 24
	// excerptLength is the longest text that is kept of a message, in bytes.
	excerptLength = 600
)

// excerpt cuts a text to one line, with its first mark near the beginning.
func excerpt(body string, marks []text.Mark) (string, []text.Mark) {
	if !text.IsClean(body) { // text from the store is never shown raw
		body, marks = text.Clean(body), nil
	}
	from := 0
	if len(marks) > 0 && marks[0].Start > 2*excerptBefore {
		// Cut between words, or at least between characters.
		low := marks[0].Start - excerptBefore
		for i := 0; i < marks[0].Start; {
			n, _ := (theme.Measure{}).Next(body[i:])
			i += n
			if i >= low && from == 0 {
				from = i
			}
			if i >= low && (body[i-1] == ' ' || body[i-1] == '\n') {
				from = i
				break
			}
		}
	}
	to := from
	for to < len(body) && to-from < excerptLength {
		n, _ := (theme.Measure{}).Next(body[to:])
		to += n
	}
	line := strings.NewReplacer("\n", " ", "\t", " ").Replace(body[from:to])
	var kept []text.Mark
	for _, k := range marks {
		if k.Start >= from && k.End <= to {
			kept = append(kept, text.Mark{Start: k.Start - from, End: k.End - from})
		}
	}
	if from > 0 {
		const lead = "… "
		line = lead + line
		for i := range kept {
			kept[i].Start += len(lead)
			kept[i].End += len(lead)
		}
	}
	return line, kept
}

// rows draws a hit.
func (h *hit) rows(th *theme.Theme, width int, chosen bool) []string {
	style, lead := "", "   "
	heading := theme.Paint(th.Faint, th.Fit(" "+h.heading, width, th.Ellipsis))
	if chosen {
		style, lead = chosenStyle(th), th.Open+"  "
		heading = chosenRow(th, width, " "+h.heading)
	}
	// The line is cut where the row ends, and painted afterwards.
	line, room := h.text, width-3
	cut := th.Width(line) > room
	if cut {
		line, _ = th.Measure.Cut(line, room-th.Width(th.Ellipsis))
	}
	var b strings.Builder
	at := 0
	for _, k := range h.marks {
		if k.Start >= len(line) {
			break
		}
		end := min(k.End, len(line))
		b.WriteString(theme.Paint(style, line[at:k.Start]) + theme.Paint(style+th.Match, line[k.Start:end]))
		at = end
	}
	rest := line[at:]
	if cut {
		rest += th.Ellipsis
	}
	b.WriteString(theme.Paint(style, rest))
	space := strings.Repeat(" ", max(0, width-3-th.Width(line[:at]+rest)))
	return []string{heading, theme.Paint(style, lead) + th.Isolate(b.String()) + theme.Paint(style, space)}
}
