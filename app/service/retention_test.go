package service_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"confab/app/chat"
	"confab/app/service"
	"confab/app/testkit"
	"confab/app/text"
)

// days is a service whose clock is set by hand, in days.
func days(t *testing.T, dir string) (*service.Service, *atomic.Int64) {
	t.Helper()
	day := new(atomic.Int64)
	s := openFilesAt(t, dir, 1000, 10_000, func() time.Time {
		return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, int(day.Load()))
	})
	return s, day
}

// said returns the texts of a conversation that a session sees, in order.
func said(t *testing.T, s *service.Session, in chat.ConversationID) string {
	t.Helper()
	page, err := s.Messages().After(t.Context(), in, 0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	end := chat.Seq(1)
	for i, m := range page {
		end = m.Seq + 1 // another message may be posted before the next read
		texts = append(texts, m.Body)
		if i > 0 && m.Seq != page[i-1].Seq+1 {
			t.Errorf("message %d comes after %d", m.Seq, page[i-1].Seq)
		}
	}
	before, err := s.Messages().Before(t.Context(), in, end, 1000)
	if err != nil || len(before) != len(page) {
		t.Errorf("read from the end there are %d messages and not %d, %v", len(before), len(page), err)
	}
	return strings.Join(texts, " ")
}

// stored returns the bodies of all messages in a folder's database.
func stored(t *testing.T, dir string) []string {
	t.Helper()
	database, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "confab.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer database.Close()
	var all string
	if err := database.QueryRow("SELECT coalesce(group_concat(body, char(10)), '') FROM messages").Scan(&all); err != nil {
		t.Fatal(err)
	}
	return strings.Split(all, "\n")
}

func expire(t *testing.T, s *service.Service, keep time.Duration) {
	t.Helper()
	if err := s.Expire(t.Context(), keep); err != nil {
		t.Fatal(err)
	}
}

const day = 24 * time.Hour

// Messages that are older than the server's limit are deleted with all their traces. The
// numbers and unread counts of the other messages stay right.
func TestMessagesExpire(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, today := days(t, dir)
	ann, bob := testkit.Connect(t, s, testkit.Enrol(t, s, "ann", 1)), testkit.Connect(t, s, testkit.Enrol(t, s, "bob", 2))
	in := testkit.General(t, ann)
	first := testkit.Send(t, ann, in, "one")
	for range 500 { // more than one batch
		testkit.Send(t, ann, in, "old @bob")
	}
	mustAttach(t, ann, in, "only.txt", "only here")
	mustAttach(t, ann, in, "both.txt", "in both")
	today.Store(5)
	testkit.Send(t, ann, in, "young")
	mustAttach(t, ann, in, "again.txt", "in both")
	expire(t, s, 0)
	if got := len(strings.Fields(said(t, bob, in))); got != 1+500*2+2+2 {
		t.Fatalf("without a limit %d words are kept", got)
	}
	today.Store(12)
	expire(t, s, 10*day)
	if got := said(t, bob, in); got != "young again.txt" {
		t.Errorf("the server keeps %q", got)
	}
	list, err := bob.Groups().Conversations(t.Context())
	if err != nil || list[0].Unread != 2 || list[0].Mentioned() || list[0].Expired != 503 || list[0].LastSeq != 505 {
		t.Errorf("bob's list: %+v, %v", list[0], err)
	}
	if v, err := bob.Receipts().Visit(t.Context(), in); err != nil || v.Unread != 2 || v.Seen != 503 {
		t.Errorf("bob's visit: %+v, %v", v, err)
	}
	if _, _, err := bob.Messages().Message(t.Context(), first.ID); !errors.Is(err, chat.ErrNotFound) {
		t.Errorf("the first message: %v", err)
	}
	if got := contents(t, dir); len(got) != 1 {
		t.Errorf("the contents %v are kept", got)
	}
	if got, err := fetch(t, bob, in, "again.txt"); got != "in both" || err != nil {
		t.Errorf("the young file: %q, %v", got, err)
	}
	// Numbers and positions continue, although all messages have expired.
	last, err := ann.Messages().LastPosition(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	today.Store(100)
	expire(t, s, 10*day)
	if got := said(t, bob, in); got != "" {
		t.Errorf("after 100 days the server still has %q", got)
	}
	if m := testkit.Send(t, ann, in, "new"); m.Seq != 506 || m.Position <= last {
		t.Errorf("the next message is %d at %d, after %d", m.Seq, m.Position, last)
	}
	if got := said(t, bob, in); got != "new" {
		t.Errorf("afterwards there is %q", got)
	}
	// The database has nothing of them.
	for _, body := range stored(t, dir) {
		if body != "new" && body != "" {
			t.Errorf("%q is kept", body)
		}
	}
}

// Edits, deletions, answers, receipts and index entries of expired messages leave no trace
// either. An answer to an expired message, or an edit of it, is refused as unknown.
func TestWhatBelongsToAMessageExpiresWithIt(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, today := days(t, dir)
	ann, bob := testkit.Connect(t, s, testkit.Enrol(t, s, "ann", 1)), testkit.Connect(t, s, testkit.Enrol(t, s, "bob", 2))
	in := testkit.General(t, ann)
	edited, deleted, asked := testkit.Send(t, ann, in, "before"), testkit.Send(t, ann, in, "gone @bob"), testkit.Send(t, ann, in, "question")
	if _, err := ann.Messages().Edit(t.Context(), in, edited.Seq, "afterwards @bob"); err != nil {
		t.Fatal(err)
	}
	if _, err := ann.Messages().Delete(t.Context(), in, deleted.Seq); err != nil {
		t.Fatal(err)
	}
	if _, err := bob.Receipts().Visit(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	bob.Receipts().MarkRead(in, asked.Seq)
	if _, err := ann.Groups().Conversations(t.Context()); err != nil { // this writes the markers to disk
		t.Fatal(err)
	}
	today.Store(5)
	answer, err := reply(bob, in, asked.ID)
	if err != nil {
		t.Fatal(err)
	}
	count := func(from string) (n int) {
		t.Helper()
		database, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "confab.db"))
		if err != nil {
			t.Fatal(err)
		}
		defer database.Close()
		if err := database.QueryRow("SELECT count(*) FROM " + from).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	moves := fmt.Sprintf("marker_moves WHERE seq <= %d", asked.Seq)
	if count("mentions") != 1 || count(moves) == 0 || count("message_search_docsize") != 3 {
		t.Fatalf("there are %d mentions, %d times and %d words", count("mentions"), count(moves), count("message_search_docsize"))
	}
	today.Store(12)
	expire(t, s, 10*day)
	for _, from := range []string{"mentions", moves, "messages WHERE edited_at > 0 OR deleted_at > 0"} {
		if n := count(from); n != 0 {
			t.Errorf("%d are left of %s", n, from)
		}
	}
	if n := count("message_search_docsize"); n != 1 {
		t.Errorf("%d messages are in the index", n)
	}
	for _, word := range []string{"afterwards", "question", "before"} {
		q, err := text.ParseQuery(word, time.UTC)
		if err != nil {
			t.Fatal(err)
		}
		if hits, err := bob.Messages().Search(t.Context(), q, 10, 0); err != nil || len(hits) != 0 {
			t.Errorf("a search for %q finds %+v, %v", word, hits, err)
		}
	}
	page, err := ann.Messages().After(t.Context(), in, 0, 10)
	if err != nil || len(page) != 1 || page[0].ID != answer.ID || page[0].Quote(asked.Seq) != nil {
		t.Errorf("the server keeps %+v, %v", page, err)
	}
	if _, err := ann.Messages().Edit(t.Context(), in, edited.Seq, "again"); !errors.Is(err, chat.ErrNotFound) {
		t.Errorf("an edit of what has expired: %v", err)
	}
	if _, err := ann.Messages().Delete(t.Context(), in, asked.Seq); !errors.Is(err, chat.ErrNotFound) {
		t.Errorf("a deletion of what has expired: %v", err)
	}
	today.Store(40)
	expire(t, s, 10*day)
	if n := count("messages WHERE body <> '' OR reply_to IS NOT NULL"); n != 0 {
		t.Errorf("%d messages are left", n)
	}
}

// The owner of a group can make messages expire sooner than the server's limit, but not later.
func TestAGroupsOwnKeep(t *testing.T) {
	t.Parallel()
	s, today := days(t, t.TempDir())
	ann, bob := testkit.Connect(t, s, testkit.Enrol(t, s, "ann", 1)), testkit.Connect(t, s, testkit.Enrol(t, s, "bob", 2))
	in := testkit.General(t, ann)
	meet(t, ann, "bob")
	ops, err := ann.Groups().NewGroup(t.Context(), "ops", false, []string{"bob"})
	if err != nil {
		t.Fatal(err)
	}
	if err := ann.Groups().SetRole(t.Context(), ops, "bob", chat.RoleAdmin); err != nil {
		t.Fatal(err)
	}
	if err := bob.Groups().SetKeep(t.Context(), ops, 30*day); !errors.Is(err, chat.ErrNotAllowed) {
		t.Errorf("an admin changes it: %v", err)
	}
	if err := ann.Groups().SetKeep(t.Context(), ops, 30*day); err != nil {
		t.Fatal(err)
	}
	testkit.Send(t, ann, ops, "secret")
	testkit.Send(t, ann, in, "plain")
	today.Store(31)
	expire(t, s, 0)
	if a, b := said(t, bob, ops), said(t, bob, in); a != "" || b != "plain" {
		t.Errorf("kept are %q and %q", a, b)
	}
	if err := ann.Groups().SetKeep(t.Context(), ops, 90*day); err != nil {
		t.Fatal(err)
	}
	today.Store(92)
	expire(t, s, 60*day)
	if a := said(t, bob, ops); a != "" {
		t.Errorf("kept longer than the server has it: %q", a)
	}
	direct, err := ann.Groups().Direct(t.Context(), "bob")
	if err != nil {
		t.Fatal(err)
	}
	if err := ann.Groups().SetKeep(t.Context(), direct, day); !errors.Is(err, chat.ErrNotAllowed) {
		t.Errorf("a conversation of two has it: %v", err)
	}
}

// decisive is a store in which a group's owner changes the limit at the last moment.
type decisive struct {
	chat.Store
	then func()
}

func (d *decisive) Expiring(ctx context.Context, now, cutoff time.Time) ([]chat.Expiring, error) {
	due, err := d.Store.Expiring(ctx, now, cutoff)
	if len(due) > 0 && d.then != nil {
		d.then()
		d.then = nil
	}
	return due, err
}

// If the limit changes just before messages expire, messages within the new limit stay.
func TestKeepCountsWhenItIsDeleted(t *testing.T) {
	t.Parallel()
	store := testkit.OpenStore(t, t.TempDir())
	d, c := &decisive{Store: store}, &clock{now: time.UnixMilli(1_800_000_000_000)}
	s := testkit.Serve(t, store, d, service.Options{Now: c.Now})
	const day = 24 * time.Hour
	ann := testkit.Connect(t, s, testkit.Enrol(t, s, "ann", 1))
	ops := group(t, ann, "ops")
	if err := ann.Groups().SetKeep(t.Context(), ops, day); err != nil {
		t.Fatal(err)
	}
	testkit.Send(t, ann, ops, "to be kept after all")
	c.add(2 * day)
	d.then = func() {
		if err := ann.Groups().SetKeep(t.Context(), ops, 0); err != nil {
			t.Error(err)
		}
	}
	expire(t, s, 0)
	if got := said(t, ann, ops); !strings.Contains(got, "to be kept after all") {
		t.Errorf("there is %q", got)
	}
}

// When the newest message of the server expires, it leaves an empty row. Nobody sees the
// row, whether or not the group shows its history to new members.
func TestTheNewestMessageExpiresToo(t *testing.T) {
	t.Parallel()
	for _, history := range []bool{false, true} {
		s, today := days(t, t.TempDir())
		ann := testkit.Connect(t, s, testkit.Enrol(t, s, "ann", 1))
		ops := group(t, ann, "ops")
		if err := ann.Groups().Configure(t.Context(), ops, chat.SettingHistory, history); err != nil && !errors.Is(err, chat.ErrConflict) {
			t.Fatal(err)
		}
		last := testkit.Send(t, ann, ops, "the newest of all")
		today.Store(12)
		expire(t, s, 10*day)
		after, err1 := ann.Messages().After(t.Context(), ops, 0, 10)
		before, err2 := ann.Messages().Before(t.Context(), ops, last.Seq+1, 10)
		if err := errors.Join(err1, err2); err != nil || len(after)+len(before) > 0 {
			t.Errorf("with history %v there are still %d and %d messages, %v", history, len(after), len(before), err)
		}
		if err := edit(ann, ops, last.Seq, "back again"); !errors.Is(err, chat.ErrNotFound) {
			t.Errorf("with history %v what has expired is edited: %v", history, err)
		}
	}
}

// The log says how many messages and files of a conversation have expired, and stays silent
// if nothing has.
func TestTheHostIsToldWhatHasExpired(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	store := testkit.OpenStore(t, dir)
	var today atomic.Int64
	var log testkit.Log
	s := testkit.Serve(t, store, store, service.Options{
		Now: func() time.Time { return time.Date(2026, 1, 1+int(today.Load()), 0, 0, 0, 0, time.UTC) }, Log: slog.New(slog.NewTextHandler(&log, nil)),
		Files: service.FileOptions{Blobs: testkit.OpenBlobs(t, dir), Max: 1000, PerAccount: 10_000},
	})
	ann := testkit.Connect(t, s, testkit.Enrol(t, s, "ann", 1))
	in := testkit.General(t, ann)
	testkit.Send(t, ann, in, "one")
	mustAttach(t, ann, in, "two.txt", "2")
	expire(t, s, 10*day)
	if strings.Contains(log.String(), "expired") {
		t.Errorf("before anything expires the log has\n%s", log.String())
	}
	today.Store(12)
	expire(t, s, 10*day)
	want := fmt.Sprintf(`msg="expired messages were deleted" conversation=%d messages=2 files=1 older_than=2026-01-03T00:00:00.000Z`, in)
	if !strings.Contains(log.String(), want) {
		t.Errorf("the log has no %q:\n%s", want, log.String())
	}
}
