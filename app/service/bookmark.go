package service

import (
	"context"
	"errors"

	"confab/app/chat"
)

// Pin pins a message for all members, or unpins it, and posts a line about that. If that
// was done before, nothing changes. Pin refuses more than [chat.MaxPins] with
// [chat.ErrTooLarge]. Its other errors are those of [Messages.React].
func (s Messages) Pin(ctx context.Context, id chat.ConversationID, seq chat.Seq, on bool) error {
	_, err := s.pin(ctx, id, seq, func(bool) bool { return on })
	return err
}

// TogglePin pins a message that is not pinned, and unpins one that is, as [Messages.Pin]
// does. It reports whether the message is pinned now.
func (s Messages) TogglePin(ctx context.Context, id chat.ConversationID, seq chat.Seq) (on bool, err error) {
	return s.pin(ctx, id, seq, func(pinned bool) bool { return !pinned })
}

func (s Messages) pin(ctx context.Context, id chat.ConversationID, seq chat.Seq, want func(pinned bool) bool) (on bool, err error) {
	err = s.do(ctx, func(ctx context.Context, tx chat.Tx) ([]chat.Change, error) {
		_, _, m, err := s.find(ctx, tx, id, seq, chat.ActionPin)
		if err != nil {
			return nil, err
		}
		if err := written(m); err != nil {
			return nil, err
		}
		pinned, err := tx.Pinned(ctx, id, seq)
		if on = want(pinned); err != nil || on == pinned {
			return nil, err
		}
		notice := chat.NoticeUnpinned
		if on {
			notice = chat.NoticePinned
			err = s.insertPin(ctx, tx, m)
		} else {
			err = tx.DeletePin(ctx, m)
		}
		if err != nil {
			return nil, err
		}
		line, err := s.announce(ctx, tx, id, notice, m.AuthorName)
		return []chat.Change{line}, err
	})
	return on, err
}

func (s Messages) insertPin(ctx context.Context, tx chat.Tx, m *chat.Message) error {
	have, err := tx.Pins(ctx, m.Conversation, 0)
	if err != nil {
		return err
	}
	if len(have) >= chat.MaxPins {
		return chat.Refuse(chat.ErrTooLarge, "%d messages are pinned here, which is the limit: unpin one first.", chat.MaxPins)
	}
	return tx.InsertPin(ctx, m, s.user.ID, s.service.timestamp())
}

// Pins returns the pinned messages of a conversation that the session's user may see, the
// latest pin first.
func (s Messages) Pins(ctx context.Context, id chat.ConversationID) ([]chat.Pin, error) {
	if err := s.ask(ctx, costPage); err != nil {
		return nil, err
	}
	m, c, err := s.access(ctx, s.service.store, id, chat.ActionRead)
	if err != nil {
		return nil, err
	}
	pins, err := s.service.store.Pins(ctx, id, chat.Floor(m, c))
	s.owe(len(pins))
	return pins, err
}

// Save saves a message for the session's user alone, or removes it from the saved ones. If
// that was done before, nothing changes. Save refuses more than [chat.MaxSaved] with
// [chat.ErrTooLarge]. Its other errors are those of [Messages.React].
func (s Messages) Save(ctx context.Context, id chat.ConversationID, seq chat.Seq, on bool) error {
	_, err := s.save(ctx, id, seq, func(bool) bool { return on })
	return err
}

// ToggleSaved saves a message that is not saved, and removes one that is, as
// [Messages.Save] does. It reports whether the message is saved now.
func (s Messages) ToggleSaved(ctx context.Context, id chat.ConversationID, seq chat.Seq) (on bool, err error) {
	return s.save(ctx, id, seq, func(saved bool) bool { return !saved })
}

func (s Messages) save(ctx context.Context, id chat.ConversationID, seq chat.Seq, want func(saved bool) bool) (on bool, err error) {
	if err := s.slow(ctx, 0); err != nil {
		return false, err
	}
	err = s.write(ctx, func(ctx context.Context, tx chat.Tx) ([]chat.Change, error) {
		_, _, m, err := s.find(ctx, tx, id, seq, chat.ActionRead)
		if err != nil {
			return nil, err
		}
		if err := written(m); err != nil {
			return nil, err
		}
		saved, err := tx.IsSaved(ctx, id, seq, s.user.ID)
		if on = want(saved); err != nil || on == saved {
			return nil, err
		}
		if !on {
			return nil, tx.DeleteSaved(ctx, m, s.user.ID)
		}
		have, err := tx.Saved(ctx, s.user.ID)
		if err != nil {
			return nil, err
		}
		if len(have) >= chat.MaxSaved {
			return nil, chat.Refuse(chat.ErrTooLarge, "You have saved %d messages, which is the limit: remove one first.", chat.MaxSaved)
		}
		return nil, tx.InsertSaved(ctx, m, s.user.ID, s.service.timestamp())
	})
	return on, err
}

// Saved returns the messages that the session's user has saved, the latest first. It leaves
// out messages of conversations that the user has left.
func (s Messages) Saved(ctx context.Context) ([]chat.Saved, error) {
	if err := s.ask(ctx, costList); err != nil {
		return nil, err
	}
	list, err := s.service.store.Saved(ctx, s.user.ID)
	if err != nil {
		return nil, err
	}
	s.owe(len(list))
	conversations := make(map[chat.ConversationID]chat.ConversationSummary)
	found := make([]chat.Saved, 0, len(list))
	for _, one := range list {
		in, known := conversations[one.Message.Conversation]
		if !known {
			in, err = s.summary(ctx, s.service.store, one.Message.Conversation)
			if err != nil && !errors.Is(err, chat.ErrNotFound) { // the user may have been removed this moment
				return nil, err
			}
			conversations[one.Message.Conversation] = in
		}
		if one.Conversation = in; in.ID != 0 {
			found = append(found, one)
		}
	}
	return found, nil
}
