package dialog

import (
	"strings"

	"confab/app/chat"
	"confab/tui/setting"
)

// Settings returns the page of the settings of the open conversation, if it is a group, and
// of the user's own.
func Settings(open *chat.ConversationSummary, own setting.Set) *Page {
	p := &Page{title: "Settings"}
	if open != nil && open.Kind == chat.KindGroup {
		p.title = "Settings of " + open.Title()
		p.lines = append(p.lines, groupSettings(open.Conversation)...)
	}
	p.lines = append(p.lines, line{"Your own", ""})
	for _, s := range setting.All() {
		p.lines = append(p.lines, line{s.Name + " " + own.Value(s.Name), s.Does})
	}
	example := setting.All()[0]
	p.lines = append(p.lines, line{"/settings " + example.Name + " " + strings.Join(example.Values, "|"), "changes it, on all your screens; ssh HOST settings lists and changes them too"})
	return p
}

// groupSettings are the lines about the settings of a group.
func groupSettings(c chat.Conversation) []line {
	does := map[chat.Setting]string{
		chat.SettingPublic:     "everyone can find and join this group",
		chat.SettingMembersAdd: "every member can add others",
		chat.SettingHistory:    "new members see what was said before they joined",
	}
	var lines []line
	for _, s := range chat.Settings() {
		state := "off"
		if s.Of(c) {
			state = "on"
		}
		lines = append(lines, line{string(s) + " " + state, does[s]})
	}
	return append(lines,
		line{"keep " + chat.KeepText(c.Keep), "messages are deleted after that time; off: only the server's own time applies"},
		line{"mention-all " + string(c.MentionAll), "who can use @all and @here: everyone, moderators (owners and admins) or nobody"},
		line{"/settings NAME on|off", "changes a setting; /settings keep 30d or off; /settings mention-all everyone"},
	)
}
