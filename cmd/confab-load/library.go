package main

import (
	"context"

	"confab/app/chat"
	"confab/db/sqlite"
)

const (
	// library is how many accounts a store full of messages has, all of which are
	// members of so many groups: one with half of the messages, the others with
	// as many each.
	library       = 10
	libraryGroups = 200
	// libraryReader and libraryEqual are two of the accounts. To the second a
	// store has as much unread as a small one has at all.
	libraryReader, libraryEqual = 1, 2
	// minMessages are some for each.
	minMessages = 10 * libraryGroups
	// unreadFrom and unreadUpTo are how many messages are unread in a group: more
	// than a screen has, and around where they stop being counted.
	unreadFrom, unreadUpTo = 60, 150
)

// smallGroup is how many messages are in each group but the largest.
func smallGroup(messages int) int { return messages / 2 / (libraryGroups - 1) }

// furnishLibrary makes such a store, as the reader finds it: with something
// unread in nearly all groups. The largest group is the last of those returned,
// and first in a list of them.
func furnishLibrary(ctx context.Context, store *sqlite.Store, service *chat.Service, accounts []account, messages int) ([]chat.ConversationID, error) {
	ids, err := groups(ctx, store, service, accounts, libraryGroups)
	if err != nil {
		return nil, err
	}
	who, err := users(ctx, store, accounts)
	if err != nil {
		return nil, err
	}
	small := smallGroup(messages)
	for i, id := range ids {
		n := small
		if i == len(ids)-1 {
			n = messages - small*i
		}
		if err := fill(ctx, store, n, smallTalk(id, who[0].ID)); err != nil {
			return nil, err
		}
	}
	return ids, store.Update(ctx, func(tx chat.Tx) error {
		for i, id := range ids {
			c, err := tx.Conversation(ctx, id)
			if err != nil {
				return err
			}
			for account, unread := range map[int]int{
				libraryReader: unreadFrom + i*7%(unreadUpTo-unreadFrom),
				libraryEqual:  smallGroup(min(fewMessages, messages)),
			} {
				if err := tx.SetSeen(ctx, id, who[account].ID, max(0, c.LastSeq-chat.Seq(unread))); err != nil {
					return err
				}
			}
		}
		return nil
	})
}
