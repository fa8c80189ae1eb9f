package dialog

import (
	"time"

	"confab/app/chat"
	"confab/tui/theme"
)

// Members returns the page of a conversation's members, and of the people who are
// invited to it.
func Members(name string, members []chat.Member, invited []chat.User) *Page {
	presence := map[chat.Presence]string{chat.Online: "online", chat.Away: "away", chat.Offline: "offline"}
	var lines []line
	for _, o := range members {
		about := presence[o.Presence]
		if o.Role != chat.RoleMember {
			about = string(o.Role) + ", " + about
		}
		if o.Bot {
			about = "bot, " + about
		}
		lines = append(lines, line{withDisplay(o.Name, o.DisplayName), about})
	}
	for _, u := range invited {
		lines = append(lines, line{withDisplay(u.Name, u.DisplayName), "invited"})
	}
	return &Page{title: "Members of " + name, lines: lines}
}

// PublicGroups returns the page of the groups that everyone can join.
func PublicGroups(list []chat.PublicGroup) *Page {
	var lines []line
	for _, g := range list {
		about := theme.Plural(g.Members, "member")
		if g.Topic != "" {
			about += "; " + g.Topic
		}
		lines = append(lines, line{"#" + g.Name, about})
	}
	return &Page{title: "Public groups", lines: append(lines, line{"/join #NAME", "joins a group"})}
}

// FormerNames returns the page of what an account is called and was called before.
func FormerNames(user chat.User, former []chat.FormerName, zone *time.Location) *Page {
	lines := []line{{withDisplay(user.Name, user.DisplayName), "is the name now"}}
	for i := len(former) - 1; i >= 0; i-- {
		lines = append(lines, line{former[i].Name, "until " + former[i].EndedAt.In(zone).Format("2 January 2006, 15:04")})
	}
	return &Page{title: "Names of " + user.Name, lines: lines}
}

// Blocked returns the page of the people whom the user has blocked.
func Blocked(list []chat.Block, zone *time.Location) *Page {
	var lines []line
	for _, b := range list {
		lines = append(lines, line{"@" + b.User.Name, "since " + b.At.In(zone).Format("2 Jan 2006")})
	}
	if len(lines) == 0 {
		lines = append(lines, line{"You have blocked nobody.", ""})
	}
	return &Page{title: "Blocked", lines: lines}
}
