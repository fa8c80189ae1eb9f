// Package storetest is the contract of [chat.Store] and [chat.Blobs]: the tests that
// every store must pass, whatever it keeps its data in. Tests of the particulars of one
// store (its files, its migrations, its query plans) are in the package of that store.
package storetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"confab/app/chat"
)

// Run tests a store. The function open returns an empty store, and closes it at the end
// of the test that it gets.
func Run(t *testing.T, open func(t *testing.T) chat.Store) {
	for _, c := range []struct {
		name string
		test func(w *world)
	}{
		{"Transactions", transactions},
		{"Messages/Numbers", numbers},
		{"Messages/NumbersOfManyWriters", numbersOfManyWriters},
		{"Messages/ClientIDs", clientIDs},
		{"Messages/Pages", pages},
		{"Messages/Content", content},
		{"Messages/EditAndDelete", editAndDelete},
		{"Messages/Files", files},
		{"Messages/Reactions", reactions},
		{"Messages/ReactionsGo", reactionsGo},
		{"Messages/Bookmarks", bookmarks},
		{"Threads/Pages", threadPages},
		{"Threads/Followers", threadFollowers},
		{"Conversations", conversations},
		{"Conversations/Private", privateGroups},
		{"Conversations/List", list},
		{"Memberships", memberships},
		{"Markers/OnlyGrow", markersOnlyGrow},
		{"Markers/Times", markerTimes},
		{"Markers/Receipts", receipts},
		{"Markers/Undelivered", undelivered},
		{"Mentions", mentions},
		{"Search/Words", searchWords},
		{"Search/Names", searchNames},
		{"Search/Floors", searchFloors},
		{"Search/Filters", searchFilters},
		{"Retention", retention},
		{"Changes", changes},
		{"Clock", clock},
		{"Accounts", accounts},
		{"Accounts/Keys", accountKeys},
		{"Accounts/Names", names},
		{"Accounts/Status", statuses},
		{"Accounts/LastSeen", lastSeen},
		{"Accounts/Erased", erased},
		{"Accounts/Given", given},
		{"Conversations/MadeGroup", madeGroup},
		{"Accounts/OwnMessages", ownMessages},
		{"Contacts/Blocks", blocks},
		{"Contacts/Acquainted", acquainted},
		{"Contacts/Invitations", invitations},
		{"Contacts/Outstanding", outstanding},
		{"Joining/Requests", requests},
		{"Joining/Codes", codes},
		{"Joining/Settings", settings},
		{"Hooks", hooks},
		{"Later", laters},
		{"Moderation/Bans", bans},
		{"Moderation/Silences", silences},
		{"Group/SlowMode", slowMode},
		{"Moderation/Audit", audit},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(&world{T: t, Store: open(t)}) })
	}
}

// world is a store with helpers for the steps that many tests need. If a step fails, the
// test ends.
type world struct {
	*testing.T
	chat.Store
	ticks int
}

// begin is the time before the first step. Stores keep whole milliseconds.
var begin = time.UnixMilli(1_700_000_000_000)

// now returns a time. Each is later than the one before.
func (w *world) now() time.Time {
	w.ticks++
	return begin.Add(time.Duration(w.ticks) * time.Second)
}

// update runs a transaction.
func (w *world) update(do func(ctx context.Context, tx chat.Tx) error) {
	w.Helper()
	if err := w.Update(w.Context(), func(tx chat.Tx) error { return do(w.Context(), tx) }); err != nil {
		w.Fatal(err)
	}
}

// user adds an account.
func (w *world) user(name string) (u chat.User) {
	w.Helper()
	w.update(func(ctx context.Context, tx chat.Tx) (err error) {
		u, err = tx.InsertUser(ctx, chat.User{UID: uuid.New(), Name: name, Role: chat.RoleMember, CreatedAt: w.now()})
		return err
	})
	return u
}

// group adds a public group with members. The first member owns it.
func (w *world) group(name string, members ...chat.User) chat.Conversation {
	w.Helper()
	return w.conversation(chat.Conversation{Kind: chat.KindGroup, Name: name, Public: true}, members...)
}

// direct adds the direct conversation of two users.
func (w *world) direct(one, other chat.User) chat.Conversation {
	w.Helper()
	return w.conversation(chat.Conversation{Kind: chat.KindDirect, Name: chat.DirectName(one.ID, other.ID)}, one, other)
}

// conversation adds a conversation with members. The first member owns it.
func (w *world) conversation(c chat.Conversation, members ...chat.User) chat.Conversation {
	w.Helper()
	c.UID, c.CreatedAt = uuid.New(), w.now()
	w.update(func(ctx context.Context, tx chat.Tx) (err error) {
		c, err = tx.InsertConversation(ctx, c)
		return err
	})
	for i, u := range members {
		role := chat.RoleMember
		if i == 0 {
			role = chat.RoleOwner
		}
		w.join(c, u, role, 0)
	}
	return c
}

// join makes a user a member who sees the messages after a number.
func (w *world) join(c chat.Conversation, u chat.User, role chat.Role, after chat.Seq) {
	w.Helper()
	w.update(func(ctx context.Context, tx chat.Tx) error {
		return tx.InsertMembership(ctx, chat.Membership{
			Conversation: c.ID, User: u.ID, Role: role, Joined: after,
			Markers: chat.Markers{Delivered: after, Read: after, ReadFrom: after, Seen: after},
		})
	})
}

// post posts a message.
func (w *world) post(in chat.Conversation, author chat.User, body string) *chat.Message {
	w.Helper()
	return w.insert(&chat.Message{Conversation: in.ID, Author: author.ID, Body: body})
}

// insert adds a message, and its file if it has one. It sets the id and the time.
func (w *world) insert(m *chat.Message) *chat.Message {
	w.Helper()
	m.ID, m.SentAt = uuid.New(), w.now()
	w.update(func(ctx context.Context, tx chat.Tx) error {
		fresh, err := tx.InsertMessage(ctx, m)
		if err == nil && !fresh {
			err = errors.New("the store takes a new message for an old one")
		}
		if err == nil && m.File != nil {
			err = tx.InsertFile(ctx, m)
		}
		return err
	})
	return m
}

// membership returns the membership of a user in a conversation.
func (w *world) membership(c chat.Conversation, u chat.User) chat.Membership {
	w.Helper()
	m, err := w.Membership(w.Context(), c.ID, u.ID)
	if err != nil {
		w.Fatal(err)
	}
	return m
}

// reload returns the present state of a conversation.
func (w *world) reload(c chat.Conversation) chat.Conversation {
	w.Helper()
	c, err := w.Conversation(w.Context(), c.ID)
	if err != nil {
		w.Fatal(err)
	}
	return c
}

// absent checks that looking for something returned ErrNotFound.
func (w *world) absent(what string, err error) {
	w.Helper()
	if !errors.Is(err, chat.ErrNotFound) {
		w.Errorf("%s: %v, want ErrNotFound", what, err)
	}
}

// each returns a value of each element of a list, so that a test can compare them.
func each[T, V any](list []T, value func(T) V) []V {
	values := make([]V, len(list))
	for i, one := range list {
		values[i] = value(one)
	}
	return values
}

// must turns a result with an error into a function that returns the result, or ends the
// test if there was an error: must(w.Users(ctx))(w).
func must[T any](value T, err error) func(w *world) T {
	return func(w *world) T {
		w.Helper()
		if err != nil {
			w.Fatal(err)
		}
		return value
	}
}
