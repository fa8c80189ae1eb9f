package service_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"confab/app/chat"
	"confab/app/testkit"
	"confab/app/text"
)

// If a deleted account was the last owner of a group, another member becomes its owner.
func TestADeletedOwnerHasAnHeir(t *testing.T) {
	s, _ := openDoor(t)
	ctx := t.Context()
	people := crowd(t, s, 4, "ann", "bob", "cleo", "dan")
	id := group(t, people[1], "ops", "ann", "cleo", "dan")
	if err := people[1].Groups().SetRole(ctx, id, "dan", chat.RoleAdmin); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Host().DeleteUser(ctx, "bob", false); err != nil {
		t.Fatal(err)
	}
	members, err := people[0].Groups().Members(ctx, id)
	if err != nil || len(members) != 3 {
		t.Fatalf("the members are %+v, %v", members, err)
	}
	for _, m := range members {
		if (m.Role == chat.RoleOwner) != (m.Name == "dan") {
			t.Errorf("%s is %s", m.Name, m.Role)
		}
	}
	users, err := people[0].Contacts().Users(ctx)
	if err != nil || len(users) != 3 {
		t.Errorf("there are %+v, %v", users, err)
	}
	_, err = people[1].Groups().Conversations(ctx)
	if err != nil {
		t.Error(err)
	}
	if _, err := people[1].Messages().Send(ctx, chat.NewMessage{ID: testkit.NewID(t), Conversation: id, Body: "from beyond"}); !chat.IsRefusal(err) {
		t.Errorf("a deleted account's message gets the answer %v", err)
	}
}

// An export of more than a page is complete.
func TestAnExportIsWhole(t *testing.T) {
	s, _ := openDoor(t)
	ctx := t.Context()
	ann, bob := testkit.Connect(t, s, testkit.Enrol(t, s, "ann", 1)), testkit.Connect(t, s, testkit.Enrol(t, s, "bob", 2))
	room := testkit.General(t, ann)
	const n = 1003
	for i := range n {
		testkit.Send(t, ann, room, fmt.Sprint("message ", i, " \u2028<b>"))
		if i%100 == 0 {
			testkit.Send(t, bob, room, "bob's")
		}
	}
	var b bytes.Buffer
	if err := ann.Account().Export(ctx, &b); err != nil {
		t.Fatal(err)
	}
	var got struct{ Messages []struct{ Body string } }
	if err := json.Unmarshal(b.Bytes(), &got); err != nil || len(got.Messages) != n || got.Messages[n-1].Body != fmt.Sprint("message ", n-1, " \n<b>") {
		t.Errorf("%d messages, %v", len(got.Messages), err)
	}
}

func TestOwnKeys(t *testing.T) {
	s, c := openDoor(t)
	ctx := t.Context()
	ann, _ := testkit.Connect(t, s, testkit.Enrol(t, s, "ann", 1)), testkit.Enrol(t, s, "bob", 2)
	_, err := ann.Account().RemoveKey(ctx, testkit.Key(t, 1).Fingerprint())
	refused(t, err, chat.ErrNotAllowed, "last key")
	_, err = ann.Account().RemoveKey(ctx, testkit.Key(t, 2).Fingerprint())
	refused(t, err, chat.ErrNotFound, "No key of yours")
	if err := prove(ctx, s, ann, testkit.Key(t, 3)); err != nil {
		t.Fatal(err)
	}
	// A change of name changes nothing about the keys.
	if err := ann.Account().SetHandle(ctx, "anna"); err != nil {
		t.Fatal(err)
	}
	list, err := ann.Account().Keys(ctx)
	if err != nil || len(list) != 2 || !list[0].LastUsedAt.Equal(c.Now()) || !list[1].LastUsedAt.IsZero() {
		t.Errorf("the keys are %+v, %v", list, err)
	}
	if _, err := ann.Account().RemoveKey(ctx, testkit.Key(t, 1).Fingerprint()); err != nil {
		t.Error(err)
	}
}

// Purged messages are found nowhere, and are unread for nobody. The messages of others and
// all numbers stay.
func TestAPurge(t *testing.T) {
	s, _ := openDoor(t)
	ctx := t.Context()
	ann, bob := testkit.Connect(t, s, testkit.Enrol(t, s, "ann", 1)), testkit.Connect(t, s, testkit.Enrol(t, s, "bob", 2))
	room := testkit.General(t, ann)
	const n = 1203 // more than one transaction deletes
	for i := range n {
		testkit.Send(t, bob, room, fmt.Sprint("needle ", i, " for @ann"))
	}
	testkit.Send(t, ann, room, "no needle of bob's")
	if _, err := s.Host().DeleteUser(ctx, "bob", true); err != nil {
		t.Fatal(err)
	}
	q, err := text.ParseQuery("needle", time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	if hits, err := ann.Messages().Search(ctx, q, 10, 0); err != nil || len(hits) != 1 || hits[0].Message.AuthorName != "ann" {
		t.Errorf("a search finds %+v, %v", hits, err)
	}
	page, err := ann.Messages().Before(ctx, room, 1<<40, 2*n)
	if err != nil || len(page) != n+1 || page[n].Body != "no needle of bob's" {
		t.Fatalf("%d messages are left, %v", len(page), err)
	}
	for i, m := range page[:n] {
		if m.Body != "" || !m.Deleted() || m.AuthorName != chat.DeletedName || m.Seq != chat.Seq(i+1) {
			t.Fatalf("message %d is %+v", i+1, m)
		}
	}
	list, err := ann.Groups().Conversations(ctx)
	if err != nil || len(list) != 1 || list[0].Unread != 0 || list[0].Mentioned() {
		t.Errorf("ann lists %+v, %v", list, err)
	}
}

// A session continues for a moment after its account was deleted, and its screen may save a
// draft. That does not store anything about the account again.
func TestADeletedAccountDoesNothingMore(t *testing.T) {
	s, _ := openDoor(t)
	ctx := t.Context()
	people := crowd(t, s, 2, "ann", "bob")
	ann, bob := people[0], people[1]
	direct, err := bob.Groups().Direct(ctx, "ann")
	if err != nil {
		t.Fatal(err)
	}
	testkit.Send(t, bob, direct, "hello")
	if err := ann.Groups().Configure(ctx, group(t, ann, "club"), chat.SettingPublic, true); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Host().DeleteUser(ctx, "bob", false); err != nil {
		t.Fatal(err)
	}
	for what, err := range map[string]error{
		"a handle":       bob.Account().SetHandle(ctx, "robert"),
		"a display name": bob.Account().SetDisplayName(ctx, "Bob"),
		"a key":          prove(ctx, s, bob, testkit.Key(t, 77)),
		"a preference":   bob.Account().SetPreference(ctx, "theme", "dark"),
		"a draft":        bob.Messages().SaveDraft(ctx, direct, "what I never said"),
		"a message":      second(bob.Messages().Send(ctx, chat.NewMessage{ID: testkit.NewID(t), Conversation: direct, Body: "boo"})),
		"a group":        second(bob.Groups().NewGroup(ctx, "mine", false, nil)),
		"to join":        second(bob.Groups().Join(ctx, "club")),
	} {
		if !chat.IsRefusal(err) {
			t.Errorf("%s gets the answer %v", what, err)
		}
	}
}

// A certificate is for the account that had the handle when the certificate became valid,
// and not for an account that took the handle later.
func TestACertificateIsNotForWhoHasTheNameNext(t *testing.T) {
	s, c := openDoor(t)
	ctx := t.Context()
	testkit.Enrol(t, s, "ann", 1)
	bob := testkit.Connect(t, s, testkit.Enrol(t, s, "bob", 2))
	before := c.Now()
	is := func(what, name string, valid time.Time, want chat.UserID) {
		t.Helper()
		got, err := s.Accounts().UserByPrincipal(ctx, name, valid)
		if got.ID != want || (want == 0) != errors.Is(err, chat.ErrNotFound) {
			t.Errorf("%s: it is for %d (%v), want %d", what, got.ID, err, want)
		}
	}
	is("bob's", "bob", before, bob.User().ID)
	c.add(time.Hour)
	if err := bob.Account().SetHandle(ctx, "robert"); err != nil {
		t.Fatal(err)
	}
	is("under the name before", "bob", before, 0)
	is("under the name now, from before it", "robert", before, bob.User().ID)
	c.add(31 * 24 * time.Hour)
	next := testkit.Connect(t, s, testkit.Enrol(t, s, "bob", 3)).User().ID
	is("of the bob before", "bob", before, 0)
	is("valid always", "bob", time.Unix(0, 0), 0)
	is("of the bob now", "bob", c.Now(), next)
	is("of somebody whose name nobody had before", "ann", time.Unix(0, 0), 1)
}
