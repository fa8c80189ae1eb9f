package service

import (
	"context"
	"slices"

	"confab/app/chat"
)

// React adds a reaction of the session's user to a message, or takes one back, and returns
// the message afterwards. If the reaction is there already, or is missing already, nothing
// changes. React returns when the change is on disk and in the mailbox of every session of
// the conversation. It refuses an unknown emoji with [text.ErrInvalid], a message that is
// not in the conversation or that the user may not see with [chat.ErrNotFound], system
// lines and deleted messages with [chat.ErrNotAllowed], and more than
// [chat.MaxReactionKinds] different emoji with [chat.ErrTooLarge].
func (s Messages) React(ctx context.Context, id chat.ConversationID, seq chat.Seq, emoji string, on bool) (*chat.Message, error) {
	emoji, err := chat.ParseReaction(emoji)
	if err != nil {
		return nil, err
	}
	var after *chat.Message
	err = s.do(ctx, func(ctx context.Context, tx chat.Tx) ([]chat.Change, error) {
		_, c, m, err := s.find(ctx, tx, id, seq, chat.ActionReact)
		if err != nil {
			return nil, err
		}
		after = m
		if err := reactable(m, emoji, on); err != nil {
			return nil, err
		}
		changed := false
		if on {
			changed, err = tx.InsertReaction(ctx, m, emoji, s.user.ID, s.service.timestamp())
		} else {
			changed, err = tx.DeleteReaction(ctx, m, emoji, s.user.ID)
		}
		if err != nil || !changed {
			return nil, err
		}
		if after, err = chat.MessageAt(ctx, tx, id, seq); err != nil {
			return nil, err
		}
		hidden, err := hiddenFrom(ctx, tx, c, seq)
		return []chat.Change{chat.MessageReacted{
			Conversation: id, Seq: seq, User: s.user.ID, UID: s.user.UID, Name: s.handle(), Bot: s.user.Bot,
			Emoji: emoji, On: on, HiddenFrom: hidden, Message: after,
		}}, err
	})
	if err != nil {
		return nil, err
	}
	return after, nil
}

// reactable refuses a reaction to a system line or a deleted message, and a new emoji on a
// message that has too many.
func reactable(m *chat.Message, emoji string, on bool) error {
	if err := written(m); err != nil {
		return err
	}
	kinds := m.ReactionKinds()
	known := slices.ContainsFunc(kinds, func(k chat.Reaction) bool { return k.Emoji == emoji })
	if !on || known || len(kinds) < chat.MaxReactionKinds {
		return nil
	}
	return chat.Refuse(chat.ErrTooLarge, "This message has %d different reactions, which is the limit: use one of those.", chat.MaxReactionKinds)
}

// written refuses system lines and deleted messages.
func written(m *chat.Message) error {
	switch {
	case m.System():
		return chat.Refuse(chat.ErrNotAllowed, "This is a line about the conversation: you can do that only to messages.")
	case m.Deleted():
		return chat.Refuse(chat.ErrNotAllowed, "This message has been deleted.")
	default:
		return nil
	}
}

// eraseReactions deletes reactions of an account.
func eraseReactions(ctx context.Context, tx chat.Tx, user chat.UserID) (int, error) {
	return tx.EraseReactions(ctx, user, erasePage)
}
