package chat

import (
	"context"
	"errors"
	"strings"

	"github.com/google/uuid"

	"confab/app/text"
)

// What scripts name things by.

// Find returns a conversation of the session's user by what a script calls it:
// "#name", "@name", or its [Conversation.UID]. A name alone is a group's. The
// result has no counts and no presence. What there is not, or is not the
// user's, is refused with [ErrNotFound].
func (s Groups) Find(ctx context.Context, target string) (Listed, error) {
	if err := s.ask(ctx, costLookup); err != nil {
		return Listed{}, err
	}
	store := s.service.store
	var c Conversation
	var other User
	var err error
	target = strings.TrimSpace(target)
	if uid, bad := uuid.Parse(target); bad == nil {
		c, err = store.ConversationByUID(ctx, uid)
	} else if strings.HasPrefix(target, "@") {
		if other, err = userNamed(ctx, store, target); err != nil {
			return Listed{}, err
		}
		c, err = store.ConversationByName(ctx, DirectName(s.user.ID, other.ID))
	} else {
		var name string
		if name, err = text.ParseConversationName(target); err != nil {
			return Listed{}, err
		}
		if c, err = s.ownGroup(ctx, store, name); errors.Is(err, ErrNotFound) {
			c, err = store.ConversationByName(ctx, name)
		}
	}
	if err != nil && !errors.Is(err, ErrNotFound) {
		return Listed{}, err
	}
	return s.listed(ctx, store, c.ID)
}

// ownGroup is the group with a name that the session's user is in. Private ones may be
// called the same: then it has to be named by its id.
func (s Groups) ownGroup(ctx context.Context, r Reader, name string) (Conversation, error) {
	own, err := r.GroupsNamed(ctx, s.user.ID, name)
	switch {
	case err != nil:
		return Conversation{}, err
	case len(own) == 0:
		return Conversation{}, ErrNotFound
	case len(own) > 1:
		return Conversation{}, Refuse(ErrConflict, "You are in %d groups called #%s: give the id of the one you mean.", len(own), name).With(HintIDs)
	}
	return own[0], nil
}

// listed is a conversation of the session's user, as Find returns it.
func (s *session) listed(ctx context.Context, r Reader, id ConversationID) (Listed, error) {
	m, c, err := s.access(ctx, r, id, ActionRead)
	if err != nil {
		return Listed{}, err
	}
	l := Listed{Conversation: c, Mine: m}
	if c.Kind != KindDirect {
		return l, nil
	}
	members, err := r.Members(ctx, id)
	if err != nil {
		return l, err
	}
	for _, o := range members {
		if o.User != s.user.ID {
			l.Other, err = r.UserByID(ctx, o.User)
		}
	}
	return l, err
}

// Message returns a message by its id, with its conversation as [Groups.Find]
// returns it. One that the session's user may not see is refused with
// [ErrNotFound] like one that there is not.
func (s Messages) Message(ctx context.Context, id uuid.UUID) (*Message, Listed, error) {
	if err := s.ask(ctx, costLookup); err != nil {
		return nil, Listed{}, err
	}
	none := Refuse(ErrNotFound, "There is no message with the id %s, or you may not see it.", id)
	m, err := s.service.store.MessageByID(ctx, id)
	if errors.Is(err, ErrNotFound) {
		return nil, Listed{}, none
	}
	if err != nil {
		return nil, Listed{}, err
	}
	l, err := s.listed(ctx, s.service.store, m.Conversation)
	if errors.Is(err, ErrNotFound) || err == nil && m.Seq <= l.Floor() {
		return nil, Listed{}, none
	}
	return m, l, err
}

// Position returns the place among all messages of the one with this id. It may
// be of a conversation that the session's user is not in any more, so that it
// can go on from what it got last: whoever has the id has seen the message.
func (s Messages) Position(ctx context.Context, id uuid.UUID) (int64, error) {
	if err := s.ask(ctx, costLookup); err != nil {
		return 0, err
	}
	m, err := s.service.store.MessageByID(ctx, id)
	if errors.Is(err, ErrNotFound) {
		return 0, Refuse(ErrNotFound, "There is no message with the id %s to go on from.", id)
	}
	if err != nil {
		return 0, err
	}
	return m.Position, nil
}

// LastPosition returns the position of the newest message of all: what is
// committed later has a higher one.
func (s Messages) LastPosition(ctx context.Context) (int64, error) {
	if err := s.ask(ctx, costLookup); err != nil {
		return 0, err
	}
	return s.service.store.LastPosition(ctx)
}

// SeqAt returns the number of the newest message of a conversation whose
// position is not above one, 0 if there is none.
func (s Messages) SeqAt(ctx context.Context, id ConversationID, position int64) (Seq, error) {
	if err := s.ask(ctx, costLookup); err != nil {
		return 0, err
	}
	if _, _, err := s.access(ctx, s.service.store, id, ActionRead); err != nil {
		return 0, err
	}
	return s.service.store.SeqAt(ctx, id, position)
}
