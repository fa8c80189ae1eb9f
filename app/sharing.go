package app

import "context"

// ShareReceipts switches whether the account shows others what it has read, and
// sees what they have: for everything, or for one conversation if id is not 0.
// It takes effect at once, on all open screens. Nothing of what was read while
// it was off is told later.
func (s *Session) ShareReceipts(ctx context.Context, id ConversationID, on bool) error {
	ids := []ConversationID{id}
	if id == 0 {
		var err error
		if ids, _, err = s.service.store.ConversationIDs(ctx, s.user.ID); err != nil {
			return err
		}
	} else if _, _, err := s.access(ctx, s.service.store, id, ActionRead); err != nil {
		return err
	}
	withdraw := func(m *standing) {
		if id == 0 {
			m.AccountReceiptsOff = !on
		} else {
			m.ReceiptsOff = !on
		}
	}
	same, err := s.sharesAlready(ctx, id, on)
	if err != nil || same {
		return err
	}
	// Off is in memory first, so that from here on nothing more is told. Then what
	// had moved before is written, and only then taken back.
	for _, c := range ids {
		if !on {
			s.service.hub.room(c).withdraw(s.user.ID, withdraw)
		}
	}
	l := s.service.ledger
	l.flushing.Lock()
	defer l.flushing.Unlock()
	if err := l.write(ctx, l.take()); err != nil {
		return err
	}
	return s.write(ctx, func(ctx context.Context, tx Tx) ([]effect, error) {
		ids := ids
		if id == 0 { // also those that it has joined meanwhile
			var err error
			if ids, _, err = tx.ConversationIDs(ctx, s.user.ID); err != nil {
				return nil, err
			}
		}
		then := []effect{func(h *hub) {
			for _, c := range ids { // also where the members were read from the store meanwhile
				h.room(c).withdraw(s.user.ID, withdraw)
			}
			h.tell(s.user.ID, nil, ListChanged{})
		}}
		if id == 0 {
			return then, tx.SetReceiptsOff(ctx, s.user.ID, !on)
		}
		return then, tx.WithdrawRead(ctx, id, s.user.ID, !on)
	})
}

func (s *Session) sharesAlready(ctx context.Context, id ConversationID, on bool) (bool, error) {
	if id == 0 {
		u, err := s.service.store.UserByID(ctx, s.user.ID)
		return u.ReceiptsOff == !on, err
	}
	m, err := s.service.store.Membership(ctx, id, s.user.ID)
	return m.ReceiptsOff == !on, err
}
