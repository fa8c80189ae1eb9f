package tui

import (
	"context"
	"errors"
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"

	"confab/app/chat"
	"confab/tui/ask"
	"confab/tui/command"
	"confab/tui/hint"
	"confab/tui/keymap"
	"confab/tui/outbox"
)

// submit handles Enter: it carries out a command, sends a message, saves an edit, or sends
// a message again that failed. A text that cannot be sent stays in the composer.
func (m *Model) submit() tea.Cmd {
	if m.composer.Editing() {
		cmd, notice := m.composer.SaveEdit()
		m.notice = notice
		return cmd
	}
	text := m.composer.Text()
	if text == "" {
		if m.outbox.Retry(m.timeline.Conversation()) {
			m.timeline.End()
		}
		return nil
	}
	if name, rest, ok := command.Parse(text); ok {
		return m.command(name, rest)
	}
	if text[0] == '/' && len(text) > 1 && text[1] == '/' {
		text = text[1:]
	}
	if before := m.outbox.Len(); m.post(text, m.composer.Reply(), false) {
		if m.outbox.Len() > before { // and the message does not wait for a thread to be opened
			m.outbox.Replaces(m.composer.Posted())
		}
		m.composer.Sent(m.composer.Text())
		m.composer.Clear()
	}
	return nil
}

// post puts a message into the outbox. The message answers another one, unless answers is
// nil. With also, a reply in the open thread goes to the conversation too. If the message
// cannot be sent, post tells the user why and reports false.
func (m *Model) post(text string, answers *chat.Message, also bool) bool {
	body, err := chat.CheckBody(text)
	if err != nil {
		m.notice = hint.Text(err)
		return false
	}
	open := m.timeline.Conversation()
	thread := m.timeline.InThread()
	if m.nav.busy() || m.timeline.Thread() != 0 && thread == nil {
		if answers == nil && (postponed{m}).wait(body, also) {
			return true
		}
		m.notice = "The conversation is being opened: wait a moment and press Enter again."
		return false
	}
	if l := m.sidebar.Entry(open); l != nil && l.Kind == chat.KindDirect && l.Other.Name == chat.DeletedName {
		m.notice = hint.Text(chat.NobodyThere())
		return false
	}
	if why := barred(m, m.sidebar.Entry(open)); why != "" {
		m.notice = why
		return false
	}
	if !m.enqueue(open, body, answers, thread, also) {
		return false
	}
	m.composer.StopReply()
	return true
}

// barred returns why the user may not write in a conversation, "" if they may.
func barred(m *Model, l *chat.ConversationSummary) string {
	if l == nil || !l.Mine.Member() {
		return ""
	}
	mine := l.Mine
	m.preferences.Words().Halt(&mine)
	return hint.Text(chat.Decide(mine, l.Conversation, chat.ActionPost, m.now()))
}

// enqueue puts a clean message for a conversation or a thread into the outbox. If there is
// no room for it, it tells the user and reports false.
func (m *Model) enqueue(open chat.ConversationID, body string, answers, thread *chat.Message, also bool) bool {
	switch err := m.outbox.Add(open, body, answers, thread, also); {
	case errors.Is(err, outbox.ErrFull):
		m.notice = fmt.Sprintf("%d messages wait to be sent already: press Enter again in a moment.", outbox.Limit)
		return false
	case err != nil:
		m.fail("making an id", err)
		return false
	}
	if m.timeline.Shows(open) {
		m.timeline.Replied()
	} else {
		m.nav.written = open
	}
	return true
}

// sent handles the chat's answer to a message.
func (m *Model) sent(msg outbox.SentMsg) tea.Cmd {
	m.outbox.Sent()
	if msg.Err != nil {
		m.notSent(msg)
		return nil
	}
	m.timeline.Sent(msg.Message)
	m.sidebar.Sent(msg.Message)
	if l := m.sidebar.Entry(msg.Message.Conversation); l != nil {
		if why := chat.WhyNotMentioned(msg.Message, *l); why != "" {
			m.notice, m.expiring.lifts = why, why
			return nil
		}
	}
	return mistyped(m, msg.Message)
}

// mistypedMsg says that a message mentions a name that nobody has.
type mistypedMsg string

// mistyped returns the command that tells the user of a mention that means nobody, if its name
// is like that of a member. It knows the members of the open conversation only, and not those
// of a large one, so it costs a lookup only if there is such a name.
func mistyped(m *Model, sent *chat.Message) tea.Cmd {
	members := m.timeline.Members()
	if members == nil || members.Conversation != sent.Conversation {
		return nil
	}
	typed, meant := chat.NearlyMentioned(sent.Body, members.Members)
	if meant == "" {
		return nil
	}
	contacts := m.chat().Commands.Contacts
	return func() tea.Msg {
		_, err := ask.For(func(ctx context.Context) (chat.Person, error) { return contacts.Person(ctx, typed) })
		if !errors.Is(err, chat.ErrNotFound) {
			return nil // somebody who is not a member has the name
		}
		return mistypedMsg(chat.MistypedText(typed, meant))
	}
}

// notSent keeps a message that could not be sent, and shows the reason below it.
func (m *Model) notSent(msg outbox.SentMsg) {
	out, was := msg.Out, m.notice
	out.Failure = m.fail("sending a message", msg.Err)
	if out.Answers != nil && errors.Is(msg.Err, chat.ErrNotFound) {
		out.Unquote() // another try would fail as well
		out.Failure += " The next try sends it without the quote."
	}
	switch l := m.sidebar.Entry(out.Conversation); {
	case out.Dropped():
		// The conversation is gone, and the message with it.
		if !strings.Contains(m.composer.Killed(), out.Body) {
			m.composer.Keep(out.Body)
		}
		m.notice = "Not sent: " + out.Failure + " " + m.keys.KeysFor(keymap.Yank) + " brings the text back."
	case l != nil && l.Slowed() && errors.Is(msg.Err, chat.ErrTooFast) && m.writing.takeBack(out):
		m.notice = out.Failure
	case l != nil && !m.timeline.Shows(l.ID):
		m.notice = "Not sent to " + l.Title() + ": " + out.Failure + " It waits there for another try."
	default:
		m.notice = was // the reason is shown at the message
	}
}

// takeBack brings a message that came too early for slow mode back to the composer, where the
// user sends it later. It reports false if they have another conversation open, or have gone
// on writing.
func (w *writing) takeBack(out *outbox.Message) bool {
	if !w.timeline.Shows(out.Conversation) || w.timeline.Thread() != out.Root || out.Also || w.composer.Editing() || !w.composer.Empty() {
		return false
	}
	w.outbox.Confirm(out.Conversation, out.ID)
	text := out.Body
	if name, _, ok := command.Parse(text); ok && name != "me" {
		text = "/" + text
	}
	w.composer.Set(text)
	if out.Answers != nil {
		w.composer.StartReply(out.Answers)
	}
	return true
}

// say carries out /me: it posts what the user does.
func (m *Model) say(does string) tea.Cmd {
	if !m.post("/me "+does, m.composer.Reply(), false) {
		m.refused = true
	}
	return nil
}
