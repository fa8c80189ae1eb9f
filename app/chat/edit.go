package chat

import (
	"context"
	"time"
)

// Edit gives a message of the session's user another text, and returns it as it
// is then. Receipts stay as they are. It returns when the change is on disk and
// has been handed to every session of the conversation. A text that cannot be
// posted is refused as by [Messages.Send]; a message that is not of the
// conversation, or that the user may not see, with [ErrNotFound]; one of
// somebody else, a line about the conversation, and one that is deleted or a
// file with [ErrNotAllowed].
func (s Messages) Edit(ctx context.Context, id ConversationID, seq Seq, text string) (*Message, error) {
	body, err := CheckBody(text)
	if err != nil {
		return nil, err
	}
	if err := s.slow(ctx, len(body)); err != nil {
		return nil, err
	}
	return s.alter(ctx, id, seq, func(ctx context.Context, tx Tx, own Membership, c Conversation, m *Message) (bool, error) {
		switch {
		case m.Author != s.user.ID:
			return false, Refuse(ErrNotAllowed, "You can edit only your own messages.")
		case m.File != nil:
			return false, Refuse(ErrNotAllowed, "A file cannot be edited: delete it and send another one.")
		}
		if err := s.decide(ctx, tx, own, c, ActionEdit); err != nil || m.Body == body {
			return false, err
		}
		// Each edit has a later time than the one before, whatever the clock says:
		// by it the states of a message are told apart.
		m.Body, m.EditedAt = body, later(s.service.timestamp(), m.EditedAt)
		if err := tx.EditMessage(ctx, m); err != nil {
			return false, err
		}
		return true, mention(ctx, tx, m)
	})
}

// later is now, or if that is not after a time the millisecond after it.
func later(now, than time.Time) time.Time {
	if now.After(than) {
		return now
	}
	return than.Add(time.Millisecond)
}

// Delete takes away what a message says, and its file if it has one, for
// everyone: nothing is left but its place, which the result is. Authors delete
// their own, owners and admins of a group those of others. It refuses as
// [Messages.Edit] does.
func (s Messages) Delete(ctx context.Context, id ConversationID, seq Seq) (*Message, error) {
	if err := s.slow(ctx, 0); err != nil {
		return nil, err
	}
	var contents []Sum
	m, err := s.alter(ctx, id, seq, func(ctx context.Context, tx Tx, own Membership, c Conversation, m *Message) (bool, error) {
		contents = nil
		action := ActionDelete
		if m.Author != s.user.ID {
			action = ActionDeleteOthers
		}
		if err := Decide(own, c, action); err != nil {
			return false, err
		}
		if m.File != nil {
			contents = []Sum{m.File.Sum}
		}
		m.Body, m.File, m.ReplyTo, m.DeletedAt = "", nil, nil, s.service.timestamp()
		return true, tx.DeleteMessage(ctx, m)
	})
	if err != nil {
		return nil, err
	}
	if err := s.service.files.drop(ctx, s.service.store, contents...); err != nil {
		s.log.Error("deleting what was in a file", "err", err) // the next start does it
	}
	return m, nil
}

// alter finds a message of a conversation that the session's user may see, has
// it changed, and tells those who may see it, if it was. What do gets is a copy.
func (s Messages) alter(ctx context.Context, id ConversationID, seq Seq, do func(context.Context, Tx, Membership, Conversation, *Message) (bool, error)) (*Message, error) {
	var altered *Message
	err := s.write(ctx, func(ctx context.Context, tx Tx) ([]Change, error) {
		own, c, err := s.access(ctx, tx, id, ActionRead)
		if err != nil {
			return nil, err
		}
		page, err := tx.MessagesAfter(ctx, id, max(seq-1, floor(own, c)), 1)
		if err != nil {
			return nil, err
		}
		if len(page) == 0 || page[0].Seq != seq {
			return nil, Refuse(ErrNotFound, "There is no such message here.")
		}
		m := *page[0]
		altered = &m
		if m.System() {
			return nil, Refuse(ErrNotAllowed, "This is a line about the conversation: it stays as it is.")
		}
		if m.Deleted() {
			return nil, Refuse(ErrNotAllowed, "This message has been deleted.")
		}
		changed, err := do(ctx, tx, own, c, altered)
		if err != nil || !changed {
			return nil, err
		}
		hidden, err := hiddenFrom(ctx, tx, c, seq)
		return []Change{MessageAltered{id, seq, s.service.timestamp(), hidden, altered}}, err
	})
	if err != nil {
		return nil, err
	}
	return altered, nil
}

// hiddenFrom are the members that may not see a message, since they joined later.
func hiddenFrom(ctx context.Context, r Reader, c Conversation, seq Seq) ([]UserID, error) {
	if c.OpenHistory {
		return nil, nil
	}
	members, err := r.Members(ctx, c.ID)
	if err != nil {
		return nil, err
	}
	var hidden []UserID
	for _, m := range members {
		if seq <= floor(m.Membership, c) {
			hidden = append(hidden, m.User)
		}
	}
	return hidden, nil
}
