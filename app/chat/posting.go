package chat

import "context"

// posting is the transaction of changes that follow each other in a batch and
// only post: as none of them changes what a conversation or a membership is,
// each of these is read once for all. Any other change between them begins
// another.
type posting struct {
	Tx
	conversations map[ConversationID]Conversation
	memberships   map[MemberKey]Membership
}

func newPosting(tx Tx) *posting {
	return &posting{tx, map[ConversationID]Conversation{}, map[MemberKey]Membership{}}
}

// Conversation is as the store has it.
func (p *posting) Conversation(ctx context.Context, id ConversationID) (Conversation, error) {
	if c, known := p.conversations[id]; known {
		return c, nil
	}
	c, err := p.Tx.Conversation(ctx, id)
	if err == nil {
		p.conversations[id] = c
	}
	return c, err
}

// Membership is as the store has it.
func (p *posting) Membership(ctx context.Context, conversation ConversationID, user UserID) (Membership, error) {
	at := MemberKey{conversation, user}
	if m, known := p.memberships[at]; known {
		return m, nil
	}
	m, err := p.Tx.Membership(ctx, conversation, user)
	if err == nil {
		p.memberships[at] = m
	}
	return m, err
}

// InsertMessage adds one, and with it the conversation has a newer message.
func (p *posting) InsertMessage(ctx context.Context, m *Message) (bool, error) {
	fresh, err := p.Tx.InsertMessage(ctx, m)
	if c, known := p.conversations[m.Conversation]; known && fresh {
		c.LastSeq, c.LastAt = m.Seq, m.SentAt
		p.conversations[m.Conversation] = c
	}
	return fresh, err
}
