package tui

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"confab/app/chat"
	"confab/tui/command"
	"confab/tui/dialog"
	"confab/tui/hint"
	"confab/tui/keymap"
	"confab/tui/setting"
)

// pickReaction shows the emoji with which the user can react to the selected message.
func (s *selection) pickReaction() command.Outcome {
	msg, ok := s.timeline.Message((*chat.Message).Written)
	if why := unreactable(msg, ok); why != "" {
		return command.Refuse(why)
	}
	return command.Outcome{Show: dialog.NewReactionPicker(msg, s.self)}
}

// unreactable returns the reason why nobody can react to a message, or "" if people can.
func unreactable(msg *chat.Message, ok bool) string {
	switch {
	case !ok:
		return "There is no message here to react to."
	case msg.System():
		return "This is a line about the conversation: nobody can react to it."
	case msg.Deleted():
		return "This message is deleted: nobody can react to it."
	default:
		return ""
	}
}

// react adds a reaction to the selected or else the newest message, or takes it back.
func (s *selection) react(what string) command.Outcome {
	msg, ok := s.timeline.Message((*chat.Message).Written)
	if why := unreactable(msg, ok); why != "" {
		return command.Refuse(why)
	}
	emoji, err := chat.ParseReaction(what)
	if err != nil {
		return command.Refuse(hint.Text(err))
	}
	on := !msg.Reactions.Has(emoji, s.self)
	return command.Ask("reacting", func(ctx context.Context) command.Answer {
		_, err := s.chat.React(ctx, msg.Conversation, msg.Seq, emoji, on)
		return command.Answer{Err: err}
	})
}

// reacted notifies users of reactions to their messages, if they have asked for that. It
// leaves out reactions that they can see, those in muted conversations, and those of people
// whom they have blocked.
func (m *Model) reacted(ev chat.Reacted) tea.Cmd {
	l := m.sidebar.Entry(ev.Conversation)
	switch {
	case m.writing.set.Value(setting.Reactions) != setting.On, !ev.On, ev.Message == nil, l == nil,
		ev.Message.Author != m.self.ID, ev.User == m.self.ID,
		l.Mine.Muted(m.now()), m.chat().Blocker.HasBlocked(ev.User),
		m.timeline.Shows(ev.Conversation) && m.timeline.There():
		return nil
	}
	m.notice = "@" + ev.Name + " reacted " + m.theme.Emoji(ev.Emoji) + " to your message in " + l.Title() + "."
	return m.notify(m.notice)
}

// writes reports whether a key belongs to the command that the user is typing about the
// selected message, and not to the selection itself.
func (s *selection) writes(act keymap.Action) bool {
	text := s.composer.Text()
	if !s.commanding || text == "" || text[0] != '/' {
		s.commanding = false
		return false
	}
	switch act {
	case keymap.Escape, keymap.Up, keymap.Down, keymap.PageUp, keymap.PageDown:
		return false
	default:
		return true
	}
}
