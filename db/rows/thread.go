package rows

import (
	"context"
	"slices"

	"confab/app/chat"
	"confab/db/sqlite/query"
)

// threadReader is chat.ThreadReader on the connection of q.
type threadReader struct{ q *query.Queries }

func (r threadReader) PageBefore(ctx context.Context, conversation chat.ConversationID, root, floor, before chat.Seq, limit int) ([]*chat.Message, error) {
	id := int64(conversation)
	var rows []query.MessageView
	var err error
	if root == 0 {
		rows, err = r.q.MainBefore(ctx, query.MainBeforeParams{ConversationID: id, Floor: int64(floor), Before: int64(before), Page: int64(limit)})
	} else {
		rows, err = r.q.RepliesBefore(ctx, query.RepliesBeforeParams{ConversationID: id, Root: int64(root), Floor: int64(floor), Before: int64(before), Page: int64(limit)})
		if err == nil && len(rows) < limit && floor < root && root < before {
			var first []query.MessageView
			first, err = r.root(ctx, id, root)
			rows = append(rows, first...)
		}
	}
	if err != nil {
		return nil, Failed("reading messages", err)
	}
	slices.Reverse(rows)
	return all(rows, Message)
}

func (r threadReader) PageAfter(ctx context.Context, conversation chat.ConversationID, root, after chat.Seq, limit int) ([]*chat.Message, error) {
	id := int64(conversation)
	var rows, first []query.MessageView
	var err error
	if root == 0 {
		rows, err = r.q.MainAfter(ctx, query.MainAfterParams{ConversationID: id, After: int64(after), Page: int64(limit)})
	} else {
		if after < root {
			if first, err = r.root(ctx, id, root); err != nil {
				return nil, Failed("reading messages", err)
			}
		}
		rows, err = r.q.RepliesAfter(ctx, query.RepliesAfterParams{ConversationID: id, Root: int64(root), After: int64(after), Page: int64(limit - len(first))})
	}
	if err != nil {
		return nil, Failed("reading messages", err)
	}
	return all(append(first, rows...), Message)
}

// root reads the message that began a thread, if it is still there.
func (r threadReader) root(ctx context.Context, conversation int64, root chat.Seq) ([]query.MessageView, error) {
	rows, err := r.q.MessagesAfter(ctx, query.MessagesAfterParams{ConversationID: conversation, Seq: int64(root) - 1, Limit: 1})
	if err != nil || len(rows) == 0 || rows[0].Seq != int64(root) {
		return nil, err
	}
	return rows, nil
}

func (r threadReader) ThreadFollower(ctx context.Context, conversation chat.ConversationID, root chat.Seq, user chat.UserID) (chat.ThreadFollower, error) {
	row, err := r.q.ThreadFollower(ctx, query.ThreadFollowerParams{ConversationID: int64(conversation), Root: int64(root), UserID: int64(user)})
	return threadFollower(row), Failed("finding a follower of a thread", err)
}

func (r threadReader) ThreadFollowers(ctx context.Context, conversation chat.ConversationID, root chat.Seq) ([]chat.UserID, error) {
	rows, err := r.q.ThreadFollowers(ctx, query.ThreadFollowersParams{ConversationID: int64(conversation), Root: int64(root)})
	found := make([]chat.UserID, len(rows))
	for i, row := range rows {
		found[i] = chat.UserID(row)
	}
	return found, Failed("listing the followers of a thread", err)
}

func (r threadReader) ThreadsOf(ctx context.Context, user chat.UserID, all bool, limit int) ([]chat.ThreadFollower, error) {
	rows, err := r.q.ThreadsOf(ctx, query.ThreadsOfParams{UserID: int64(user), All: Integer(all), Most: int64(limit)})
	found := make([]chat.ThreadFollower, len(rows))
	for i, row := range rows {
		found[i] = threadFollower(row)
	}
	return found, Failed("listing threads", err)
}

func (r threadReader) UnreadReplies(ctx context.Context, conversation chat.ConversationID, root chat.Seq, user chat.UserID, seen chat.Seq) (int, error) {
	n, err := r.q.UnreadReplies(ctx, query.UnreadRepliesParams{ConversationID: int64(conversation), Root: int64(root), Seen: int64(seen), UserID: int64(user)})
	return int(n), Failed("counting unread replies", err)
}

// threadTx is chat.ThreadTx in a transaction.
type threadTx struct{ threadReader }

func (t threadTx) JoinThread(ctx context.Context, conversation chat.ConversationID, root chat.Seq, user chat.UserID, seen chat.Seq) error {
	return Failed("following a thread", t.q.JoinThread(ctx, query.JoinThreadParams{
		ConversationID: int64(conversation), Root: int64(root), UserID: int64(user), Seen: int64(seen),
	}))
}

func (t threadTx) SetFollowing(ctx context.Context, conversation chat.ConversationID, root chat.Seq, user chat.UserID, on bool, seen chat.Seq) error {
	return Failed("following a thread", t.q.SetFollowing(ctx, query.SetFollowingParams{
		ConversationID: int64(conversation), Root: int64(root), UserID: int64(user), Following: Integer(on), Seen: int64(seen),
	}))
}

func (t threadTx) NoteReply(ctx context.Context, conversation chat.ConversationID, root chat.Seq, author chat.UserID, reply chat.Seq) error {
	return Failed("noting a reply", t.q.ThreadGrew(ctx, query.ThreadGrewParams{
		Reply: int64(reply), ConversationID: int64(conversation), Root: int64(root), AuthorID: int64(author),
	}))
}

func (t threadTx) SetThreadSeen(ctx context.Context, conversation chat.ConversationID, root chat.Seq, user chat.UserID, seen chat.Seq) (bool, error) {
	done, err := t.q.SetThreadSeen(ctx, query.SetThreadSeenParams{
		Seen: int64(seen), ConversationID: int64(conversation), Root: int64(root), UserID: int64(user),
	})
	if err != nil {
		return false, Failed("moving a position in a thread", err)
	}
	n, err := done.RowsAffected()
	return n > 0, Failed("moving a position in a thread", err)
}

func threadFollower(row query.ThreadFollower) chat.ThreadFollower {
	return chat.ThreadFollower{
		Conversation: chat.ConversationID(row.ConversationID), Root: chat.Seq(row.Root), User: chat.UserID(row.UserID),
		Following: row.Following != 0, Seen: chat.Seq(row.Seen), Latest: chat.Seq(row.Latest),
	}
}
