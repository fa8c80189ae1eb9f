package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"confab/app"
)

// parseCommand tells a command, a line that begins with one slash, from a
// message. A text of several lines is never a command: it was pasted.
func parseCommand(text string) (name, rest string, ok bool) {
	if !strings.HasPrefix(text, "/") || strings.HasPrefix(text, "//") || strings.Contains(text, "\n") {
		return "", "", false
	}
	name, rest, _ = strings.Cut(text[1:], " ")
	return strings.ToLower(name), strings.TrimSpace(rest), true
}

// command carries out a command. What is typed stays if there is no such
// command.
func (m *Model) command(name, rest string) tea.Cmd {
	switch name {
	case "help", "quit":
		if rest != "" {
			m.notice = "/" + name + " takes nothing after it."
			return nil
		}
	default:
		m.notice = "There is no command /" + app.CleanLine(name, 20) + ": /help shows all, and // sends a slash."
		return nil
	}
	m.composer.clear()
	if name == "quit" {
		return tea.Quit
	}
	m.help = newHelp()
	return nil
}
