package service_test

import (
	"testing"

	"confab/app/chat"
	"confab/app/testkit"
	"confab/app/text"
)

// A user has one conversation with itself, by any of its names. Nothing in it is unread or
// has receipts, and it goes with the account.
func TestNotesToYourself(t *testing.T) {
	s := testkit.Open(t, t.TempDir())
	ctx := t.Context()
	ann, bob := testkit.Connect(t, s, testkit.Enrol(t, s, "ann", 1)), testkit.Connect(t, s, testkit.Enrol(t, s, "bob", 2))
	notes, err := bob.Groups().Direct(ctx, "me")
	if err != nil {
		t.Fatal(err)
	}
	m := testkit.Send(t, bob, notes, "buy milk, @bob")
	for _, name := range []string{"bob", "@bob", "@Me", " me "} {
		if id, err := bob.Groups().Direct(ctx, name); err != nil || id != notes {
			t.Errorf("%q is the conversation %d, %v; want %d", name, id, err, notes)
		}
	}
	for _, target := range []string{"@me", "@bob"} {
		l, err := bob.Groups().Find(ctx, target)
		if err != nil || l.ID != notes || !l.Notes() || l.Title() != "@bob" {
			t.Errorf("%s is %+v, %v", target, l, err)
		}
	}
	list, err := bob.Groups().Conversations(ctx)
	if err != nil || len(list) != 2 || list[0].ID != notes || list[0].Unread != 0 || list[0].Mentions != 0 {
		t.Errorf("the list is %+v, %v", list, err)
	}
	if d, err := bob.Receipts().Details(ctx, notes, m.Seq); err != nil || len(d.Members) != 0 {
		t.Errorf("the details are %+v, %v", d, err)
	}
	query, err := text.ParseQuery("milk in:@me from:me", nil)
	if err != nil {
		t.Fatal(err)
	}
	if hits, err := bob.Messages().Search(ctx, query, 10, 0); err != nil || len(hits) != 1 {
		t.Errorf("a search finds %+v, %v", hits, err)
	}
	if u, err := bob.Contacts().UserNamed(ctx, "me"); err != nil || u.ID != bob.User().ID {
		t.Errorf("me is %+v, %v", u, err)
	}
	_, err = bob.Contacts().Block(ctx, "me")
	refused(t, err, text.ErrInvalid, "You can't block yourself.")
	// For others, @bob is what they write to bob, and @me their own notes.
	if _, err := ann.Groups().Find(ctx, "@bob"); err == nil {
		t.Error("ann finds bob's notes")
	}
	if id, err := ann.Groups().Direct(ctx, "bob"); err != nil || id == notes {
		t.Errorf("ann writes to bob in %d, %v", id, err)
	}
	if id, err := ann.Groups().Direct(ctx, "me"); err != nil || id == notes {
		t.Errorf("ann's notes are %d, %v", id, err)
	}
	// The handle stays bob's, and the notes stay his when he has another one.
	if err := bob.Account().SetHandle(ctx, "robert"); err != nil {
		t.Fatal(err)
	}
	if l, err := bob.Groups().Find(ctx, "@me"); err != nil || l.ID != notes || l.Title() != "@robert" {
		t.Errorf("with another name the notes are %+v, %v", l, err)
	}
	if _, err := s.Host().DeleteUser(ctx, "robert", false); err != nil {
		t.Fatal(err)
	}
	if _, _, err := ann.Messages().Message(ctx, m.ID); err == nil {
		t.Error("ann finds a note of bob's")
	}
	_, err = bob.Messages().Send(ctx, chat.NewMessage{ID: testkit.NewID(t), Conversation: notes, Body: "more"})
	if err == nil {
		t.Error("a deleted account writes notes")
	}
}
