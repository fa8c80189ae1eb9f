package service_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"confab/app/chat"
	"confab/app/service"
	"confab/app/testkit"
	"confab/app/text"
	"confab/keys"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// received collects the messages that reach a session until it has n.
func received(s *service.Session, n int) []*chat.Message {
	var got []*chat.Message
	for len(got) < n {
		<-s.Mailbox().Wake()
		for _, ev := range s.Mailbox().Drain().Events {
			if posted, ok := ev.(chat.MessagePosted); ok {
				got = append(got, posted.Message)
			}
		}
	}
	return got
}

func TestFirstAccountIsTheOwnerAndAllAreInGeneral(t *testing.T) {
	s := testkit.Open(t, t.TempDir())
	ann, bob := testkit.Enrol(t, s, "Ann", 1), testkit.Enrol(t, s, "bob", 2)
	a, b := testkit.Connect(t, s, ann), testkit.Connect(t, s, bob)
	if u := a.User(); u.Name != "ann" || u.Role != chat.RoleOwner {
		t.Errorf("the first account is %s, %s; want ann, owner", u.Name, u.Role)
	}
	if u := b.User(); u.Role != chat.RoleMember {
		t.Errorf("the second account is %s, want member", u.Role)
	}
	testkit.General(t, a)
	testkit.General(t, b)
	if _, enrolled, err := s.Accounts().EnrolOwner(t.Context(), "mallory", []keys.Key{testkit.Key(t, 9)}); enrolled || err != nil {
		t.Errorf("a second owner enrolled: %v, %v; want no and no error", enrolled, err)
	}
}

func TestAddKeysIsAllOrNothing(t *testing.T) {
	s := testkit.Open(t, t.TempDir())
	ann := testkit.Enrol(t, s, "ann", 1)
	_, err := s.Accounts().AddKeys(t.Context(), "bob", []keys.Key{testkit.Key(t, 2), ann})
	if !errors.Is(err, chat.ErrConflict) || !strings.Contains(chat.UserText(err), "belongs to ann") {
		t.Fatalf("adding ann's key to bob: %v; want a conflict that names ann", err)
	}
	if _, err := s.Accounts().Keys(t.Context(), "bob"); !errors.Is(err, chat.ErrNotFound) {
		t.Errorf("bob after the refusal: %v; want no such account", err)
	}
	done, err := s.Accounts().AddKeys(t.Context(), "ann", []keys.Key{ann, testkit.Key(t, 3)})
	if err != nil || len(done.Added) != 1 || len(done.Already) != 1 || done.NewUser {
		t.Errorf("adding one old and one new key: %+v, %v", done, err)
	}
	if _, err := s.Accounts().AddKeys(t.Context(), "no way", []keys.Key{testkit.Key(t, 4)}); !errors.Is(err, text.ErrInvalid) {
		t.Errorf("a bad handle: %v, want ErrInvalid", err)
	}
}

// All sessions see a conversation in the order of the store and without gaps, even if
// many members send at once.
func TestAllSessionsSeeTheSameOrder(t *testing.T) {
	dir := t.TempDir()
	s := testkit.Open(t, dir)
	sessions := make([]*service.Session, 4)
	for i := range sessions {
		sessions[i] = testkit.Connect(t, s, testkit.Enrol(t, s, fmt.Sprintf("user%d", i), i))
	}
	const each = 40 // fewer in all than a mailbox holds
	in := testkit.General(t, sessions[0])
	var senders sync.WaitGroup
	for i, session := range sessions {
		senders.Go(func() {
			for n := range each {
				testkit.Send(t, session, in, fmt.Sprintf("%d from %d", n, i))
			}
		})
	}
	senders.Wait()
	stored, err := sessions[0].Messages().Before(t.Context(), in, 1<<62, 1000)
	if err != nil || len(stored) != each*len(sessions) {
		t.Fatalf("the store has %d messages, %v; want %d", len(stored), err, each*len(sessions))
	}
	for _, session := range sessions {
		got := received(session, len(stored))
		for i, m := range got {
			if m.Seq != chat.Seq(i+1) || m.ID != stored[i].ID || m.Body != stored[i].Body || !m.SentAt.Equal(stored[i].SentAt) {
				t.Fatalf("message %d came as %+v; the store has %+v", i+1, m, stored[i])
			}
		}
	}
}

func TestARepeatedSendPostsOnce(t *testing.T) {
	s := testkit.Open(t, t.TempDir())
	ann := testkit.Connect(t, s, testkit.Enrol(t, s, "ann", 1))
	bob := testkit.Connect(t, s, testkit.Enrol(t, s, "bob", 2))
	in := testkit.General(t, ann)
	rapid.Check(t, func(r *rapid.T) {
		id := testkit.NewID(t)
		var first *chat.Message
		for range rapid.IntRange(1, 4).Draw(r, "tries") {
			m, err := ann.Messages().Send(t.Context(), chat.NewMessage{ID: id, Conversation: in, Body: "once"})
			if err != nil {
				r.Fatal(err)
			}
			if first == nil {
				first = m
			}
			if m.Seq != first.Seq || m.ID != id {
				r.Fatalf("another try gave message %d, the first was %d", m.Seq, first.Seq)
			}
		}
		// Nobody else can use the id, or learn which message has it.
		if _, err := bob.Messages().Send(t.Context(), chat.NewMessage{ID: id, Conversation: in, Body: "mine"}); !errors.Is(err, chat.ErrConflict) {
			r.Fatalf("another's send with the id: %v, want a conflict", err)
		}
		after, err := ann.Messages().After(t.Context(), in, first.Seq-1, 10)
		if err != nil || len(after) != 1 {
			r.Fatalf("posted %d times, %v; want once", len(after), err)
		}
	})
}

func TestWhatCannotBeSentIsRefused(t *testing.T) {
	s := testkit.Open(t, t.TempDir())
	ann := testkit.Connect(t, s, testkit.Enrol(t, s, "ann", 1))
	in := testkit.General(t, ann)
	for _, c := range []struct {
		name, body string
		in         chat.ConversationID
		want       error
	}{
		{"nothing", " \n\t", in, text.ErrInvalid},
		{"nothing but controls", "\x1b[2J\u200b\u202e", in, text.ErrInvalid},
		{"too long", strings.Repeat("x", chat.MaxBody+1), in, chat.ErrTooLarge},
		{"not a member", "hello", in + 1, chat.ErrNotAllowed},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := ann.Messages().Send(t.Context(), chat.NewMessage{ID: testkit.NewID(t), Conversation: c.in, Body: c.body})
			if !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
	if m := testkit.Send(t, ann, in, strings.Repeat("x", chat.MaxBody)); len(m.Body) != chat.MaxBody {
		t.Errorf("the longest message came back with %d bytes", len(m.Body))
	}
	if _, err := ann.Messages().Before(t.Context(), in+1, 10, 10); !errors.Is(err, chat.ErrNotFound) {
		t.Errorf("reading a conversation of others: %v, want ErrNotFound", err)
	}
}

// A slow session has a bounded cost in memory and loses nothing, because it reads the gap
// from the store.
func TestASessionThatDoesNotTakeItsEventsResyncs(t *testing.T) {
	s := testkit.Open(t, t.TempDir())
	ann := testkit.Connect(t, s, testkit.Enrol(t, s, "ann", 1))
	bob := testkit.Connect(t, s, testkit.Enrol(t, s, "bob", 2))
	in := testkit.General(t, ann)
	const n = 600
	for i := range n {
		testkit.Send(t, ann, in, fmt.Sprint(i))
	}
	if b := bob.Mailbox().Drain(); !b.Resync {
		t.Fatalf("after %d events the mailbox has %d and asks for no resync", n, len(b.Events))
	}
	gap, err := bob.Messages().After(t.Context(), in, 0, 2*n)
	if err != nil || len(gap) != n {
		t.Errorf("the gap has %d messages, %v; want %d", len(gap), err, n)
	}
}

// The command line works on the same database from another process. Here it is another
// service on the same file.
func TestRevokingAKeyEndsItsSessionsInOtherProcesses(t *testing.T) {
	dir := t.TempDir()
	server, host := testkit.Open(t, dir), testkit.Open(t, dir)
	watched(t, server)
	one, two := testkit.Enrol(t, host, "ann", 1), testkit.Key(t, 2)
	if _, err := host.Accounts().AddKeys(t.Context(), "ann", []keys.Key{two}); err != nil {
		t.Fatal(err)
	}
	first, second := testkit.Connect(t, server, one), testkit.Connect(t, server, two)
	if _, err := host.Accounts().RevokeKey(t.Context(), one.Fingerprint()); err != nil {
		t.Fatal(err)
	}
	if got := endsWith(t, first); !strings.Contains(got, "revoked") {
		t.Errorf("ended with %q", got)
	}
	if got := second.Mailbox().Drain().Ended; got != "" {
		t.Errorf("the session of the account's other key ended too: %q", got)
	}
	if _, err := server.Open(t.Context(), one.Fingerprint()); !errors.Is(err, chat.ErrNotFound) {
		t.Errorf("a revoked key opens a session: %v", err)
	}
	if _, err := host.Accounts().RevokeKey(t.Context(), one.Fingerprint()); !errors.Is(err, chat.ErrNotFound) {
		t.Errorf("revoking it again: %v, want ErrNotFound", err)
	}
}

func TestCloseEndsSessionsAndTakesNoMore(t *testing.T) {
	s := testkit.Open(t, t.TempDir())
	key := testkit.Enrol(t, s, "ann", 1)
	ann := testkit.Connect(t, s, key)
	in := testkit.General(t, ann)
	s.Close("Bye.")
	if got := ann.Mailbox().Drain().Ended; got != "Bye." {
		t.Errorf("ended with %q, want the reason given", got)
	}
	if _, err := ann.Messages().Send(t.Context(), chat.NewMessage{ID: testkit.NewID(t), Conversation: in, Body: "late"}); !errors.Is(err, chat.ErrClosed) {
		t.Errorf("a send after the stop: %v, want ErrClosed", err)
	}
	late := testkit.Connect(t, s, key)
	if got := late.Mailbox().Drain().Ended; got != "Bye." {
		t.Errorf("a session opened after the stop goes on: %q", got)
	}
}
