package main

import (
	"context"

	"confab/app"
	"confab/db"
)

const (
	// library is how many accounts a store full of messages has, all of which are
	// members of so many groups: one with half of the messages, the others with
	// as many each.
	library       = 10
	libraryGroups = 200
	// minMessages are some for each.
	minMessages = 10 * libraryGroups
	// unreadFrom and unreadUpTo are how many messages are unread in a group: more
	// than a screen has, and around where they stop being counted.
	unreadFrom, unreadUpTo = 60, 150
)

// furnishLibrary makes such a store, as the second account, the reader, finds
// it: with something unread in nearly all groups. The largest group is the last
// of those returned, and first in a list of them.
func furnishLibrary(ctx context.Context, store *db.Store, service *app.Service, accounts []account, messages int) ([]app.ConversationID, error) {
	ids, err := groups(ctx, service, accounts, libraryGroups)
	if err != nil {
		return nil, err
	}
	author, err := store.UserByName(ctx, accounts[0].name)
	if err != nil {
		return nil, err
	}
	reader, err := store.UserByName(ctx, accounts[1].name)
	if err != nil {
		return nil, err
	}
	small := messages / 2 / (len(ids) - 1)
	for i, id := range ids {
		n := small
		if i == len(ids)-1 {
			n = messages - small*i
		}
		if err := fill(ctx, store, id, author.ID, n); err != nil {
			return nil, err
		}
	}
	return ids, store.Update(ctx, func(tx app.Tx) error {
		for i, id := range ids {
			c, err := tx.Conversation(ctx, id)
			if err != nil {
				return err
			}
			seen := max(0, c.LastSeq-app.Seq(unreadFrom+i*7%(unreadUpTo-unreadFrom)))
			if err := tx.SetSeen(ctx, id, reader.ID, seen); err != nil {
				return err
			}
		}
		return nil
	})
}
