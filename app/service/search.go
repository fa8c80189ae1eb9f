package service

import (
	"context"
	"errors"
	"strings"

	"confab/app/chat"
	"confab/app/text"
)

// maxHits bounds a page of a search.
const maxHits = 200

// Search returns at most limit messages that match, the newest first: of the
// conversations that the session's user is a member of now, what it may see
// there. To go on, give it the [chat.Message.Position] of the last one; 0 begins with
// the newest. A name that stands for nobody, or a conversation that the user is
// not in, is refused with [chat.ErrNotFound].
func (s Messages) Search(ctx context.Context, q text.Query, limit int, below int64) ([]chat.Hit, error) {
	if err := s.ask(ctx, costSearch); err != nil {
		return nil, err
	}
	l := chat.Lookup{
		User: s.user.ID, Phrases: q.Phrases, After: q.After, Before: q.Before, HasFile: q.HasFile, HasLink: q.HasLink,
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
	conversations := make(map[chat.ConversationID]chat.ConversationSummary)
	hits := make([]chat.Hit, 0, len(found))
	for _, m := range found {
		in, known := conversations[m.Conversation]
		if !known {
			in, err = s.listed(ctx, s.service.store, m.Conversation)
			if err != nil && !errors.Is(err, chat.ErrNotFound) { // it may have been removed this moment
				return nil, err
			}
			conversations[m.Conversation] = in
		}
		if in.ID != 0 {
			hits = append(hits, chat.Hit{Message: m, Conversation: in, Marks: q.Marks(m.Body)})
		}
	}
	return hits, nil
}

// authorNamed finds whose messages are looked for.
func (s Messages) authorNamed(ctx context.Context, name string) (chat.User, error) {
	if strings.TrimPrefix(text.Lower(name), "@") == "me" {
		return s.user, nil
	}
	return userNamed(ctx, s.service.store, name)
}
