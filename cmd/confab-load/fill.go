package main

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"confab/app"
	"confab/db"
)

// furnish puts into a data folder what is in it before the server starts.
type furnish func(ctx context.Context, store *db.Store, service *app.Service, accounts []account) error

// fillBatch is how many messages are put into the store in one transaction.
const fillBatch = 20_000

// groupName is what a group is called, by its number.
const groupName = "group-%03d"

// groups makes groups of which all accounts are members. The first of them makes the
// groups; the others are put into the store as members, since on a server they would
// be asked.
func groups(ctx context.Context, store *db.Store, service *app.Service, accounts []account, n int) ([]app.ConversationID, error) {
	owner, err := service.Open(ctx, accounts[0].fingerprint)
	if err != nil {
		return nil, err
	}
	defer owner.Close()
	ids := make([]app.ConversationID, n)
	for i := range ids {
		if ids[i], err = owner.NewGroup(ctx, fmt.Sprintf(groupName, i), false, nil); err != nil {
			return nil, err
		}
		err := store.Update(ctx, func(tx app.Tx) error {
			c, err := tx.Conversation(ctx, ids[i])
			if err != nil {
				return err
			}
			here := app.Markers{Delivered: c.LastSeq, Read: c.LastSeq, ReadFrom: c.LastSeq, Seen: c.LastSeq}
			for _, a := range accounts[1:] {
				user, err := tx.UserByName(ctx, a.name)
				if err != nil {
					return err
				}
				if err := tx.InsertMembership(ctx, app.Membership{
					Conversation: c.ID, User: user.ID, Role: app.RoleMember, Joined: c.LastSeq, Markers: here, Added: true,
				}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return ids, nil
}

// fill puts n messages into the store, each as said has its conversation, author
// and text, and a second apart. It writes them as a send does, but many in one
// transaction, and tells nobody.
func fill(ctx context.Context, store *db.Store, n int, said func(i int) app.Message) error {
	at := time.Now().Add(-time.Duration(n) * time.Second)
	for done := 0; done < n; {
		batch := min(fillBatch, n-done)
		err := store.Update(ctx, func(tx app.Tx) error {
			for i := done; i < done+batch; i++ {
				m := said(i)
				var err error
				if m.ID, err = uuid.NewV7(); err != nil {
					return err
				}
				m.SentAt = at.Add(time.Duration(i) * time.Second)
				if _, err := tx.InsertMessage(ctx, &m); err != nil {
					return err
				}
			}
			return ctx.Err()
		})
		if err != nil {
			return fmt.Errorf("filling the store: %w", err)
		}
		done += batch
	}
	return nil
}

// chat is what one author says in a conversation.
func chat(in app.ConversationID, author app.UserID) func(i int) app.Message {
	return func(i int) app.Message {
		return app.Message{Conversation: in, Author: author, Body: text(i % maxTokens)}
	}
}

// users are the accounts as the store has them.
func users(ctx context.Context, store *db.Store, accounts []account) ([]app.User, error) {
	var all []app.User
	for _, a := range accounts {
		user, err := store.UserByName(ctx, a.name)
		if err != nil {
			return nil, err
		}
		all = append(all, user)
	}
	return all, nil
}
