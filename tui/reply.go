package tui

import (
	tea "charm.land/bubbletea/v2"

	"confab/app/chat"
	"confab/tui/command"
)

// answerable finds the message that a reply answers: the selected one, or else the newest
// of somebody else. Without such a message, it returns the reason.
func (s *selection) answerable() (*chat.Message, string) {
	msg, ok := s.timeline.Message(func(o *chat.Message) bool { return o.Author != s.self && o.Written() })
	switch {
	case !ok:
		return nil, "Nobody else has written a message here that you can answer. To answer your own, select it: Esc, then Up and Down."
	case msg.System():
		return nil, "This is a line about the conversation: it can't be answered."
	case msg.Deleted():
		return nil, "This message is deleted, so it cannot be answered."
	}
	return msg, ""
}

// reply makes the text in the composer a reply.
func (s *selection) reply() command.Outcome {
	msg, why := s.answerable()
	if msg == nil {
		return command.Refuse(why)
	}
	s.timeline.Select(0)
	s.composer.StartReply(msg)
	return command.Outcome{}
}

// reply carries out /reply: it sends the text, or without one lets the user write it.
func (m *Model) reply(text string) tea.Cmd {
	if text == "" {
		return m.perform(m.selection.reply())
	}
	msg, why := m.selection.answerable()
	if msg == nil {
		return m.perform(command.Refuse(why))
	}
	if m.timeline.Select(0); !m.post(text, msg, false) {
		m.refused = true
	}
	return nil
}
