package tui

import (
	"fmt"

	tea "charm.land/bubbletea/v2"
)

// wheelRows is how far a turn of the wheel scrolls.
const wheelRows = 3

// key takes a key press.
func (m *Model) key(k tea.KeyPressMsg) tea.Cmd {
	act := m.keys.action(k.String())
	interrupted := m.interrupted
	m.interrupted, m.notice = false, ""
	if act == actInterrupt {
		if interrupted {
			return tea.Quit
		}
		m.interrupted, m.notice = true, "Press Ctrl+C again to leave."
		return nil
	}
	if m.overlay != nil {
		if act == actNone || k.Text != "" && k.Mod&^tea.ModShift == 0 {
			return m.overlay.text(m, k.Text)
		}
		return m.overlay.key(m, act, k)
	}
	if m.selected != 0 {
		if cmd, taken := m.selectKey(act, k); taken {
			return cmd
		}
	}
	if n, ok := altDigit(k); ok && act == actNone {
		return m.number(n)
	}
	if act == actNone {
		return m.typed(k)
	}
	return m.act(act)
}

// altDigit tells Alt+1 to Alt+9.
func altDigit(k tea.KeyPressMsg) (int, bool) {
	return int(k.Code - '0'), k.Mod == tea.ModAlt && k.Code >= '1' && k.Code <= '9'
}

// typed takes a key that stands for text.
func (m *Model) typed(k tea.KeyPressMsg) tea.Cmd {
	if k.Text == "" || k.Mod&(tea.ModCtrl|tea.ModAlt|tea.ModMeta|tea.ModSuper) != 0 {
		return nil
	}
	if k.Text == "?" && m.composer.empty() {
		return m.openHelp()
	}
	m.insert(k.Text)
	if _, _, command := parseCommand(m.composer.text); m.open != nil && !command {
		m.chat.Typing(m.open.conversation)
	}
	return nil
}

func (m *Model) paste(text string) tea.Cmd {
	m.interrupted, m.notice = false, ""
	if m.overlay != nil {
		return m.overlay.text(m, text)
	}
	m.selected = 0
	m.insert(text)
	return nil
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
	if m.overlay != nil {
		by := wheelRows
		if act == actUp {
			by = -by
		}
		m.overlay.scroll(by)
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
	case actDeleteOrQuit:
		if c.empty() {
			return tea.Quit
		}
		c.remove(c.after())
	case actYank:
		m.insert(c.killed)
	default:
		if !c.edit(act) {
			return m.move(act)
		}
	}
	return nil
}

// navigate carries out the actions that go somewhere else, or open something.
func (m *Model) navigate(act action) tea.Cmd {
	switch act {
	case actSwitcher:
		return m.openSwitcher("")
	case actNext:
		return m.step(1)
	case actPrevious:
		return m.step(-1)
	case actNextUnread:
		return m.stepUnread(1)
	case actPrevUnread:
		return m.stepUnread(-1)
	case actUnreadLine:
		return m.toUnreadLine()
	case actLast:
		return m.last()
	case actSidebar:
		return m.toggleSidebar()
	case actInfo:
		return m.cmdInfo("")
	case actEscape:
		return m.selectLast()
	case actMouse:
		return m.toggleMouse()
	case actRedraw:
		return tea.ClearScreen
	case actHelp:
		return m.openHelp()
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
	default:
		return m.navigate(act)
	}
	return nil
}
