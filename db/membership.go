package db

import (
	"context"

	"confab/app"
	"confab/db/query"
)

func (r reader) Membership(ctx context.Context, conversation app.ConversationID, user app.UserID) (app.Membership, error) {
	member, err := r.q.IsMember(ctx, query.IsMemberParams{ConversationID: int64(conversation), UserID: int64(user)})
	return app.Membership{Conversation: conversation, User: user, Member: member}, failed("finding a membership", err)
}

func (t tx) InsertMembership(ctx context.Context, m app.Membership) error {
	return failed("adding a member", t.q.InsertMembership(ctx, query.InsertMembershipParams{
		ConversationID: int64(m.Conversation), UserID: int64(m.User),
	}))
}
