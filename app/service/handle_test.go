package service_test

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"confab/app/chat"
	"confab/app/testkit"
	"confab/app/text"
	"confab/keys"
)

func TestLookAlikes(t *testing.T) {
	s, _ := openDoor(t)
	ctx := t.Context()
	testkit.Enrol(t, s, "morten", 1)
	testkit.Enrol(t, s, "claire.lo", 2)
	for i, name := range []string{"rnorten", "m0rten", "morterz.", "cla1re.lo", "daire.lo", "ciaire_l0", "claire-lo"} {
		_, err := s.Accounts().AddKeys(ctx, name, []keys.Key{testkit.Key(t, 10+i)})
		if name == "morterz." {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		refused(t, err, chat.ErrConflict, "looks like")
	}
	for _, name := range []string{"adm1n", "conf-ab", "ever-yone", "rnod", "heip", "a11", "system"} {
		_, err := text.CheckHandle(name)
		if name == "conf-ab" || name == "ever-yone" {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		refused(t, err, text.ErrName, "reserved: choose another")
	}
}

// The newest migration of names computes the same skeletons as the code.
func TestSkeletonsInTheDatabase(t *testing.T) {
	db, err := sql.Open("sqlite", filepath.Join(t.TempDir(), "x.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringMatching(`[a-z][rnvlcimw015_.-]{1,31}`).Draw(t, "name")
		var got string
		err := db.QueryRow(`WITH alike AS (SELECT replace(replace(?, '_', '-'), '.', '-') AS skeleton),
    single AS (SELECT rtrim(replace(replace(replace(replace(replace(replace(skeleton, '--', '-'), '--', '-'), '--', '-'), '--', '-'), '--', '-'), '--', '-'), '-') AS skeleton FROM alike)
SELECT replace(replace(replace(replace(replace(replace(replace(skeleton,
        '0', 'o'), '1', 'l'), 'i', 'l'), '5', 's'), 'rn', 'm'), 'vv', 'w'), 'cl', 'd') FROM single`, name).Scan(&got)
		if err != nil || got != text.Skeleton(name) {
			t.Errorf("%q looks like %q to the database (%v) and %q to the app", name, got, err, text.Skeleton(name))
		}
	})
}

func TestANameIsChanged(t *testing.T) {
	s, c := openDoor(t)
	ctx := t.Context()
	ann := testkit.Connect(t, s, testkit.Enrol(t, s, "ann", 1))
	bob := testkit.Connect(t, s, testkit.Enrol(t, s, "bob", 2))
	room := testkit.General(t, bob)
	testkit.Send(t, bob, room, "as bob")
	if err := bob.Account().SetHandle(ctx, "@Robert"); err != nil {
		t.Fatal(err)
	}
	if m := testkit.Send(t, bob, room, "as robert"); m.AuthorName != "robert" || bob.User().Name != "robert" {
		t.Errorf("it is sent by %s", m.AuthorName)
	}
	page, err := ann.Messages().After(ctx, room, 0, 10)
	if err != nil || len(page) != 3 || page[0].AuthorName != "robert" || page[1].Text() != "robert was called bob before" {
		t.Errorf("ann reads %+v, %v", page, err)
	}
	told := false
	for _, ev := range ann.Mailbox().Drain().Events {
		if r, ok := ev.(chat.UserRenamed); ok {
			told = r.Name == "robert" && r.User == bob.User().ID
		}
	}
	if !told {
		t.Error("ann is not told")
	}
	// Nobody else can have it, or a name that looks like it. Its former owner can.
	for i, name := range []string{"bob", "b0b"} {
		_, err := s.Accounts().AddKeys(ctx, name, []keys.Key{testkit.Key(t, 10+i)})
		refused(t, err, chat.ErrConflict, "belonged to somebody else until recently")
	}
	refused(t, ann.Account().SetHandle(ctx, "bob"), chat.ErrConflict, "until recently")
	refused(t, bob.Account().SetHandle(ctx, "ann"), chat.ErrConflict, "taken")
	refused(t, bob.Account().SetHandle(ctx, "robert"), chat.ErrConflict, "already")
	refused(t, bob.Account().SetHandle(ctx, "r bert"), text.ErrName, "spaces")
	for _, name := range []string{"bob", "robert"} {
		if err := bob.Account().SetHandle(ctx, name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	refused(t, bob.Account().SetHandle(ctx, "bobby"), chat.ErrNotAllowed, "3 times in 30 days")
	user, former, err := ann.Account().FormerNames(ctx, "@robert")
	if err != nil || user.Name != "robert" || len(former) != 3 || former[0].Name != "bob" || former[1].Name != "robert" {
		t.Errorf("robert was %+v, %v", former, err)
	}
	_, _, err = bob.Account().FormerNames(ctx, "@ann")
	refused(t, err, chat.ErrNotAllowed, "owners and admins")
	c.add(30 * 24 * time.Hour)
	if err := ann.Account().SetHandle(ctx, "bob"); err != nil {
		t.Error(err)
	}
}

func TestDisplayNames(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "  ": "", " Ann   Smith ": "Ann Smith", "Zoë": "Zoë", "Ａｎｎ": "Ann", "山田 太郎": "山田 太郎", "שרה": "שרה", "O'Neil, Jr.": "O'Neil, Jr.",
	} {
		if got, err := text.ParseDisplayName(in); got != want || err != nil {
			t.Errorf("%q is %q, %v; want %q", in, got, err, want)
		}
	}
	for _, in := range []string{
		"\x1b[31mred", "a\u202eb", "a\u200bb", "a\u2066b\u2069", "\ufeffann", "a\x00b", "a\nb", "\xff", "x\u00ad", strings.Repeat("x", 41), strings.Repeat("long", 10000), "a" + strings.Repeat("\u0301", 20),
	} {
		got, err := text.ParseDisplayName(in)
		if !chat.IsRefusal(err) {
			t.Errorf("%q is %q, %v", in, got, err)
		}
	}
	s, _ := openDoor(t)
	ann := testkit.Connect(t, s, testkit.Enrol(t, s, "ann", 1))
	if err := ann.Account().SetDisplayName(t.Context(), "Ann  Smith"); err != nil {
		t.Fatal(err)
	}
	members, err := ann.Groups().Members(t.Context(), testkit.General(t, ann))
	if err != nil || fmt.Sprint(members[0].DisplayName) != "Ann Smith" {
		t.Errorf("the members are %+v, %v", members, err)
	}
}

func FuzzDisplayName(f *testing.F) {
	for _, s := range []string{"Ann Smith", "\u202eann", "Ａ ﬁ", "\xff", "a\u0301\u0301", "ß ẞ K"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		name, err := text.ParseDisplayName(s)
		if err != nil {
			if !chat.IsRefusal(err) || name != "" || !text.IsClean(err.Error()) {
				t.Errorf("%q: %q, %v", s, name, err)
			}
			return
		}
		if !text.IsClean(name) || strings.ContainsAny(name, "\n\t\u202e\u200b") {
			t.Errorf("%q is %q", s, name)
		}
		if again, err := text.ParseDisplayName(name); err != nil || again != name {
			t.Errorf("%q is %q and that %q, %v", s, name, again, err)
		}
	})
}

func FuzzHandle(f *testing.F) {
	for _, s := range []string{"ann", "@Ann.Jones-2", "adm1n", "0x", "\u212aelvin", strings.Repeat("a", 40)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		name, err := text.CheckHandle(s)
		if err != nil {
			if !chat.IsRefusal(err) || !text.IsClean(err.Error()) {
				t.Errorf("%q: %v", s, err)
			}
			return
		}
		like := text.Skeleton(name)
		if len(name) > 32 || len(name) < 2 || like == "" || strings.ContainsAny(like, ":01i_.") {
			t.Errorf("%q is %q and looks like %q", s, name, like)
		}
	})
}

// A display name that looks like somebody else's handle, or like a reserved word, is refused.
func TestDisplayNamesDoNotImitate(t *testing.T) {
	s := testkit.Open(t, t.TempDir())
	ann := crowd(t, s, 1, "ann", "bob", "claire.lo")[0]
	for _, name := range []string{"bob", "BOB", "@bob", "b0b", "ｂｏｂ", "вов", " Bob! ", "b́ob", "Claire Lo", "daire_lo", "Admin", "confab", "ѕуѕтем"} {
		refused(t, ann.Account().SetDisplayName(t.Context(), name), chat.ErrConflict, "choose another")
	}
	for _, name := range []string{"Ann", "Bob's friend", "Ann B.", "Борис", "安", ""} {
		if err := ann.Account().SetDisplayName(t.Context(), name); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
}
