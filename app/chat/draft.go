package chat

import "context"

// SaveDraft keeps the unsent text of the session's user in a conversation; "" drops it.
// It refuses a text that is longer than a composer holds.
func (s Messages) SaveDraft(ctx context.Context, id ConversationID, body string) error {
	if len(body) > 4*MaxBody {
		return Refuse(ErrTooLarge, "The draft is too long to be kept.")
	}
	if err := s.ask(ctx, costLookup+len(body)/draftUnit); err != nil {
		return err
	}
	return s.write(ctx, func(ctx context.Context, tx Tx) ([]Change, error) {
		if _, _, err := s.access(ctx, tx, id, ActionRead); err != nil {
			return nil, err
		}
		return nil, tx.SetDraft(ctx, id, s.user.ID, body)
	})
}

// DraftTx is the part of [Tx] about drafts.
type DraftTx interface {
	// SetDraft keeps a member's unsent text; "" drops it.
	SetDraft(ctx context.Context, conversation ConversationID, user UserID, body string) error
}
