package testkit

import (
	"crypto/ed25519"
	"crypto/rand"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"
	"golang.org/x/crypto/ssh"

	"confab/app/chat"
	"confab/app/live"
	"confab/app/refusal"
	"confab/app/service"
	"confab/db/blobs"
	"confab/db/sqlite"
	"confab/keys"
)

// OpenStore opens the database of a folder. The caller closes it.
func OpenStore(t testing.TB, dir string) *sqlite.Store {
	t.Helper()
	store, err := sqlite.Open(t.Context(), filepath.Join(dir, "confab.db"))
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// OpenBlobs opens the folder of files beside the database of a folder. It is closed when
// the test ends.
func OpenBlobs(t testing.TB, dir string) *blobs.Store {
	t.Helper()
	store, err := blobs.Open(filepath.Join(dir, "files"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return store
}

// Start starts a service on a store. If the options have no clock, ids or log, it adds
// them. The caller closes the service and the store.
func Start(t testing.TB, store chat.Store, o service.Options) *service.Service {
	t.Helper()
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.NewID == nil {
		o.NewID = uuid.NewV7
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	o.Refusals = refusal.New(o.Log, o.Now, "")
	s, err := service.New(t.Context(), store, live.New(), o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Serve is [Start] on through, a store that wraps the given one, or is the same. Both the
// service and the store are closed when the test ends.
func Serve(t testing.TB, store *sqlite.Store, through chat.Store, o service.Options) *service.Service {
	t.Helper()
	s := Start(t, through, o)
	t.Cleanup(func() {
		s.Close("the test is over")
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// Open starts a service on the database of a folder. It is closed when the test ends.
func Open(t testing.TB, dir string) *service.Service {
	t.Helper()
	store := OpenStore(t, dir)
	return Serve(t, store, store, service.Options{})
}

// Key returns the public key with a number. The same number always gives the same key.
func Key(t testing.TB, n int) keys.Key {
	t.Helper()
	seed := make([]byte, ed25519.SeedSize)
	seed[0], seed[1] = byte(n), byte(n>>8)
	public, err := ssh.NewPublicKey(ed25519.NewKeyFromSeed(seed).Public())
	if err != nil {
		t.Fatal(err)
	}
	return KeyOf(t, public)
}

// KeyOf converts a public key to the service's type.
func KeyOf(t testing.TB, public ssh.PublicKey) keys.Key {
	t.Helper()
	key, err := keys.FromPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// Signer makes a new key that can sign.
func Signer(t testing.TB) ssh.Signer {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return signer
}

// Enrol makes an account with the key of a number, and returns the key.
func Enrol(t testing.TB, s *service.Service, name string, n int) keys.Key {
	t.Helper()
	key := Key(t, n)
	Add(t, s, name, key)
	return key
}

// Add lets a key open an account. It makes the account if there is none.
func Add(t testing.TB, s *service.Service, name string, key keys.Key) {
	t.Helper()
	if _, err := s.Accounts().AddKeys(AtOnce(t), name, []keys.Key{key}); err != nil {
		t.Fatal(err)
	}
}

// Connect opens a session. It is closed when the test ends.
func Connect(t testing.TB, s *service.Service, key keys.Key) *service.Session {
	t.Helper()
	session, err := s.Open(t.Context(), key.Fingerprint())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(session.Close)
	return session
}

// General returns #general, which must be the session's only conversation.
func General(t testing.TB, s *service.Session) chat.ConversationID {
	t.Helper()
	list, err := s.Groups().Conversations(t.Context())
	if err != nil || len(list) != 1 || list[0].Name != chat.GeneralName {
		t.Fatalf("conversations are %v, %v; want #general", list, err)
	}
	return list[0].ID
}

// NewID makes the id of a message.
func NewID(t testing.TB) uuid.UUID {
	t.Helper()
	id, err := uuid.NewV7()
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// Send posts a message.
func Send(t testing.TB, s *service.Session, in chat.ConversationID, body string) *chat.Message {
	t.Helper()
	m, err := s.Messages().Send(t.Context(), chat.NewMessage{ID: NewID(t), Conversation: in, Body: body})
	if err != nil {
		t.Fatal(err)
	}
	return m
}
