package storetest

import (
	"context"
	"crypto/sha256"
	"slices"
	"time"

	"confab/app/chat"
)

// Expired messages are deleted from the oldest on, with their files and their words in
// the index. New messages get higher numbers and positions than they had.
func retention(w *world) {
	ann, bob := w.user("ann"), w.user("bob")
	in, kept := w.group("x", ann, bob), w.group("kept", ann)
	sum := chat.Sum(sha256.Sum256([]byte("a")))
	w.post(in, ann, "oldest word")
	w.insert(&chat.Message{Conversation: in.ID, Author: ann.ID, Body: "a.txt", File: &chat.Attachment{Name: "a.txt", Size: 1, Sum: sum}})
	third := w.post(in, ann, "newest word")
	ctx := w.Context()
	expiring := func(now, cutoff time.Time) []chat.Expiring {
		w.Helper()
		return must(w.Expiring(ctx, now, cutoff))(w)
	}
	day := 24 * time.Hour
	if got := expiring(third.SentAt.Add(1000*day), time.Time{}); len(got) != 0 {
		w.Errorf("while everything is kept, %v expires", got)
	}
	if got := expiring(third.SentAt, third.SentAt); len(got) != 1 || got[0].Conversation != in.ID || !got[0].Before.Equal(third.SentAt) {
		w.Errorf("with a cutoff for all conversations, %v expires", got)
	}
	w.update(func(ctx context.Context, tx chat.Tx) error { return tx.SetKeep(ctx, in.ID, day) })
	if got := w.reload(in).Keep; got != day {
		w.Errorf("messages are kept for %v", got)
	}
	if got := expiring(third.SentAt.Add(day-time.Second), time.Time{}); len(got) != 1 {
		w.Errorf("with a time for this conversation, %v expires", got)
	}
	expire := func(before time.Time, limit int) (gone chat.Expired) {
		w.Helper()
		w.update(func(ctx context.Context, tx chat.Tx) (err error) {
			gone, err = tx.Expire(ctx, chat.Expiring{Conversation: in.ID, Before: before}, limit)
			return err
		})
		return gone
	}
	if gone := expire(third.SentAt, 1); gone.Messages != 1 || len(gone.Contents) != 0 {
		w.Errorf("the first step took %+v", gone)
	}
	w.finds("after the first step", chat.Lookup{User: ann.ID, Phrases: word("word")}, "newest word")
	if gone := expire(third.SentAt, 10); gone.Messages != 1 || !slices.Equal(gone.Contents, []chat.Sum{sum}) {
		w.Errorf("the second step took %+v", gone)
	}
	if gone := expire(third.SentAt, 10); gone.Messages != 0 {
		w.Errorf("the third step took %+v", gone)
	}
	if c := w.reload(in); c.Expired != 2 || c.LastSeq != 3 {
		w.Errorf("the conversation is %+v", c)
	}
	if got := must(w.MessagesAfter(ctx, in.ID, 2, 10))(w); !slices.Equal(seqs(got), []chat.Seq{3}) {
		w.Errorf("there are %v", seqs(got))
	}
	if got := must(w.FilesAfter(ctx, in.ID, 0, 10))(w); len(got) != 0 {
		w.Errorf("there are still the files %v", got)
	}
	// The newest message of all expires too. Its number and position are not used again.
	if gone := expire(third.SentAt.Add(time.Second), 10); gone.Messages != 1 {
		w.Errorf("the last step took %+v", gone)
	}
	w.finds("after the last step", chat.Lookup{User: ann.ID, Phrases: word("word")})
	if m := w.post(in, ann, "and on"); m.Seq != 4 || m.Position <= third.Position {
		w.Errorf("the next message is number %d at %d, after %d", m.Seq, m.Position, third.Position)
	}
	if got := w.reload(kept); got.Expired != 0 {
		w.Errorf("elsewhere messages up to %d have expired", got.Expired)
	}
}
