// Package follow gives programs the messages of the conversations that they follow, each
// once, in the order of the commits.
package follow

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"confab/app/chat"
	"confab/app/service"
)

// followerPage is how many messages are read from the store at once, over all
// conversations. It bounds the cost of a follower that catches up.
const followerPage = 200

// Follower follows conversations. It emits each message once, in the order in which the
// server committed them: first those in the store, and then new ones as they are posted. So
// a client only needs the id of the last message to continue later.
//
// While the client takes no message, events wait in the bounded mailbox of the session.
// When it was full, or a number is missing, the follower reads from the store again. Only
// one goroutine may use a Follower.
type Follower struct {
	chat *service.Session
	// Emit receives each message, with its conversation.
	Emit func(chat.ConversationSummary, *chat.Message) error
	// Conversations are the conversations that it follows.
	Conversations map[chat.ConversationID]*Followed
	// Begin returns the message after which to begin in a new conversation. A follower
	// without Begin follows only the conversations that were added to it. Otherwise it
	// follows all conversations of the user.
	Begin func(chat.ConversationSummary) (chat.Seq, error)
	// Lost is called when the user is no longer a member of a conversation.
	Lost func(chat.ConversationSummary) error
	// Reacted is called for each reaction to a message that was emitted, unless it is nil.
	Reacted func(chat.ConversationSummary, chat.Reacted) error
}

// Followed is the position of the follower in a conversation.
type Followed struct {
	chat.ConversationSummary
	At   chat.Seq        // the last message that was emitted
	page []*chat.Message // messages that were read but not emitted, while it catches up
	rest bool            // there may be more after page
}

// New makes a follower without conversations.
func New(session *service.Session, emit func(chat.ConversationSummary, *chat.Message) error) *Follower {
	return &Follower{chat: session, Emit: emit, Conversations: make(map[chat.ConversationID]*Followed)}
}

// Add makes the follower follow a conversation, beginning after a message.
func (f *Follower) Add(l chat.ConversationSummary, after chat.Seq) {
	if f.Conversations[l.ID] == nil {
		f.Conversations[l.ID] = &Followed{ConversationSummary: l, At: after}
	}
}

// CatchUp emits all messages that are in the store when it begins, and that were not
// emitted before.
func (f *Follower) CatchUp(ctx context.Context) error {
	// Conversations are read one after the other. CatchUp leaves out messages that are
	// committed meanwhile, because they could be emitted before earlier ones of another
	// conversation.
	newest, err := f.chat.Messages().LastPosition(ctx)
	if err != nil {
		return err
	}
	size := max(5, followerPage/max(1, len(f.Conversations)))
	for _, p := range f.Conversations {
		p.page, p.rest = nil, true
	}
	for {
		var next *Followed
		for id, p := range f.Conversations {
			if len(p.page) == 0 && p.rest {
				if err := f.read(ctx, p, size, newest); errors.Is(err, chat.ErrNotFound) {
					if err := f.remove(id); err != nil {
						return err
					}
					continue
				} else if err != nil {
					return err
				}
			}
			if len(p.page) > 0 && (next == nil || p.page[0].Position < next.page[0].Position) {
				next = p
			}
		}
		if next == nil {
			return nil
		}
		m := next.page[0]
		next.page = next.page[1:]
		if err := f.bring(next, m); err != nil {
			return err
		}
	}
}

// read reads the next page of a conversation, up to a position.
func (f *Follower) read(ctx context.Context, p *Followed, size int, newest int64) error {
	page, err := f.chat.Messages().After(ctx, p.ID, p.At, size)
	if err != nil {
		return err
	}
	p.rest = len(page) == size
	if i := slices.IndexFunc(page, func(m *chat.Message) bool { return m.Position > newest }); i >= 0 {
		page, p.rest = page[:i], false
	}
	p.page = page
	return nil
}

func (f *Follower) bring(p *Followed, m *chat.Message) error {
	if err := f.Emit(p.ConversationSummary, m); err != nil {
		return err
	}
	p.At = m.Seq
	return nil
}

// remove stops following a conversation that the user is no longer a member of.
func (f *Follower) remove(id chat.ConversationID) error {
	p := f.Conversations[id]
	if p == nil {
		return nil
	}
	delete(f.Conversations, id)
	return f.Lost(p.ConversationSummary)
}

// Handle emits the messages of a batch from the session's mailbox.
func (f *Follower) Handle(ctx context.Context, b chat.Batch) error {
	again := b.Resync
	if b.Resync {
		if err := f.Relist(ctx); err != nil {
			return err
		}
	}
	for _, ev := range b.Events {
		switch ev := ev.(type) {
		case chat.Removed:
			if err := f.removed(ctx, ev.Conversation); err != nil {
				return err
			}
		case chat.ListChanged:
			if err := f.Relist(ctx); err != nil {
				return err
			}
		case chat.Reacted:
			if err := f.react(ev); err != nil {
				return err
			}
		case chat.MessagePosted:
			gap, err := f.posted(ctx, ev.Message, again)
			if err != nil {
				return err
			}
			again = again || gap
		}
		if again {
			// This also emits the messages in the rest of the batch, which are then skipped.
			if err := f.CatchUp(ctx); err != nil {
				return err
			}
			again = false
		}
	}
	if again {
		return f.CatchUp(ctx)
	}
	return nil
}

// posted emits a message that was posted, and reports whether messages before it
// are missing.
func (f *Follower) posted(ctx context.Context, m *chat.Message, again bool) (gap bool, err error) {
	p := f.Conversations[m.Conversation]
	if p == nil && f.Begin != nil {
		// A direct conversation is listed only from its first message on.
		if err := f.Relist(ctx); err != nil {
			return false, err
		}
		p = f.Conversations[m.Conversation]
	}
	switch {
	case p == nil || m.Seq <= p.At:
		return false, nil
	case again || m.Seq > p.At+1:
		return true, nil
	}
	return false, f.bring(p, m)
}

// react reports a reaction to a message that was emitted. Messages that are emitted later
// contain their reactions.
func (f *Follower) react(ev chat.Reacted) error {
	p := f.Conversations[ev.Conversation]
	if f.Reacted == nil || p == nil || ev.Message == nil || ev.Seq > p.At {
		return nil
	}
	return f.Reacted(p.ConversationSummary, ev)
}

// removed stops following a conversation, unless the user is a member again by now.
func (f *Follower) removed(ctx context.Context, id chat.ConversationID) error {
	p := f.Conversations[id]
	if p == nil {
		return nil
	}
	if _, err := f.chat.Groups().Find(ctx, p.UID.String()); !errors.Is(err, chat.ErrNotFound) {
		return err
	}
	return f.remove(id)
}

// Relist reads the names of the conversations again, and adds new ones.
func (f *Follower) Relist(ctx context.Context) error {
	if f.Begin == nil {
		for _, p := range f.Conversations {
			l, err := f.chat.Groups().Find(ctx, p.UID.String())
			switch {
			case err == nil:
				p.ConversationSummary = l
			case !errors.Is(err, chat.ErrNotFound):
				return err
			}
		}
		return nil
	}
	list, err := f.chat.Groups().Conversations(ctx)
	if err != nil {
		return fmt.Errorf("listing conversations: %w", err)
	}
	for _, l := range list {
		if p := f.Conversations[l.ID]; p != nil {
			p.ConversationSummary = l
			continue
		}
		after, err := f.Begin(l)
		if err != nil {
			return err
		}
		f.Add(l, after)
	}
	return nil
}
