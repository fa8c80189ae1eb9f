package tui

import (
	"encoding/base64"

	tea "charm.land/bubbletea/v2"
)

// clipboardLimit is the longest text that goes to the clipboard, in bytes. Some terminals
// drop texts that are longer than 74 kB in base64.
const clipboardLimit = 48 << 10

// copy sends a text to the clipboard of the user's terminal, and says so. Terminals do not
// answer, so nobody knows whether one accepted it. confab never reads a clipboard.
func (m *Model) copy(text string) tea.Cmd {
	switch {
	case !m.term.Clipboard():
		m.notice = "Your terminal does not let programs set its clipboard: select the text with the mouse."
		return nil
	case len(text) > clipboardLimit:
		m.notice = "This is too long for the clipboard: select the text with the mouse."
		return nil
	}
	m.notice = "Sent to your clipboard. Some terminals take it only if their settings allow it."
	return tea.Raw("\x1b]52;c;" + base64.StdEncoding.EncodeToString([]byte(text)) + "\a")
}
