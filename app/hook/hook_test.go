package hook_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"confab/app/chat"
	"confab/app/hook"
	"confab/app/service"
	"confab/app/testkit"
	"confab/app/text"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// Owners and admins of the server make webhooks of #general once the server takes any, and
// the host always can. Nobody makes one that posts as a person.
func TestWhoMayMakeWebhooks(t *testing.T) {
	t.Parallel()
	s := testkit.Open(t, t.TempDir())
	ann, bob := testkit.Connect(t, s, testkit.Enrol(t, s, "ann", 1)), testkit.Connect(t, s, testkit.Enrol(t, s, "bob", 2))
	in := testkit.General(t, ann)
	if _, _, err := hook.Of(ann).Make(t.Context(), in, "ci"); !errors.Is(err, chat.ErrNotAllowed) {
		t.Errorf("a server without --http lets people make webhooks: %v", err)
	}
	if _, address, err := hook.OfHost(s).Make(t.Context(), in, "ci"); err != nil || !strings.HasPrefix(address, hook.Path) {
		t.Errorf("the host gets %q, %v", address, err)
	}
	service.ProgramsOf(s).ServesWeb("https://chat.example.org")
	made, address, err := hook.Of(ann).Make(t.Context(), in, "ci")
	if err != nil || made.Number != 2 || made.Maker != "ann" || !strings.HasPrefix(address, "https://chat.example.org"+hook.Path) {
		t.Errorf("the owner gets %+v, %q, %v", made, address, err)
	}
	for name, want := range map[string]error{"bob": chat.ErrConflict, "no name": text.ErrInvalid} {
		if _, _, err := hook.Of(ann).Make(t.Context(), in, name); !errors.Is(err, want) {
			t.Errorf("a webhook of %q is %v, want %v", name, err, want)
		}
	}
	// a member does not learn which there are
	if _, _, err := hook.Of(bob).Make(t.Context(), in, "ci"); !errors.Is(err, chat.ErrNotAllowed) {
		t.Errorf("a member makes one: %v", err)
	}
	if list, err := hook.Of(bob).List(t.Context(), in); err == nil {
		t.Errorf("a member sees %v", list)
	}
	for _, number := range []int64{1, 99} {
		if _, err := hook.Of(bob).Revoke(t.Context(), number); !errors.Is(err, chat.ErrNotFound) {
			t.Errorf("for a member, revoking %d is %v", number, err)
		}
	}
	if list, err := hook.Of(ann).List(t.Context(), in); err != nil || len(list) != 2 {
		t.Errorf("the owner sees %v, %v", list, err)
	}
}

// Find knows a webhook by its whole token. After it was revoked, Find still says so, and a
// post that was on its way is refused.
func TestFindAndRevoke(t *testing.T) {
	t.Parallel()
	s := testkit.Open(t, t.TempDir())
	ann := testkit.Connect(t, s, testkit.Enrol(t, s, "ann", 1))
	made, address, err := hook.OfHost(s).Make(t.Context(), testkit.General(t, ann), "ci")
	if err != nil {
		t.Fatal(err)
	}
	token, inbox := strings.TrimPrefix(address, hook.Path), hook.NewInbox(s)
	found, err := inbox.Find(t.Context(), token)
	if err != nil || found.Number != made.Number || found.Revoked {
		t.Fatalf("the token finds %+v, %v", found, err)
	}
	for _, wrong := range []string{"", token[:42], token + "x", strings.ToUpper(token), strings.Repeat("x", 43)} {
		if got, err := inbox.Find(t.Context(), wrong); !errors.Is(err, chat.ErrNotFound) || got.Number != 0 {
			t.Errorf("the token %q finds %+v, %v", wrong, got, err)
		}
	}
	if err := inbox.Post(t.Context(), found, "", "before"); err != nil {
		t.Error(err)
	}
	if _, err := hook.OfHost(s).Revoke(t.Context(), made.Number); err != nil {
		t.Fatal(err)
	}
	if err := inbox.Post(t.Context(), found, "", "too late"); !errors.Is(err, chat.ErrNotFound) {
		t.Errorf("a post to a webhook that was revoked meanwhile is %v", err)
	}
	if got, err := inbox.Find(t.Context(), token); err != nil || !got.Revoked {
		t.Errorf("after it was revoked, the token finds %+v, %v", got, err)
	}
	if _, err := hook.OfHost(s).Revoke(t.Context(), made.Number); !errors.Is(err, chat.ErrNotFound) {
		t.Errorf("revoking it again is %v", err)
	}
}

// A group has a limited number of webhooks, and so has what an account makes in a day. A
// webhook that was revoked makes room in the group, but not in the day.
func TestWebhooksAreLimited(t *testing.T) {
	t.Parallel()
	now, mu := time.Unix(1_800_000_000, 0), sync.Mutex{}
	clock := func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		return now
	}
	store := testkit.OpenStore(t, t.TempDir())
	s := testkit.Serve(t, store, store, service.Options{Now: clock})
	service.ProgramsOf(s).ServesWeb("https://chat.example.org")
	ann := testkit.Connect(t, s, testkit.Enrol(t, s, "ann", 1))
	in := testkit.General(t, ann)
	for range chat.MaxHooksMade {
		made, _, err := hook.Of(ann).Make(t.Context(), in, "ci")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := hook.Of(ann).Revoke(t.Context(), made.Number); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := hook.Of(ann).Make(t.Context(), in, "ci"); !errors.Is(err, chat.ErrTooLarge) {
		t.Errorf("one more on that day is %v", err)
	}
	for range chat.MaxHooks {
		if _, _, err := hook.OfHost(s).Make(t.Context(), in, "ci"); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := hook.OfHost(s).Make(t.Context(), in, "ci"); !errors.Is(err, chat.ErrTooLarge) {
		t.Errorf("one more in that group is %v", err)
	}
	mu.Lock()
	now = now.Add(chat.HooksMadeSpan + time.Second)
	mu.Unlock()
	if list, err := hook.OfHost(s).List(t.Context(), in); err != nil || len(list) != chat.MaxHooks {
		t.Fatalf("the group has %d webhooks, %v", len(list), err)
	}
	if _, err := hook.OfHost(s).Revoke(t.Context(), int64(chat.MaxHooksMade)+1); err != nil {
		t.Fatal(err)
	}
	if _, _, err := hook.Of(ann).Make(t.Context(), in, "ci"); err != nil {
		t.Errorf("a day later, a new webhook fails although the group has room: %v", err)
	}
}
