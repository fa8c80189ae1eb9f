package service_test

import (
	"testing"
	"time"

	"confab/app/chat"
	"confab/app/service"
	"confab/app/testkit"
)

// Only people who both share it see when the other was last seen, unless one of them has
// blocked the other. Those who turn it off are forgotten.
func TestLastSeen(t *testing.T) {
	w := newLaterWorld(t)
	share := func(s *service.Session, value string) {
		t.Helper()
		if err := s.Account().SetPreference(t.Context(), chat.LastSeenPreference, value); err != nil {
			t.Fatal(err)
		}
	}
	direct, err := w.ann.Groups().Direct(t.Context(), "bob")
	if err != nil {
		t.Fatal(err)
	}
	sees := func(what string, s *service.Session, name string, want time.Time) {
		t.Helper()
		p, err := s.Contacts().Person(t.Context(), name)
		if err != nil || !p.LastSeen.Equal(want) {
			t.Errorf("%s: %s was last seen at %v, %v; want %v", what, name, p.LastSeen, err, want)
		}
		members, err := s.Groups().Members(t.Context(), direct)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range members {
			if m.Name == name && !m.LastSeen.Equal(want) {
				t.Errorf("%s: among members, %s was last seen at %v, want %v", what, name, m.LastSeen, want)
			}
			if m.Name != name && !m.LastSeen.IsZero() {
				t.Errorf("%s: among members, the reader was last seen at %v", what, m.LastSeen)
			}
		}
	}
	// leave lets bob be there for a minute.
	leave := func() time.Time {
		t.Helper()
		w.minute.Add(10)
		bob := testkit.Connect(t, w.Service, testkit.Key(t, 2))
		bob.Attend()
		at := w.now()
		w.minute.Add(1)
		bob.Close()
		return at
	}
	var never time.Time
	w.bob.Close()
	leave()
	sees("nobody shares", w.ann, "bob", never)
	share(w.ann, "on")
	leave()
	sees("only the reader shares", w.ann, "bob", never)

	bob := testkit.Connect(t, w.Service, testkit.Key(t, 2))
	share(bob, "on")
	sees("who is online", w.ann, "bob", never)
	bob.Close()
	at := leave()
	sees("both share", w.ann, "bob", at)
	share(w.ann, "off")
	sees("only the other shares", w.ann, "bob", never)
	share(w.ann, "on")
	sees("both share again", w.ann, "bob", at)

	bob = testkit.Connect(t, w.Service, testkit.Key(t, 2))
	if _, err := bob.Contacts().Block(t.Context(), "ann"); err != nil {
		t.Fatal(err)
	}
	bob.Close()
	sees("blocked", w.ann, "bob", never)
	bob = testkit.Connect(t, w.Service, testkit.Key(t, 2))
	if _, err := bob.Contacts().Unblock(t.Context(), "ann"); err != nil {
		t.Fatal(err)
	}
	share(bob, "off")
	share(bob, "on")
	sees("forgotten", w.ann, "bob", never)
	bob.Close()
	at = leave()
	sees("seen anew", w.ann, "bob", at)
}

// TestMaySeeLastSeen is the whole table of the rule.
func TestMaySeeLastSeen(t *testing.T) {
	for bits := range 16 {
		mine, theirs, blocks, blocked := bits&1 != 0, bits&2 != 0, bits&4 != 0, bits&8 != 0
		if got, want := chat.MaySeeLastSeen(mine, theirs, chat.Contact{Blocks: blocks, Blocked: blocked}), bits == 3; got != want {
			t.Errorf("%v %v %v %v: %v", mine, theirs, blocks, blocked, got)
		}
	}
}
