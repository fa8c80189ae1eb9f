package rows

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/google/uuid"

	"confab/app/chat"
	"confab/db/sqlite/query"
)

// memberReader is chat.MemberReader on the connection of q.
type memberReader struct{ q *query.Queries }

func (r memberReader) Membership(ctx context.Context, conversation chat.ConversationID, user chat.UserID) (chat.Membership, error) {
	row, err := r.q.Membership(ctx, query.MembershipParams{ConversationID: int64(conversation), UserID: int64(user)})
	if err = Failed("finding a membership", err); errors.Is(err, chat.ErrNotFound) {
		return chat.Membership{Conversation: conversation, User: user}, nil
	}
	m := membership(row.Membership)
	m.Staff = staffRole(row.AccountRole)
	m.Silence = silenceOf(user, query.AccountRoleRow{
		AccountRole: row.AccountRole, AccountName: row.AccountName,
		SilencedAt: row.SilencedAt, SilenceEndsAt: row.SilenceEndsAt, SilencedBy: row.SilencedBy, SilenceReason: row.SilenceReason,
	})
	return m, err
}

// staffRole reports whether an account with this role on the server moderates it.
func staffRole(role string) bool {
	return role == string(chat.RoleOwner) || role == string(chat.RoleAdmin)
}

// silenceOf returns the silence of an account, nil if it has none.
func silenceOf(user chat.UserID, as query.AccountRoleRow) *chat.Ban {
	if as.SilencedAt == 0 {
		return nil
	}
	return &chat.Ban{
		Kind: chat.BanSilence, User: user, UserName: shownName(as.AccountName),
		MadeAt: fromMillis(as.SilencedAt), EndsAt: fromZeroMillis(as.SilenceEndsAt), MadeBy: as.SilencedBy, Reason: as.SilenceReason,
	}
}

func (r memberReader) LastSlowPost(ctx context.Context, conversation chat.ConversationID, user chat.UserID) (time.Time, error) {
	at, err := r.q.LastSlowPost(ctx, query.LastSlowPostParams{ConversationID: int64(conversation), UserID: int64(user)})
	if err = Failed("finding the last message in slow mode", err); errors.Is(err, chat.ErrNotFound) {
		return time.Time{}, nil
	}
	return fromZeroMillis(at), err
}

func (r memberReader) Members(ctx context.Context, conversation chat.ConversationID) ([]chat.Member, error) {
	rows, err := r.q.Members(ctx, int64(conversation))
	found := make([]chat.Member, len(rows))
	for i, row := range rows {
		found[i] = chat.Member{Membership: membership(row.Membership), Name: shownName(row.Name), DisplayName: row.DisplayName, Bot: row.Bot != 0, Disabled: row.Disabled != 0, AccountReceiptsOff: row.AccountReceiptsOff != 0, Status: status(row.Status, row.StatusUntil)}
		uid, errUID := uuid.FromBytes(row.Uid)
		found[i].UID, err = uid, errors.Join(err, errUID)
	}
	return found, Failed("listing members", err)
}

func (r memberReader) CountMembers(ctx context.Context, conversation chat.ConversationID) (members, owners int, err error) {
	row, err := r.q.CountMembers(ctx, int64(conversation))
	return int(row.Members), int(row.Owners), Failed("counting members", err)
}

// memberTx is chat.MemberTx in a transaction.
type memberTx struct{ memberReader }

func (t memberTx) InsertMembership(ctx context.Context, m chat.Membership) error {
	c, u := int64(m.Conversation), int64(m.User)
	return Failed("adding a member", errors.Join(
		t.q.InsertMembership(ctx, query.InsertMembershipParams{
			ConversationID: c, UserID: u, Role: string(m.Role), Joined: int64(m.Joined),
			Delivered: int64(m.Delivered), Read: int64(m.Read), ReadFrom: int64(m.ReadFrom), Seen: int64(m.Seen), Added: Integer(m.Added),
			AddedBy: sql.NullInt64{Int64: int64(m.AddedBy), Valid: m.AddedBy != 0},
		}),
		t.q.DeleteInvitation(ctx, query.DeleteInvitationParams{UserID: u, ConversationID: c}),
		t.q.DeleteDeparture(ctx, query.DeleteDepartureParams{UserID: u, ConversationID: c}),
	))
}

func (t memberTx) DeleteMembership(ctx context.Context, conversation chat.ConversationID, user chat.UserID) error {
	c, u := int64(conversation), int64(user)
	return Failed("removing a member", errors.Join(
		t.q.DeleteMembership(ctx, query.DeleteMembershipParams{ConversationID: c, UserID: u}),
		t.q.DeleteMentions(ctx, query.DeleteMentionsParams{ConversationID: c, UserID: u}),
		t.q.DeleteDraft(ctx, query.DeleteDraftParams{ConversationID: c, UserID: u}),
		t.q.DeleteMarkerMoves(ctx, query.DeleteMarkerMovesParams{ConversationID: c, UserID: u}),
		t.q.DropFollower(ctx, query.DropFollowerParams{ConversationID: c, UserID: u}),
		t.q.RevokeHooksOf(ctx, query.RevokeHooksOfParams{ConversationID: c, UserID: u}),
	))
}

func (t memberTx) SetMemberRole(ctx context.Context, conversation chat.ConversationID, user chat.UserID, role chat.Role) error {
	return Failed("changing a role", t.q.SetMemberRole(ctx, query.SetMemberRoleParams{
		Role: string(role), ConversationID: int64(conversation), UserID: int64(user),
	}))
}

func (t memberTx) SetPinned(ctx context.Context, conversation chat.ConversationID, user chat.UserID, pinned bool) error {
	return Failed("pinning", t.q.SetMemberPinned(ctx, query.SetMemberPinnedParams{
		Pinned: Integer(pinned), ConversationID: int64(conversation), UserID: int64(user),
	}))
}

func (t memberTx) SetMutedUntil(ctx context.Context, conversation chat.ConversationID, user chat.UserID, until time.Time) error {
	return Failed("muting", t.q.SetMemberMuted(ctx, query.SetMemberMutedParams{
		MutedUntil: zeroMillis(until), ConversationID: int64(conversation), UserID: int64(user),
	}))
}

func (t memberTx) NoteSlowPost(ctx context.Context, conversation chat.ConversationID, user chat.UserID, at time.Time) error {
	return Failed("noting a message in slow mode", t.q.NoteSlowPost(ctx, query.NoteSlowPostParams{
		ConversationID: int64(conversation), UserID: int64(user), PostedAt: Millis(at),
	}))
}

func (t memberTx) SetOpened(ctx context.Context, conversation chat.ConversationID, user chat.UserID) error {
	return Failed("noting that a group was opened", t.q.SetOpened(ctx, query.SetOpenedParams{
		ConversationID: int64(conversation), UserID: int64(user),
	}))
}

func membership(row query.Membership) chat.Membership {
	return chat.Membership{
		Conversation: chat.ConversationID(row.ConversationID), User: chat.UserID(row.UserID),
		Role: chat.Role(row.Role), Joined: chat.Seq(row.Joined),
		Markers: chat.Markers{
			Delivered: chat.Seq(row.Delivered), Read: chat.Seq(row.Read),
			ReadFrom: chat.Seq(row.ReadFrom), Seen: chat.Seq(row.Seen),
		},
		Added: row.Added != 0, AddedBy: chat.UserID(row.AddedBy.Int64), ReceiptsOff: row.ReceiptsOff != 0, Pinned: row.Pinned != 0, MutedUntil: fromZeroMillis(row.MutedUntil),
	}
}
