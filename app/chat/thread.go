package chat

import "context"

// Messages of a conversation can begin threads. A reply in a thread is a message of the
// same conversation, with a number like all others. [Message.Thread] is the number of the
// message that began the thread, its root. There is one level: a reply to a reply belongs
// to the same thread.
//
// A reply is thread-only ([Message.ThreadOnly]) unless its author also sent it to the
// conversation. Only the thread shows a thread-only reply. It is never unread in the
// conversation, and has no receipts. Markers pass over it. Each follower of a thread has a
// position of their own in it.

// InThread reports whether a message is shown in the thread of a root.
func (m *Message) InThread(root Seq) bool { return m.Thread == root || m.Seq == root }

// Written reports whether a person or a program wrote the message and it was not deleted.
// Unlike [Message.Counts], it includes replies that are shown only in their thread.
func (m *Message) Written() bool { return !m.System() && !m.Deleted() }

// Root returns the number of the message that began the thread of m. If m is not a reply in
// a thread, that is m itself.
func (m *Message) Root() Seq {
	if m.Thread != 0 {
		return m.Thread
	}
	return m.Seq
}

// ThreadsMoved says that a thread has changed: its replies, its followers, or how far a
// follower has read it.
type ThreadsMoved struct {
	Conversation ConversationID
	Users        []UserID // the accounts that it concerns
}

// ThreadsChanged says that the account follows other threads, or has other unread replies in them.
type ThreadsChanged struct{}

func (ThreadsChanged) event() {}

// ThreadFollower is a member who follows a thread, or who has stopped following it.
type ThreadFollower struct {
	Conversation ConversationID
	Root         Seq
	User         UserID
	Following    bool
	Seen         Seq // the newest reply that the member has seen
	Latest       Seq // the newest reply of somebody else
}

// FollowedThread is a thread as one of its followers sees it.
type FollowedThread struct {
	Conversation ConversationID
	Root         *Message
	Unread       int // at most [UnreadLimit]
}

// ThreadVisit is what a session gets when it opens a thread.
type ThreadVisit struct {
	Visit
	Following bool
}

// ThreadReader is the part of [Reader] about threads. A page contains messages of a thread.
// With the root 0, it contains messages of the conversation, without the replies that stand
// aside.
type ThreadReader interface {
	// PageBefore returns the newest messages with numbers above floor and below before, at
	// most limit, in ascending order. The root of a thread is one of its messages.
	PageBefore(ctx context.Context, conversation ConversationID, root, floor, before Seq, limit int) ([]*Message, error)
	// PageAfter returns the oldest messages with numbers above after, at most limit, in
	// ascending order.
	PageAfter(ctx context.Context, conversation ConversationID, root, after Seq, limit int) ([]*Message, error)
	// ThreadFollower returns a member of a thread. The error is [ErrNotFound] for members
	// who have never followed it.
	ThreadFollower(ctx context.Context, conversation ConversationID, root Seq, user UserID) (ThreadFollower, error)
	// ThreadFollowers returns the accounts that follow a thread.
	ThreadFollowers(ctx context.Context, conversation ConversationID, root Seq) ([]UserID, error)
	// ThreadsOf returns at most limit threads that an account follows, those with the
	// latest replies first. Unless all is true, it returns only threads with replies that
	// the account has not seen.
	ThreadsOf(ctx context.Context, user UserID, all bool, limit int) ([]ThreadFollower, error)
	// UnreadReplies counts the replies of others with numbers above seen, at most [UnreadLimit].
	UnreadReplies(ctx context.Context, conversation ConversationID, root Seq, user UserID, seen Seq) (int, error)
}

// ThreadTx is the part of [Tx] about threads.
type ThreadTx interface {
	// JoinThread makes an account a follower that has seen the thread up to a number,
	// unless it was one before.
	JoinThread(ctx context.Context, conversation ConversationID, root Seq, user UserID, seen Seq) error
	// SetFollowing makes an account follow a thread or stops that. A new follower has seen
	// the thread up to a number.
	SetFollowing(ctx context.Context, conversation ConversationID, root Seq, user UserID, on bool, seen Seq) error
	// NoteReply notes a new reply of an author for the followers of a thread.
	NoteReply(ctx context.Context, conversation ConversationID, root Seq, author UserID, reply Seq) error
	// SetThreadSeen moves an account's position in a thread forward. It reports whether the
	// position has moved.
	SetThreadSeen(ctx context.Context, conversation ConversationID, root Seq, user UserID, seen Seq) (bool, error)
}
