package storetest

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"confab/app/chat"
	"confab/app/text"
)

// userNames returns the handles of accounts.
func userNames(list []chat.User) []string {
	return each(list, func(u chat.User) string { return u.Name })
}

func accounts(w *world) {
	bob, ann := w.user("bob"), w.user("ann")
	ctx := w.Context()
	for how, got := range map[string]chat.User{"by name": must(w.UserByName(ctx, "bob"))(w), "by id": must(w.UserByID(ctx, bob.ID))(w)} {
		if got.ID != bob.ID || got.UID != bob.UID || got.Name != "bob" || got.Role != chat.RoleMember || !got.CreatedAt.Equal(bob.CreatedAt) ||
			got.Bot || got.Disabled || got.ReceiptsOff || got.DisplayName != "" {
			w.Errorf("%s: %+v", how, got)
		}
	}
	_, err := w.UserByName(ctx, "carl")
	w.absent("an account that is not there", err)
	if err := w.Update(ctx, func(tx chat.Tx) error {
		_, err := tx.InsertUser(ctx, chat.User{UID: uuid.New(), Name: "ann", Role: chat.RoleMember, CreatedAt: w.now()})
		return err
	}); err == nil {
		w.Error("two accounts have one handle")
	}
	if got := userNames(must(w.Users(ctx))(w)); !slices.Equal(got, []string{"ann", "bob"}) {
		w.Errorf("the accounts are %v", got)
	}
	general := w.group(chat.GeneralName, bob, ann)
	w.update(func(ctx context.Context, tx chat.Tx) error {
		return errors.Join(tx.SetUserRole(ctx, ann.ID, chat.RoleOwner), tx.SetUserRole(ctx, bob.ID, chat.RoleAdmin),
			tx.SetPreference(ctx, ann.ID, "theme", "dark"), tx.SetPreference(ctx, ann.ID, "keys", "emacs"), tx.SetPreference(ctx, bob.ID, "theme", "light"),
			tx.SetUserDisabled(ctx, bob.ID, true))
	})
	if got := userNames(must(w.Owners(ctx))(w)); !slices.Equal(got, []string{"ann"}) {
		w.Errorf("the owners are %v", got)
	}
	if got := userNames(must(w.Staff(ctx))(w)); !slices.Equal(got, []string{"bob", "ann"}) {
		w.Errorf("the staff is %v", got)
	}
	// In #general everyone has the role of the account.
	if a, b := w.membership(general, ann).Role, w.membership(general, bob).Role; a != chat.RoleOwner || b != chat.RoleAdmin {
		w.Errorf("in #general ann is %s and bob %s", a, b)
	}
	w.update(func(ctx context.Context, tx chat.Tx) error {
		return errors.Join(tx.SetPreference(ctx, ann.ID, "theme", "none"), tx.SetPreference(ctx, ann.ID, "keys", ""))
	})
	if got := must(w.Preferences(ctx, ann.ID))(w); !maps.Equal(got, map[string]string{"theme": "none"}) {
		w.Errorf("ann has set %v", got)
	}
	if got := must(w.UserByID(ctx, bob.ID))(w); !got.Disabled || got.Role != chat.RoleAdmin {
		w.Errorf("bob is %+v", got)
	}
}

// key adds a key to an account.
func (w *world) key(u chat.User, fingerprint string) {
	w.Helper()
	w.update(func(ctx context.Context, tx chat.Tx) error {
		return tx.InsertKey(ctx, chat.AuthorizedKey{
			Fingerprint: fingerprint, UserID: u.ID, Type: "ssh-ed25519", Line: "ssh-ed25519 " + fingerprint, Comment: "of " + u.Name, AddedAt: w.now(),
		})
	})
}

func accountKeys(w *world) {
	bob, ann := w.user("bob"), w.user("ann")
	w.key(bob, "SHA256:b")
	w.key(ann, "SHA256:a2")
	w.key(ann, "SHA256:a1")
	ctx := w.Context()
	prints := func(name string) []string {
		w.Helper()
		return each(must(w.Keys(ctx, name))(w), func(k chat.AuthorizedKey) string { return k.Fingerprint })
	}
	if all, own := prints(""), prints("ann"); !slices.Equal(all, []string{"SHA256:a2", "SHA256:a1", "SHA256:b"}) || !slices.Equal(own, all[:2]) {
		w.Errorf("the keys are %v, and those of ann %v", all, own)
	}
	if u := must(w.UserByKey(ctx, "SHA256:b"))(w); u.ID != bob.ID {
		w.Errorf("the key of bob opens %s", u.Name)
	}
	used := w.now()
	w.update(func(ctx context.Context, tx chat.Tx) error {
		return errors.Join(tx.UseKey(ctx, "SHA256:b", used), tx.DeleteKey(ctx, "SHA256:a1"))
	})
	if k := must(w.Key(ctx, "SHA256:b"))(w); k.UserName != "bob" || k.Line != "ssh-ed25519 SHA256:b" || k.Comment != "of bob" || !k.LastUsedAt.Equal(used) {
		w.Errorf("the key of bob is %+v", k)
	}
	_, err := w.UserByKey(ctx, "SHA256:a1")
	w.absent("the account of a key that was taken away", err)
	_, err = w.Key(ctx, "SHA256:a1")
	w.absent("a key that was taken away", err)
	revoked := func(want bool) {
		w.Helper()
		if got := must(w.CertificatesRevoked(ctx, "SHA256:a1"))(w); got != want {
			w.Errorf("certificates revoked: %v, want %v", got, want)
		}
	}
	revoked(false)
	at := w.now()
	w.update(func(ctx context.Context, tx chat.Tx) error { return tx.RevokeCertificates(ctx, "SHA256:a1", at) })
	if got := must(w.RevokedKeys(ctx))(w); len(got) != 1 || got[0].Fingerprint != "SHA256:a1" || !got[0].At.Equal(at) {
		w.Errorf("the revoked keys are %+v", got)
	}
	revoked(true)
	w.update(func(ctx context.Context, tx chat.Tx) error { return tx.TakeCertificates(ctx, "SHA256:a1") })
	revoked(false)
}

func names(w *world) {
	bob := w.user("bob")
	ctx := w.Context()
	if u := must(w.UserBySkeleton(ctx, text.Skeleton("b0b")))(w); u.ID != bob.ID {
		w.Errorf("b0b looks like %s", u.Name)
	}
	ended := w.now()
	w.update(func(ctx context.Context, tx chat.Tx) error {
		return errors.Join(tx.SetUserName(ctx, bob.ID, "robert"), tx.SetDisplayName(ctx, bob.ID, "Robert B."),
			tx.InsertFormerName(ctx, chat.FormerName{User: bob.ID, Name: "bob", EndedAt: ended}))
	})
	if u := must(w.UserByName(ctx, "robert"))(w); u.ID != bob.ID || u.DisplayName != "Robert B." {
		w.Errorf("robert is %+v", u)
	}
	_, err := w.UserByName(ctx, "bob")
	w.absent("a handle that was given up", err)
	_, err = w.UserBySkeleton(ctx, text.Skeleton("bob"))
	w.absent("what looks like a handle that was given up", err)
	is := func(what string, got []chat.FormerName, want int) {
		w.Helper()
		if len(got) != want || want == 1 && (got[0].User != bob.ID || got[0].Name != "bob" || !got[0].EndedAt.Equal(ended)) {
			w.Errorf("%s: %+v", what, got)
		}
	}
	is("former names", must(w.FormerNames(ctx, bob.ID))(w), 1)
	is("names that are kept back", must(w.NamesKeptBack(ctx, text.Skeleton("b0b"), ended.Add(-time.Second)))(w), 1)
	is("names that are kept back no longer", must(w.NamesKeptBack(ctx, text.Skeleton("b0b"), ended))(w), 0)
}

// Statuses are kept, in the order of their ends, and go with their account.
func statuses(w *world) {
	ann, bob := w.user("ann"), w.user("bob")
	in := w.group("x", ann, bob)
	ctx, now := w.Context(), w.now()
	set := func(u chat.User, text string, until time.Time) {
		w.Helper()
		w.update(func(ctx context.Context, tx chat.Tx) error {
			return tx.SetStatus(ctx, u.ID, chat.Status{Text: text, Until: until})
		})
	}
	due := func(after time.Duration, limit int) []string {
		w.Helper()
		return userNames(must(w.StatusesUntil(ctx, now.Add(after), limit))(w))
	}
	if at := must(w.NextStatusEnd(ctx))(w); !at.IsZero() || len(due(time.Hour, 9)) != 0 {
		w.Errorf("at first, a status ends at %v", at)
	}
	set(ann, "on holiday", now.Add(2*time.Hour))
	set(bob, "at lunch", now.Add(time.Hour))
	if at := must(w.NextStatusEnd(ctx))(w); !at.Equal(now.Add(time.Hour)) {
		w.Errorf("the next end is at %v", at)
	}
	if got := due(2*time.Hour, 9); !slices.Equal(got, []string{"bob", "ann"}) {
		w.Errorf("these end: %v", got)
	}
	if got := due(2*time.Hour, 1); !slices.Equal(got, []string{"bob"}) || len(due(time.Hour-time.Millisecond, 9)) != 0 {
		w.Errorf("these end first: %v", got)
	}
	if got := must(w.UserByID(ctx, ann.ID))(w).Status; got.Text != "on holiday" || !got.Until.Equal(now.Add(2*time.Hour)) {
		w.Errorf("ann's status is %+v", got)
	}
	if got := must(w.Members(ctx, in.ID))(w)[1].Status; got.Text != "at lunch" || !got.Until.Equal(now.Add(time.Hour)) {
		w.Errorf("among members, bob's status is %+v", got)
	}
	set(bob, "ill", time.Time{})
	if got := due(9*time.Hour, 9); !slices.Equal(got, []string{"ann"}) {
		w.Errorf("a status without a time ends: %v", got)
	}
	w.update(func(ctx context.Context, tx chat.Tx) error {
		return errors.Join(tx.SetStatus(ctx, bob.ID, chat.Status{}), tx.EraseUser(ctx, ann.ID))
	})
	for _, u := range []chat.User{ann, bob} {
		if got := must(w.UserByID(ctx, u.ID))(w).Status; got != (chat.Status{}) {
			w.Errorf("in the end there is %+v", got)
		}
	}
	if at := must(w.NextStatusEnd(ctx))(w); !at.IsZero() {
		w.Errorf("in the end, a status ends at %v", at)
	}
}

// When somebody was last seen is kept to the minute, only for accounts that share it, and
// never goes back.
func lastSeen(w *world) {
	ann, ctx := w.user("ann"), w.Context()
	at := time.Date(2026, 5, 4, 12, 30, 40, 0, time.UTC)
	check := func(what string, want time.Time, wantShared bool) {
		w.Helper()
		got, shared, err := w.LastSeen(ctx, ann.ID)
		if err != nil || !got.Equal(want) || shared != wantShared {
			w.Errorf("%s: %v, shared %v, %v", what, got, shared, err)
		}
	}
	note := func(at time.Time) {
		w.Helper()
		w.update(func(ctx context.Context, tx chat.Tx) error { return tx.SetLastSeen(ctx, ann.ID, at) })
	}
	share := func(value string) {
		w.Helper()
		w.update(func(ctx context.Context, tx chat.Tx) error {
			return tx.SetPreference(ctx, ann.ID, chat.LastSeenPreference, value)
		})
	}
	note(at)
	check("not shared", time.Time{}, false)
	share("on")
	note(at)
	minute := at.Truncate(time.Minute)
	check("shared", minute, true)
	note(at.Add(10 * time.Second))
	note(at.Add(-time.Hour))
	check("not later", minute, true)
	note(at.Add(time.Hour))
	check("later", minute.Add(time.Hour), true)
	share("off")
	check("not shared again", minute.Add(time.Hour), false)
	note(time.Time{})
	check("forgotten", time.Time{}, false)
	share("on")
	note(at)
	w.update(func(ctx context.Context, tx chat.Tx) error { return tx.EraseUser(ctx, ann.ID) })
	check("erased", time.Time{}, false)
}

// An erased account leaves its messages, and nothing that says who wrote them.
func erased(w *world) {
	ann, bob := w.user("ann"), w.user("bob")
	in := w.group("x", ann, bob)
	w.key(bob, "SHA256:b")
	w.post(in, bob, "hello")
	ended := w.now()
	w.update(func(ctx context.Context, tx chat.Tx) error {
		return errors.Join(tx.SetPreference(ctx, bob.ID, "theme", "dark"), tx.SetDisplayName(ctx, bob.ID, "Robert B."),
			tx.InsertFormerName(ctx, chat.FormerName{User: bob.ID, Name: "bobby", EndedAt: ended}), tx.EraseUser(ctx, bob.ID))
	})
	ctx := w.Context()
	_, err := w.UserByName(ctx, "bob")
	w.absent("the handle of an erased account", err)
	_, err = w.UserByKey(ctx, "SHA256:b")
	w.absent("the key of an erased account", err)
	if u := must(w.UserByID(ctx, bob.ID))(w); u.Name != chat.DeletedName || u.DisplayName != "" || !u.Disabled {
		w.Errorf("of the account there is %+v", u)
	}
	if got := userNames(must(w.Users(ctx))(w)); !slices.Equal(got, []string{"ann"}) {
		w.Errorf("the accounts are %v", got)
	}
	if gone := must(w.DeletedUsers(ctx))(w); len(gone) != 1 || gone[0].User != bob.ID || gone[0].Name != "bobby" || !gone[0].EndedAt.Equal(ended) {
		w.Errorf("the deleted accounts are %+v", gone)
	}
	if m := must(w.MessagesAfter(ctx, in.ID, 0, 1))(w)[0]; m.Body != "hello" || m.AuthorName != chat.DeletedName {
		w.Errorf("its message is %+v", m)
	}
	if got := must(w.Preferences(ctx, bob.ID))(w); len(got) != 0 {
		w.Errorf("it has set %v", got)
	}
	w.update(func(ctx context.Context, tx chat.Tx) error { return tx.PruneErasedNames(ctx, ended.Add(time.Second)) })
	if got := must(w.FormerNames(ctx, bob.ID))(w); len(got) != 0 {
		w.Errorf("it was called %v", got)
	}
	if gone := must(w.DeletedUsers(ctx))(w); len(gone) != 1 || gone[0].Name != "" || !gone[0].EndedAt.IsZero() {
		w.Errorf("the deleted accounts without names are %+v", gone)
	}
	w.user("bob") // the handle is free
}

// OwnMessages returns the messages of one account: no lines, no deleted messages, and
// nothing by others.
func ownMessages(w *world) {
	ann, bob := w.user("ann"), w.user("bob")
	x, y := w.group("x", ann, bob), w.group("y", ann)
	one := w.post(x, ann, "one")
	w.post(x, bob, "not ann's")
	w.insert(&chat.Message{Conversation: x.ID, Author: ann.ID, Body: "a line", Notice: chat.NoticeTopic})
	two, gone := w.post(y, ann, "two"), w.post(y, ann, "gone")
	gone.Body, gone.DeletedAt = "", w.now()
	w.update(func(ctx context.Context, tx chat.Tx) error { return tx.DeleteMessage(ctx, gone) })
	first := must(w.OwnMessages(w.Context(), ann.ID, 0, 1))(w)
	if len(first) != 1 || first[0].ID != one.ID || first[0].Conversation != x.UID || first[0].In != x.ID || first[0].Seq != one.Seq || first[0].Body != "one" || !first[0].SentAt.Equal(one.SentAt) {
		w.Fatalf("the first page is %+v", first)
	}
	if rest := must(w.OwnMessages(w.Context(), ann.ID, first[0].Row, 10))(w); len(rest) != 1 || rest[0].ID != two.ID {
		w.Errorf("the rest is %+v", rest)
	}
}
