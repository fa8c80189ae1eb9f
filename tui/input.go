package tui

import (
	"fmt"
	"strings"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"

	"confab/app/text"
	"confab/tui/dialog"
	"confab/tui/editor"
	"confab/tui/keymap"
	"confab/tui/screen"
)

// wheelRows is how far a turn of the wheel scrolls.
const wheelRows = 3

// input is the part of the model that handles keys, pasted text and the mouse wheel.
type input struct{ *Model }

// take handles input. It ignores input after the end of the session, because nobody is
// there to see the result.
func (m input) take(msg tea.Msg) tea.Cmd {
	if m.ended != "" {
		return nil
	}
	m.timeline.Attended(msg)
	switch msg := msg.(type) {
	case tea.KeyPressMsg:
		return m.key(msg)
	case tea.PasteMsg:
		return m.paste(msg.Content)
	case tea.MouseWheelMsg:
		return m.wheel(msg)
	case tea.MouseClickMsg:
		return m.click(msg)
	}
	return nil
}

// inputs handles keys that came together. It inserts the text of several keys at once, and
// lays the screen out again only before keys that depend on the layout.
func (m input) inputs(msgs screen.Keys) tea.Cmd {
	var cmds []tea.Cmd
	covered := m.overlay.Dialog()
	for i := 0; i < len(msgs) && m.ended == ""; {
		if n := m.typedInARow(msgs[i:]); n > 0 {
			i += n
			continue
		}
		if k, ok := msgs[i].(tea.KeyPressMsg); i > 0 && !(ok && m.timeline.Selected() == 0 && edits(m.keys.Action(k.String()))) || m.overlay.Dialog() != covered {
			m.relayout()
		}
		covered = m.overlay.Dialog()
		m.writing.wheel = repeated(msgs, i)
		if cmd := m.take(msgs[i]); cmd != nil {
			cmds = append(cmds, cmd)
		}
		i++
	}
	m.writing.wheel = false
	return tea.Batch(cmds...)
}

// repeated reports whether the key before or after the given one is the same key.
func repeated(msgs []tea.Msg, i int) bool {
	same := func(o int) bool {
		k, ok := msgs[i].(tea.KeyPressMsg)
		if !ok || o < 0 || o >= len(msgs) {
			return false
		}
		other, ok := msgs[o].(tea.KeyPressMsg)
		return ok && other.Code == k.Code && other.Mod == k.Mod
	}
	return same(i-1) || same(i+1)
}

// edits reports whether an action only changes the text being written, in the composer or
// in a dialog.
func edits(act keymap.Action) bool {
	switch act {
	case keymap.None, keymap.Backspace, keymap.Delete, keymap.Left, keymap.Right, keymap.WordLeft, keymap.WordRight, keymap.LineStart, keymap.LineEnd,
		keymap.KillWordLeft, keymap.KillWordRight, keymap.KillLineStart, keymap.Yank, keymap.Undo, keymap.Newline:
		return true
	default:
		return false
	}
}

// typedInARow inserts the text of the keys at the start, and returns how many keys these
// are. It returns 0 if fewer than two keys could be inserted together, or if one of them
// has another effect.
func (m input) typedInARow(msgs []tea.Msg) int {
	c := m.composer
	if m.overlay.Covers() || m.timeline.Selected() != 0 || c.Empty() || m.writing.again() {
		return 0
	}
	if at, text := c.Cursor(), c.Text(); at < len(text) && text[at] >= utf8.RuneSelf {
		return 0 // it may form one character with the text before it
	}
	n := 0
	var words strings.Builder
	for ; n < len(msgs); n++ {
		k, ok := msgs[n].(tea.KeyPressMsg)
		if !ok || !keymap.IsText(k) || m.keys.Action(k.String()) != keymap.None {
			break
		}
		words.WriteString(k.Text)
	}
	// The marks of a character may come one by one, and have to be cleaned together with
	// it.
	if n < 2 || !text.IsClean(strings.Trim(words.String(), " ")) || len(c.Text())+words.Len() > editor.Limit {
		return 0
	}
	m.timeline.Attended(msgs[0])
	m.selection.confirming()
	hush(m.Model)
	m.fits(c.Type(words.String()))
	return n
}

// key handles a key press.
func (m input) key(k tea.KeyPressMsg) tea.Cmd {
	act := m.keys.Action(k.String())
	interrupted := m.interrupted
	hush(m.Model)
	deleting := m.selection.confirming()
	if act == keymap.Interrupt {
		return m.interrupt(interrupted)
	}
	if keymap.IsText(k) && m.overlay.ClosesOnText() {
		m.overlay.Close() // and the text goes where it was meant to
	}
	if m.overlay.Captures() {
		return m.toOverlay(dialog.Pressed(k.String()))
	}
	n, numbered := keymap.AltDigit(k)
	if m.overlay.Covers() && (keymap.LeadsAway(act) && !m.overlay.Toggles(act) || numbered && act == keymap.None) {
		m.overlay.Close()
	}
	if m.overlay.Covers() {
		if keymap.IsText(k) {
			return m.toOverlay(dialog.Text(k.Text))
		}
		return m.toOverlay(dialog.Key{Act: act})
	}
	if m.writing.listing(act) {
		return nil
	}
	if m.timeline.Selected() != 0 && !m.selection.writes(act) {
		if by := moves(act, m.layout.timeline.H); by != 0 {
			m.timeline.SelectBy(by)
			m.relayout() // the notice may have gone
			m.timeline.Reveal()
			return nil
		}
		if keymap.IsText(k) && k.Text == "t" {
			return thread(m.Model, "")
		}
		if keymap.IsText(k) && k.Text == "v" {
			return view(m.Model, "")
		}
		if out, taken := m.selection.key(act, k, deleting, m.nav.current()); taken {
			if act == keymap.Escape && m.timeline.Selected() == 0 {
				return together(m.perform(out), m.timeline.CloseThread())
			}
			return m.perform(out)
		}
	}
	if numbered && act == keymap.None {
		return m.nav.visitOr(m.sidebar.Number(n), "You don't have that many conversations.")
	}
	if act != keymap.None {
		return m.act(act)
	}
	if !keymap.IsText(k) {
		return nil
	}
	if k.Text == "?" && m.composer.Empty() && !m.composer.Editing() {
		return m.openHelp()
	}
	if k.Text == "/" {
		m.writing.begin()
	}
	m.fits(m.composer.Type(k.Text))
	return nil
}

// interrupt handles Ctrl+C. The second Ctrl+C in a row leaves the chat.
func (m input) interrupt(again bool) tea.Cmd {
	if again {
		m.writing.leave()
		return tea.Quit
	}
	m.interrupted, m.notice = true, "Press Ctrl+C again to leave."
	if m.overlay.Covers() {
		m.overlay.Close() // it would hide the notice
	} else {
		m.notice = m.writing.interrupt()
	}
	return nil
}

func (m input) paste(text string) tea.Cmd {
	hush(m.Model)
	if m.overlay.ClosesOnText() {
		m.overlay.Close()
	}
	if m.overlay.Covers() {
		return m.toOverlay(dialog.Text(text))
	}
	m.timeline.Select(0)
	m.fits(m.composer.Insert(text))
	return nil
}

// fits tells the user when a text did not fit.
func (m *Model) fits(did bool) {
	if !did {
		m.notice = fmt.Sprintf("That does not fit: a draft can have %d KiB. Nothing was added.", editor.Limit>>10)
	}
}

func (m input) wheel(w tea.MouseWheelMsg) tea.Cmd {
	by := wheelRows
	switch w.Button {
	case tea.MouseWheelDown:
	case tea.MouseWheelUp:
		by = -by
	default:
		return nil
	}
	if m.overlay.Covers() {
		return m.toOverlay(dialog.Scroll(by))
	}
	m.scroll(by)
	return nil
}

// click opens the conversation in the list that the user clicks at, or folds the section
// whose title that is.
func (m input) click(c tea.MouseClickMsg) tea.Cmd {
	l := &m.layout.sidebar
	if c.Button != tea.MouseLeft || m.overlay.Covers() || c.X < l.X || c.X >= l.X+l.W || c.Y < l.Y || c.Y >= l.Y+l.H {
		return nil
	}
	hush(m.Model)
	switch id, section, ok := m.sidebar.At(c.Y - l.Y); {
	case !ok:
		return nil
	case id == 0:
		return foldSection(m.Model, section)
	default:
		return m.nav.visit(id)
	}
}

// scroll moves the timeline by rows, up if negative.
func (m input) scroll(rows int) {
	m.relayout() // the notice may have gone
	m.timeline.Scroll(rows)
}

// act carries out the action of a key.
func (m input) act(act keymap.Action) tea.Cmd {
	c := m.composer
	switch act {
	case keymap.Send:
		return m.submit()
	case keymap.Newline:
		m.fits(c.Insert("\n"))
	case keymap.DeleteOrQuit:
		if c.Empty() {
			return tea.Quit
		}
		c.Edit(keymap.Delete)
	case keymap.Complete:
		return m.writing.complete()
	case keymap.CompleteBack: // it is for what is listed
	case keymap.SentLines:
		m.notice = m.writing.sentLines()
	case keymap.Yank:
		m.fits(c.InsertClean(c.Killed()))
	default:
		if !c.Edit(act) {
			return m.move(act)
		}
	}
	return nil
}

// navigate carries out the actions that go to another conversation or open something.
func (m input) navigate(act keymap.Action) tea.Cmd {
	switch act {
	case keymap.Switcher:
		return m.openSwitcher("")
	case keymap.Search:
		return m.overlay.ShowSearch("")
	case keymap.Next:
		return m.nav.step(1)
	case keymap.Previous:
		return m.nav.step(-1)
	case keymap.NextUnread:
		return m.nav.stepUnread(1)
	case keymap.PrevUnread:
		return m.nav.stepUnread(-1)
	case keymap.UnreadLine:
		return m.toUnreadLine()
	case keymap.Last:
		return m.nav.last()
	case keymap.Sidebar:
		return m.toggleSidebar()
	case keymap.Fold:
		return foldSection(m.Model, m.sidebar.OpenSection())
	case keymap.Pane:
		return m.toggleAside()
	case keymap.Info:
		return m.perform(m.selection.info(m.nav.current()))
	case keymap.Escape:
		if m.composer.Editing() {
			m.notice = m.writing.giveUp()
			return nil
		}
		if m.composer.StopReply() {
			m.notice = "What you write is no longer a reply."
			return nil
		}
		if m.timeline.ClosePicture() {
			return nil
		}
		return m.perform(m.selection.start())
	case keymap.Mouse:
		return m.toggleMouse()
	case keymap.Redraw:
		return tea.ClearScreen
	case keymap.Help:
		return m.openHelp()
	}
	return nil
}

// move carries out the actions that scroll or affect the whole screen.
func (m input) move(act keymap.Action) tea.Cmd {
	page := max(1, m.layout.timeline.H-1)
	c := m.composer
	switch act {
	case keymap.Up, keymap.Down:
		by := 1
		if act == keymap.Up {
			by = -1
		}
		if out, taken := m.writing.arrow(by); taken {
			return m.perform(out)
		}
		m.scroll(by)
	case keymap.PageUp:
		m.scroll(-page)
	case keymap.PageDown:
		m.scroll(page)
	case keymap.Home:
		if !c.Empty() {
			c.Edit(keymap.LineStart)
		} else {
			m.scroll(-10 * page)
		}
	case keymap.End:
		if !c.Empty() {
			c.Edit(keymap.LineEnd)
		} else {
			m.timeline.End()
		}
	default:
		return m.navigate(act)
	}
	return nil
}

// toUnreadLine goes to the first unread message.
func (m *Model) toUnreadLine() tea.Cmd {
	if !m.timeline.HasUnreadLine() {
		m.notice = "There was nothing unread here."
		return nil
	}
	m.relayout() // the notice may have gone
	m.timeline.ToUnreadLine()
	return nil
}
