package service_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"confab/app/chat"
	"confab/app/service"
	"confab/app/testkit"
)

// tells waits until a session is told of its silence in words that begin like this, and
// returns them.
func tells(t *testing.T, s *service.Session, begin string) string {
	t.Helper()
	late := time.After(testkit.Patience)
	for {
		for _, ev := range s.Mailbox().Drain().Events {
			if silenced, ok := ev.(chat.Silenced); ok && strings.HasPrefix(silenced.Words(), begin) {
				return silenced.Words()
			}
		}
		select {
		case <-s.Mailbox().Wake():
		case <-late:
			t.Fatal("the session is not told")
		}
	}
}

// A silenced account reads, and does nothing that others would see, until that is over.
func TestASilencedAccountOnlyReads(t *testing.T) {
	t.Parallel()
	s, key := moderated(t)
	ctx := t.Context()
	bob, eve, joe := testkit.Connect(t, s, key["bob"]), testkit.Connect(t, s, key["eve"]), testkit.Connect(t, s, key["joe"])
	general := testkit.General(t, eve)
	meet(t, eve, "joe")
	group, err := eve.Groups().NewGroup(ctx, "own", false, []string{"joe"})
	if err != nil {
		t.Fatal(err)
	}
	own := testkit.Send(t, eve, general, "before")
	theirs := testkit.Send(t, joe, general, "hello")
	b, err := bob.Moderation().Silence(ctx, "eve", time.Hour, "too loud")
	if err != nil || b.Before != nil {
		t.Fatal(b, err)
	}
	sentence := tells(t, eve, "You can read but not write on this server until ")
	if !strings.HasSuffix(sentence, " UTC (too loud): ask bob about it, or its host.") {
		t.Errorf("it is told %q", sentence)
	}
	send := func(body string) error {
		_, err := eve.Messages().Send(ctx, chat.NewMessage{ID: testkit.NewID(t), Conversation: general, Body: body})
		return err
	}
	tries := map[string]func() error{
		"send":   func() error { return send("loud") },
		"edit":   func() error { _, err := eve.Messages().Edit(ctx, general, own.Seq, "after"); return err },
		"react":  func() error { _, err := eve.Messages().React(ctx, general, theirs.Seq, "👍", true); return err },
		"add":    func() error { return eve.Groups().AddMembers(ctx, group, []string{"bob"}) },
		"group":  func() error { _, err := eve.Groups().NewGroup(ctx, "other", true, nil); return err },
		"direct": func() error { _, err := eve.Groups().Direct(ctx, "ann"); return err },
		"topic":  func() error { return eve.Groups().SetTopic(ctx, group, "loud") },
		"rename": func() error { return eve.Groups().Rename(ctx, group, "loud") },
		"name":   func() error { return eve.Account().SetDisplayName(ctx, "Loud") },
		"status": func() error { return eve.Account().SetStatus(ctx, chat.Status{Text: "loud"}) },
		"reply": func() error {
			_, err := eve.Messages().Send(ctx, chat.NewMessage{ID: testkit.NewID(t), Conversation: general, Body: "x", Thread: theirs.ID})
			return err
		},
		"schedule": func() error {
			_, err := eve.Later().Add(ctx, chat.Later{Conversation: general, Body: "loud", At: time.Now().Add(time.Hour)})
			return err
		},
	}
	for what, try := range tries {
		if err := try(); !errors.Is(err, chat.ErrNotAllowed) || chat.UserText(err) != sentence {
			t.Errorf("%s is answered %v", what, err)
		}
	}
	if page, err := eve.Messages().Before(ctx, general, 100, 10); err != nil || len(page) == 0 {
		t.Errorf("it reads %v, %v", page, err)
	}
	if _, err := eve.Messages().Delete(ctx, general, own.Seq); err != nil {
		t.Errorf("to delete its own message is answered %v", err)
	}
	if err := errors.Join(eve.Account().SetDisplayName(ctx, ""), eve.Account().SetStatus(ctx, chat.Status{})); err != nil {
		t.Errorf("to take its display name and its status back is answered %v", err)
	}
	notes, err := eve.Groups().Direct(ctx, "me")
	if err != nil {
		t.Fatal(err)
	}
	testkit.Send(t, eve, notes, "to myself")

	// Members and the silenced account cannot end it, and admins not that of an owner.
	for _, o := range []*service.Session{eve, joe} {
		if err := o.Moderation().Unsilence(ctx, "@eve"); !errors.Is(err, chat.ErrNotAllowed) {
			t.Errorf("%s ends it: %v", o.User().Name, err)
		}
	}
	if _, err := bob.Moderation().Silence(ctx, "ann", 0, ""); !errors.Is(err, chat.ErrNotAllowed) {
		t.Errorf("an admin silences an owner: %v", err)
	}
	if again, err := s.Host().Silence(ctx, "eve", chat.SameSpan, "far too loud"); err != nil || !again.EndsAt.Equal(b.EndsAt) || again.Before.Reason != "too loud" {
		t.Errorf("a second silence is %+v, %v", again, err)
	}
	if err := bob.Moderation().Unsilence(ctx, "@eve"); err != nil {
		t.Fatal(err)
	}
	tells(t, eve, "You can write again: you are no longer silenced.")
	if err := send("quietly"); err != nil {
		t.Error(err)
	}
	if err := bob.Moderation().Unsilence(ctx, "eve"); !errors.Is(err, chat.ErrNotFound) {
		t.Errorf("to end it twice is answered %v", err)
	}
	entries, err := bob.Moderation().Audit(ctx, 3)
	if err != nil || !strings.HasPrefix(entries[2].Text(), "user.silence @eve: until 20") || entries[0].Text() != "user.unsilence @eve" {
		t.Errorf("the audit log has %v, %v", entries, err)
	}
}

// In a read-only group only owners and admins write, and everyone reacts.
func TestAReadOnlyGroup(t *testing.T) {
	t.Parallel()
	s, key := moderated(t)
	ctx := t.Context()
	bob, eve, joe := testkit.Connect(t, s, key["bob"]), testkit.Connect(t, s, key["eve"]), testkit.Connect(t, s, key["joe"])
	group, err := eve.Groups().NewGroup(ctx, "news", true, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range []*service.Session{joe, bob} {
		if _, err := o.Groups().Join(ctx, "news"); err != nil {
			t.Fatal(err)
		}
	}
	old := testkit.Send(t, joe, group, "early")
	if err := joe.Groups().Configure(ctx, group, chat.SettingReadOnly, true); !errors.Is(err, chat.ErrNotAllowed) {
		t.Errorf("a member makes it read-only: %v", err)
	}
	if err := eve.Groups().Configure(ctx, group, chat.SettingReadOnly, true); err != nil {
		t.Fatal(err)
	}
	_, err = joe.Messages().Send(ctx, chat.NewMessage{ID: testkit.NewID(t), Conversation: group, Body: "late"})
	if chat.UserText(err) != "Only owners and admins can write in #news." {
		t.Errorf("a member's message is answered %v", err)
	}
	if _, err := joe.Messages().Edit(ctx, group, old.Seq, "late"); !errors.Is(err, chat.ErrNotAllowed) {
		t.Errorf("a member's edit is answered %v", err)
	}
	news := testkit.Send(t, eve, group, "news")
	if _, err := joe.Messages().React(ctx, group, news.Seq, "👍", true); err != nil {
		t.Error(err)
	}
	testkit.Send(t, bob, group, "as an admin of the server") // the group is public
	if err := eve.Groups().SetRole(ctx, group, "joe", chat.RoleAdmin); err != nil {
		t.Fatal(err)
	}
	testkit.Send(t, joe, group, "as an admin of the group")
}

// In slow mode a member's second message waits, also as a file, in a thread and after
// leaving and joining again. A repeated send is no second message.
func TestSlowMode(t *testing.T) {
	t.Parallel()
	now := &clock{now: time.UnixMilli(1_800_000_000_000)}
	s := openFilesAt(t, t.TempDir(), 100, 1000, now.Now)
	ann, bob := testkit.Connect(t, s, testkit.Enrol(t, s, "ann", 1)), testkit.Connect(t, s, testkit.Enrol(t, s, "bob", 2))
	ctx := t.Context()
	group, err := ann.Groups().NewGroup(ctx, "busy", true, nil)
	if err != nil {
		t.Fatal(err)
	}
	join := func() {
		t.Helper()
		if _, err := bob.Groups().Join(ctx, "busy"); err != nil {
			t.Fatal(err)
		}
	}
	join()
	if err := ann.Groups().SetSlow(ctx, group, 30*time.Second); err != nil {
		t.Fatal(err)
	}
	send := func(o *service.Session, id, thread uuid.UUID) error {
		_, err := o.Messages().Send(ctx, chat.NewMessage{ID: id, Conversation: group, Body: "hello", Thread: thread})
		return err
	}
	first := testkit.NewID(t)
	for range 2 { // the second time as after a broken connection
		if err := send(bob, first, uuid.Nil); err != nil {
			t.Fatal(err)
		}
	}
	now.add(10 * time.Second)
	const sentence = "#busy is in slow mode, with one message every 30s: you can send the next one in 20 seconds."
	refused := func(what string, err error) {
		t.Helper()
		if !errors.Is(err, chat.ErrTooFast) || chat.UserText(err) != sentence {
			t.Errorf("%s is answered %v", what, err)
		}
	}
	refused("a second message", send(bob, testkit.NewID(t), uuid.Nil))
	refused("a reply in a thread", send(bob, testkit.NewID(t), first))
	_, err = bob.Files().Attach(ctx, group, "file.txt")
	refused("a file", err)
	if err := bob.Groups().Leave(ctx, group); err != nil {
		t.Fatal(err)
	}
	join()
	refused("after joining again", send(bob, testkit.NewID(t), uuid.Nil))
	for range 2 {
		if err := send(ann, testkit.NewID(t), uuid.Nil); err != nil {
			t.Errorf("an owner waits: %v", err)
		}
	}
	now.add(20 * time.Second)
	u, err := bob.Files().Attach(ctx, group, "file.txt")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := u.WriteAt([]byte("text"), 0); err != nil {
		t.Fatal(err)
	}
	if _, err := u.Commit(ctx); err != nil {
		t.Fatal(err)
	}
	if err := send(bob, testkit.NewID(t), uuid.Nil); !errors.Is(err, chat.ErrTooFast) {
		t.Errorf("after a file: %v", err)
	}
	if err := ann.Groups().SetSlow(ctx, group, 0); err != nil {
		t.Fatal(err)
	}
	if err := send(bob, testkit.NewID(t), uuid.Nil); err != nil {
		t.Errorf("without slow mode: %v", err)
	}
	if _, err := s.Host().Silence(ctx, "bob", 0, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := bob.Files().Attach(ctx, group, "file.txt"); !errors.Is(err, chat.ErrNotAllowed) {
		t.Errorf("a file of a silenced account: %v", err)
	}
}

// Admins of the server moderate public groups in which they are only members, and the audit
// log says so.
func TestStaffModeratePublicGroups(t *testing.T) {
	t.Parallel()
	s, key := moderated(t)
	ctx := t.Context()
	bob, eve, joe := testkit.Connect(t, s, key["bob"]), testkit.Connect(t, s, key["eve"]), testkit.Connect(t, s, key["joe"])
	group, err := eve.Groups().NewGroup(ctx, "pub", true, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range []*service.Session{joe, bob} {
		if _, err := o.Groups().Join(ctx, "pub"); err != nil {
			t.Fatal(err)
		}
	}
	spam := testkit.Send(t, joe, group, "spam")
	for what, err := range map[string]error{
		"role": bob.Groups().SetRole(ctx, group, "joe", chat.RoleAdmin),
		"keep": bob.Groups().SetKeep(ctx, group, 24*time.Hour),
		"open": bob.Groups().Configure(ctx, group, chat.SettingPublic, false),
	} {
		if !errors.Is(err, chat.ErrNotAllowed) {
			t.Errorf("%s is answered %v", what, err)
		}
	}
	if _, err := bob.Messages().Delete(ctx, group, spam.Seq); err != nil {
		t.Error(err)
	}
	for what, err := range map[string]error{
		"slow":      bob.Groups().SetSlow(ctx, group, time.Minute),
		"read-only": bob.Groups().Configure(ctx, group, chat.SettingReadOnly, true),
		"topic":     bob.Groups().SetTopic(ctx, group, "be kind"),
	} {
		if err != nil {
			t.Errorf("%s is answered %v", what, err)
		}
	}
	if err := bob.Groups().Rename(ctx, group, "tidy"); err != nil {
		t.Error(err)
	}
	entries, err := bob.Moderation().Audit(ctx, 5)
	if err != nil {
		t.Fatal(err)
	}
	var log []string
	for _, e := range entries {
		log = append(log, e.Actor+" "+e.Text())
	}
	if all := strings.Join(log, "\n"); log[0] != "bob group.change #pub: renamed tidy" || log[4] != "bob message.delete joe: in #pub" || !strings.Contains(all, "bob group.change #pub: settings slow is 1m") {
		t.Errorf("the audit log has:\n%s", all)
	}
	// Group owners and admins do the same without it.
	if err := eve.Groups().SetTopic(ctx, group, "mine"); err != nil {
		t.Error(err)
	}
	if again, err := bob.Moderation().Audit(ctx, 1); err != nil || again[0].ID != entries[0].ID {
		t.Errorf("the audit log has %v, %v", again, err)
	}
}
