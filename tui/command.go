package tui

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"confab/app/text"
	"confab/tui/ask"
	"confab/tui/command"
	"confab/tui/setting"
)

// onScreen are the commands that the screen carries out itself.
func onScreen() map[string]func(m *Model, rest string) tea.Cmd {
	return map[string]func(m *Model, rest string) tea.Cmd{
		"invitations": func(m *Model, _ string) tea.Cmd { return m.overlay.ShowInvitations() },
		"mentions":    func(m *Model, _ string) tea.Cmd { return m.overlay.ShowMentions() },
		"later":       func(m *Model, _ string) tea.Cmd { return m.overlay.ShowLater() },
		"requests":    func(m *Model, _ string) tea.Cmd { return m.overlay.ShowRequests() },
		"keys":        func(m *Model, rest string) tea.Cmd { return m.overlay.ShowKeys(rest != "") },
		"info":        func(m *Model, _ string) tea.Cmd { return m.perform(m.selection.info(m.nav.current())) },
		"unread":      func(m *Model, _ string) tea.Cmd { return m.perform(m.selection.unread()) },
		"reply":       (*Model).reply,
		"react":       func(m *Model, rest string) tea.Cmd { return m.perform(m.selection.react(rest)) },
		"pin":         func(m *Model, _ string) tea.Cmd { return m.perform(m.selection.pin(true)) },
		"unpin":       func(m *Model, _ string) tea.Cmd { return m.perform(m.selection.pin(false)) },
		"pins":        func(m *Model, _ string) tea.Cmd { return m.perform(m.selection.pins(m.nav.current(), m.onError)) },
		"save":        func(m *Model, _ string) tea.Cmd { return m.perform(m.selection.toggleSaved()) },
		"saved":       func(m *Model, _ string) tea.Cmd { return m.perform(m.selection.saved(m.onError)) },
		"thread":      thread,
		"also":        also,
		"threads":     func(m *Model, _ string) tea.Cmd { return m.overlay.ShowThreads() },
		"follow":      func(m *Model, _ string) tea.Cmd { return follow(m, true) },
		"unfollow":    func(m *Model, _ string) tea.Cmd { return follow(m, false) },
		"edit":        func(m *Model, _ string) tea.Cmd { return m.perform(m.selection.edit()) },
		"links":       func(m *Model, _ string) tea.Cmd { return m.perform(m.selection.links()) },
		"view":        view,
		"copy":        func(m *Model, _ string) tea.Cmd { return m.perform(m.selection.copy()) },
		"delete":      func(m *Model, _ string) tea.Cmd { return m.perform(m.selection.askToDelete(m.nav.current())) },
		"search":      func(m *Model, rest string) tea.Cmd { return m.overlay.ShowSearch(rest) },
		"files":       (*Model).showFiles,
		"go":          (*Model).openSwitcher,
		"next":        func(m *Model, _ string) tea.Cmd { return m.nav.step(1) },
		"previous":    func(m *Model, _ string) tea.Cmd { return m.nav.step(-1) },
		"last":        func(m *Model, _ string) tea.Cmd { return m.nav.last() },
		"next-unread": func(m *Model, _ string) tea.Cmd { return m.nav.stepUnread(1) },
		"unread-line": func(m *Model, _ string) tea.Cmd { return m.toUnreadLine() },
		"select":      func(m *Model, _ string) tea.Cmd { return m.perform(m.selection.start()) },
		"sidebar":     func(m *Model, _ string) tea.Cmd { return input{m}.toggleSidebar() },
		"fold":        fold,
		"pane":        showAside,
		"mouse":       func(m *Model, _ string) tea.Cmd { return input{m}.toggleMouse() },
		"me":          (*Model).say,
		"clear":       func(m *Model, _ string) tea.Cmd { return m.clear() },
		"help":        (*Model).helpWith,
		"quit":        func(*Model, string) tea.Cmd { return tea.Quit },
	}
}

// command carries out a command that was typed. The text stays if there is no such
// command, or if it is refused.
func (m *Model) command(name, rest string) tea.Cmd {
	c, ok := command.Named(name)
	if !ok {
		m.notice, m.writing.refused = noCommand(name), m.composer.Text()
		return nil
	}
	if why := c.Misused(rest); why != "" {
		m.notice, m.writing.refused = why, m.composer.Text()
		return nil
	}
	typed := m.composer.Text()
	m.composer.Clear()
	m.asked, m.refused = typed, false
	cmd := m.runCommand(c, rest)
	m.asked = ""
	if m.refused {
		m.refused = false
		m.composer.Set(typed)
		m.writing.refused = typed
	} else {
		m.composer.Sent(typed)
	}
	return cmd
}

// noCommand says that no command has this name, and suggests a similar one.
func noCommand(name string) string {
	words := "There is no command /" + text.CleanLine(name, 20)
	if near := command.Nearest(name); near != "" {
		return words + ". Did you mean /" + near + "? // sends a slash."
	}
	return words + ": /help shows all, and // sends a slash."
}

// runCommand carries out a command that was typed or chosen, and its outcome.
func (m *Model) runCommand(c command.Command, rest string) tea.Cmd {
	if c.OnScreen() {
		return onScreen()[c.Name](m, rest)
	}
	cmd := m.perform(c.Run(&command.Call{Chat: m.chat().Commands, Open: m.nav.current(), Keys: &m.keys, Set: &m.writing.set, Notices: &m.notices, Zone: m.term.Location(), Connect: m.reach.Command, Now: m.now(), State: func() setting.State { return settingState(m) }, OnError: m.onError}, rest))
	return together(cmd, m.applySettings())
}

// perform carries out the outcome of a command.
func (m *Model) perform(out command.Outcome) tea.Cmd {
	if out.Refused != "" {
		m.notice, m.refused = out.Refused, true
		return nil
	}
	if out.Notice != "" {
		m.notice = out.Notice
	}
	if out.Compose != "" {
		m.composer.Set(out.Compose)
	}
	switch {
	case out.Copy != "":
		return m.copy(out.Copy)
	case out.Show != nil:
		return m.overlay.Show(out.Show)
	case out.Ask != nil:
		q := out.Ask
		question := 0
		if q.Opens {
			m.nav.opening++
			m.nav.asked++
			question = m.nav.asked
			m.nav.expected = question
		}
		typed := m.asked
		return tea.Batch(m.progress.begin(q.Doing, m.tick), func() tea.Msg {
			answer, _ := ask.For(func(ctx context.Context) (command.Answer, error) { return q.Do(ctx), nil })
			return doneMsg{Answer: answer, doing: q.Doing, typed: typed, question: question, undo: q.Undo}
		})
	}
	return nil
}

// doneMsg is the chat's answer to a command's question.
type doneMsg struct {
	command.Answer
	doing    string
	typed    string // the command, to be put back if it was refused
	question int    // the number of a question that opens another conversation, 0 for others
	undo     func() // reverses what was done before the answer, if the answer is an error
}

// done handles an answer.
func (m *Model) done(msg doneMsg) tea.Cmd {
	m.progress.end()
	if msg.question != 0 {
		m.nav.opening--
	}
	if msg.Err != nil {
		if msg.undo != nil {
			msg.undo()
			m.applySettings() // asks for nothing: that was done before
		}
		m.fail(msg.doing, msg.Err)
		if !(postponed{m}).notOpened(msg.question) && m.composer.Empty() {
			m.composer.Set(msg.typed)
			m.writing.refused = msg.typed
		}
		return nil
	}
	if msg.Notice != "" {
		m.notice = msg.Notice
	}
	if msg.Page != nil {
		return m.overlay.Show(msg.Page)
	}
	if msg.At != 0 {
		return m.nav.goTo(msg.Open, 0, msg.At)
	}
	if msg.Open != 0 {
		cmd := m.nav.visit(msg.Open)
		if msg.Say != "" && !m.enqueue(msg.Open, msg.Say, nil, nil, false) {
			m.composer.Keep(msg.Say)
		}
		postponed{m}.opened(msg.question, msg.Open)
		return cmd
	}
	return nil
}
