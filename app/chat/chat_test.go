package chat_test

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"go.uber.org/goleak"
	gossh "golang.org/x/crypto/ssh"
	"pgregory.net/rapid"

	"confab/app/chat"
	"confab/app/live"
	"confab/app/text"
	"confab/db/sqlite"
	"confab/keys"
)

// patience is how long a test waits for what should happen at once: it fails a
// test that waits in vain, and never one on a busy machine.
const patience = 2 * time.Minute

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// open starts a service on the database of a folder.
func open(t testing.TB, dir string) *chat.Service {
	t.Helper()
	store := openStore(t, dir)
	return serve(t, store, store, chat.Options{})
}

// openStore opens the database of a folder. Whoever serves from it closes it.
func openStore(t testing.TB, dir string) *sqlite.Store {
	t.Helper()
	store, err := sqlite.Open(t.Context(), filepath.Join(dir, "confab.db"))
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// serve starts a service on a store, through another one that a test puts before it. The
// options are filled in. The end of the test closes both.
func serve(t testing.TB, store *sqlite.Store, through chat.Store, o chat.Options) *chat.Service {
	t.Helper()
	if o.Now == nil {
		o.Now = time.Now
	}
	o.NewID, o.Log = uuid.NewV7, slog.New(slog.DiscardHandler)
	s, err := chat.New(t.Context(), through, live.New(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.Close("the test is over")
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// newKey makes a key of its own for each number.
func newKey(t testing.TB, n int) keys.Key {
	t.Helper()
	seed := make([]byte, ed25519.SeedSize)
	seed[0], seed[1] = byte(n), byte(n>>8)
	public, err := gossh.NewPublicKey(ed25519.NewKeyFromSeed(seed).Public())
	if err != nil {
		t.Fatal(err)
	}
	key, err := keys.FromPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// enrol makes an account and returns its key.
func enrol(t testing.TB, s *chat.Service, name string, n int) keys.Key {
	t.Helper()
	key := newKey(t, n)
	if _, err := s.Accounts().AddKeys(t.Context(), name, []keys.Key{key}); err != nil {
		t.Fatal(err)
	}
	return key
}

func connect(t testing.TB, s *chat.Service, key keys.Key) *chat.Session {
	t.Helper()
	session, err := s.Open(t.Context(), key.Fingerprint())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(session.Close)
	return session
}

func general(t testing.TB, s *chat.Session) chat.ConversationID {
	t.Helper()
	list, err := s.Groups().Conversations(t.Context())
	if err != nil || len(list) != 1 || list[0].Name != chat.GeneralName {
		t.Fatalf("conversations are %v, %v; want #general", list, err)
	}
	return list[0].ID
}

func newID(t testing.TB) uuid.UUID {
	t.Helper()
	id, err := uuid.NewV7()
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func send(t testing.TB, s *chat.Session, in chat.ConversationID, body string) *chat.Message {
	t.Helper()
	m, err := s.Messages().Send(t.Context(), chat.NewMessage{ID: newID(t), Conversation: in, Body: body})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// received collects the messages that reach a session until it has n.
func received(s *chat.Session, n int) []*chat.Message {
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
	s := open(t, t.TempDir())
	ann, bob := enrol(t, s, "Ann", 1), enrol(t, s, "bob", 2)
	a, b := connect(t, s, ann), connect(t, s, bob)
	if u := a.User(); u.Name != "ann" || u.Role != chat.RoleOwner {
		t.Errorf("the first account is %s, %s; want ann, owner", u.Name, u.Role)
	}
	if u := b.User(); u.Role != chat.RoleMember {
		t.Errorf("the second account is %s, want member", u.Role)
	}
	general(t, a)
	general(t, b)
	if _, enrolled, err := s.Accounts().EnrolOwner(t.Context(), "mallory", []keys.Key{newKey(t, 9)}); enrolled || err != nil {
		t.Errorf("a second owner enrolled: %v, %v; want no and no error", enrolled, err)
	}
}

func TestAddKeysIsAllOrNothing(t *testing.T) {
	s := open(t, t.TempDir())
	ann := enrol(t, s, "ann", 1)
	_, err := s.Accounts().AddKeys(t.Context(), "bob", []keys.Key{newKey(t, 2), ann})
	if !errors.Is(err, chat.ErrConflict) || !strings.Contains(chat.UserText(err), "belongs to ann") {
		t.Fatalf("adding ann's key to bob: %v; want a conflict that names ann", err)
	}
	if _, err := s.Accounts().Keys(t.Context(), "bob"); !errors.Is(err, chat.ErrNotFound) {
		t.Errorf("bob after the refusal: %v; want no such account", err)
	}
	done, err := s.Accounts().AddKeys(t.Context(), "ann", []keys.Key{ann, newKey(t, 3)})
	if err != nil || len(done.Added) != 1 || len(done.Already) != 1 || done.NewUser {
		t.Errorf("adding one old and one new key: %+v, %v", done, err)
	}
	if _, err := s.Accounts().AddKeys(t.Context(), "no way", []keys.Key{newKey(t, 4)}); !errors.Is(err, text.ErrInvalid) {
		t.Errorf("a bad handle: %v, want ErrInvalid", err)
	}
}

// Everyone sees a conversation in one order without gaps, which is also the
// order in the store, whoever sends when.
func TestAllSessionsSeeTheSameOrder(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	sessions := make([]*chat.Session, 4)
	for i := range sessions {
		sessions[i] = connect(t, s, enrol(t, s, fmt.Sprintf("user%d", i), i))
	}
	const each = 40 // fewer in all than a mailbox holds
	in := general(t, sessions[0])
	var senders sync.WaitGroup
	for i, session := range sessions {
		senders.Go(func() {
			for n := range each {
				send(t, session, in, fmt.Sprintf("%d from %d", n, i))
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
	s := open(t, t.TempDir())
	ann := connect(t, s, enrol(t, s, "ann", 1))
	bob := connect(t, s, enrol(t, s, "bob", 2))
	in := general(t, ann)
	rapid.Check(t, func(r *rapid.T) {
		id := newID(t)
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
		// Nobody else can use the id, or learn what it stands for.
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
	s := open(t, t.TempDir())
	ann := connect(t, s, enrol(t, s, "ann", 1))
	in := general(t, ann)
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
			_, err := ann.Messages().Send(t.Context(), chat.NewMessage{ID: newID(t), Conversation: c.in, Body: c.body})
			if !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
	if m := send(t, ann, in, strings.Repeat("x", chat.MaxBody)); len(m.Body) != chat.MaxBody {
		t.Errorf("the longest message came back with %d bytes", len(m.Body))
	}
	if _, err := ann.Messages().Before(t.Context(), in+1, 10, 10); !errors.Is(err, chat.ErrNotFound) {
		t.Errorf("reading where one is no member: %v, want ErrNotFound", err)
	}
}

// A slow session costs bounded memory and loses nothing: it reads the gap.
func TestASessionThatDoesNotTakeItsEventsResyncs(t *testing.T) {
	s := open(t, t.TempDir())
	ann := connect(t, s, enrol(t, s, "ann", 1))
	bob := connect(t, s, enrol(t, s, "bob", 2))
	in := general(t, ann)
	const n = 600
	for i := range n {
		send(t, ann, in, fmt.Sprint(i))
	}
	if b := bob.Mailbox().Drain(); !b.Resync {
		t.Fatalf("after %d events the mailbox has %d and asks for no resync", n, len(b.Events))
	}
	gap, err := bob.Messages().After(t.Context(), in, 0, 2*n)
	if err != nil || len(gap) != n {
		t.Errorf("the gap has %d messages, %v; want %d", len(gap), err, n)
	}
}

// The command line works on the same database from another process: here, from
// another service on the same file.
func TestRevokingAKeyEndsItsSessionsInOtherProcesses(t *testing.T) {
	dir := t.TempDir()
	server, host := open(t, dir), open(t, dir)
	watched := make(chan error, 1)
	go func() { watched <- server.Watch(t.Context()) }()
	t.Cleanup(func() {
		if err := <-watched; err != nil {
			t.Error(err)
		}
	})
	one, two := enrol(t, host, "ann", 1), newKey(t, 2)
	if _, err := host.Accounts().AddKeys(t.Context(), "ann", []keys.Key{two}); err != nil {
		t.Fatal(err)
	}
	first, second := connect(t, server, one), connect(t, server, two)
	if _, err := host.Accounts().RevokeKey(t.Context(), one.Fingerprint()); err != nil {
		t.Fatal(err)
	}
	select {
	case <-first.Mailbox().Wake():
	case <-time.After(patience):
		t.Fatal("the session of a revoked key goes on")
	}
	if got := first.Mailbox().Drain().Ended; !strings.Contains(got, "revoked") {
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
	s := open(t, t.TempDir())
	key := enrol(t, s, "ann", 1)
	ann := connect(t, s, key)
	in := general(t, ann)
	s.Close("Bye.")
	if got := ann.Mailbox().Drain().Ended; got != "Bye." {
		t.Errorf("ended with %q, want the reason given", got)
	}
	if _, err := ann.Messages().Send(t.Context(), chat.NewMessage{ID: newID(t), Conversation: in, Body: "late"}); !errors.Is(err, chat.ErrClosed) {
		t.Errorf("a send after the stop: %v, want ErrClosed", err)
	}
	late := connect(t, s, key)
	if got := late.Mailbox().Drain().Ended; got != "Bye." {
		t.Errorf("a session opened after the stop goes on: %q", got)
	}
}
