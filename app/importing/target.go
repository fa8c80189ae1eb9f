package importing

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"confab/app/chat"
	"confab/app/text"
)

// target is what an import needs of a transaction. A rehearsal has one that writes nothing.
type target interface {
	chat.Reader
	InsertUser(ctx context.Context, u chat.User) (chat.User, error)
	SetUserDisabled(ctx context.Context, user chat.UserID, disabled bool) error
	SetDisplayName(ctx context.Context, user chat.UserID, name string) error
	SetPreference(ctx context.Context, user chat.UserID, name, value string) error
	InsertConversation(ctx context.Context, c chat.Conversation) (chat.Conversation, error)
	UpdateConversation(ctx context.Context, c chat.Conversation) error
	MakeGroup(ctx context.Context, id chat.ConversationID) error
	InsertMembership(ctx context.Context, m chat.Membership) error
	AdvanceMarkers(ctx context.Context, batch ...chat.Advance) error
	InsertMessage(ctx context.Context, m *chat.Message) (bool, error)
	EditMessage(ctx context.Context, m *chat.Message) error
	InsertReaction(ctx context.Context, m *chat.Message, emoji string, user chat.UserID, at time.Time) (bool, error)
	InsertFile(ctx context.Context, m *chat.Message) error
	SetSetting(ctx context.Context, name, value string) error
	AppendAudit(ctx context.Context, e chat.AuditEntry) error
}

// rehearsal is a target that keeps what is written in memory, as far as the rest of the
// import asks for it. Ids of rehearsed accounts and conversations are negative.
type rehearsal struct {
	chat.Reader
	next          int64
	users         []chat.User
	conversations map[chat.ConversationID]chat.Conversation
	members       map[chat.ConversationID][]chat.Membership
	messages      map[uuid.UUID]place // of messages, for replies and repeats
	settings      map[string]string
}

// place is where a rehearsed message is.
type place struct {
	in          chat.ConversationID
	seq, thread chat.Seq
}

func newRehearsal(r chat.Reader) *rehearsal {
	return &rehearsal{
		Reader: r, conversations: map[chat.ConversationID]chat.Conversation{}, members: map[chat.ConversationID][]chat.Membership{},
		messages: map[uuid.UUID]place{}, settings: map[string]string{},
	}
}

func (t *rehearsal) InsertUser(_ context.Context, u chat.User) (chat.User, error) {
	t.next--
	u.ID = chat.UserID(t.next)
	t.users = append(t.users, u)
	return u, nil
}

func (t *rehearsal) UserByName(ctx context.Context, name string) (chat.User, error) {
	return t.user(func(u chat.User) bool { return u.Name == name }, func() (chat.User, error) { return t.Reader.UserByName(ctx, name) })
}

func (t *rehearsal) UserBySkeleton(ctx context.Context, skeleton string) (chat.User, error) {
	return t.user(func(u chat.User) bool { return text.Skeleton(u.Name) == skeleton }, func() (chat.User, error) { return t.Reader.UserBySkeleton(ctx, skeleton) })
}

func (t *rehearsal) user(is func(chat.User) bool, stored func() (chat.User, error)) (chat.User, error) {
	if i := slices.IndexFunc(t.users, is); i >= 0 {
		return t.users[i], nil
	}
	return stored()
}

func (t *rehearsal) InsertConversation(_ context.Context, c chat.Conversation) (chat.Conversation, error) {
	t.next--
	c.ID = chat.ConversationID(t.next)
	t.conversations[c.ID] = c
	return c, nil
}

func (t *rehearsal) UpdateConversation(ctx context.Context, c chat.Conversation) error {
	t.conversations[c.ID] = c
	if c.Name != chat.LeftName(c.ID) { // complete: nothing refers to its messages any longer
		t.messages = map[uuid.UUID]place{}
	}
	return nil
}

func (t *rehearsal) Conversation(ctx context.Context, id chat.ConversationID) (chat.Conversation, error) {
	if c, ok := t.conversations[id]; ok {
		return c, nil
	}
	return t.Reader.Conversation(ctx, id)
}

func (t *rehearsal) ConversationByUID(ctx context.Context, uid uuid.UUID) (chat.Conversation, error) {
	return t.conversation(func(c chat.Conversation) bool { return c.UID == uid }, func() (chat.Conversation, error) { return t.Reader.ConversationByUID(ctx, uid) })
}

func (t *rehearsal) ConversationByName(ctx context.Context, name string) (chat.Conversation, error) {
	return t.conversation(func(c chat.Conversation) bool { return c.Name == name }, func() (chat.Conversation, error) { return t.Reader.ConversationByName(ctx, name) })
}

func (t *rehearsal) conversation(is func(chat.Conversation) bool, stored func() (chat.Conversation, error)) (chat.Conversation, error) {
	for _, c := range t.conversations {
		if is(c) {
			return c, nil
		}
	}
	return stored()
}

func (t *rehearsal) GroupsLike(ctx context.Context, user chat.UserID, skeleton string) ([]chat.Conversation, error) {
	all, err := t.Reader.GroupsLike(ctx, user, skeleton)
	for _, c := range t.conversations {
		if c.Kind == chat.KindGroup && text.Skeleton(c.Name) == skeleton {
			all = append(all, c)
		}
	}
	return all, err
}

func (t *rehearsal) InsertMembership(_ context.Context, m chat.Membership) error {
	t.members[m.Conversation] = append(t.members[m.Conversation], m)
	return nil
}

func (t *rehearsal) InsertMessage(ctx context.Context, m *chat.Message) (bool, error) {
	_, again := t.messages[m.ID]
	if !again && m.Conversation > 0 {
		_, err := t.Reader.MessageByID(ctx, m.ID)
		again = err == nil
	}
	if again {
		return false, nil
	}
	c, err := t.Conversation(ctx, m.Conversation)
	if err != nil {
		return false, err
	}
	c.LastSeq++
	m.Seq = c.LastSeq
	t.conversations[c.ID] = c
	t.messages[m.ID] = place{m.Conversation, m.Seq, m.Thread}
	return true, nil
}

func (t *rehearsal) MessageByID(ctx context.Context, id uuid.UUID) (*chat.Message, error) {
	if p, ok := t.messages[id]; ok {
		return &chat.Message{ID: id, Conversation: p.in, Seq: p.seq, Thread: p.thread}, nil
	}
	return t.Reader.MessageByID(ctx, id)
}

func (t *rehearsal) SetSetting(_ context.Context, name, value string) error {
	t.settings[name] = value
	return nil
}

func (t *rehearsal) Setting(ctx context.Context, name string) (string, error) {
	if v, ok := t.settings[name]; ok {
		return v, nil
	}
	return t.Reader.Setting(ctx, name)
}

func (t *rehearsal) InsertReaction(context.Context, *chat.Message, string, chat.UserID, time.Time) (bool, error) {
	return true, nil
}

func (t *rehearsal) MakeGroup(context.Context, chat.ConversationID) error             { return nil }
func (t *rehearsal) SetUserDisabled(context.Context, chat.UserID, bool) error         { return nil }
func (t *rehearsal) SetDisplayName(context.Context, chat.UserID, string) error        { return nil }
func (t *rehearsal) SetPreference(context.Context, chat.UserID, string, string) error { return nil }
func (t *rehearsal) AdvanceMarkers(context.Context, ...chat.Advance) error            { return nil }
func (t *rehearsal) EditMessage(context.Context, *chat.Message) error                 { return nil }
func (t *rehearsal) InsertFile(context.Context, *chat.Message) error                  { return nil }
func (t *rehearsal) AppendAudit(context.Context, chat.AuditEntry) error               { return nil }
