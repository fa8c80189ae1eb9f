package chat

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
)

// Send posts a message. It returns when the message is on disk and has been
// handed to every session of the conversation. To send the same id again to
// the same conversation posts nothing and returns the message as it was first
// posted. Text that cannot be posted is refused with [ErrInvalid] or
// [ErrTooLarge], one who is no member with [ErrNotAllowed], one who sends too
// quickly with [ErrTooFast] after having been slowed (see [Limits]).
func (s Messages) Send(ctx context.Context, in NewMessage) (*Message, error) {
	body, err := CheckBody(in.Body)
	if err != nil {
		return nil, err
	}
	if err := s.slow(ctx, len(body)); err != nil {
		return nil, err
	}
	var posted *Message
	var reads *Advance
	err = s.post(ctx, func(ctx context.Context, tx Tx) ([]Change, error) {
		reads = nil
		own, c, err := s.access(ctx, tx, in.Conversation, ActionPost)
		if err != nil {
			return nil, err
		}
		var answers *Quote
		if in.ReplyTo != uuid.Nil {
			if answers, err = s.quote(ctx, tx, own, c, in.ReplyTo); err != nil {
				return nil, err
			}
		}
		m := &Message{
			ID:           in.ID,
			Conversation: in.Conversation,
			Author:       s.user.ID,
			AuthorUID:    s.user.UID,
			AuthorName:   s.handle(),
			AuthorBot:    s.user.Bot,
			ReplyTo:      answers,
			Body:         body,
			SentAt:       s.service.timestamp(),
		}
		fresh, err := tx.InsertMessage(ctx, m)
		if err != nil {
			return nil, err
		}
		if !fresh {
			posted, err = s.posted(ctx, tx, in)
			return nil, err
		}
		posted = m
		if in.Read {
			user, err := tx.UserByID(ctx, s.user.ID)
			if err != nil {
				return nil, err
			}
			reads = s.service.readUpTo(own, user, m.Seq)
		}
		return []Change{MessagePosted{m}}, mention(ctx, tx, m)
	})
	if err != nil {
		return nil, err
	}
	if reads != nil { // also if it has closed the conversation since
		s.live.MarkRead(in.Conversation, posted.Seq, reads)
	}
	s.live.Wrote()
	return posted, nil
}

// timestamp is now, as the store keeps it.
func (s *service) timestamp() time.Time { return s.now().Truncate(time.Millisecond) }

// maxMentions bounds how many handles of a message are looked up: nobody names
// more, and one that is made of handles must not hold up the writer.
const maxMentions = 100

// mention keeps which members a message names.
func mention(ctx context.Context, tx Tx, m *Message) error {
	names := Mentions(m.Body)
	for _, name := range names[:min(len(names), maxMentions)] {
		user, err := tx.UserByName(ctx, name)
		if errors.Is(err, ErrNotFound) || user.ID == m.Author {
			continue
		}
		if err != nil {
			return err
		}
		if member, err := tx.Membership(ctx, m.Conversation, user.ID); err != nil {
			return err
		} else if !member.Member() {
			continue
		}
		if blocked, err := tx.HasBlocked(ctx, user.ID, m.Author); err != nil {
			return err
		} else if blocked {
			continue
		}
		if err := tx.InsertMention(ctx, m.Conversation, user.ID, m.Seq); err != nil {
			return err
		}
	}
	return nil
}

// posted returns the message that a repeated send had posted the first time.
func (s Messages) posted(ctx context.Context, tx Tx, in NewMessage) (*Message, error) {
	m, err := tx.MessageByID(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	if m.Author != s.user.ID || m.Conversation != in.Conversation {
		return nil, Refuse(ErrConflict, "Another message has this id already: send it with a new one.")
	}
	return m, nil
}

// announce adds a line to a conversation that says what has changed in it.
func (s *session) announce(ctx context.Context, tx Tx, id ConversationID, notice Notice, body string) (Change, error) {
	return s.service.announce(ctx, tx, id, s.current(), notice, body)
}

func (s *service) announce(ctx context.Context, tx Tx, id ConversationID, author User, notice Notice, body string) (Change, error) {
	uid, err := s.newID()
	if err != nil {
		return nil, fmt.Errorf("making an id: %w", err)
	}
	m := &Message{
		ID: uid, Conversation: id, Author: author.ID, AuthorUID: author.UID, AuthorName: author.Name, AuthorBot: author.Bot,
		Notice: notice, Body: body, SentAt: s.timestamp(),
	}
	if _, err := tx.InsertMessage(ctx, m); err != nil {
		return nil, err
	}
	return MessagePosted{m}, nil
}

// Before returns at most limit messages below the number given, the newest of
// them, in ascending order: those that the session's user may see.
func (s Messages) Before(ctx context.Context, id ConversationID, before Seq, limit int) ([]*Message, error) {
	if err := s.ask(ctx, costPage); err != nil {
		return nil, err
	}
	m, c, err := s.access(ctx, s.service.store, id, ActionRead)
	if err != nil {
		return nil, err
	}
	return s.shared(id)(s.service.store.MessagesBefore(ctx, id, floor(m, c), before, limit))
}

// After returns at most limit messages above the number given, the oldest of
// them, in ascending order: those that the session's user may see.
func (s Messages) After(ctx context.Context, id ConversationID, after Seq, limit int) ([]*Message, error) {
	if err := s.ask(ctx, costPage); err != nil {
		return nil, err
	}
	m, c, err := s.access(ctx, s.service.store, id, ActionRead)
	if err != nil {
		return nil, err
	}
	return s.shared(id)(s.service.store.MessagesAfter(ctx, id, max(after, floor(m, c)), limit))
}

// shared replaces what was read by what other sessions hold already.
func (s Messages) shared(id ConversationID) func([]*Message, error) ([]*Message, error) {
	return func(page []*Message, err error) ([]*Message, error) {
		if err == nil {
			s.owe(len(page))
			s.service.live.Share(id, page)
		}
		return page, err
	}
}

// floor is the last message that a member may not see.
func floor(m Membership, c Conversation) Seq {
	if c.OpenHistory {
		return c.Expired
	}
	return max(m.Joined, c.Expired)
}
