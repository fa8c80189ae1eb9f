package chat

import "context"

// Messages of a conversation can begin threads. A reply in a thread is a message of the
// same conversation, with a number like all others. [Message.Thread] is the number of the
// message that began the thread, its root. There is one level: a reply to a reply belongs
// to the same thread.
//
// A reply stands aside ([Message.Aside]) unless its author also sent it to the
// conversation. Replies that stand aside are shown only in their thread. They are never
// unread in the conversation, and have no receipts: markers pass over them. Each follower
// of a thread has a position of its own in it.

// InThread reports whether a message is shown in the thread of a root.
func (m *Message) InThread(root Seq) bool { return m.Thread == root || m.Seq == root }

// Written reports whether somebody wrote the message and it was not deleted. In contrast
// to [Message.Counts], that includes replies that are shown only in their thread.
func (m *Message) Written() bool { return !m.System() && !m.Deleted() }

// Root is the number of the message that began the thread of m, which is m itself if it
// is not a reply in one.
func (m *Message) Root() Seq {
	if m.Thread != 0 {
		return m.Thread
	}
	return m.Seq
}

// ThreadsMoved says that the replies in a thread have changed, or what a follower has seen
// of them, or who follows it.
type ThreadsMoved struct {
	Conversation ConversationID
	Users        []UserID // those that it concerns
}

// ThreadsChanged says that the threads that the account follows, or what is unread in
// them, have changed.
type ThreadsChanged struct{}

func (ThreadsChanged) event() {}

// ThreadFollower is what a member has to do with a thread.
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

// ThreadVisit is what a member finds in a thread.
type ThreadVisit struct {
	Visit
	Following bool
}

// ThreadReader is the part of [Reader] about threads. Pages are those of a thread, or of
// the conversation without the replies that stand aside if the root is 0.
type ThreadReader interface {
	// PageBefore returns at most limit messages with numbers above floor and below before,
	// the newest of them, in ascending order. The root of a thread is one of them.
	PageBefore(ctx context.Context, conversation ConversationID, root, floor, before Seq, limit int) ([]*Message, error)
	// PageAfter returns at most limit messages with numbers above after, the oldest of
	// them, in ascending order.
	PageAfter(ctx context.Context, conversation ConversationID, root, after Seq, limit int) ([]*Message, error)
	// ThreadFollower returns what a member has to do with a thread, or [ErrNotFound].
	ThreadFollower(ctx context.Context, conversation ConversationID, root Seq, user UserID) (ThreadFollower, error)
	// ThreadFollowers returns the accounts that follow a thread.
	ThreadFollowers(ctx context.Context, conversation ConversationID, root Seq) ([]UserID, error)
	// ThreadsOf returns at most limit threads that an account follows, those with the
	// latest replies first. Unless all are asked for, it returns only threads with replies
	// after what the account has seen.
	ThreadsOf(ctx context.Context, user UserID, all bool, limit int) ([]ThreadFollower, error)
	// UnreadReplies counts the replies of others after a number, at most [UnreadLimit].
	UnreadReplies(ctx context.Context, conversation ConversationID, root Seq, user UserID, seen Seq) (int, error)
}

// ThreadTx is the part of [Tx] about the same.
type ThreadTx interface {
	// JoinThread makes an account a follower that has seen the thread up to a number,
	// unless it was one before.
	JoinThread(ctx context.Context, conversation ConversationID, root Seq, user UserID, seen Seq) error
	// SetFollowing makes an account a follower or not. A new follower has seen the thread
	// up to a number.
	SetFollowing(ctx context.Context, conversation ConversationID, root Seq, user UserID, on bool, seen Seq) error
	// NoteReply notes a new reply of an author for the followers of a thread.
	NoteReply(ctx context.Context, conversation ConversationID, root Seq, author UserID, reply Seq) error
	// SetThreadSeen moves what an account has seen of a thread forward. It reports whether
	// that has moved.
	SetThreadSeen(ctx context.Context, conversation ConversationID, root Seq, user UserID, seen Seq) (bool, error)
}
