package writer

import (
	"context"

	"confab/app/chat"
)

// postBatch is the transaction of consecutive jobs of a batch that only post messages.
// These change neither conversations, memberships, accounts, keys nor bans, so postBatch reads
// each of those only once. After any other job a new postBatch begins.
type postBatch struct {
	chat.Tx
	conversations map[chat.ConversationID]chat.Conversation
	memberships   map[chat.MemberKey]chat.Membership
	// Several servers ask for these with each message.
	users map[string]chat.User // by fingerprint
	bans  map[login][]chat.Ban
}

// login is what a ban may be of.
type login struct {
	user        chat.UserID
	fingerprint string
}

// once returns what is known under a key, or reads it and keeps it.
func once[K comparable, V any](known *map[K]V, key K, read func() (V, error)) (V, error) {
	if v, is := (*known)[key]; is {
		return v, nil
	}
	v, err := read()
	if err == nil {
		if *known == nil {
			*known = make(map[K]V)
		}
		(*known)[key] = v
	}
	return v, err
}

func (p *postBatch) UserByKey(ctx context.Context, fingerprint string) (chat.User, error) {
	return once(&p.users, fingerprint, func() (chat.User, error) { return p.Tx.UserByKey(ctx, fingerprint) })
}

func (p *postBatch) BansOf(ctx context.Context, user chat.UserID, fingerprint string) ([]chat.Ban, error) {
	return once(&p.bans, login{user, fingerprint}, func() ([]chat.Ban, error) { return p.Tx.BansOf(ctx, user, fingerprint) })
}

func (p *postBatch) Conversation(ctx context.Context, id chat.ConversationID) (chat.Conversation, error) {
	return once(&p.conversations, id, func() (chat.Conversation, error) { return p.Tx.Conversation(ctx, id) })
}

func (p *postBatch) Membership(ctx context.Context, conversation chat.ConversationID, user chat.UserID) (chat.Membership, error) {
	at := chat.MemberKey{Conversation: conversation, User: user}
	return once(&p.memberships, at, func() (chat.Membership, error) { return p.Tx.Membership(ctx, conversation, user) })
}

// InsertMessage adds a message, and updates the newest message of the conversation that was read.
func (p *postBatch) InsertMessage(ctx context.Context, m *chat.Message) (bool, error) {
	fresh, err := p.Tx.InsertMessage(ctx, m)
	if c, known := p.conversations[m.Conversation]; known && fresh {
		c.LastSeq, c.LastAt = m.Seq, m.SentAt
		p.conversations[m.Conversation] = c
	}
	return fresh, err
}
