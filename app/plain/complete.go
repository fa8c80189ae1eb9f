package plain

import (
	"context"
	"strconv"
	"strings"
	"unicode/utf8"

	"confab/app/chat"
	"confab/app/service"
	"confab/tui/complete"
)

// typedLine is a line of which the end can be completed.
type typedLine string

// Text implements [complete.Text].
func (t typedLine) Text() string { return string(t) }

// Cursor implements [complete.Text].
func (t typedLine) Cursor() int { return len(t) }

// Replace implements [complete.Text]. The editor replaces the text itself.
func (t typedLine) Replace(int, int, string) bool { return false }

// SentLines implements [complete.Text]. Plain mode has the arrows for them.
func (t typedLine) SentLines() []string { return nil }

// mostListed is how many completions are listed.
const mostListed = 30

// complete completes the end of the line, as far as there is no choice. If there is one, it
// lists the completions, and writes the line again below.
func (p *Plain) complete(ctx context.Context) {
	from, all, err := p.completions(ctx)
	if err != nil {
		p.interject(p.explain("completing a line", err))
		return
	}
	if len(all) == 0 {
		p.interject("Nothing to complete here.")
		return
	}
	put := all[0].Put
	for _, c := range all[1:] {
		put = common(put, c.Put)
	}
	if len(all) == 1 || len(put) > len(p.line.typed)-from {
		p.line.replace(from, put)
		return
	}
	words := strconv.Itoa(len(all)) + " choices: "
	for i, c := range all[:min(len(all), mostListed)] {
		if i > 0 {
			words += ", "
		}
		words += c.Show
	}
	if more := len(all) - mostListed; more > 0 {
		words += ", and " + strconv.Itoa(more) + " more"
	}
	p.interject(words + ".")
}

// completions returns what the end of the line can be completed to.
func (p *Plain) completions(ctx context.Context) (from int, all []complete.Completion, err error) {
	list, err := p.o.Chat.Groups().Conversations(ctx)
	if err != nil {
		return 0, nil, err
	}
	listed := make([]*chat.ConversationSummary, len(list))
	for i := range list {
		listed[i] = &list[i]
	}
	return complete.New(complete.Options{
		Directory: struct {
			service.Contacts
			service.Groups
		}{p.o.Chat.Contacts(), p.o.Chat.Groups()},
		Text: typedLine(p.line.typed), Self: p.o.Chat.User().ID,
		Open:          func() chat.ConversationID { return p.here.id },
		Conversations: func() []*chat.ConversationSummary { return listed },
		Commands:      described,
		Now:           p.o.Now,
	}).All(ctx)
}

// common returns what two texts begin with.
func common(a, b string) string {
	n := 0
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	for n > 0 && n < len(a) && !utf8.RuneStart(a[n]) {
		n--
	}
	return a[:n]
}

// interject writes a text while the user is typing, and the line again below it.
func (p *Plain) interject(words string) { interject(&p.out, &p.line, words) }

func interject(out *printer, line *editor, words string) {
	line.breakRow()
	out.say(words)
	line.again()
}

// recall has the lines that the user has entered, which the arrows bring back.
type recall struct {
	lines []string
	back  int    // how many lines ago the shown one was entered; 0 for the one that is new
	fresh string // what was typed before the first of the arrows
}

// mostRecalled is how many lines are kept, and longestRecalled how long these may be, so that
// a session needs little memory for them.
const mostRecalled, longestRecalled = 30, 500

// note keeps a line that was entered.
func (r *recall) note(line string) {
	r.back, r.fresh = 0, ""
	n := len(r.lines)
	if strings.TrimSpace(line) == "" || len(line) > longestRecalled || strings.Contains(line, "\n") || n > 0 && r.lines[n-1] == line {
		return
	}
	if n == mostRecalled {
		r.lines = append(r.lines[:0], r.lines[1:]...)
	}
	r.lines = append(r.lines, line)
}

// step returns the line before or after the one that is shown. It reports false if there is
// none.
func (r *recall) step(ev event, shown string) (line string, ok bool) {
	back := r.back + 1
	if ev == later {
		back = r.back - 1
	}
	if back < 0 || back > len(r.lines) || strings.Contains(shown, "\n") {
		return "", false
	}
	if r.back == 0 {
		r.fresh = shown
	}
	if r.back = back; back == 0 {
		return r.fresh, true
	}
	return r.lines[len(r.lines)-back], true
}
