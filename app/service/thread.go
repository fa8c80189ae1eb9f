package service

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"confab/app/chat"
)

// Threads has the use cases of a session for replies in threads, and for following threads.
// See [Session.Threads].
type Threads struct{ *session }

// followedLimit is how many threads the list of followed threads has.
const followedLimit = 50

// Before returns the newest messages of a thread with numbers below before, at most limit,
// in ascending order. The root is one of the messages. If root is 0, it returns messages of
// the conversation, without replies that are shown only in their thread.
func (s Threads) Before(ctx context.Context, id chat.ConversationID, root, before chat.Seq, limit int) ([]*chat.Message, error) {
	m, c, err := s.page(ctx, id)
	if err != nil {
		return nil, err
	}
	return Messages(s).shared(id)(s.service.store.PageBefore(ctx, id, root, chat.Floor(m, c), before, limit))
}

// After is [Threads.Before] for the oldest messages with numbers above after.
func (s Threads) After(ctx context.Context, id chat.ConversationID, root, after chat.Seq, limit int) ([]*chat.Message, error) {
	m, c, err := s.page(ctx, id)
	if err != nil {
		return nil, err
	}
	return Messages(s).shared(id)(s.service.store.PageAfter(ctx, id, root, max(after, chat.Floor(m, c)), limit))
}

func (s Threads) page(ctx context.Context, id chat.ConversationID) (chat.Membership, chat.Conversation, error) {
	if err := s.ask(ctx, costPage); err != nil {
		return chat.Membership{}, chat.Conversation{}, err
	}
	return s.access(ctx, s.service.store, id, chat.ActionRead)
}

// VisitThread returns the position of the session's user in a thread, and the unread
// replies after it. For users who do not follow the thread, nothing in it is unread.
func (s Threads) VisitThread(ctx context.Context, id chat.ConversationID, root chat.Seq) (chat.ThreadVisit, error) {
	m, c, err := s.page(ctx, id)
	if err != nil {
		return chat.ThreadVisit{}, err
	}
	f, err := s.service.store.ThreadFollower(ctx, id, root, s.user.ID)
	if errors.Is(err, chat.ErrNotFound) || err == nil && !f.Following {
		return chat.ThreadVisit{Visit: chat.Visit{Seen: c.LastSeq}}, nil
	}
	if err != nil {
		return chat.ThreadVisit{}, err
	}
	v := chat.ThreadVisit{Visit: chat.Visit{Seen: max(f.Seen, root, chat.Floor(m, c))}, Following: true}
	v.Unread, err = s.service.store.UnreadReplies(ctx, id, root, s.user.ID, v.Seen)
	return v, err
}

// MarkThreadRead says that the session's user has seen a thread up to a reply. The
// position only moves forward, and only that of a follower.
func (s Threads) MarkThreadRead(ctx context.Context, id chat.ConversationID, root, to chat.Seq) error {
	if err := s.ask(ctx, costLookup); err != nil {
		return err
	}
	return s.write(ctx, func(ctx context.Context, tx chat.Tx) ([]chat.Change, error) {
		_, c, err := s.access(ctx, tx, id, chat.ActionRead)
		if err != nil {
			return nil, err
		}
		moved, err := tx.SetThreadSeen(ctx, id, root, s.user.ID, min(to, c.LastSeq))
		if err != nil || !moved {
			return nil, err
		}
		return []chat.Change{chat.ThreadsMoved{Conversation: id, Users: []chat.UserID{s.user.ID}}}, nil
	})
}

// FollowThread makes the session's user follow the thread that a message belongs to, or
// stops that. If the user may not see the message, the error is [chat.ErrNotFound].
func (s Threads) FollowThread(ctx context.Context, id chat.ConversationID, seq chat.Seq, on bool) error {
	if err := s.slow(ctx, 0); err != nil {
		return err
	}
	return s.write(ctx, func(ctx context.Context, tx chat.Tx) ([]chat.Change, error) {
		own, c, err := s.access(ctx, tx, id, chat.ActionRead)
		if err != nil {
			return nil, err
		}
		root, err := s.rootOf(ctx, tx, own, c, seq)
		if err != nil {
			return nil, err
		}
		return []chat.Change{chat.ThreadsMoved{Conversation: id, Users: []chat.UserID{s.user.ID}}},
			tx.SetFollowing(ctx, id, root.Seq, s.user.ID, on, c.LastSeq)
	})
}

// Followed returns the threads that the session's user follows, those with the latest
// replies first. If all is false, it returns only threads with unread replies. It returns
// at most 50.
func (s Threads) Followed(ctx context.Context, all bool) ([]chat.FollowedThread, error) {
	if err := s.ask(ctx, costList); err != nil {
		return nil, err
	}
	rows, err := s.service.store.ThreadsOf(ctx, s.user.ID, all, followedLimit)
	if err != nil {
		return nil, err
	}
	s.owe(len(rows))
	var found []chat.FollowedThread
	for _, f := range rows {
		m, c, err := s.access(ctx, s.service.store, f.Conversation, chat.ActionRead)
		if errors.Is(err, chat.ErrNotFound) {
			continue // the user has left it in the meantime
		}
		if err != nil {
			return nil, err
		}
		unread, err := s.service.store.UnreadReplies(ctx, f.Conversation, f.Root, s.user.ID, f.Seen)
		if err != nil {
			return nil, err
		}
		if !all && unread == 0 {
			continue // the unread replies were deleted
		}
		root, err := s.rootOf(ctx, s.service.store, m, c, f.Root)
		if chat.IsRefusal(err) {
			continue // it has expired
		}
		if err != nil {
			return nil, err
		}
		found = append(found, chat.FollowedThread{Conversation: f.Conversation, Root: root, Unread: unread})
	}
	return found, nil
}

// readAll marks all threads that the session's user follows as read.
func (s Threads) readAll(ctx context.Context) error {
	return s.write(ctx, func(ctx context.Context, tx chat.Tx) ([]chat.Change, error) {
		unread, err := tx.ThreadsOf(ctx, s.user.ID, false, 1<<20)
		if err != nil || len(unread) == 0 {
			return nil, err
		}
		for _, f := range unread {
			if _, err := tx.SetThreadSeen(ctx, f.Conversation, f.Root, s.user.ID, f.Latest); err != nil {
				return nil, err
			}
		}
		return []chat.Change{chat.ThreadsMoved{Users: []chat.UserID{s.user.ID}}}, nil
	})
}

// threadRoot finds the root of the thread for a new reply. The id is that of the root, or
// of another reply in the thread.
func (s *session) threadRoot(ctx context.Context, r chat.Reader, own chat.Membership, c chat.Conversation, id uuid.UUID) (*chat.Message, error) {
	m, err := r.MessageByID(ctx, id)
	if err != nil && !errors.Is(err, chat.ErrNotFound) {
		return nil, err
	}
	if err != nil || m.Conversation != c.ID {
		return nil, chat.Refuse(chat.ErrNotFound, "There is no message with the id %s in this conversation to answer in a thread.", id)
	}
	root, err := s.rootOf(ctx, r, own, c, m.Seq)
	if err != nil {
		return nil, err
	}
	if root.Deleted() && root.ThreadVersion == 0 {
		return nil, chat.Refuse(chat.ErrNotFound, "The message that you are answering was deleted.")
	}
	return root, nil
}

// rootOf returns the root of the thread that a message belongs to, if the session's user
// may see it. A message without replies is the root of an empty thread.
func (s *session) rootOf(ctx context.Context, r chat.Reader, own chat.Membership, c chat.Conversation, seq chat.Seq) (*chat.Message, error) {
	for {
		m, err := chat.MessageAt(ctx, r, c.ID, seq)
		if err != nil {
			return nil, err
		}
		if m == nil || m.System() || seq <= chat.Floor(own, c) {
			return nil, chat.Refuse(chat.ErrNotFound, "The message that began this thread is not there, or you may not see it.")
		}
		if m.Thread == 0 {
			return m, nil
		}
		seq = m.Thread
	}
}

// replied does what a new reply in a thread entails. Its author follows the thread from
// then on. So do the author of the root and the members whom the reply mentions, unless
// they have stopped following it before.
func (s Messages) replied(ctx context.Context, tx chat.Tx, c chat.Conversation, root, m *chat.Message, read bool) ([]chat.Change, error) {
	join := func(user chat.UserID) error {
		member, err := tx.Membership(ctx, c.ID, user)
		if err != nil || !member.Member() || root.Seq <= chat.Floor(member, c) {
			return err
		}
		return tx.JoinThread(ctx, c.ID, root.Seq, user, m.Seq-1)
	}
	err := errors.Join(
		join(root.Author),
		tx.SetFollowing(ctx, c.ID, root.Seq, m.Author, true, m.Seq-1),
		eachNamed(ctx, tx, m, func(user chat.UserID) error {
			if blocked, err := tx.HasBlocked(ctx, user, m.Author); err != nil || blocked {
				return err
			}
			return join(user)
		}),
		tx.NoteReply(ctx, c.ID, root.Seq, m.Author, m.Seq),
	)
	if err == nil && !m.ThreadOnly {
		err = s.mention(ctx, tx, m)
	}
	if err == nil && read {
		_, err = tx.SetThreadSeen(ctx, c.ID, root.Seq, m.Author, m.Seq)
	}
	if err != nil {
		return nil, err
	}
	moved, err := s.service.threadMoved(ctx, tx, c, root.Seq)
	return append([]chat.Change{chat.MessagePosted{Message: m}}, moved...), err
}

// threadMoved returns the changes after the number of replies in a thread has changed.
// Screens show that number below the root, and followers count their unread replies again.
func (s *service) threadMoved(ctx context.Context, tx chat.Tx, c chat.Conversation, root chat.Seq) ([]chat.Change, error) {
	followers, err := tx.ThreadFollowers(ctx, c.ID, root)
	if err != nil {
		return nil, err
	}
	moved := chat.ThreadsMoved{Conversation: c.ID, Users: followers}
	m, err := chat.MessageAt(ctx, tx, c.ID, root)
	if err != nil {
		return nil, err
	}
	if m == nil || root <= c.Expired {
		return []chat.Change{moved}, nil // the root has expired
	}
	hidden, err := hiddenFrom(ctx, tx, c, root)
	return []chat.Change{
		chat.MessageAltered{Conversation: c.ID, Seq: root, At: s.timestamp(), HiddenFrom: hidden, Message: m}, moved,
	}, err
}
