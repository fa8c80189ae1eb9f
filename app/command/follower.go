package command

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

// follower follows some conversations. It emits each message once, in the order in
// which the server committed them, first from the store and then as they are
// posted. So the last message is all that a client needs to continue later.
//
// The mailbox is bounded while nobody takes a message. When it was full, or a
// number is missing, the follower reads from the store again.
type follower struct {
	chat   *service.Session
	emit   func(chat.ConversationSummary, *chat.Message) error
	places map[chat.ConversationID]*followed
	// begin returns where to begin in a conversation that is new to a follower of all
	// conversations. It is nil if the follower has only some.
	begin func(chat.ConversationSummary) (chat.Seq, error)
	// lost is called when the user is no longer a member of a conversation.
	lost func(chat.ConversationSummary) error
}

// followed is the position of the follower in a conversation.
type followed struct {
	chat.ConversationSummary
	at   chat.Seq
	page []*chat.Message // messages that were read but not emitted, while it catches up
	rest bool            // there may be more after page
}

func newFollower(session *service.Session, emit func(chat.ConversationSummary, *chat.Message) error) *follower {
	return &follower{chat: session, emit: emit, places: make(map[chat.ConversationID]*followed)}
}

// add makes the follower follow a conversation, from after a message.
func (f *follower) add(l chat.ConversationSummary, after chat.Seq) {
	if f.places[l.ID] == nil {
		f.places[l.ID] = &followed{ConversationSummary: l, at: after}
	}
}

// catchUp emits everything that is in the store at its start.
func (f *follower) catchUp(ctx context.Context) error {
	// Conversations are read one after the other. Messages that are committed
	// meanwhile come later; otherwise the order of all conversations would be
	// wrong.
	newest, err := f.chat.Messages().LastPosition(ctx)
	if err != nil {
		return err
	}
	size := max(5, followerPage/max(1, len(f.places)))
	for _, p := range f.places {
		p.page, p.rest = nil, true
	}
	for {
		var next *followed
		for id, p := range f.places {
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
func (f *follower) read(ctx context.Context, p *followed, size int, newest int64) error {
	page, err := f.chat.Messages().After(ctx, p.ID, p.at, size)
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

func (f *follower) bring(p *followed, m *chat.Message) error {
	if err := f.emit(p.ConversationSummary, m); err != nil {
		return err
	}
	p.at = m.Seq
	return nil
}

// remove ends a conversation that the user is no longer in.
func (f *follower) remove(id chat.ConversationID) error {
	p := f.places[id]
	if p == nil {
		return nil
	}
	delete(f.places, id)
	return f.lost(p.ConversationSummary)
}

// take emits the messages in a batch of the mailbox.
func (f *follower) take(ctx context.Context, b chat.Batch) error {
	again := b.Resync
	if b.Resync {
		if err := f.relist(ctx); err != nil {
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
			if err := f.relist(ctx); err != nil {
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
			// The store also has the rest of the batch, which is skipped then.
			if err := f.catchUp(ctx); err != nil {
				return err
			}
			again = false
		}
	}
	if again {
		return f.catchUp(ctx)
	}
	return nil
}

// posted emits a message that was posted, and reports whether messages before it
// are missing.
func (f *follower) posted(ctx context.Context, m *chat.Message, again bool) (gap bool, err error) {
	p := f.places[m.Conversation]
	if p == nil && f.begin != nil {
		// The first direct message makes its conversation known.
		if err := f.relist(ctx); err != nil {
			return false, err
		}
		p = f.places[m.Conversation]
	}
	switch {
	case p == nil || m.Seq <= p.at:
		return false, nil
	case again || m.Seq > p.at+1:
		return true, nil
	}
	return false, f.bring(p, m)
}

// removed ends a conversation, unless the user is in it again by now.
func (f *follower) removed(ctx context.Context, id chat.ConversationID) error {
	p := f.places[id]
	if p == nil {
		return nil
	}
	if _, err := f.chat.Groups().Find(ctx, p.UID.String()); !errors.Is(err, chat.ErrNotFound) {
		return err
	}
	return f.remove(id)
}

// relist reads the names of the conversations again, and adds new ones.
func (f *follower) relist(ctx context.Context) error {
	if f.begin == nil {
		for _, p := range f.places {
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
		if p := f.places[l.ID]; p != nil {
			p.ConversationSummary = l
			continue
		}
		after, err := f.begin(l)
		if err != nil {
			return err
		}
		f.add(l, after)
	}
	return nil
}
