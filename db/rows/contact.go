package rows

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"confab/app/chat"
	"confab/db/sqlite/query"
)

// contactReader is chat.ContactReader on the connection of q.
type contactReader struct{ q *query.Queries }

func (r contactReader) Acquainted(ctx context.Context, one, other chat.UserID) (bool, error) {
	share, err := r.q.ShareGroup(ctx, query.ShareGroupParams{UserID: int64(one), OtherID: int64(other)})
	if err != nil || share {
		return share, Failed("finding a common group", err)
	}
	direct, err := r.q.ConversationByName(ctx, chat.DirectName(one, other))
	if err = Failed("finding a direct conversation", err); errors.Is(err, chat.ErrNotFound) {
		return false, nil
	}
	for _, user := range []chat.UserID{one, other} {
		if err != nil {
			break
		}
		var wrote bool
		wrote, err = r.q.HasWritten(ctx, query.HasWrittenParams{ConversationID: direct.ID, AuthorID: int64(user)})
		if err == nil && !wrote {
			return false, nil
		}
	}
	return err == nil, Failed("finding out who wrote", err)
}

func (r contactReader) HasBlocked(ctx context.Context, user, other chat.UserID) (bool, error) {
	has, err := r.q.HasBlocked(ctx, query.HasBlockedParams{UserID: int64(user), BlockedID: int64(other)})
	return has, Failed("looking for a block", err)
}

func (r contactReader) Blocks(ctx context.Context, of chat.UserID) ([]chat.Block, error) {
	rows, err := r.q.Blocks(ctx, int64(of))
	if err != nil {
		return nil, Failed("listing blocks", err)
	}
	return all(rows, func(row query.BlocksRow) (chat.Block, error) {
		u, err := user(row.User)
		return chat.Block{User: u, At: fromMillis(row.BlockedAt)}, err
	})
}

func (r contactReader) Outstanding(ctx context.Context, user chat.UserID) (chat.Outstanding, error) {
	row, err := r.q.Outstanding(ctx, int64(user))
	return chat.Outstanding{
		Invitations: row.Invitations, Laters: row.Laters, Threads: row.Threads, Blocks: row.Blocks,
	}, Failed("finding which lists have entries", err)
}

func (r contactReader) HasLeft(ctx context.Context, conversation chat.ConversationID, user chat.UserID) (bool, error) {
	has, err := r.q.HasLeft(ctx, query.HasLeftParams{ConversationID: int64(conversation), UserID: int64(user)})
	return has, Failed("finding out who left", err)
}

func (r contactReader) CountConversations(ctx context.Context, user chat.UserID) (conversations, added int, err error) {
	row, err := r.q.CountConversations(ctx, int64(user))
	return int(row.Conversations), int(row.Added), Failed("counting conversations", err)
}

func (r contactReader) Invitations(ctx context.Context, of chat.UserID, since time.Time, limit int) ([]chat.GroupInvitation, error) {
	rows, err := r.q.Invitations(ctx, query.InvitationsParams{UserID: int64(of), InvitedAt: Millis(since), Limit: int64(limit)})
	if err != nil {
		return nil, Failed("listing invitations", err)
	}
	return all(rows, func(row query.InvitationsRow) (chat.GroupInvitation, error) {
		return invitation(query.InvitationToRow(row))
	})
}

func (r contactReader) InvitationTo(ctx context.Context, of chat.UserID, since time.Time, name string, id uuid.UUID) (chat.GroupInvitation, error) {
	row, err := r.q.InvitationTo(ctx, query.InvitationToParams{UserID: int64(of), Since: Millis(since), Name: name, Uid: id[:]})
	if err != nil {
		return chat.GroupInvitation{}, Failed("finding an invitation", err)
	}
	return invitation(row)
}

func (r contactReader) CountInvitationsOf(ctx context.Context, user chat.UserID, since time.Time) (int, error) {
	n, err := r.q.CountInvitationsOf(ctx, query.CountInvitationsOfParams{UserID: int64(user), InvitedAt: Millis(since)})
	return int(n), Failed("counting invitations", err)
}

func (r contactReader) InvitedTo(ctx context.Context, conversation chat.ConversationID, since time.Time) ([]chat.User, error) {
	rows, err := r.q.InvitedTo(ctx, query.InvitedToParams{ConversationID: int64(conversation), InvitedAt: Millis(since)})
	if err != nil {
		return nil, Failed("listing who was invited", err)
	}
	return all(rows, user)
}

func (r contactReader) CountInvitations(ctx context.Context, user, from chat.UserID, since time.Time) (int, error) {
	n, err := r.q.CountInvitations(ctx, query.CountInvitationsParams{UserID: int64(user), InviterID: int64(from), InvitedAt: Millis(since)})
	return int(n), Failed("counting invitations", err)
}

// contactTx is chat.ContactTx in a transaction.
type contactTx struct{ contactReader }

func (t contactTx) InsertBlock(ctx context.Context, user, other chat.UserID, at time.Time) error {
	return Failed("blocking", t.q.InsertBlock(ctx, query.InsertBlockParams{UserID: int64(user), BlockedID: int64(other), BlockedAt: Millis(at)}))
}

func (t contactTx) DeleteBlock(ctx context.Context, user, other chat.UserID) (bool, error) {
	n, err := t.q.DeleteBlock(ctx, query.DeleteBlockParams{UserID: int64(user), BlockedID: int64(other)})
	return n > 0, Failed("unblocking", err)
}

func (t contactTx) InsertDeparture(ctx context.Context, conversation chat.ConversationID, user chat.UserID, at time.Time) error {
	return Failed("keeping who left", t.q.InsertDeparture(ctx, query.InsertDepartureParams{
		ConversationID: int64(conversation), UserID: int64(user), LeftAt: Millis(at),
	}))
}

func (t contactTx) InsertInvitation(ctx context.Context, conversation chat.ConversationID, user, from chat.UserID, at time.Time, hidden bool) error {
	return Failed("inviting", t.q.InsertInvitation(ctx, query.InsertInvitationParams{
		UserID: int64(user), ConversationID: int64(conversation), InviterID: int64(from), InvitedAt: Millis(at), Hidden: Integer(hidden),
	}))
}

func (t contactTx) HideInvitation(ctx context.Context, conversation chat.ConversationID, user chat.UserID) error {
	return Failed("hiding an invitation", t.q.HideInvitation(ctx, query.HideInvitationParams{UserID: int64(user), ConversationID: int64(conversation)}))
}

func (t contactTx) HideInvitationsFrom(ctx context.Context, user, from chat.UserID) error {
	return Failed("hiding invitations", t.q.HideInvitationsFrom(ctx, query.HideInvitationsFromParams{UserID: int64(user), InviterID: int64(from)}))
}

func (t contactTx) DeleteInvitationsTo(ctx context.Context, conversation chat.ConversationID) error {
	return Failed("taking invitations back", t.q.DeleteInvitationsTo(ctx, int64(conversation)))
}

func (t contactTx) PruneInvitations(ctx context.Context, before time.Time) error {
	return Failed("pruning invitations", t.q.PruneInvitations(ctx, Millis(before)))
}

func invitation(row query.InvitationToRow) (chat.GroupInvitation, error) {
	c, err1 := conversation(row.Conversation)
	from, err2 := user(row.User)
	return chat.GroupInvitation{Conversation: c, From: from, At: fromMillis(row.InvitedAt), Members: int(row.Members)}, errors.Join(err1, err2)
}
