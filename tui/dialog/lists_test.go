package dialog

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"confab/app/chat"
	"confab/tui/keymap"
)

// door is a server at which three people ask to be let in.
type door struct {
	requests []chat.JoinRequest
	answers  []string
}

func newDoor() *door {
	d := &door{}
	for i, name := range []string{"bea", "cleo", "dan"} {
		d.requests = append(d.requests, chat.JoinRequest{
			ID: int64(i + 1), Name: name, Note: "it is me, " + name, Address: "192.0.2.7", Fingerprint: "SHA256:" + name, AskedAt: start,
		})
	}
	return d
}

func (d *door) JoinRequests(context.Context) ([]chat.JoinRequest, error) {
	return slices.Clone(d.requests), nil
}

func (d *door) AnswerRequest(_ context.Context, id int64, approve bool) (bool, error) {
	i := slices.IndexFunc(d.requests, func(r chat.JoinRequest) bool { return r.ID == id })
	if i < 0 {
		return false, chat.Refuse(chat.ErrNotFound, "That request has been answered already, or it was withdrawn.")
	}
	q := d.requests[i]
	d.requests = slices.Delete(d.requests, i, i+1)
	d.answers = append(d.answers, map[bool]string{true: "approved ", false: "refused "}[approve]+q.Name)
	return q.Conflict == "", nil
}

func TestRequestsAreAnsweredOnlyAfterTheQuestionWasSeen(t *testing.T) {
	server := newDoor()
	s := newScreen(t, 80, 20)
	d := NewRequests(server, time.UTC, s.report, slices.Clone(server.requests))
	s.show(d)
	s.press(keymap.Down)
	s.update(Text("a")) // and no frame has shown the question yet
	s.update(Text("y"))
	if len(server.answers) != 0 {
		t.Fatalf("answered %q before the question was shown", server.answers)
	}
	s.shows("Let cleo in, who asked from 192.0.2.7?")
	s.typeText("x")
	s.typeText("y")
	s.shows("Asking to join: 3")
	s.typeText("a")
	s.text()
	s.typeText("y")
	s.shows("cleo is let in.")
	// The page has the list read again, and says what happened even if the user has closed it.
	s.asksFor(Result{Notice: "cleo is let in."})
	read, ok := s.other[0].(RequestsMsg)
	if !ok || read.Open || len(read.List) != 2 {
		t.Fatalf("it reads %+v", s.other)
	}
	d.Replace(read.List)
	// Another request is chosen now, and the user has not seen it, so it is not answered.
	s.typeText("ay")
	if want := []string{"approved cleo"}; !slices.Equal(server.answers, want) {
		t.Errorf("the answers are %q, want %q", server.answers, want)
	}
}

// Somebody else answers while the question is shown.
func TestRequestsThatAreGone(t *testing.T) {
	server := newDoor()
	s := newScreen(t, 80, 20)
	d := NewRequests(server, time.UTC, s.report, slices.Clone(server.requests))
	s.show(d)
	s.typeText("r")
	s.shows("Refuse bea")
	d.Replace(server.requests[1:])
	s.shows("bea is no longer waiting")
	s.typeText("y")
	s.update(chat.RequestNamed{Asked: "bea", Name: "beate"})
	s.shows("The newcomer who asked for the name bea is now called beate.")
	s.typeText("a")
	s.text()
	server.requests = nil
	s.typeText("y")
	s.shows("That request has been answered already")
	if len(server.answers) != 0 || len(s.reports) != 0 {
		t.Errorf("the answers are %q, the reports %v", server.answers, s.reports)
	}
	s.press(keymap.Escape)
	s.asksFor(Result{Notice: "That request has been answered already, or it was withdrawn."}, Result{Close: true})
}

func TestInvitations(t *testing.T) {
	var list []chat.GroupInvitation
	for i, name := range []string{"ops", "trap"} {
		list = append(list, chat.GroupInvitation{
			Conversation: chat.Conversation{UID: uuid.UUID{byte(i)}, Name: name}, From: chat.User{Name: []string{"bea", "eve"}[i]}, At: start, Members: i + 1,
		})
	}
	s := newScreen(t, 90, 12)
	d := NewInvitations(time.UTC, InvitationsMsg{List: list})
	s.show(d)
	s.shows("Invitations: 2", "#ops", "from @eve, 24 Nov 14:02  2 members")
	s.press(keymap.Down)
	s.typeText("d")
	s.asksFor(Result{Run: Call{"decline", uuid.UUID{1}.String()}})
	s.typeText("b")
	s.shows("Press y to block @eve.")
	s.typeText("y")
	s.asksFor(Result{Run: Call{"block", "@eve"}})
	d.Replace(InvitationsMsg{List: list[:1], Older: 23})
	s.shows("Invitations: 1 of 24. Answer some of these to see older ones, or use /accept #name")
	s.typeText("y") // there was no question
	s.typeText("a")
	s.asksFor(Result{Close: true, Run: Call{"accept", uuid.UUID{0}.String()}})
}

// A message is dropped after a second key, because its text is lost. A due reminder needs
// only one key.
func TestLater(t *testing.T) {
	list := []chat.Later{
		{Number: 4, Body: "call ann", At: start, DueAt: start, Zone: "UTC"},
		{Number: 2, Conversation: 9, Title: "#ops", Body: "hello\nall", At: start, DueAt: start, Refused: "You have left.", Zone: "UTC"},
		{Number: 5, Conversation: 9, Body: "later", At: start.Add(24 * time.Hour), Zone: "Asia/Tokyo"},
	}
	s := newScreen(t, 110, 12)
	d := NewLater(time.UTC, func() time.Time { return start }, LaterMsg{List: list})
	s.show(d)
	s.shows("Reminders and scheduled messages: 3", "hello all", "2. not sent to #ops, ", "You have left.", "done, take it off")
	s.typeText("d")
	s.asksFor(Result{Run: Call{"cancel", "4"}})
	s.press(keymap.Down)
	s.typeText("d")
	s.shows("Press y to drop this message.")
	s.typeText("x")
	s.typeText("y")
	s.typeText("d")
	s.typeText("y")
	s.asksFor(Result{Run: Call{"cancel", "2"}})
	s.press(keymap.Down)
	s.shows("goes to a conversation that you are not a member of", "in Asia/Tokyo)")
	s.press(keymap.Up)
	s.typeText("e")
	s.asksFor(Result{Close: true, Compose: "hello\nall"})
	d.Replace(LaterMsg{List: list[:1]})
	s.shows("Reminders and scheduled messages: 1")
	d.Replace(LaterMsg{})
	s.typeText("d")
}

// owner is an account with two keys, the first of which is in use.
type owner struct {
	keys    []chat.AuthorizedKey
	removed []string
	broken  error
}

func (o *owner) Keys(context.Context) ([]chat.AuthorizedKey, error) { return o.keys, o.broken }
func (o *owner) Key() string                                        { return "SHA256:one" }

func (o *owner) KeyCode(context.Context) (string, time.Time, error) {
	return "AAAA-BBBB", start, o.broken
}

func (o *owner) RemoveKey(_ context.Context, fingerprint string) (chat.AuthorizedKey, error) {
	o.removed = append(o.removed, fingerprint)
	o.keys = slices.DeleteFunc(o.keys, func(k chat.AuthorizedKey) bool { return k.Fingerprint == fingerprint })
	return chat.AuthorizedKey{}, o.broken
}

func TestKeys(t *testing.T) {
	o := &owner{keys: []chat.AuthorizedKey{
		{Fingerprint: "SHA256:one", Type: "ssh-ed25519", Comment: "ann@\x1b[1mhost", AddedAt: start},
		{Fingerprint: "SHA256:two", Type: "ssh-rsa", AddedAt: start, LastUsedAt: start},
	}}
	s := newScreen(t, 100, 20)
	s.show(NewKeys(o, time.UTC, s.report, false))
	s.shows("ssh-ed25519  SHA256:one", "added 24 Nov 2026, in use here", "last used 24 Nov 2026")
	s.typeText("a")
	s.shows("The code AAAA-BBBB adds one key, once, until 14:02.")
	s.typeText("r")
	s.shows("This session will end.")
	s.typeText("n")
	s.press(keymap.Down)
	s.typeText("r")
	s.shows("Remove the key SHA256:two?")
	s.press(keymap.Down) // no
	s.typeText("y")
	s.typeText("r")
	s.typeText("y")
	s.shows("The key is removed.")
	if want := []string{"SHA256:two"}; !slices.Equal(o.removed, want) {
		t.Errorf("removed %q, want %q", o.removed, want)
	}
	s.update(Text("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA ann@host"))
	if got := s.text(); strings.Contains(got, "The key is removed") {
		t.Errorf("a key's line gets the answer:\n%s", got)
	}
	o.broken = errBroken
	s.typeText("a")
	s.shows("could not do that")
	if len(s.reports) != 1 {
		t.Errorf("reported %v", s.reports)
	}
	s.press(keymap.Escape)
	s.asksFor(Result{Close: true})
}
