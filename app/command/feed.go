package command

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"confab/app/chat"
)

// feedPage is how many messages are read from the store at once, of all
// conversations together: what a feed costs while it catches up.
const feedPage = 200

// feed brings the messages of some conversations in the one order in which the
// server committed them, each once, first from the store and then as they are
// posted. So the last message that came is all that it takes to go on later.
//
// While nobody takes a message the mailbox is bounded, and when it has been
// full, or a number is missing, the feed reads from the store again.
type feed struct {
	chat   *chat.Session
	emit   func(chat.Listed, *chat.Message) error
	places map[chat.ConversationID]*place
	// begin is asked where to begin in a conversation that is new to a feed of all
	// of them; nil if the feed is of some.
	begin func(chat.Listed) (chat.Seq, error)
	// lost is told when the user is no member of a conversation any more.
	lost func(chat.Listed) error
	last *chat.Message // the newest that was emitted
}

// place is how far the feed is in a conversation.
type place struct {
	chat.Listed
	at   chat.Seq
	page []*chat.Message // read and not emitted yet, while it catches up
	rest bool            // there may be more after page
}

func newFeed(session *chat.Session, emit func(chat.Listed, *chat.Message) error) *feed {
	return &feed{chat: session, emit: emit, places: make(map[chat.ConversationID]*place)}
}

// add makes the feed bring what is after a message of a conversation.
func (f *feed) add(l chat.Listed, after chat.Seq) {
	if f.places[l.ID] == nil {
		f.places[l.ID] = &place{Listed: l, at: after}
	}
}

// catchUp emits all that is in the store by now.
func (f *feed) catchUp(ctx context.Context) error {
	// What is committed meanwhile comes later, or the order were not that of all:
	// one conversation is read after the other.
	newest, err := f.chat.Messages().LastPosition(ctx)
	if err != nil {
		return err
	}
	size := max(5, feedPage/max(1, len(f.places)))
	for _, p := range f.places {
		p.page, p.rest = nil, true
	}
	for {
		var next *place
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
func (f *feed) read(ctx context.Context, p *place, size int, newest int64) error {
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

func (f *feed) bring(p *place, m *chat.Message) error {
	if err := f.emit(p.Listed, m); err != nil {
		return err
	}
	p.at, f.last = m.Seq, m
	return nil
}

// remove takes a conversation off that the user is not in any more.
func (f *feed) remove(id chat.ConversationID) error {
	p := f.places[id]
	if p == nil {
		return nil
	}
	delete(f.places, id)
	return f.lost(p.Listed)
}

// take emits what is in a batch of the mailbox.
func (f *feed) take(ctx context.Context, b chat.Batch) error {
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
			// The rest of the batch is in the store as well, and skipped then.
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

// posted emits a message that was posted, and reports whether something is
// missing before it.
func (f *feed) posted(ctx context.Context, m *chat.Message, again bool) (gap bool, err error) {
	p := f.places[m.Conversation]
	if p == nil && f.begin != nil {
		// The first message of a conversation of two makes it known.
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

// removed takes a conversation off, unless the user is in it again by now.
func (f *feed) removed(ctx context.Context, id chat.ConversationID) error {
	p := f.places[id]
	if p == nil {
		return nil
	}
	if _, err := f.chat.Groups().Find(ctx, p.UID.String()); !errors.Is(err, chat.ErrNotFound) {
		return err
	}
	return f.remove(id)
}

// relist reads the names of the conversations again, and those that are new.
func (f *feed) relist(ctx context.Context) error {
	if f.begin == nil {
		for _, p := range f.places {
			l, err := f.chat.Groups().Find(ctx, p.UID.String())
			switch {
			case err == nil:
				p.Listed = l
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
			p.Listed = l
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
