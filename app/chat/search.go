package chat

import (
	"context"
	"errors"
	"strings"
	"time"

	"confab/app/text"
)

// Lookup is what the store is asked to find: messages that people wrote, that
// hold all phrases, and that User may see.
type Lookup struct {
	User         UserID
	Phrases      []text.Phrase
	Author       UserID         // 0: of anyone
	Conversation ConversationID // 0: in any
	After        time.Time      // sent then or later; the zero time for any
	Before       time.Time      // sent earlier; the zero time for any
	Below        int64          // only of lower [Message.Position]; 0: from the newest on
	Limit        int
}

// Hit is a message that was found.
type Hit struct {
	Message      *Message
	Conversation ConversationSummary // as [Groups.Find] returns it
	// Marks are what was looked for, in the message's body: in order, and apart
	// from each other.
	Marks []text.Mark
}

// maxHits bounds a page of a search.
const maxHits = 200

// Search returns at most limit messages that match, the newest first: of the
// conversations that the session's user is a member of now, what it may see
// there. To go on, give it the [Message.Position] of the last one; 0 begins with
// the newest. A name that stands for nobody, or a conversation that the user is
// not in, is refused with [ErrNotFound].
func (s Messages) Search(ctx context.Context, q text.Query, limit int, below int64) ([]Hit, error) {
	if err := s.ask(ctx, costSearch); err != nil {
		return nil, err
	}
	l := Lookup{
		User: s.user.ID, Phrases: q.Phrases, After: q.After, Before: q.Before,
		Below: below, Limit: max(1, min(limit, maxHits)),
	}
	if q.From != "" {
		author, err := s.authorNamed(ctx, q.From)
		if err != nil {
			return nil, err
		}
		l.Author = author.ID
	}
	if q.In != "" {
		in, err := Groups(s).Find(ctx, q.In)
		if err != nil {
			return nil, err
		}
		l.Conversation = in.ID
	}
	found, err := s.service.store.Search(ctx, l)
	if err != nil {
		return nil, err
	}
	s.owe(len(found))
	conversations := make(map[ConversationID]ConversationSummary)
	hits := make([]Hit, 0, len(found))
	for _, m := range found {
		in, known := conversations[m.Conversation]
		if !known {
			in, err = s.listed(ctx, s.service.store, m.Conversation)
			if err != nil && !errors.Is(err, ErrNotFound) { // it may have been removed this moment
				return nil, err
			}
			conversations[m.Conversation] = in
		}
		if in.ID != 0 {
			hits = append(hits, Hit{m, in, q.Marks(m.Body)})
		}
	}
	return hits, nil
}

// authorNamed finds whose messages are looked for.
func (s Messages) authorNamed(ctx context.Context, name string) (User, error) {
	if strings.TrimPrefix(text.Lower(name), "@") == "me" {
		return s.user, nil
	}
	return userNamed(ctx, s.service.store, name)
}
