package chat

import "context"

// ShareReceipts switches whether the account shows others what it has read, and
// sees what they have: for everything, or for one conversation if id is not 0.
// It takes effect at once, on all open screens. Nothing of what was read while
// it was off is told later.
func (s ReadReceipts) ShareReceipts(ctx context.Context, id ConversationID, on bool) error {
	if id != 0 {
		if _, _, err := s.access(ctx, s.service.store, id, ActionRead); err != nil {
			return err
		}
	}
	same, err := s.sharesAlready(ctx, id, on)
	if err != nil || same {
		return err
	}
	// Off is in memory first, so that from here on nothing more is told. Then what
	// had moved before is written, and only then taken back.
	switched := ReceiptsSwitched{User: s.user.ID, Conversation: id, Off: !on}
	if !on {
		s.service.live.Withdraw(switched)
	}
	return s.service.live.Markers().FlushAnd(ctx, func() error {
		return s.write(ctx, func(ctx context.Context, tx Tx) ([]Change, error) {
			changes := []Change{switched} // also where the members were read from the store meanwhile
			if id == 0 {
				return changes, tx.SetReceiptsOff(ctx, s.user.ID, !on)
			}
			return changes, tx.WithdrawRead(ctx, id, s.user.ID, !on)
		})
	})
}

func (s ReadReceipts) sharesAlready(ctx context.Context, id ConversationID, on bool) (bool, error) {
	if id == 0 {
		u, err := s.service.store.UserByID(ctx, s.user.ID)
		return u.ReceiptsOff == !on, err
	}
	m, err := s.service.store.Membership(ctx, id, s.user.ID)
	return m.ReceiptsOff == !on, err
}
