package timeline

import (
	"strconv"
	"strings"

	"confab/app/chat"
	"confab/tui/theme"
)

// ownReactions returns a bit for each kind of reaction to a message. The bit is set if the
// screen's user has reacted with it.
func ownReactions(kinds []chat.Reaction, self chat.UserID) (own uint32) {
	for i, k := range kinds {
		if k.By(self) {
			own |= 1 << i
		}
	}
	return own
}

// reactionsRow shows the reactions to a message in one row. Those of the screen's user are
// in brackets and bold. If there is no room for all, a number says how many kinds are
// missing.
func reactionsRow(s *rowStyle, kinds []chat.Reaction, own uint32) string {
	const between = "  "
	var b strings.Builder
	used := s.indent()
	b.WriteString(strings.Repeat(" ", used))
	for i, k := range kinds {
		shown, style := s.theme.Emoji(k.Emoji)+" "+strconv.Itoa(len(k.Users)), ""
		if own&(1<<i) != 0 {
			shown, style = "["+shown+"]", s.theme.Bold
		}
		lead := between
		if i == 0 {
			lead = ""
		}
		room, more := s.width-used-len(lead), ""
		if rest := len(kinds) - i; rest > 1 {
			more = between + "+" + strconv.Itoa(rest-1)
		}
		if width := s.theme.Width(shown); width+len(more) > room {
			if i > 0 {
				b.WriteString(theme.Paint(s.theme.Faint, lead+"+"+strconv.Itoa(len(kinds)-i)))
				break
			}
			shown = s.theme.FitMax(shown, max(1, room-len(more)), s.theme.Ellipsis)
		}
		b.WriteString(lead + theme.Paint(style, shown))
		used += len(lead) + s.theme.Width(shown)
	}
	return b.String()
}

// reacted handles a new reaction to a message, and one that was taken back.
func (t *Timeline) reacted(ev chat.Reacted) {
	if t.Shows(ev.Conversation) && ev.Message != nil {
		t.open.altered(ev.Message)
	}
}

// withdrawn is called when an account was deleted. It has the messages read again that had
// reactions of this account. A page that is being read may have some too.
func (t *conversation) withdrawn(user chat.UserID) {
	has := t.reading
	for _, m := range t.window {
		has = has || m.HasReactionsOf(user)
	}
	if has {
		t.resync()
	}
}
