package testbed

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"confab/app/chat"
	"confab/app/service"
	"confab/db/sqlite"
)

// Furnish puts data into a folder before the server starts.
type Furnish func(ctx context.Context, store *sqlite.Store, service *service.Service, accounts []Account) error

// fillBatch is how many messages are put into the store in one transaction.
const fillBatch = 20_000

// GroupName returns the name of a group by its number.
const GroupName = "group-%03d"

// Groups creates groups with all accounts as members. The first account makes the
// groups. The others are put into the store as members, because a server would
// invite them.
func Groups(ctx context.Context, store *sqlite.Store, service *service.Service, accounts []Account, n int) ([]chat.ConversationID, error) {
	owner, err := service.Open(ctx, accounts[0].Fingerprint)
	if err != nil {
		return nil, err
	}
	defer owner.Close()
	ids := make([]chat.ConversationID, n)
	for i := range ids {
		if ids[i], err = owner.Groups().NewGroup(ctx, fmt.Sprintf(GroupName, i), false, nil); err != nil {
			return nil, err
		}
		err := store.Update(ctx, func(tx chat.Tx) error {
			c, err := tx.Conversation(ctx, ids[i])
			if err != nil {
				return err
			}
			here := chat.Markers{Delivered: c.LastSeq, Read: c.LastSeq, ReadFrom: c.LastSeq, Seen: c.LastSeq}
			for _, a := range accounts[1:] {
				user, err := tx.UserByName(ctx, a.Name)
				if err != nil {
					return err
				}
				if err := tx.InsertMembership(ctx, chat.Membership{
					Conversation: c.ID, User: user.ID, Role: chat.RoleMember, Joined: c.LastSeq, Markers: here, Added: true,
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

// OneGroup is the [Furnish] that creates one group with all accounts.
func OneGroup(ctx context.Context, store *sqlite.Store, service *service.Service, accounts []Account) error {
	_, err := Groups(ctx, store, service, accounts, 1)
	return err
}

// Fill puts n messages into the store, a second apart. said returns the
// conversation, author and text of each. fill writes them as a send does, but many
// in one transaction, and notifies nobody.
func Fill(ctx context.Context, store *sqlite.Store, n int, said func(i int) chat.Message) error {
	at := time.Now().Add(-time.Duration(n) * time.Second)
	for done := 0; done < n; {
		batch := min(fillBatch, n-done)
		err := store.Update(ctx, func(tx chat.Tx) error {
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

// Users returns the accounts as the store has them.
func Users(ctx context.Context, store *sqlite.Store, accounts []Account) ([]chat.User, error) {
	var all []chat.User
	for _, a := range accounts {
		user, err := store.UserByName(ctx, a.Name)
		if err != nil {
			return nil, err
		}
		all = append(all, user)
	}
	return all, nil
}
