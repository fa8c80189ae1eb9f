package storetest

import (
	"context"
	"crypto/sha256"
	"errors"
	"slices"
	"sync"

	"github.com/google/uuid"

	"confab/app/chat"
)

// seqs returns the numbers of messages.
func seqs(list []*chat.Message) []chat.Seq {
	return each(list, func(m *chat.Message) chat.Seq { return m.Seq })
}

// The messages of each conversation have the numbers 1, 2, 3…, and all messages
// together have positions in the order of the commits.
func numbers(w *world) {
	ann := w.user("ann")
	x, y := w.group("x", ann), w.group("y", ann)
	if got := must(w.LastPosition(w.Context()))(w); got != 0 {
		w.Errorf("without messages the newest position is %d", got)
	}
	var last *chat.Message
	for i := range 6 {
		in := x
		if i%2 == 1 {
			in = y
		}
		m := w.post(in, ann, "hello")
		if want := chat.Seq(i/2 + 1); m.Seq != want {
			w.Errorf("message %d has the number %d, want %d", i, m.Seq, want)
		}
		if last != nil && m.Position <= last.Position {
			w.Errorf("message %d has the position %d after %d", i, m.Position, last.Position)
		}
		last = m
	}
	if got := must(w.LastPosition(w.Context()))(w); got != last.Position {
		w.Errorf("the newest position is %d, want %d", got, last.Position)
	}
	if got := w.reload(y); got.LastSeq != 3 || !got.LastAt.Equal(last.SentAt) {
		w.Errorf("the conversation says that number %d was sent at %v", got.LastSeq, got.LastAt)
	}
	for position, want := range map[int64]chat.Seq{0: 0, last.Position - 1: 2, last.Position: 3, last.Position + 10: 3} {
		if got := must(w.SeqAt(w.Context(), y.ID, position))(w); got != want {
			w.Errorf("at position %d the newest message is %d, want %d", position, got, want)
		}
	}
	if got := must(w.SeqAt(w.Context(), y.ID+1, last.Position))(w); got != 0 {
		w.Errorf("in another conversation the newest message is %d", got)
	}
}

// Numbers have no gaps, even if many writers post at once and some of them fail.
func numbersOfManyWriters(w *world) {
	ann := w.user("ann")
	in := w.group("x", ann)
	const writers, each = 8, 5
	ctx := w.Context()
	at := w.now()
	var all sync.WaitGroup
	for range writers {
		all.Go(func() {
			for i := range each {
				err := w.Update(ctx, func(tx chat.Tx) error {
					_, err := tx.InsertMessage(ctx, &chat.Message{ID: uuid.New(), Conversation: in.ID, Author: ann.ID, Body: "hello", SentAt: at})
					if i == 0 && err == nil {
						return chat.ErrConflict // the message must not use up a number
					}
					return err
				})
				if (err != nil) != (i == 0) {
					w.Errorf("message %d: %v", i, err)
				}
			}
		})
	}
	all.Wait()
	list := must(w.MessagesAfter(ctx, in.ID, 0, 1000))(w)
	if len(list) != writers*(each-1) {
		w.Errorf("there are %d messages, want %d", len(list), writers*(each-1))
	}
	for i, m := range list {
		if m.Seq != chat.Seq(i+1) || i > 0 && m.Position <= list[i-1].Position {
			w.Errorf("message %d has the number %d and the position %d", i, m.Seq, m.Position)
		}
	}
}

// Posting a message whose id exists adds nothing and changes nothing, in the same
// conversation and in another one.
func clientIDs(w *world) {
	ann := w.user("ann")
	x, y := w.group("x", ann), w.group("y", ann)
	first := w.post(x, ann, "said once")
	for _, in := range []chat.Conversation{x, y} {
		var fresh bool // as the run says that was committed
		w.update(func(ctx context.Context, tx chat.Tx) (err error) {
			fresh, err = tx.InsertMessage(ctx, &chat.Message{ID: first.ID, Conversation: in.ID, Author: ann.ID, Body: "said twice", SentAt: w.now()})
			return err
		})
		if fresh {
			w.Errorf("#%s accepts the message a second time", in.Name)
		}
	}
	if m := w.post(x, ann, "next"); m.Seq != 2 {
		w.Errorf("the next message has the number %d", m.Seq)
	}
	if got := must(w.MessageByID(w.Context(), first.ID))(w); got.Body != "said once" || got.Seq != 1 || got.Conversation != x.ID {
		w.Errorf("the message is %+v", got)
	}
	if got := w.reload(y); got.LastSeq != 0 {
		w.Errorf("elsewhere the newest message is %d", got.LastSeq)
	}
	_, err := w.MessageByID(w.Context(), uuid.New())
	w.absent("a message with another id", err)
}

func pages(w *world) {
	ann := w.user("ann")
	in := w.group("x", ann)
	for range 10 {
		w.post(in, ann, "hello")
	}
	ctx := w.Context()
	for _, c := range []struct {
		name string
		page func() ([]*chat.Message, error)
		want []chat.Seq
	}{
		{"the newest", func() ([]*chat.Message, error) { return w.MessagesBefore(ctx, in.ID, 0, 1<<62, 3) }, []chat.Seq{8, 9, 10}},
		{"before 4", func() ([]*chat.Message, error) { return w.MessagesBefore(ctx, in.ID, 0, 4, 5) }, []chat.Seq{1, 2, 3}},
		{"before 4 and above a floor", func() ([]*chat.Message, error) { return w.MessagesBefore(ctx, in.ID, 2, 4, 5) }, []chat.Seq{3}},
		{"before the first", func() ([]*chat.Message, error) { return w.MessagesBefore(ctx, in.ID, 0, 1, 5) }, nil},
		{"after 0", func() ([]*chat.Message, error) { return w.MessagesAfter(ctx, in.ID, 0, 2) }, []chat.Seq{1, 2}},
		{"after the last", func() ([]*chat.Message, error) { return w.MessagesAfter(ctx, in.ID, 10, 2) }, nil},
		{"elsewhere", func() ([]*chat.Message, error) { return w.MessagesAfter(ctx, in.ID+1, 0, 2) }, nil},
	} {
		page, err := c.page()
		if err != nil || !slices.Equal(seqs(page), c.want) {
			w.Errorf("%s: got %v, %v; want %v", c.name, seqs(page), err, c.want)
		}
		for _, m := range page {
			if m.AuthorName != "ann" || m.AuthorUID != ann.UID || m.Conversation != in.ID {
				w.Errorf("%s: message %d is %+v", c.name, m.Seq, m)
			}
		}
	}
}

// Every way to read a message returns it as it was posted.
func content(w *world) {
	ann, bob := w.user("ann"), w.user("bob")
	in := w.group("x", ann, bob)
	first := w.post(in, ann, "first 👩‍👩‍👧 line\nand 'another'")
	answer := w.insert(&chat.Message{Conversation: in.ID, Author: bob.ID, Body: "answer", ReplyTo: &chat.Quote{ID: first.ID}})
	line := w.insert(&chat.Message{Conversation: in.ID, Author: bob.ID, Body: "a topic", Notice: chat.NoticeTopic})
	w.update(func(ctx context.Context, tx chat.Tx) error { return tx.SetUserRole(ctx, bob.ID, chat.RoleOwner) })
	hosts := w.insert(&chat.Message{Conversation: in.ID, AuthorName: chat.HostActor, Body: "y", Notice: chat.NoticeRenamed})
	ctx := w.Context()
	for _, want := range []*chat.Message{first, answer, line, hosts} {
		for how, got := range map[string]*chat.Message{
			"by id":  must(w.MessageByID(ctx, want.ID))(w),
			"before": must(w.MessagesBefore(ctx, in.ID, 0, want.Seq+1, 1))(w)[0],
			"after":  must(w.MessagesAfter(ctx, in.ID, want.Seq-1, 1))(w)[0],
		} {
			if got.ID != want.ID || got.Seq != want.Seq || got.Position != want.Position || got.Body != want.Body ||
				got.Author != want.Author || got.Notice != want.Notice || !got.SentAt.Equal(want.SentAt) ||
				got.Edited() || got.Deleted() || got.File != nil || got.System() != (want == line || want == hosts) {
				w.Errorf("%s: number %d is %+v", how, want.Seq, got)
			}
			if want == hosts && (got.AuthorName != chat.HostActor || got.AuthorUID != uuid.Nil || got.AuthorDisplay != "" || !got.ByHost()) {
				w.Errorf("%s: the line of the host is %+v", how, got)
			}
			if (got.ReplyTo != nil) != (want == answer) {
				w.Errorf("%s: number %d answers %v", how, want.Seq, got.ReplyTo)
			}
			if q := got.ReplyTo; q != nil && (q.ID != first.ID || q.Seq != 1 || q.AuthorName != "ann" || q.Text != chat.QuoteText(first.Body)) {
				w.Errorf("%s: it answers %+v", how, q)
			}
		}
	}
	for _, c := range []struct {
		user chat.User
		seen chat.Seq
		want int
	}{{bob, 0, 1}, {bob, 1, 0}, {ann, 0, 1}, {ann, 2, 0}} { // your own messages and lines are never unread
		if got := must(w.Unread(ctx, in.ID, c.user.ID, c.seen))(w); got != c.want {
			w.Errorf("%s has %d unread after %d, want %d", c.user.Name, got, c.seen, c.want)
		}
	}
	for range chat.UnreadLimit + 5 {
		w.post(in, ann, "more")
	}
	if got := must(w.Unread(ctx, in.ID, bob.ID, 0))(w); got != chat.UnreadLimit {
		w.Errorf("%d are unread, want the limit of %d", got, chat.UnreadLimit)
	}
}

// An edited message has a new text in its old place. A deleted message keeps only its
// place.
func editAndDelete(w *world) {
	ann, bob := w.user("ann"), w.user("bob")
	in := w.group("x", ann, bob)
	edited, deleted := w.post(in, ann, "before @bob"), w.insert(&chat.Message{
		Conversation: in.ID, Author: ann.ID, Body: "a.txt", File: &chat.Attachment{Name: "a.txt", Size: 3, Sum: sha256.Sum256([]byte("a"))},
	})
	w.update(func(ctx context.Context, tx chat.Tx) error { return tx.InsertMention(ctx, in.ID, bob.ID, edited.Seq) })
	mentioned := func() bool { return must(w.ListOf(w.Context(), bob.ID))(w)[0].Mentioned() }
	if !mentioned() {
		w.Error("bob is not mentioned before the edit")
	}
	position := must(w.LastPosition(w.Context()))(w)
	edited.Body, edited.EditedAt = "afterwards", w.now()
	deleted.Body, deleted.DeletedAt, deleted.DeletedBy = "", w.now(), bob.ID
	w.update(func(ctx context.Context, tx chat.Tx) error {
		return errors.Join(tx.EditMessage(ctx, edited), tx.DeleteMessage(ctx, deleted))
	})
	list := must(w.MessagesAfter(w.Context(), in.ID, 0, 10))(w)
	if !slices.Equal(seqs(list), []chat.Seq{1, 2}) || must(w.LastPosition(w.Context()))(w) != position {
		w.Fatalf("afterwards there are %v", seqs(list))
	}
	if m := list[0]; m.Body != "afterwards" || !m.EditedAt.Equal(edited.EditedAt) || m.Deleted() {
		w.Errorf("the edited message is %+v", m)
	}
	if m := list[1]; m.Body != "" || m.File != nil || !m.DeletedAt.Equal(deleted.DeletedAt) || m.DeletedBy != bob.ID || m.DeleterName != "bob" {
		w.Errorf("the deleted message is %+v", m)
	}
	if mentioned() {
		w.Error("bob is still mentioned after the edit")
	}
	if got := must(w.Unread(w.Context(), in.ID, bob.ID, 0))(w); got != 1 {
		w.Errorf("%d are unread, want the edited one only", got)
	}
	if got := must(w.FilesAfter(w.Context(), in.ID, 0, 10))(w); len(got) != 0 {
		w.Errorf("of the deleted file there is %v", got)
	}
}

func files(w *world) {
	ann, bob := w.user("ann"), w.user("bob")
	x, y := w.group("x", ann, bob), w.group("y", ann)
	sum := func(s string) chat.Sum { return sha256.Sum256([]byte(s)) }
	post := func(in chat.Conversation, by chat.User, name, content string, size int64) *chat.Message {
		return w.insert(&chat.Message{Conversation: in.ID, Author: by.ID, Body: name, File: &chat.Attachment{Name: name, Size: size, Sum: sum(content)}})
	}
	post(x, ann, "a.txt", "one", 3)
	w.post(x, ann, "no file")
	post(x, bob, "b.txt", "one", 3)
	newest := post(x, bob, "a.txt", "two", 4)
	post(y, ann, "a.txt", "three", 5)
	ctx := w.Context()
	list := must(w.FilesAfter(ctx, x.ID, 0, 10))(w)
	got := each(list, func(f chat.File) chat.Seq { return f.Seq })
	if !slices.Equal(got, []chat.Seq{1, 3, 4}) {
		w.Fatalf("the files are of the messages %v", got)
	}
	if f := list[2]; f.Attachment != *newest.File || f.AuthorName != "bob" || !f.SentAt.Equal(newest.SentAt) || f.Conversation != x.ID {
		w.Errorf("the newest file is %+v", f)
	}
	if list[0].Newest || !list[1].Newest || !list[2].Newest {
		w.Errorf("the newest of their names are %v", each(list, func(f chat.File) bool { return f.Newest }))
	}
	if got := must(w.FilesAfter(ctx, x.ID, 1, 1))(w); len(got) != 1 || got[0].Seq != 3 {
		w.Errorf("the page after the first file is %v", got)
	}
	for name, want := range map[string]chat.Seq{"a.txt": 4, "b.txt": 3, "c.txt": 0} {
		if got := must(w.LastFileNamed(ctx, x.ID, name))(w); got != want {
			w.Errorf("the last file %s is %d, want %d", name, got, want)
		}
	}
	if of, all := must(w.BytesOf(ctx, ann.ID))(w), must(w.BytesOfAll(ctx))(w); of != 8 || all != 15 {
		w.Errorf("ann has %d bytes, and all together %d", of, all)
	}
	for content, want := range map[string]bool{"one": true, "three": true, "four": false} {
		if got := must(w.HasContent(ctx, sum(content)))(w); got != want {
			w.Errorf("there is a file with %q: %v", content, got)
		}
	}
	// A store without the server's id vouches for nothing.
	if err := w.Vouch(ctx); err == nil {
		w.Error("a store without the server's id vouches for its files")
	}
	w.update(func(ctx context.Context, tx chat.Tx) error {
		return tx.SetSetting(ctx, chat.SettingServerID, uuid.NewString())
	})
	if err := w.Vouch(ctx); err != nil {
		w.Errorf("the store does not vouch for its files: %v", err)
	}
}
