package tui

import (
	"fmt"

	tea "charm.land/bubbletea/v2"
)

// wheelRows is how far a turn of the wheel scrolls.
const wheelRows = 3

// key takes a key press.
func (m *Model) key(k tea.KeyPressMsg) tea.Cmd {
	act := actionOf(k.String())
	interrupted := m.interrupted
	m.interrupted, m.notice = false, ""
	if act == actInterrupt {
		if interrupted {
			return tea.Quit
		}
		m.interrupted, m.notice = true, "Press Ctrl+C again to leave."
		return nil
	}
	if m.help != nil {
		m.helpKey(act, k)
		return nil
	}
	if act == actNone {
		m.typed(k)
		return nil
	}
	return m.act(act)
}

// typed takes a key that stands for text.
func (m *Model) typed(k tea.KeyPressMsg) {
	if k.Text == "" || k.Mod&(tea.ModCtrl|tea.ModAlt|tea.ModMeta|tea.ModSuper) != 0 {
		return
	}
	if k.Text == "?" && m.composer.empty() {
		m.help = newHelp()
		return
	}
	m.insert(k.Text)
}

func (m *Model) paste(text string) {
	m.interrupted, m.notice = false, ""
	if m.help == nil {
		m.insert(text)
	}
}

func (m *Model) insert(text string) {
	if !m.composer.insert(text) {
		m.notice = fmt.Sprintf("That does not fit: a draft can have %d KiB. Nothing was added.", composerLimit>>10)
	}
}

func (m *Model) wheel(w tea.MouseWheelMsg) {
	act := actDown
	if w.Button == tea.MouseWheelUp {
		act = actUp
	} else if w.Button != tea.MouseWheelDown {
		return
	}
	if m.help != nil {
		m.help.scroll(act, wheelRows)
		return
	}
	m.scroll(act, wheelRows)
}

// scroll moves the timeline by rows in the direction of an action.
func (m *Model) scroll(act action, rows int) {
	if m.open == nil || m.tooSmall() {
		return
	}
	if act == actUp || act == actPageUp {
		rows = -rows
	}
	m.relayout() // the notice may have gone
	m.canvas().scroll(rows)
}

// act carries out what a key stands for.
func (m *Model) act(act action) tea.Cmd {
	c := &m.composer
	switch act {
	case actSend:
		return m.submit()
	case actNewline:
		m.insert("\n")
	case actBackspace:
		c.remove(c.before())
	case actDelete:
		c.remove(c.after())
	case actDeleteOrQuit:
		if c.empty() {
			return tea.Quit
		}
		c.remove(c.after())
	case actLeft:
		c.moveTo(c.before())
	case actRight:
		c.moveTo(c.after())
	case actWordLeft:
		c.moveTo(c.wordBefore())
	case actWordRight:
		c.moveTo(c.wordAfter())
	case actLineStart:
		c.moveTo(c.lineStart())
	case actLineEnd:
		c.moveTo(c.lineEnd())
	case actKillWordLeft:
		c.kill(c.wordBefore())
	case actKillWordRight:
		c.kill(c.wordAfter())
	case actKillLineStart:
		c.kill(c.lineStart())
	case actYank:
		m.insert(c.killed)
	default:
		return m.move(act)
	}
	return nil
}

// move carries out the actions that scroll, or concern the whole screen.
func (m *Model) move(act action) tea.Cmd {
	page := max(1, m.layout.timeline.H-1)
	c := &m.composer
	switch act {
	case actUp, actDown:
		// Also what a wheel sends in terminals that turn it into arrows.
		by := 1
		if act == actUp {
			by = -1
		}
		if !c.vertical(by) {
			m.scroll(act, 1)
		}
	case actPageUp, actPageDown:
		m.scroll(act, page)
	case actHome:
		if !c.empty() {
			c.moveTo(c.lineStart())
		} else {
			m.scroll(actPageUp, 10*page)
		}
	case actEnd:
		if !c.empty() {
			c.moveTo(c.lineEnd())
		} else if m.open != nil {
			m.open.follow()
		}
	case actMouse:
		m.mouse = !m.mouse
		m.notice = "The mouse selects text again."
		if m.mouse {
			m.notice = "The wheel scrolls now; hold Shift (Option on a Mac) to select text. Alt+M gives the mouse back."
		}
	case actRedraw:
		return tea.ClearScreen
	case actHelp:
		m.help = newHelp()
	}
	return nil
}
