package service

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"confab/app/chat"
	"confab/app/text"
)

// Meet makes the session's user and others acquainted, as members of a group without
// messages. Then they can add each other to groups without asking.
func (s *Session) Meet(ctx context.Context, names ...string) error {
	return s.service.writer.Do(ctx, func(ctx context.Context, tx chat.Tx) ([]chat.Change, error) {
		uid := uuid.New()
		c, err := tx.InsertConversation(ctx, chat.Conversation{UID: uid, Kind: chat.KindGroup, Name: "met-" + uid.String(), CreatedAt: s.service.timestamp()})
		if err != nil {
			return nil, err
		}
		for _, name := range append([]string{s.handle()}, names...) {
			u, err := tx.UserByName(ctx, text.Lower(name))
			if err != nil {
				return nil, err
			}
			_, err = admit(ctx, tx, c, u, chat.RoleMember, s.user.ID)
			if err := errors.Join(err, tx.SetOpened(ctx, c.ID, u.ID)); err != nil {
				return nil, err
			}
		}
		return nil, nil
	})
}
