package service_test

import (
	"slices"
	"testing"

	"confab/app/chat"
	"confab/app/service"
	"confab/app/testkit"
	"confab/app/text"
)

func TestSeparatorsDoNotTellNamesApart(t *testing.T) {
	for _, pair := range [][2]string{
		{"root", "root."}, {"ann", "ann--"}, {"adm", "adm."}, {"ann-lee", "ann--lee"}, {"ann-lee", "ann_.-lee__"}, {"general", "genera1"},
	} {
		if a, b := text.Skeleton(pair[0]), text.Skeleton(pair[1]); a != b {
			t.Errorf("%s looks like %s, and %s like %s", pair[0], a, pair[1], b)
		}
	}
	s := testkit.Open(t, t.TempDir())
	for i, name := range []string{"root", "ann", "adm"} {
		testkit.Enrol(t, s, name, i+1)
	}
	setJoin(t, s, chat.JoinOpen)
	for i, name := range []string{"root.", "ann--", "adm.", "root_-", "a_d_m"} {
		err := knock(t, s, testkit.Key(t, 10+i)).Join(t.Context(), name)
		if (err == nil) != (name == "a_d_m") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A user's groups and the public groups do not look alike.
func TestGroupsDoNotLookAlike(t *testing.T) {
	s := testkit.Open(t, t.TempDir())
	ctx := t.Context()
	ann := testkit.Connect(t, s, testkit.Enrol(t, s, "ann", 1))
	if _, err := ann.Groups().NewGroup(ctx, "ops", true, nil); err != nil {
		t.Fatal(err)
	}
	private, err := ann.Groups().NewGroup(ctx, "inner", false, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, public := range []bool{false, true} {
		for _, name := range []string{"genera1", "0ps", "ops-", "inner.", "lnner"} {
			_, err := ann.Groups().NewGroup(ctx, name, public, nil)
			refused(t, err, chat.ErrConflict, "looks like #")
		}
		_, err := ann.Groups().NewGroup(ctx, "ops", public, nil)
		refused(t, err, chat.ErrConflict, "#ops exists already")
	}
	refused(t, ann.Groups().Rename(ctx, private, "0ps"), chat.ErrConflict, "looks like #ops")
	if err := ann.Groups().Rename(ctx, private, "inner-"); err != nil { // it looks like its present name
		t.Error(err)
	}
}

// Nobody learns from refused names that a private group exists.
func TestAPrivateGroupIsNotFoundByItsName(t *testing.T) {
	s := testkit.Open(t, t.TempDir())
	ctx := t.Context()
	ann, eve := testkit.Connect(t, s, testkit.Enrol(t, s, "ann", 1)), testkit.Connect(t, s, testkit.Enrol(t, s, "eve", 2))
	anns, err := ann.Groups().NewGroup(ctx, "layoffs", false, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, none := eve.Groups().Join(ctx, "no-such")
	if _, err := eve.Groups().Join(ctx, "layoffs"); err == nil || err.Error() != none.Error() {
		t.Errorf("to join a private group is refused with %v, and a group that does not exist with %v", err, none)
	}
	_, none = eve.Groups().Find(ctx, "#no-such")
	if _, err := eve.Groups().Find(ctx, "#layoffs"); err == nil || err.Error() != none.Error() {
		t.Errorf("to find a private group is refused with %v, and a group that does not exist with %v", err, none)
	}
	eves, err := eve.Groups().NewGroup(ctx, "layoffs", true, nil)
	if err != nil {
		t.Fatalf("a public one of that name: %v", err)
	}
	for of, want := range map[*service.Session]chat.ConversationID{ann: anns, eve: eves} {
		if l, err := of.Groups().Find(ctx, "#layoffs"); err != nil || l.ID != want || l.Name != "layoffs" {
			t.Errorf("%s finds %+v, %v", of.User().Name, l, err)
		}
	}
	// Only the name of a public group keeps a private group from becoming public.
	refused(t, ann.Groups().Configure(ctx, anns, chat.SettingPublic, true), chat.ErrConflict, "#layoffs exists already")
	other, err := eve.Groups().NewGroup(ctx, "other", true, nil)
	if err != nil {
		t.Fatal(err)
	}
	second, err := ann.Groups().NewGroup(ctx, "plans", false, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := eve.Groups().Rename(ctx, other, "plans"); err != nil {
		t.Errorf("the name of a private group of others: %v", err)
	}
	// If a user is in two groups of the same name, the id distinguishes them.
	if _, err := ann.Groups().Join(ctx, "plans"); err != nil {
		t.Fatal(err)
	}
	_, err = ann.Groups().Find(ctx, "#plans")
	refused(t, err, chat.ErrConflict, "You are in 2 groups called #plans")
	list, err := ann.Groups().Conversations(ctx)
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(list, func(l chat.ConversationSummary) bool { return l.ID == second })
	if l, err := ann.Groups().Find(ctx, list[i].UID.String()); err != nil || l.ID != second {
		t.Errorf("by the id is found %+v, %v", l, err)
	}
}
