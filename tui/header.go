package tui

import (
	"slices"
	"strconv"
	"strings"

	"confab/app/chat"
	"confab/app/text"
	"confab/tui/dialog"
	"confab/tui/theme"
)

// headerFrom is the smallest height of a screen with a header. In a lower one, the rows are
// worth more as text, and the status row says where the user is.
const headerFrom = 12

// headerShown has the values that the header shows: the conversation, and who is there.
type headerShown struct {
	where    string
	rules    string // who writes when, "" for everyone at any time
	about    string // the topic, or the display name of the other member
	crowd    gathering
	presence string // of the other member, in words; "" in a group
	sign     string // for that presence
	thread   bool
	follows  bool
	width    int
}

// headerRow is the cached header.
type headerRow struct {
	headerShown
	row string
}

// gathering is the members of a conversation.
type gathering struct {
	members int    // 0 if that is not known
	here    int    // how many are connected; 0 if that is not known
	names   string // of the others who are connected; "" if there are too many
}

// crowdRow is the cached members, with the receipts that they were counted in.
type crowdRow struct {
	gathering
	of *chat.Receipts
}

// mostNamed is how many people the header names.
const mostNamed = 6

// crowdOf counts the members of a conversation.
func (c *chrome) crowdOf(r *chat.Receipts, self chat.UserID) gathering {
	if r == nil {
		return gathering{}
	}
	if c.crowd.of == r {
		return c.crowd.gathering
	}
	is := gathering{members: r.Count}
	var names []string
	for i := range r.Members {
		if m := &r.Members[i]; r.Named && m.Here {
			if is.here++; m.User != self && len(names) <= mostNamed {
				names = append(names, m.Name)
			}
		}
	}
	if len(names) <= mostNamed {
		slices.Sort(names)
		is.names = strings.Join(names, ", ")
	}
	c.crowd = crowdRow{is, r}
	return is
}

// headerFor is the first row of the screen.
func (c *chrome) headerFor(th *theme.Theme, is headerShown) string {
	if c.header.row == "" || c.header.headerShown != is {
		c.header = headerRow{is, is.text(th)}
	}
	return c.header.row
}

// header returns the values that the header shows.
func (m drawing) header(here *chat.ConversationSummary, where string) headerShown {
	is := headerShown{where: where, thread: m.timeline.Thread() != 0, follows: m.timeline.Follows(), width: m.layout.header.W}
	if root := m.timeline.InThread(); root != nil && root.Seq == m.timeline.Thread() && root.Author == m.self.ID && root.Replies == 0 {
		is.follows = true // as soon as somebody replies
	}
	if here == nil || is.thread {
		return is
	}
	if here.Kind == chat.KindGroup {
		is.rules, is.about, is.crowd = here.Rules(), here.Topic, m.chrome.crowdOf(m.timeline.Members(), m.self.ID)
		return is
	}
	if !here.Notes() {
		now := m.now().In(m.term.Location())
		is.about = here.Other.DisplayName
		is.presence = dialog.Whereabouts(here, now)
		switch p := here.Other.Status.Presence(here.Presence, now); {
		case here.Unused():
			is.sign = m.theme.Nobody
		case p == chat.Online:
			is.sign = m.theme.Here
		case p == chat.Away:
			is.sign = m.theme.Away
		default:
			is.sign = m.theme.Gone
		}
	}
	return is
}

// rights are what can be at the right of the header, the longest first.
func (is headerShown) rights(th *theme.Theme) []string {
	switch n := is.crowd; {
	case is.presence != "":
		return []string{is.sign + " " + th.Isolate(is.presence), is.sign}
	case n.members == 0:
		return []string{""}
	case n.here == 0:
		return []string{text.Plural(n.members, "member"), ""}
	default:
		count, here := text.Plural(n.members, "member"), strconv.Itoa(n.here)
		all := []string{count + ", " + here + " here", here + "/" + strconv.Itoa(n.members) + " here", here + "/" + strconv.Itoa(n.members)}
		if n.names != "" {
			all = slices.Insert(all, 0, count+", here: you, "+n.names)
		}
		return all
	}
}

// text draws the header. The name is shown first, then the members, and the rest of the width
// is for the topic.
func (is headerShown) text(th *theme.Theme) string {
	left := " confab"
	if is.where != "" {
		left = " " + is.where + ruled(is.rules)
	}
	if is.thread {
		left = threadWords(is.where, is.follows, is.width)
	}
	left = th.FitMax(left, is.width, th.Ellipsis)
	room := is.width - th.Width(left) - 1 // the last cell stays free
	about, right := "", ""
	if is.about != "" {
		about = "  " + th.Isolate(is.about)
	}
	for _, right = range is.rights(th) {
		if th.Width(about)+2+th.Width(right) <= room {
			break
		}
	}
	if 2+th.Width(right) > room {
		right = ""
	}
	if room -= th.Width(right) + 2; th.Width(about) > room {
		if about = th.Fit(about, room, th.Ellipsis); room < aboutLeast {
			about = ""
		}
	}
	space := is.width - th.Width(left) - th.Width(about) - th.Width(right)
	if right != "" {
		space--
		right += " "
	}
	return theme.Paint(th.Title, left) + theme.Paint(th.Header, about+strings.Repeat(" ", max(0, space))+right)
}

// ruled formats the rules of a group behind its name.
func ruled(rules string) string {
	if rules == "" {
		return ""
	}
	return " (" + rules + ")"
}

// aboutLeast is how many cells of a topic are worth showing.
const aboutLeast = 10
