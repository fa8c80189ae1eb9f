package app

import (
	"context"
	"errors"
	"strings"
	"time"
)

// SearchCursor is a place among the hits of a search: the next page begins
// below it. 0 is above the newest.
type SearchCursor int64

// Lookup is what the store is asked to find: messages that people wrote, that
// hold all phrases, and that User may see.
type Lookup struct {
	User         UserID
	Phrases      []Phrase
	Author       UserID         // 0: of anyone
	Conversation ConversationID // 0: in any
	After        time.Time      // sent then or later; the zero time for any
	Before       time.Time      // sent earlier; the zero time for any
	Below        SearchCursor   // 0: from the newest on
	Limit        int
}

// Found is a message that the store has found.
type Found struct {
	Message *Message
	Title   string // of its conversation, see [Listed.Title]
	Cursor  SearchCursor
}

// Hit is a message that was found.
type Hit struct {
	Found
	// Marks are what was looked for, in the message's body: in order, and apart
	// from each other.
	Marks []Mark
}

// Mark is a part of a text, in bytes.
type Mark struct{ Start, End int }

// maxHits bounds a page of a search.
const maxHits = 200

// Search returns at most limit messages that match, the newest first: of the
// conversations that the session's user is a member of now, what it may see
// there. To go on, give it the cursor of the last hit. A name that stands for
// nobody, or a conversation that the user is not in, is refused with
// [ErrNotFound].
func (s *Session) Search(ctx context.Context, q Query, limit int, below SearchCursor) ([]Hit, error) {
	l := Lookup{
		User: s.user.ID, Phrases: q.Phrases, After: q.After, Before: q.Before,
		Below: below, Limit: max(1, min(limit, maxHits)),
	}
	store := s.service.store
	if q.From != "" {
		author, err := s.authorNamed(ctx, q.From)
		if err != nil {
			return nil, err
		}
		l.Author = author.ID
	}
	if q.In != "" {
		id, err := s.conversationNamed(ctx, q.In)
		if err != nil {
			return nil, err
		}
		l.Conversation = id
	}
	found, err := store.Search(ctx, l)
	if err != nil {
		return nil, err
	}
	hits := make([]Hit, len(found))
	for i, f := range found {
		hits[i] = Hit{f, q.marks(f.Message.Body)}
	}
	return hits, nil
}

// authorNamed finds whose messages are looked for.
func (s *Session) authorNamed(ctx context.Context, name string) (User, error) {
	if strings.TrimPrefix(nameLower(name), "@") == "me" {
		return s.user, nil
	}
	return s.userNamed(ctx, s.service.store, name)
}

// conversationNamed finds a conversation of the session's user by #name or
// @name; without a sign it is a group.
func (s *Session) conversationNamed(ctx context.Context, title string) (ConversationID, error) {
	store := s.service.store
	name := ""
	if strings.HasPrefix(title, "@") {
		other, err := s.userNamed(ctx, store, title)
		if err != nil {
			return 0, err
		}
		name = directName(s.user.ID, other.ID)
	} else {
		var err error
		if name, err = ParseConversationName(title); err != nil {
			return 0, err
		}
	}
	c, err := store.ConversationByName(ctx, name)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return 0, err
	}
	_, _, err = s.access(ctx, store, c.ID, ActionRead)
	return c.ID, err
}
