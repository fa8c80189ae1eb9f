package tui

import (
	"context"
	"strings"

	tea "charm.land/bubbletea/v2"

	"confab/app/chat"
	"confab/tui/command"
	"confab/tui/dialog"
)

// Threads follows threads for the user.
type Threads interface {
	dialog.Follower
	// FollowThread follows or unfollows the thread of a message.
	FollowThread(ctx context.Context, id chat.ConversationID, seq chat.Seq, on bool) error
}

// threaded finds the message whose thread a command is about: the selected one, or the
// newest with a thread.
func threaded(m *Model) (*chat.Message, string) {
	msg, ok := m.timeline.Message(func(o *chat.Message) bool { return o.Replies > 0 || o.Thread != 0 })
	switch {
	case !ok:
		return nil, "Select a message first: Esc, then Up and Down."
	case msg.System():
		return nil, "This is a line about the conversation: it has no thread."
	case msg.Deleted() && msg.Thread == 0 && msg.ThreadVersion == 0:
		return nil, "This message is deleted, so it cannot be answered."
	}
	return msg, ""
}

// thread carries out /thread: it opens the thread of a message, or closes the one that is
// open.
func thread(m *Model, _ string) tea.Cmd {
	if m.timeline.Thread() != 0 {
		return m.timeline.CloseThread()
	}
	msg, why := threaded(m)
	if msg == nil {
		return m.perform(command.Refuse(why))
	}
	m.notice = "Esc twice goes back to the conversation."
	return m.timeline.OpenThread(msg.Root())
}

// also carries out /also: it sends a reply to the thread and to the conversation.
func also(m *Model, words string) tea.Cmd {
	if m.timeline.Thread() == 0 {
		return m.perform(command.Refuse("That is for replies in a thread: t on a selected message opens its thread."))
	}
	if !m.post(words, m.composer.Reply(), true) {
		m.refused = true
	}
	return nil
}

// follow carries out /follow and /unfollow for the open thread, or that of a message.
func follow(m *Model, on bool) tea.Cmd {
	id, seq, notice := m.timeline.Conversation(), m.timeline.Thread(), "You follow this thread: /threads lists it, with what is unread."
	if seq == 0 {
		msg, why := threaded(m)
		if msg == nil {
			return m.perform(command.Refuse(why))
		}
		seq = msg.Root()
	}
	if !on {
		notice = "You do not follow this thread, until you write in it again."
	}
	if m.timeline.Thread() == seq {
		m.timeline.Following(on)
	}
	return m.perform(command.Ask("following a thread", func(ctx context.Context) command.Answer {
		return command.Answer{Err: m.chat().Threads.FollowThread(ctx, id, seq, on), Notice: notice}
	}))
}

// threadWords is the text of the status row about the open thread.
func threadWords(where string, follows bool, width int) string {
	words := " Thread in " + where
	if width < 40 {
		words = " Thread"
	}
	if !follows {
		words += ", not followed"
	}
	return strings.TrimRight(words, " ")
}
