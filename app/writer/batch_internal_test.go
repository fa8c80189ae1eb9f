package writer

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"confab/app/chat"
)

// oneTx is the store of one conversation and one member. It counts how often they are read.
type oneTx struct {
	chat.Store
	member bool
	last   chat.Seq
	reads  int
}

func (x *oneTx) Update(_ context.Context, fn func(chat.Tx) error) error { return fn(onlyTx{nil, x}) }

// onlyTx is a transaction of oneTx.
type onlyTx struct {
	chat.Tx
	*oneTx
}

func (x onlyTx) Conversation(context.Context, chat.ConversationID) (chat.Conversation, error) {
	x.reads++
	return chat.Conversation{ID: 1, Kind: chat.KindGroup, LastSeq: x.last}, nil
}

func (x onlyTx) Membership(_ context.Context, in chat.ConversationID, user chat.UserID) (chat.Membership, error) {
	x.reads++
	m := chat.Membership{Conversation: in, User: user}
	if x.member {
		m.Role = chat.RoleMember
	}
	return m, nil
}

func (x onlyTx) InsertMessage(_ context.Context, m *chat.Message) (bool, error) {
	x.last++
	m.Seq = x.last
	return true, nil
}

// Consecutive messages of a batch read their conversation and membership once. They see the
// messages before them, and the changes of other jobs.
func TestPostsShareWhatTheyRead(t *testing.T) {
	x := &oneTx{member: true}
	w := &Writer{o: Options{Now: time.Now, Store: x, Log: slog.New(slog.DiscardHandler)}}
	w.seen.Store(&chat.Clock{})
	var seen []chat.Seq
	post := func() *Job {
		return &Job{Post: true, ctx: t.Context(), done: make(chan struct{}), Do: func(ctx context.Context, tx chat.Tx) ([]chat.Change, error) {
			m, err := tx.Membership(ctx, 1, 2)
			if err != nil {
				return nil, err
			}
			c, err := tx.Conversation(ctx, 1)
			if err != nil {
				return nil, err
			}
			if !m.Member() {
				return nil, chat.Refuse(chat.ErrNotAllowed, "No.")
			}
			seen = append(seen, c.LastSeq)
			_, err = tx.InsertMessage(ctx, &chat.Message{Conversation: 1})
			return nil, err
		}}
	}
	remove := &Job{ctx: t.Context(), done: make(chan struct{}), Do: func(context.Context, chat.Tx) ([]chat.Change, error) {
		x.member = false
		return nil, nil
	}}
	batch := []*Job{post(), post(), post(), remove, post()}
	w.commit(batch, true)
	for i, j := range batch[:4] {
		if j.err != nil {
			t.Errorf("job %d: %v", i, j.err)
		}
	}
	if !chat.IsRefusal(batch[4].err) {
		t.Errorf("one who was removed posts: %v", batch[4].err)
	}
	if len(seen) != 3 || seen[0] != 0 || seen[1] != 1 || seen[2] != 2 {
		t.Errorf("the newest messages were %v", seen)
	}
	if x.reads != 4 {
		t.Errorf("%d reads, want 2 for the three and 2 for the last", x.reads)
	}
}
