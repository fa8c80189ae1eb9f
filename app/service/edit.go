package service

import (
	"context"
	"time"

	"confab/app/chat"
)

// Edit replaces the text of a message of the session's user, and returns the edited
// message. Receipts stay as they are. Edit returns when the change is on disk and in the
// mailbox of every session of the conversation. It refuses the same texts as
// [Messages.Send]. It returns [chat.ErrNotFound] if the message is not in the conversation
// or the user may not see it, and [chat.ErrNotAllowed] for messages of other users, system
// lines, deleted messages and files.
func (s Messages) Edit(ctx context.Context, id chat.ConversationID, seq chat.Seq, text string) (*chat.Message, error) {
	body, err := chat.CheckBody(text)
	if err != nil {
		return nil, err
	}
	if err := s.slowWriting(ctx, body); err != nil {
		return nil, err
	}
	return s.alter(ctx, id, seq, func(ctx context.Context, tx chat.Tx, own chat.Membership, c chat.Conversation, m *chat.Message) (bool, error) {
		switch {
		case m.Author != s.user.ID:
			return false, chat.Refuse(chat.ErrNotAllowed, "You can edit only your own messages.")
		case m.File != nil:
			return false, chat.Refuse(chat.ErrNotAllowed, "A file cannot be edited: delete it and send another one.")
		}
		if err := s.decide(ctx, tx, own, c, chat.ActionEdit); err != nil || m.Body == body {
			return false, err
		}
		// Each edit gets a later time than the one before, even if the clock goes back,
		// because the time tells the states of a message apart.
		m.Body, m.EditedAt = body, later(s.service.timestamp(), m.EditedAt)
		var err error
		if m.GroupMention, err = groupMention(ctx, tx, own, c, body, s.service.now()); err != nil {
			return false, err
		}
		if err := tx.EditMessage(ctx, m); err != nil {
			return false, err
		}
		if m.ThreadOnly { // it mentions nobody in the conversation
			return true, nil
		}
		return true, s.mention(ctx, tx, m)
	})
}

// later returns now, or a millisecond after than if now is not later.
func later(now, than time.Time) time.Time {
	if now.After(than) {
		return now
	}
	return than.Add(time.Millisecond)
}

// Delete deletes the text and the file of a message for everyone, and returns the empty
// message that is left. Authors may delete their own messages. Owners and admins of a group,
// and in public groups those of the server, may delete those of others. The errors are those of [Messages.Edit].
func (s Messages) Delete(ctx context.Context, id chat.ConversationID, seq chat.Seq) (*chat.Message, error) {
	if err := s.slow(ctx, 0); err != nil {
		return nil, err
	}
	var contents []chat.Sum
	m, err := s.alter(ctx, id, seq, func(ctx context.Context, tx chat.Tx, own chat.Membership, c chat.Conversation, m *chat.Message) (bool, error) {
		contents = nil
		action := chat.ActionDelete
		if m.Author != s.user.ID {
			action = chat.ActionDeleteOthers
		}
		if err := chat.Decide(own, c, action, s.service.now()); err != nil {
			return false, err
		}
		if s.asStaff(own, c, action) {
			if err := s.service.audit(ctx, tx, s.handle(), chat.AuditMessageDelete, m.AuthorName, "in #"+c.Name); err != nil {
				return false, err
			}
		}
		if m.File != nil {
			contents = []chat.Sum{m.File.Sum}
		}
		m.Body, m.File, m.ReplyTo, m.Reactions, m.GroupMention, m.DeletedAt = "", nil, nil, nil, "", s.service.timestamp()
		deleter, err := tx.UserByID(ctx, s.user.ID)
		if err != nil {
			return false, err
		}
		m.DeletedBy, m.DeleterName = deleter.ID, deleter.Name
		return true, tx.DeleteMessage(ctx, m)
	})
	if err != nil {
		return nil, err
	}
	if err := s.service.files.drop(ctx, s.service.store, contents...); err != nil {
		s.log.Error("deleting the content of a file", "err", err) // the next start tries again
	}
	return m, nil
}

// alter finds a message that the session's user may see, and calls do with a copy of
// it. If do has changed the copy, alter tells the members who may see the message.
func (s Messages) alter(ctx context.Context, id chat.ConversationID, seq chat.Seq, do func(context.Context, chat.Tx, chat.Membership, chat.Conversation, *chat.Message) (bool, error)) (*chat.Message, error) {
	var altered *chat.Message
	err := s.write(ctx, func(ctx context.Context, tx chat.Tx) ([]chat.Change, error) {
		own, c, found, err := s.find(ctx, tx, id, seq, chat.ActionRead)
		if err != nil {
			return nil, err
		}
		m := *found
		altered = &m
		if m.System() {
			return nil, chat.Refuse(chat.ErrNotAllowed, "This is a line about the conversation: it can't be edited or deleted.")
		}
		if m.Deleted() {
			return nil, chat.Refuse(chat.ErrNotAllowed, "This message has been deleted.")
		}
		changed, err := do(ctx, tx, own, c, altered)
		if err != nil || !changed {
			return nil, err
		}
		hidden, err := hiddenFrom(ctx, tx, c, seq)
		if err != nil {
			return nil, err
		}
		changes := []chat.Change{chat.MessageAltered{Conversation: id, Seq: seq, At: s.service.timestamp(), HiddenFrom: hidden, Message: altered}}
		if altered.Thread == 0 || !altered.Deleted() {
			return changes, nil
		}
		more, err := s.service.threadMoved(ctx, tx, c, altered.Thread)
		return append(changes, more...), err
	})
	if err != nil {
		return nil, err
	}
	return altered, nil
}

// find returns a message that the session's user may see, and the user's membership of its
// conversation, where the user must be allowed to do something.
func (s *session) find(ctx context.Context, r chat.Reader, id chat.ConversationID, seq chat.Seq, action chat.Action) (chat.Membership, chat.Conversation, *chat.Message, error) {
	own, c, err := s.access(ctx, r, id, action)
	if err != nil {
		return own, c, nil, err
	}
	if seq > chat.Floor(own, c) {
		if m, err := chat.MessageAt(ctx, r, id, seq); err != nil || m != nil {
			return own, c, m, err
		}
	}
	return own, c, nil, chat.Refuse(chat.ErrNotFound, "There is no such message here.")
}

// hiddenFrom returns the members who may not see a message, because they joined later.
func hiddenFrom(ctx context.Context, r chat.Reader, c chat.Conversation, seq chat.Seq) ([]chat.UserID, error) {
	if c.OpenHistory {
		return nil, nil
	}
	members, err := r.Members(ctx, c.ID)
	if err != nil {
		return nil, err
	}
	var hidden []chat.UserID
	for _, m := range members {
		if seq <= chat.Floor(m.Membership, c) {
			hidden = append(hidden, m.User)
		}
	}
	return hidden, nil
}
