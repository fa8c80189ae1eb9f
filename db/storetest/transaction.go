package storetest

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"confab/app/chat"
)

// A transaction sees its own writes. It is committed as a whole or not at all, even if
// its function panics.
func transactions(w *world) {
	in := w.group("x", w.user("ann"))
	sentinel := errors.New("no")
	add := func(name string, end func() error) error {
		return w.Update(w.Context(), func(tx chat.Tx) error {
			ctx := w.Context()
			u, err := tx.InsertUser(ctx, chat.User{UID: uuid.New(), Name: name, Role: chat.RoleMember, CreatedAt: w.now()})
			if err != nil {
				return err
			}
			if got, err := tx.UserByName(ctx, name); err != nil || got.ID != u.ID {
				w.Errorf("the transaction does not see its own account: %v, %v", got, err)
			}
			m := &chat.Message{ID: uuid.New(), Conversation: in.ID, Author: u.ID, Body: "said by " + name, SentAt: w.now()}
			if _, err := tx.InsertMessage(ctx, m); err != nil {
				return err
			}
			if got, err := tx.MessageByID(ctx, m.ID); err != nil || got.Body != m.Body {
				w.Errorf("the transaction does not see its own message: %v, %v", got, err)
			}
			return end()
		})
	}
	if err := add("bob", func() error { return sentinel }); !errors.Is(err, sentinel) {
		w.Errorf("got %v, want the function's error", err)
	}
	func() {
		defer func() {
			if recover() == nil {
				w.Error("the panic did not come through")
			}
		}()
		_ = add("cyd", func() error { panic("in a transaction") })
	}()
	for _, name := range []string{"bob", "cyd"} {
		_, err := w.UserByName(w.Context(), name)
		w.absent(name+" after a transaction that failed", err)
	}
	if got := w.reload(in); got.LastSeq != 0 {
		w.Errorf("after transactions that failed the newest message is %d", got.LastSeq)
	}
	if err := add("dan", func() error { return nil }); err != nil {
		w.Fatal(err)
	}
	if got := must(w.MessagesAfter(w.Context(), in.ID, 0, 10))(w); len(got) != 1 || got[0].Seq != 1 || got[0].AuthorName != "dan" {
		w.Errorf("after a transaction there are %v, want number 1 of dan", got)
	}
	ctx, cancel := context.WithCancel(w.Context())
	cancel()
	if err := w.Update(ctx, func(chat.Tx) error { return nil }); err == nil {
		w.Error("a transaction whose context has ended is carried out")
	}
}
