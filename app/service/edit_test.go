package service_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"confab/app/chat"
	"confab/app/service"
	"confab/app/testkit"
	"confab/app/text"
)

func edit(s *service.Session, in chat.ConversationID, seq chat.Seq, text string) error {
	_, err := s.Messages().Edit(context.Background(), in, seq, text)
	return err
}

func remove(s *service.Session, in chat.ConversationID, seq chat.Seq) error {
	_, err := s.Messages().Delete(context.Background(), in, seq)
	return err
}

func TestWhoMayEditAndDelete(t *testing.T) {
	s := testkit.Open(t, t.TempDir())
	x := crowd(t, s, 4, "ann", "bob", "cyd", "eve")
	ann, bob, cyd, eve := x[0], x[1], x[2], x[3]
	in := group(t, ann, "ops", "bob", "cyd") // lines 1 and 2
	if err := ann.Groups().SetRole(t.Context(), in, "bob", chat.RoleAdmin); err != nil {
		t.Fatal(err)
	}
	elsewhere := group(t, cyd, "other", "ann")
	direct, err := ann.Groups().Direct(t.Context(), "cyd")
	if err != nil {
		t.Fatal(err)
	}
	theirs, private := testkit.Send(t, cyd, in, "of cyd"), testkit.Send(t, cyd, direct, "between us")
	testkit.Send(t, cyd, in, "more")
	for _, c := range []struct {
		name string
		do   func() error
		kind error
	}{
		{"edit by an owner", func() error { return edit(ann, in, theirs.Seq, "mine") }, chat.ErrNotAllowed},
		{"edit by an admin", func() error { return edit(bob, in, theirs.Seq, "mine") }, chat.ErrNotAllowed},
		{"edit by a stranger", func() error { return edit(eve, in, theirs.Seq, "mine") }, chat.ErrNotFound},
		{"delete by a stranger", func() error { return remove(eve, in, theirs.Seq) }, chat.ErrNotFound},
		{"by its number elsewhere", func() error { return edit(cyd, elsewhere, theirs.Seq, "mine") }, chat.ErrNotFound},
		{"delete by its number elsewhere", func() error { return remove(cyd, elsewhere, theirs.Seq) }, chat.ErrNotFound},
		{"of none", func() error { return edit(cyd, in, 99, "mine") }, chat.ErrNotFound},
		{"of the one before the first", func() error { return remove(cyd, in, 0) }, chat.ErrNotFound},
		{"a system line", func() error { return edit(ann, in, 1, "mine") }, chat.ErrNotAllowed},
		{"delete a system line", func() error { return remove(ann, in, 1) }, chat.ErrNotAllowed},
		{"to nothing", func() error { return edit(cyd, in, theirs.Seq, " \n") }, text.ErrInvalid},
		{"to too much", func() error { return edit(cyd, in, theirs.Seq, strings.Repeat("x", chat.MaxBody+1)) }, chat.ErrTooLarge},
		{"delete the other's", func() error { return remove(ann, direct, private.Seq) }, chat.ErrNotAllowed},
		{"one's own", func() error { return edit(cyd, in, theirs.Seq, "of cyd, again") }, nil},
		{"delete as an admin", func() error { return remove(bob, in, theirs.Seq) }, nil},
		{"edit what is deleted", func() error { return edit(cyd, in, theirs.Seq, "back") }, chat.ErrNotAllowed},
		{"delete twice", func() error { return remove(cyd, in, theirs.Seq) }, chat.ErrNotAllowed},
		{"delete as an owner", func() error { return remove(ann, in, theirs.Seq+1) }, nil},
		{"delete one's own", func() error { return remove(cyd, direct, private.Seq) }, nil},
	} {
		if err := c.do(); !errors.Is(err, c.kind) || c.kind != nil && !chat.IsRefusal(err) {
			t.Errorf("%s: %v, want %v", c.name, err, c.kind)
		}
	}
	own := testkit.Send(t, ann, in, "of ann")
	if err := remove(cyd, in, own.Seq); !errors.Is(err, chat.ErrNotAllowed) {
		t.Errorf("a member deletes what the owner wrote: %v", err)
	}
	// A member who has left and returned can no longer see its earlier messages.
	mine := testkit.Send(t, cyd, in, "before")
	if err := errors.Join(cyd.Groups().Leave(t.Context(), in), ann.Groups().AddMembers(t.Context(), in, []string{"cyd"}), second(cyd.Groups().AcceptInvitation(t.Context(), "ops"))); err != nil {
		t.Fatal(err)
	}
	if err := edit(cyd, in, mine.Seq, "after"); !errors.Is(err, chat.ErrNotFound) {
		t.Errorf("edited what may not be seen: %v", err)
	}
}

func TestAnEditIsToldToThoseWhoMaySeeIt(t *testing.T) {
	s := testkit.Open(t, t.TempDir())
	x := crowd(t, s, 3, "ann", "bob", "cyd")
	ann, bob, cyd := x[0], x[1], x[2]
	in := group(t, ann, "ops", "bob")
	m := testkit.Send(t, ann, in, "frist")
	visit(t, bob, in)
	before, err := bob.Messages().After(t.Context(), in, m.Seq-1, 1)
	if err != nil {
		t.Fatal(err)
	}
	meet(t, ann, "cyd")
	if err := ann.Groups().AddMembers(t.Context(), in, []string{"cyd"}); err != nil {
		t.Fatal(err)
	}
	cyd.Mailbox().Drain()
	edited, err := ann.Messages().Edit(t.Context(), in, m.Seq, "first")
	if err != nil || edited.Body != "first" || !edited.Edited() || edited.Deleted() {
		t.Fatalf("the edit gave %+v, %v", edited, err)
	}
	untilEvent(t, bob, func(ev chat.MessageChanged) bool { return ev.Message == edited })
	for _, ev := range cyd.Mailbox().Drain().Events {
		if c, ok := ev.(chat.MessageChanged); ok {
			t.Errorf("a member who came later was told of %+v", c.Message)
		}
	}
	after, err := bob.Messages().After(t.Context(), in, m.Seq-1, 1)
	if err != nil || after[0] != edited || before[0].Body != "frist" || m.Body != "frist" {
		t.Errorf("bob reads %+v, %v; before it was %+v", after[0], err, before[0])
	}
	// The same text again is not an edit. Two edits at the same time have different times.
	if same, err := ann.Messages().Edit(t.Context(), in, m.Seq, "first"); err != nil || !same.EditedAt.Equal(edited.EditedAt) {
		t.Errorf("the same text gave %+v, %v", same, err)
	}
	for _, text := range []string{"second", "third"} {
		next, err := ann.Messages().Edit(t.Context(), in, m.Seq, text)
		if err != nil || !next.Newer(edited) || edited.Newer(next) {
			t.Errorf("%q is of %v, the one before of %v; %v", text, next.EditedAt, edited.EditedAt, err)
		}
		edited = next
	}
	gone, err := ann.Messages().Delete(t.Context(), in, m.Seq)
	if err != nil || !gone.Newer(edited) || edited.Newer(gone) || gone.Newer(gone) || gone.Body != "" || gone.Counts() {
		t.Errorf("the deletion gave %+v, %v", gone, err)
	}
	untilEvent(t, bob, func(ev chat.MessageChanged) bool { return ev.Message == gone })
	if page, err := bob.Messages().After(t.Context(), in, m.Seq-1, 1); err != nil || page[0] != gone {
		t.Errorf("bob reads %+v, %v", page[0], err)
	}
}

func TestADeletedMessageIsNotUnreadNorMentionedNorFound(t *testing.T) {
	s := testkit.Open(t, t.TempDir())
	x := crowd(t, s, 2, "ann", "bob")
	ann, bob := x[0], x[1]
	in := testkit.General(t, ann)
	listed := func(unread int, mentioned bool) {
		t.Helper()
		list, err := bob.Groups().Conversations(t.Context())
		if err != nil || list[0].Unread != unread || list[0].Mentioned() != mentioned {
			t.Errorf("%d are unread, mentioned %v, %v; want %d and %v", list[0].Unread, list[0].Mentioned(), err, unread, mentioned)
		}
		if n, err := bob.Receipts().Unread(t.Context(), in); err != nil || n != unread {
			t.Errorf("%d are unread, %v; want %d", n, err, unread)
		}
	}
	first, second := testkit.Send(t, ann, in, "a plain one"), testkit.Send(t, ann, in, "look, @bob")
	if m, err := reply(ann, in, first.ID); err != nil || m.ReplyTo == nil {
		t.Fatal(err)
	}
	listed(3, true)
	if err := edit(ann, in, second.Seq, "look, @bobby"); err != nil {
		t.Fatal(err)
	}
	listed(3, false)
	finds(t, bob, "bobby", "look, @[bobby]")
	finds(t, bob, "bob")
	if err := edit(ann, in, first.Seq, "for @bob alone"); err != nil {
		t.Fatal(err)
	}
	listed(3, true)
	if page, err := bob.Messages().After(t.Context(), in, second.Seq, 1); err != nil || page[0].ReplyTo.Text != "for @bob alone" {
		t.Errorf("the quote is %+v, %v", page[0].ReplyTo, err)
	}
	if err := remove(ann, in, first.Seq); err != nil {
		t.Fatal(err)
	}
	listed(2, false)
	finds(t, bob, "alone")
	if page, err := bob.Messages().After(t.Context(), in, second.Seq, 1); err != nil || page[0].ReplyTo.Text != "" {
		t.Errorf("the quote is %+v, %v", page[0].ReplyTo, err)
	}
	if _, err := reply(bob, in, first.ID); !errors.Is(err, chat.ErrNotFound) {
		t.Errorf("answered what is deleted: %v", err)
	}
	if d, err := ann.Receipts().Details(t.Context(), in, first.Seq); err != nil || len(d.Members) != 0 || !d.Message.Deleted() {
		t.Errorf("details are %+v, %v", d, err)
	}
}

func TestWhatIsDeletedTakesItsFileAlong(t *testing.T) {
	dir := t.TempDir()
	s := openWithFiles(t, dir, 100, 100)
	ann := testkit.Connect(t, s, testkit.Enrol(t, s, "ann", 1))
	in := testkit.General(t, ann)
	m := mustAttach(t, ann, in, "a.txt", "content")
	if err := edit(ann, in, m.Seq, "b.txt"); !errors.Is(err, chat.ErrNotAllowed) {
		t.Errorf("edited a file: %v", err)
	}
	if gone, err := ann.Messages().Delete(t.Context(), in, m.Seq); err != nil || gone.File != nil {
		t.Fatalf("the deletion gave %+v, %v", gone, err)
	}
	if _, err := fetch(t, ann, in, "a.txt"); !errors.Is(err, chat.ErrNotFound) {
		t.Errorf("it can be fetched: %v", err)
	}
	if page, err := ann.Messages().After(t.Context(), in, m.Seq-1, 1); err != nil || page[0].File != nil {
		t.Errorf("the message is %+v, %v", page[0], err)
	}
	if left, err := ann.Files().List(t.Context(), in, 0, 10); err != nil || len(left) != 0 {
		t.Errorf("the files are %+v, %v", left, err)
	}
}

func TestDetailsSayWhatWasReadBeforeTheEdit(t *testing.T) {
	c := &clock{now: time.UnixMilli(1_800_000_000_000)}
	s := openAt(t, c)
	x := crowd(t, s, 3, "ann", "bob", "cyd")
	ann, bob, cyd := x[0], x[1], x[2]
	in := testkit.General(t, ann)
	m := testkit.Send(t, ann, in, "hello")
	visit(t, bob, in)
	visit(t, cyd, in)
	c.add(time.Minute)
	bob.Receipts().MarkRead(in, m.Seq)
	c.add(time.Minute)
	if err := edit(ann, in, m.Seq, "hello, all"); err != nil {
		t.Fatal(err)
	}
	before, err := ann.Receipts().Details(t.Context(), in, m.Seq)
	if err != nil || !before.Members[0].Read || before.Members[1].Read {
		t.Errorf("an edit moved markers: %+v, %v", before.Members, err)
	}
	c.add(time.Minute)
	cyd.Receipts().MarkRead(in, m.Seq)
	d, err := ann.Receipts().Details(t.Context(), in, m.Seq)
	read := slices.IndexFunc(d.Members, func(o chat.MemberDetail) bool { return o.Name == "cyd" })
	if err != nil || !d.Members[1-read].BeforeEdit || d.Members[read].BeforeEdit || !d.Members[read].Read {
		t.Errorf("details are %+v, %v", d.Members, err)
	}
}
