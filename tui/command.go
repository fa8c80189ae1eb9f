package tui

import (
	"context"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"confab/app/chat"
	"confab/app/text"
	"confab/tui/ask"
	"confab/tui/dialog"
)

// command is something that is done by typing its name after a slash. The
// palette and the help are made of the same list.
type command struct {
	name  string
	takes string // what comes after the name, for the help; "" if nothing
	does  string
	run   func(m *Model, rest string) tea.Cmd
}

// parseCommand tells a command, a line that begins with one slash, from a
// message. A text of several lines is never a command: it was pasted.
func parseCommand(text string) (name, rest string, ok bool) {
	if !IsCommand(text) {
		return "", "", false
	}
	name, rest, _ = strings.Cut(text[1:], " ")
	name = name[:min(len(name), longestCommand)]
	return strings.ToLower(name), strings.TrimSpace(rest), true
}

// longestCommand is how much of a command's name is looked at: more than any has.
const longestCommand = 64

// commandNamed finds a command.
func commandNamed(name string) (command, bool) {
	for _, c := range commands() {
		if c.name == name {
			return c, true
		}
	}
	return command{}, false
}

// command carries out a command. What is typed stays if there is no such
// command, or it is not as it must be.
func (m *Model) command(name, rest string) tea.Cmd {
	c, ok := commandNamed(name)
	switch {
	case !ok:
		m.notice = "There is no command /" + text.CleanLine(name, 20) + ": /help shows all, and // sends a slash."
		return nil
	case c.takes == "" && rest != "":
		m.notice = "/" + name + " takes nothing after it."
		return nil
	case c.takes != "" && c.takes[0] != '[' && rest == "":
		m.notice = "Write " + c.described().Usage() + "."
		return nil
	}
	typed := m.composer.Text()
	m.composer.Clear()
	m.asked, m.refused = typed, false
	cmd := c.run(m, rest)
	m.asked = ""
	if m.refused {
		m.refused = false
		m.composer.Set(typed)
	}
	return cmd
}

// described lists the commands for the help and the switcher.
func described() []dialog.Command {
	var list []dialog.Command
	for _, c := range commands() {
		list = append(list, c.described())
	}
	return list
}

func (c command) described() dialog.Command {
	return dialog.Command{Name: c.name, Takes: c.takes, Does: c.does}
}

// refuse says why a command cannot be carried out; what was typed stays.
func (m *Model) refuse(why string) tea.Cmd {
	m.notice, m.refused = why, true
	return nil
}

// doneMsg is the end of something that was asked of the chat.
type doneMsg struct {
	doing  string
	typed  string              // what asked for it, to be put back if it was refused
	notice string              // what to say
	opened bool                // it was to open something
	opens  chat.ConversationID // what to open, if not 0
	page   *dialog.Page        // what to show, if not nil
	err    error
	undo   func(*Model) // if there is an error: what was done ahead of the answer
}

// ask makes the command that asks the chat for something.
func (m *Model) ask(doing string, do func(ctx context.Context) doneMsg) tea.Cmd {
	typed := m.asked
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(context.Background(), ask.Timeout)
		defer cancel()
		msg := do(ctx)
		msg.doing, msg.typed = doing, typed
		return msg
	}
}

// askToOpen is ask for what ends in another conversation. Until then no message
// is sent, as it would go to the one before.
func (m *Model) askToOpen(doing string, do func(ctx context.Context) doneMsg) tea.Cmd {
	m.opening++
	return m.ask(doing, func(ctx context.Context) doneMsg {
		msg := do(ctx)
		msg.opened = true
		return msg
	})
}

func (m *Model) done(msg doneMsg) tea.Cmd {
	if msg.opened {
		m.opening--
	}
	if msg.err != nil {
		if msg.undo != nil {
			msg.undo(m)
		}
		m.fail(msg.doing, msg.err)
		if m.composer.Empty() {
			m.composer.Set(msg.typed)
		}
		return nil
	}
	if msg.notice != "" {
		m.notice = msg.notice
	}
	if msg.page != nil {
		return m.cover(msg.page)
	}
	if msg.opens != 0 {
		return m.visit(msg.opens)
	}
	return nil
}

// inOpen runs do with the open conversation, or says that there is none.
func (m *Model) inOpen(do func(l *chat.Listed) tea.Cmd) tea.Cmd {
	l := m.current()
	if l == nil {
		return m.refuse("There is no conversation open.")
	}
	return do(l)
}

// words splits what comes after a command's name.
func words(rest string) []string { return slices.Collect(strings.FieldsSeq(rest)) }
