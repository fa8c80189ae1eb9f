package dialog

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"confab/app/chat"
	"confab/app/text"
)

// Members returns the page of a conversation's members and the people who are invited to
// it. Times are shown in the zone of now.
func Members(name string, members []chat.Member, invited []chat.User, now time.Time) *Page {
	var lines []line
	for _, o := range members {
		about := Presence(o.Presence, o.Status, o.LastSeen, now)
		if o.Disabled {
			about = unused
		}
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

// unused says of an account that nobody can use it: the host has disabled it, or it was
// imported and nobody has claimed it.
const unused = "nobody uses this account"

// Whereabouts says in words whether the other member of a direct conversation is there, or that
// nobody uses the account.
func Whereabouts(l *chat.ConversationSummary, now time.Time) string {
	if l.Unused() {
		return unused
	}
	return Presence(l.Presence, l.Other.Status, time.Time{}, now)
}

// People returns the page of all accounts. People who are online come first. Times are shown
// in the zone of now.
func People(list []chat.Person, now time.Time) *Page {
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b chat.Person) int {
		return cmp.Compare(b.Status.Presence(b.Presence, now), a.Status.Presence(a.Presence, now))
	})
	var lines []line
	for _, p := range list {
		lines = append(lines, line{withDisplay(p.Name, p.DisplayName), aboutPerson(p, now)})
	}
	return &Page{title: "People", lines: append(lines, line{"/whois @name", "shows one of them; /members shows who is in this conversation"})}
}

// Person returns the page of one account. Times are shown in the zone of now.
func Person(p chat.Person, now time.Time) *Page {
	lines := []line{{"Name", "@" + p.Name}}
	if p.DisplayName != "" {
		lines = append(lines, line{"Display name", text.CleanLine(p.DisplayName, 40)})
	}
	return &Page{title: "@" + p.Name, lines: append(lines, line{"Is", aboutPerson(p, now)}, line{"/dm @" + p.Name, "writes to them"})}
}

// aboutPerson returns an account's role on the server, and whether it is online.
func aboutPerson(p chat.Person, now time.Time) string {
	if why := p.NobodyReads(); why != "" {
		return why
	}
	about := Presence(p.Presence, p.Status, p.LastSeen, now)
	if p.Role != chat.RoleMember {
		about = string(p.Role) + " of the server, " + about
	}
	if p.Bot {
		about = "bot, " + about
	}
	return about
}

// Presence says whether somebody is there, or when that was, and the status of somebody who
// is away.
func Presence(p chat.Presence, status chat.Status, seen, now time.Time) string {
	words := []string{"offline"}
	switch status.Presence(p, now) {
	case chat.Online:
		return "online"
	case chat.Away:
		words[0] = chat.AwayText
	}
	if says := status.Words(now); says != "" && words[0] == chat.AwayText {
		words[0] = says
	} else if says != "" {
		words = append(words, says)
	}
	if p != chat.Online && !seen.IsZero() {
		words = append(words, chat.LastSeenWords(seen, now))
	}
	return strings.Join(words, ", ")
}

// PublicGroups returns the page of the groups that everyone can join.
func PublicGroups(list []chat.PublicGroup) *Page {
	var lines []line
	for _, g := range list {
		about := text.Plural(g.Members, "member")
		if g.Topic != "" {
			about += "; " + g.Topic
		}
		lines = append(lines, line{"#" + g.Name, about})
	}
	return &Page{title: "Public groups", lines: append(lines, line{"/join #NAME", "joins a group"})}
}

// FormerNames returns the page of an account's present and former names.
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
