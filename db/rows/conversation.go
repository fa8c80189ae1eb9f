package rows

import (
	"context"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"confab/app/chat"
	"confab/app/text"
	"confab/db/sqlite/query"
)

// conversationReader is chat.ConversationReader on the connection of q.
type conversationReader struct{ q *query.Queries }

func (r conversationReader) ConversationByName(ctx context.Context, name string) (chat.Conversation, error) {
	row, err := r.q.ConversationByName(ctx, name)
	if err != nil {
		return chat.Conversation{}, Failed("finding a conversation", err)
	}
	return conversation(row)
}

func (r conversationReader) Conversation(ctx context.Context, id chat.ConversationID) (chat.Conversation, error) {
	row, err := r.q.Conversation(ctx, int64(id))
	if err != nil {
		return chat.Conversation{}, Failed("finding a conversation", err)
	}
	return conversation(row)
}

func (r conversationReader) ConversationByUID(ctx context.Context, uid uuid.UUID) (chat.Conversation, error) {
	row, err := r.q.ConversationByUID(ctx, uid[:])
	if err != nil {
		return chat.Conversation{}, Failed("finding a conversation", err)
	}
	return conversation(row)
}

func (r conversationReader) ListOf(ctx context.Context, user chat.UserID) ([]chat.ConversationSummary, error) {
	rows, err := r.q.ListOf(ctx, int64(user))
	if err != nil {
		return nil, Failed("listing conversations", err)
	}
	// They are read later, so that they include those of a conversation that has just begun.
	var others map[chat.ConversationID]chat.User
	if slices.ContainsFunc(rows, func(row query.ListOfRow) bool { return row.Conversation.Kind == string(chat.KindDirect) }) {
		if others, err = r.others(ctx, user); err != nil {
			return nil, err
		}
	}
	as, err := r.q.AccountRole(ctx, int64(user))
	if err != nil {
		return nil, Failed("finding what an account may do", err)
	}
	staff, silence := staffRole(as.AccountRole), silenceOf(user, as)
	return all(rows, func(row query.ListOfRow) (chat.ConversationSummary, error) {
		c, err := conversation(row.Conversation)
		mine := membership(row.Membership)
		mine.Staff, mine.Silence = staff, silence
		return chat.ConversationSummary{
			Conversation: c, Mine: mine, Other: others[c.ID],
			Unread: int(row.Unread), Mentions: int(row.Mentions), Draft: row.Draft, AddedBy: shownName(row.Adder),
		}, err
	})
}

// others returns the people with whom a user has direct messages.
func (r conversationReader) others(ctx context.Context, of chat.UserID) (map[chat.ConversationID]chat.User, error) {
	rows, err := r.q.OthersOf(ctx, int64(of))
	if err != nil {
		return nil, Failed("listing the others of direct conversations", err)
	}
	found := make(map[chat.ConversationID]chat.User, len(rows))
	for _, row := range rows {
		u, err := user(row.User)
		if err != nil {
			return nil, err
		}
		found[chat.ConversationID(row.ConversationID)] = u
	}
	return found, nil
}

func (r conversationReader) ConversationIDs(ctx context.Context, user chat.UserID) (all, direct []chat.ConversationID, err error) {
	rows, err := r.q.IDsOf(ctx, int64(user))
	for _, row := range rows {
		id := chat.ConversationID(row.ID)
		all = append(all, id)
		if row.Kind == string(chat.KindDirect) {
			direct = append(direct, id)
		}
	}
	return all, direct, Failed("listing conversations", err)
}

func (r conversationReader) PublicGroups(ctx context.Context) ([]chat.PublicGroup, error) {
	rows, err := r.q.PublicGroups(ctx)
	if err != nil {
		return nil, Failed("listing public groups", err)
	}
	return all(rows, func(row query.PublicGroupsRow) (chat.PublicGroup, error) {
		c, err := conversation(row.Conversation)
		return chat.PublicGroup{Name: c.Name, Topic: c.Topic, Members: int(row.Members)}, err
	})
}

func (r conversationReader) Groups(ctx context.Context) ([]chat.Group, error) {
	rows, err := r.q.Groups(ctx)
	if err != nil {
		return nil, Failed("listing groups", err)
	}
	return all(rows, func(row query.GroupsRow) (chat.Group, error) {
		c, err := conversation(row.Conversation)
		owners := strings.Fields(row.Owners)
		slices.Sort(owners)
		return chat.Group{Conversation: c, Members: int(row.Members), Owners: owners}, err
	})
}

func (r conversationReader) GroupsNamed(ctx context.Context, user chat.UserID, name string) ([]chat.Conversation, error) {
	rows, err := r.q.GroupsNamed(ctx, query.GroupsNamedParams{UserID: int64(user), Label: name})
	if err != nil {
		return nil, Failed("finding groups by their name", err)
	}
	return all(rows, conversation)
}

func (r conversationReader) GroupsLike(ctx context.Context, user chat.UserID, skeleton string) ([]chat.Conversation, error) {
	rows, err := r.q.GroupsLike(ctx, query.GroupsLikeParams{UserID: int64(user), Skeleton: skeleton})
	if err != nil {
		return nil, Failed("finding groups by what their names look like", err)
	}
	return all(rows, conversation)
}

// conversationTx is chat.ConversationTx in a transaction.
type conversationTx struct{ conversationReader }

func (t conversationTx) InsertConversation(ctx context.Context, c chat.Conversation) (chat.Conversation, error) {
	id, err := t.q.InsertConversation(ctx, query.InsertConversationParams{
		Uid: c.UID[:], Kind: string(c.Kind), Name: nameKey(c), Label: c.Name, Skeleton: text.Skeleton(c.Name), Topic: c.Topic, Public: Integer(c.Public),
		MembersAdd: Integer(c.MembersAdd), OpenHistory: Integer(c.OpenHistory), MentionAll: mentionRight(c), ReadOnly: Integer(c.ReadOnly), Slow: c.Slow.Milliseconds(), CreatedAt: Millis(c.CreatedAt),
	})
	c.ID = chat.ConversationID(id)
	return c, Failed("adding a conversation", err)
}

func (t conversationTx) MakeGroup(ctx context.Context, id chat.ConversationID) error {
	return Failed("making a group", t.q.MakeGroup(ctx, int64(id)))
}

func (t conversationTx) UpdateConversation(ctx context.Context, c chat.Conversation) error {
	err := t.q.UpdateConversation(ctx, query.UpdateConversationParams{
		Name: nameKey(c), Label: c.Name, Skeleton: text.Skeleton(c.Name), Topic: c.Topic, Public: Integer(c.Public), MembersAdd: Integer(c.MembersAdd),
		OpenHistory: Integer(c.OpenHistory), MentionAll: mentionRight(c), ReadOnly: Integer(c.ReadOnly), Slow: c.Slow.Milliseconds(), ID: int64(c.ID),
	})
	if err == nil && c.Slow == 0 {
		err = t.q.ForgetSlowPosts(ctx, int64(c.ID))
	}
	return Failed("changing a conversation", err)
}

func (t conversationTx) SetKeep(ctx context.Context, id chat.ConversationID, keep time.Duration) error {
	return Failed("changing how long messages are kept", t.q.SetKeep(ctx, query.SetKeepParams{Keep: keep.Milliseconds(), ID: int64(id)}))
}

// nameKey returns the value for the column name, which is unique. Names of private
// groups need not be unique, so their value includes the id.
func nameKey(c chat.Conversation) string {
	if c.Kind == chat.KindGroup && !c.Public {
		return c.Name + ":" + hex.EncodeToString(c.UID[:])
	}
	return c.Name
}

func conversation(row query.Conversation) (chat.Conversation, error) {
	uid, err := uuid.FromBytes(row.Uid)
	return chat.Conversation{
		ID: chat.ConversationID(row.ID), UID: uid, Kind: chat.Kind(row.Kind), Name: row.Label, Topic: row.Topic,
		Public: row.Public != 0, MembersAdd: row.MembersAdd != 0, OpenHistory: row.OpenHistory != 0, MentionAll: chat.MentionRight(row.MentionAll),
		ReadOnly: row.ReadOnly != 0, Slow: time.Duration(row.Slow) * time.Millisecond, Keep: time.Duration(row.Keep) * time.Millisecond, Expired: chat.Seq(row.Expired),
		LastSeq: chat.Seq(row.LastSeq), LastAt: fromZeroMillis(row.LastAt), CreatedAt: fromMillis(row.CreatedAt),
	}, Failed("reading a conversation", err)
}
