package tui

import (
	tea "charm.land/bubbletea/v2"

	"confab/app/chat"
	"confab/tui/keymap"
)

func (m *Model) openHelp() tea.Cmd {
	m.overlay = newPage("", m.helpLines())
	return nil
}

// helpLines is the in-app help: the keys as they are bound now, and all
// commands.
func (m *Model) helpLines() []helpLine {
	lines := []helpLine{
		{"Writing", ""},
		{m.keys.KeysFor(keymap.Send), "send; on an empty line, try again what was not sent"},
		{m.keys.KeysFor(keymap.Newline), "new line"},
		{m.keys.KeysFor(keymap.LineStart) + ", " + m.keys.KeysFor(keymap.LineEnd), "start and end of the line"},
		{m.keys.KeysFor(keymap.WordLeft), "word left"},
		{m.keys.KeysFor(keymap.WordRight), "word right"},
		{m.keys.KeysFor(keymap.KillWordLeft), "delete a word"},
		{m.keys.KeysFor(keymap.KillWordRight), "delete the next word"},
		{m.keys.KeysFor(keymap.KillLineStart), "delete the line so far"},
		{m.keys.KeysFor(keymap.Yank), "bring back what was deleted"},
		{"Conversations", ""},
	}
	for _, a := range keymap.Listed() {
		if a.Does != "" {
			lines = append(lines, helpLine{m.keys.KeysFor(a.Act), a.Does})
		}
	}
	lines = append(lines,
		helpLine{"Alt+1 to Alt+9", "the first to the ninth of the list"},
		helpLine{"Reading", ""},
		helpLine{"PgUp, PgDn", "scroll by a page"},
		helpLine{"Up, Down, wheel", "scroll by a line"},
		helpLine{"Home, End", "far up, and back to the newest (while nothing is typed)"},
		helpLine{"Esc, then Up and Down", "select a message: i shows who has read it, u marks it unread, e edits it, d deletes it, Esc ends"},
		helpLine{"Leaving", ""},
		helpLine{"Ctrl+D, Ctrl+C twice", "leave (Ctrl+D while nothing is typed)"},
		helpLine{"Commands", ""},
	)
	for _, c := range commands() {
		lines = append(lines, helpLine{c.usage(), c.does})
	}
	th := m.theme
	return append(lines,
		helpLine{"//", "sends a message that begins with /"},
		helpLine{"Signs", ""},
		helpLine{th.Sending + "  " + th.Sent + "  " + th.Delivered + "  " + th.Read, "on its way; sent: on the server's disk; delivered to all; read by all who share what they read"},
		helpLine{"AB+3 at the right edge", "who has read up to there, newest first"},
		helpLine{th.Here + "  " + th.Away + "  " + th.Gone, "is there; has not been for five minutes; is not connected"},
		helpLine{th.Pinned + "  " + th.Muted + "  " + th.Mention, "pinned; muted; a message names you"},
		helpLine{th.File + " …  ~17", "a file and its id; scp HOST:'#name/~17' . fetches it"},
	)
}

// settingsPage shows the settings of a group.
func settingsPage(c chat.Conversation) []helpLine {
	text := map[chat.Setting]string{
		chat.SettingPublic:     "everyone may find and join this group",
		chat.SettingMembersAdd: "every member may add others",
		chat.SettingHistory:    "who joins sees what was said before",
	}
	var lines []helpLine
	for _, s := range chat.Settings() {
		state := "off"
		if s.Of(c) {
			state = "on"
		}
		lines = append(lines, helpLine{string(s) + " " + state, text[s]})
	}
	lines = append(lines, helpLine{"keep " + chat.KeepText(c.Keep), "messages are deleted after that time; off: when the server's host has it"})
	return append(lines, helpLine{"/settings NAME on|off", "changes one; /settings keep 30d or off"})
}
