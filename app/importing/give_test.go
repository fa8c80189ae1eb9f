package importing_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"confab/app/chat"
	"confab/app/importing"
	"confab/app/service"
	"confab/app/testkit"
	"confab/keys"
)

// direct returns the direct conversation of a session's user and another account, whatever it
// is by now.
func (w *world) direct(s *service.Session, with string) chat.ConversationID {
	w.Helper()
	other, err1 := w.store.UserByName(w.Context(), with)
	c, err2 := w.store.ConversationByName(w.Context(), chat.DirectName(s.User().ID, other.ID))
	if err := errors.Join(err1, err2); err != nil {
		w.Fatal(err)
	}
	return c.ID
}

// old is a channel and two direct conversations of ann, ben and cat elsewhere.
func old() items {
	root := said("1", "a", "hello @ben", 1)
	root.Reactions = []importing.Reaction{{Emoji: "tada", By: "a"}, {Emoji: "tada", By: "b"}, {Emoji: "+1", By: "a"}}
	file := said("2", "a", "", 2)
	file.Files = []importing.File{{Name: "plan.txt", Open: open("plan")}}
	psst, hey := said("3", "a", "psst", 3), said("4", "c", "hey", 4)
	psst.Conversation, hey.Conversation = "d", "e"
	return items{
		importing.Account{Key: "a", Name: "ann"}, importing.Account{Key: "b", Name: "ben"}, importing.Account{Key: "c", Name: "cat"},
		importing.Account{Key: "x", Name: "robot", Bot: true},
		importing.Conversation{Key: "c", Name: "ops", Public: true, Members: []string{"a", "b"}, Creator: "a"}, root, file,
		importing.Conversation{Key: "d", Name: "d", Direct: true, Members: []string{"a", "b"}}, psst,
		importing.Conversation{Key: "e", Name: "e", Direct: true, Members: []string{"a", "c"}}, hey,
		importing.Conversation{Key: "f", Name: "f", Public: true}, importing.Message{Conversation: "f", Key: "5", Author: "x", Text: "beep", At: at(5)},
	}
}

// Somebody who had an account here before the import gets the old messages, reactions, groups
// and direct conversations, on open screens too, and a later import goes on with that account.
func TestAnImportedAccountIsGivenToOneThatIsHere(t *testing.T) {
	w := newWorld(t)
	ann := testkit.Connect(t, w.service, testkit.Enrol(t, w.service, "ann", 2))
	w.run(old())
	ops := w.group("ops")
	if _, err := w.service.Accounts().Claim(t.Context(), "ben", []keys.Key{testkit.Key(t, 3)}); err != nil {
		t.Fatal(err)
	}
	ben := testkit.Connect(t, w.service, testkit.Key(t, 3))
	// ann and ben have written to each other before anybody thought of the old messages.
	with, err := ann.Groups().Direct(t.Context(), "ben")
	if err != nil {
		t.Fatal(err)
	}
	testkit.Send(t, ann, with, "we have met before")
	// ben has reacted, and ann has with her new account, as she did with the old one.
	root, err := w.store.MessagesAfter(t.Context(), ops.ID, 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.store.Update(t.Context(), func(tx chat.Tx) error {
		_, err := tx.InsertReaction(t.Context(), root[0], "🎉", ann.User().ID, at(9))
		return err
	}); err != nil {
		t.Fatal(err)
	}

	given, err := importing.Give(t.Context(), service.ImportInto(w.service), "@ann-other", "ann")
	if err != nil {
		t.Fatal(err)
	}
	if given.Messages != 3 || given.Reactions != 2 || given.Conversations != 3 || given.Groups["ben"] != "ann-ben-other" {
		t.Errorf("what was given is %+v", given)
	}
	if got, want := w.show(ops.ID), "1 02-03 04:05:01.006 ann \"hello @ben\" :tada:2 :+1:1\n2 02-03 04:05:02.006 ann \"file plan.txt  4 B"; !strings.HasPrefix(got, want) {
		t.Errorf("the group has\n%s", got)
	}
	found, err := w.store.Search(t.Context(), chat.Lookup{User: ben.User().ID, Author: ann.User().ID, Limit: 10})
	if err != nil || len(found) != 4 {
		t.Errorf("a search for what ann wrote finds %d messages, %v", len(found), err)
	}
	used, err := w.store.BytesOf(t.Context(), ann.User().ID)
	if err != nil || used != 4 {
		t.Errorf("the files of ann have %d bytes, %v", used, err)
	}
	if got := w.show(w.direct(ann, "cat")); got != "1 02-03 04:05:04.006 cat \"hey\"\n" {
		t.Errorf("the direct conversation with cat has %s", got)
	}
	if got := w.show(w.direct(ann, "ben")); !strings.Contains(got, "we have met") || strings.Contains(got, "psst") {
		t.Errorf("the direct conversation with ben has %s", got)
	}
	both := w.group("ann-ben-other")
	if got := w.show(both.ID); both.Public || both.Members != 2 || strings.Join(both.Owners, " ") != "ann ben" || got != "1 02-03 04:05:03.006 ann \"psst\"\n" {
		t.Errorf("the old direct conversation is %+v with %s", both, got)
	}
	for _, s := range []*service.Session{ann, ben} {
		for _, id := range []chat.ConversationID{ops.ID, both.ID} {
			testkit.Send(t, s, id, "hello again") // a member writes there on a screen that was open
		}
	}
	if g := w.group("ops"); strings.Join(g.Owners, " ") != "ann boss" || g.Members != 3 {
		t.Errorf("the group is %+v", g)
	}
	all, err := w.store.AuditNewest(t.Context(), 1)
	if err != nil || all[0].Action != chat.AuditClaim || all[0].Target != "ann" || !strings.Contains(all[0].Detail, "from ann-other: 3 messages, 2 reactions, 3 conversations") {
		t.Errorf("the audit log has %+v, %v", all, err)
	}
	if report := w.run(old()); counts(report) != [9]int{8: 5} {
		t.Errorf("another import counts %v", counts(report))
	}
	if _, err := w.store.UserByName(t.Context(), "ann-other"); !errors.Is(err, chat.ErrNotFound) {
		t.Errorf("the imported account is still there: %v", err)
	}
}

// Accounts that cannot be given are refused, and nothing changes.
func TestWhatIsNotGiven(t *testing.T) {
	w := newWorld(t)
	testkit.Enrol(t, w.service, "ann", 2)
	w.run(old())
	for _, c := range []struct{ name, to, want string }{
		{"boss", "ann", "was not imported"},
		{"zoe", "ann", "There is no account @zoe"},
		{"ben", "zoe", "There is no account @zoe"},
		{"ben", "cat", "Nobody can use the account @cat"},
		{"ben", "ben", "Nobody can use the account @ben"},
		{"robot", "ann", "@ann is a person here and was a bot there"},
	} {
		_, err := importing.Give(t.Context(), service.ImportInto(w.service), c.name, c.to)
		if err == nil || !chat.IsRefusal(err) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("giving %s to %s: %v, want %q", c.name, c.to, err, c.want)
		}
	}
	ben, err := w.store.UserByName(t.Context(), "ben")
	if err != nil {
		t.Fatal(err)
	}
	if set, err := w.store.Setting(t.Context(), importing.ClaimedSetting(ben.UID)); err != nil || set != "" {
		t.Errorf("a refusal has left %q, %v", set, err)
	}
}

// A transfer that was stopped goes on with the same account, and with no other.
func TestAStoppedTransferGoesOn(t *testing.T) {
	w := newWorld(t)
	testkit.Enrol(t, w.service, "ann", 2)
	testkit.Enrol(t, w.service, "eve", 3)
	w.run(old())
	b := service.ImportInto(w.service)
	ctx, cancel := context.WithCancel(t.Context())
	update, calls := b.Update, 0
	b.Update = func(ctx context.Context, fn func(context.Context, chat.Tx) ([]chat.Change, error)) error {
		if calls++; calls == 2 { // what waits when the context ends may be written or not
			cancel()
			return ctx.Err()
		}
		return update(ctx, fn)
	}
	if _, err := importing.Give(ctx, b, "ann-other", "ann"); !errors.Is(err, context.Canceled) {
		t.Fatalf("the stopped transfer ends with %v", err)
	}
	if _, err := importing.Give(t.Context(), service.ImportInto(w.service), "ann-other", "eve"); !errors.Is(err, chat.ErrConflict) {
		t.Errorf("the rest goes to somebody else: %v", err)
	}
	if _, err := w.service.Accounts().Claim(t.Context(), "ann-other", []keys.Key{testkit.Key(t, 4)}); !errors.Is(err, chat.ErrConflict) {
		t.Errorf("a key opens the rest: %v", err)
	}
	if given, err := importing.Give(t.Context(), service.ImportInto(w.service), "ann-other", "ann"); err != nil || given.Reactions != 2 {
		t.Errorf("the rest is %+v, %v", given, err)
	}
	if got := w.show(w.group("ops").ID); strings.Contains(got, "ann-other") {
		t.Errorf("the group has\n%s", got)
	}
}

// With a list of who is who, messages come under the accounts that people have here.
func TestAccountsThatAreHereGetTheirMessages(t *testing.T) {
	w := newWorld(t)
	ann := testkit.Connect(t, w.service, testkit.Enrol(t, w.service, "ann", 2))
	ben := testkit.Connect(t, w.service, testkit.Enrol(t, w.service, "benjamin", 3))
	with, err := ann.Groups().Direct(t.Context(), "benjamin")
	if err != nil {
		t.Fatal(err)
	}
	testkit.Send(t, ann, with, "hi")
	o := w.options()
	run := func(accounts map[string]string) (importing.Report, error) {
		o.Accounts = accounts
		return importing.Run(t.Context(), service.ImportInto(w.service), old(), o)
	}
	for want, accounts := range map[string]map[string]string{
		"The export has no account called zoe": {"zoe": "ann"},
		"There is no account @zoe":             {"ann": "zoe"},
		"@ann is a person here":                {"robot": "ann"},
	} {
		o.Rehearse = true
		if _, err := run(accounts); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the accounts %v give %v, want %q", accounts, err, want)
		}
	}
	o.Rehearse = false
	report, err := run(map[string]string{"Ann": "@ann", "b": "benjamin"})
	if err != nil || report.Accounts != 2 {
		t.Errorf("the import makes %d accounts, %v", report.Accounts, err)
	}
	if got := w.show(w.group("ops").ID); !strings.HasPrefix(got, "1 02-03 04:05:01.006 ann \"hello @ben\" :tada:2 :+1:1\n") {
		t.Errorf("the group has\n%s", got)
	}
	both := w.group("ann-benjamin-other")
	for _, s := range []*service.Session{ann, ben} {
		testkit.Send(t, s, both.ID, "hello again")
	}
	if report, err := run(nil); err != nil || report.Accounts != 0 {
		t.Errorf("without the list, another import makes %d accounts, %v", report.Accounts, err)
	}
	if _, err := run(map[string]string{"ann": "benjamin"}); !errors.Is(err, chat.ErrConflict) {
		t.Errorf("another list is taken: %v", err)
	}
}

// If an account was deleted here, an import goes on, and brings its messages as those of a
// deleted user.
func TestADeletedAccountDoesNotEndAnImport(t *testing.T) {
	w := newWorld(t)
	w.run(old())
	if _, err := w.service.Host().DeleteUser(t.Context(), "ann", false); err != nil {
		t.Fatal(err)
	}
	reaction := said("20", "b", "later", 20)
	reaction.Reactions = []importing.Reaction{{Emoji: "tada", By: "a"}}
	more := importing.Message{Conversation: "g", Key: "21", Author: "a", Text: "elsewhere", At: at(21)}
	report := w.run(append(old()[:7:7], reaction, importing.Conversation{Key: "g", Name: "g", Members: []string{"a"}}, more))
	if report.Accounts != 0 || report.Messages != 2 || report.Reactions != 0 {
		t.Errorf("the report is %+v", report)
	}
	if got := w.show(w.group("g").ID); !strings.Contains(got, chat.DeletedName+" \"elsewhere\"") {
		t.Errorf("the group has %s", got)
	}
	if g := w.group("g"); g.Members != 1 || strings.Join(g.Owners, " ") != "boss" {
		t.Errorf("the group without a known member is %+v", g)
	}
}
