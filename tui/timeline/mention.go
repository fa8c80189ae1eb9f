package timeline

import (
	"slices"
	"strings"

	"confab/app/chat"
	"confab/app/text"
	"confab/tui/theme"
)

// mentions decides which mentions in a text are marked, and how.
type mentions struct {
	none  bool              // it is a file, which mentions nobody
	group chat.GroupMention // whether @all and @here mean anything
	me    string            // the handle of the screen's user if the message mentions it, else ""
}

// mentionsIn returns the mentions of a message for the screen's user.
func (s *rowStyle) mentionsIn(m *chat.Message) mentions {
	is := mentions{none: m.File != nil, group: m.GroupMention}
	if strings.IndexByte(m.Body, '@') >= 0 && m.Mentions(s.self, s.handle) && !(s.blocked != nil && s.blocked(m.Author)) {
		is.me = s.handle
	}
	return is
}

// mark is a mention in a text, in bytes, or the name of an author who is doing something.
type mark struct {
	start, end int
	look       theme.Look
}

// in finds the mentions in a text.
func (is mentions) in(body string) []mark {
	if is.none {
		return nil
	}
	var marks []mark
	for _, at := range text.Mentions(body) {
		switch at.Name {
		case text.MentionAll, text.MentionHere:
			if is.group != chat.MentionsNobody {
				marks = append(marks, mark{at.Start, at.End, named(is.me != "")})
			}
		default:
			marks = append(marks, mark{at.Start, at.End, named(is.me != "" && at.Is(is.me))})
		}
	}
	return marks
}

// named is how a mention looks, which may mean the screen's user.
func named(me bool) theme.Look {
	if me {
		return theme.LookNamesMe
	}
	return theme.LookNamed
}

// marks finds the mentions in a text, and before them the name of an author who is doing
// something.
func (h *header) marks(body string) []mark {
	marks := h.mentions.in(body)
	if h.action {
		start := len("* ")
		marks = slices.Insert(marks, 0, mark{start, start + len(signed(h.author.handle, h.bot)), theme.LookActor})
	}
	return marks
}

// paint returns a part of the text with a look.
func (h *header) paint(th *theme.Theme, look theme.Look, part string) string {
	if look&theme.LookActor != 0 {
		return theme.Paint(h.style, part)
	}
	return theme.Paint(th.Style(look), part)
}

// hasMention reports whether a part of a line has a mention.
func hasMention(looks []theme.Look) bool {
	return slices.ContainsFunc(looks, func(l theme.Look) bool { return l&(theme.LookNamed|theme.LookNamesMe) != 0 })
}

// painted returns a part of a text without markup, with its mentions marked. The part
// begins at an offset in the text. painted reports whether it has any mentions.
func (h *header) painted(th *theme.Theme, part string, offset int, marks []mark) (row string, any bool) {
	if len(marks) == 0 {
		return theme.ExpandTabs(part), false
	}
	var b strings.Builder
	at := 0
	for _, m := range marks {
		start, end := max(m.start-offset, at), min(m.end-offset, len(part))
		if start >= end {
			continue
		}
		b.WriteString(theme.ExpandTabs(part[at:start]) + h.paint(th, m.look, part[start:end]))
		at, any = end, any || m.look != theme.LookActor
	}
	b.WriteString(theme.ExpandTabs(part[at:]))
	return b.String(), any
}

// withGutter puts the sign for a mention into the free column before the text of a row.
func (is mentions) withGutter(th *theme.Theme, lead string, any bool) string {
	sign := ""
	switch {
	case is.me != "":
		sign = theme.Paint(th.Unread, th.EdgeMine)
	case any:
		sign = theme.Paint(th.Faint, th.EdgeNamed)
	default:
		return lead
	}
	return strings.TrimSuffix(lead, "  ") + sign + " "
}
