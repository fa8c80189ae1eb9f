package main

import (
	"context"

	"confab/app/chat"
	"confab/app/service"
	"confab/cmd/confab-load/clients"
	"confab/cmd/confab-load/testbed"
	"confab/db/sqlite"
)

const (
	// library is how many accounts a store full of messages has. All of them are
	// members of this many groups. One group has half of the messages, and the
	// others share the rest equally.
	library       = 10
	libraryGroups = 200
	// libraryReader and libraryEqual are two of the accounts. For the second, the
	// large store has as many unread messages as the small one has in total.
	libraryReader, libraryEqual = 1, 2
	// minMessages is enough for a few messages in each group.
	minMessages = 10 * libraryGroups
	// unreadFrom and unreadUpTo bound how many messages are unread in a group: more
	// than a screen has, and around the number where counting stops.
	unreadFrom, unreadUpTo = 60, 150
)

// smallGroup returns how many messages are in each group except the largest.
func smallGroup(messages int) int { return messages / 2 / (libraryGroups - 1) }

// furnishLibrary creates such a store for the reader, with unread messages in
// nearly all groups. The largest group is the last one returned, and the first in a
// list.
func furnishLibrary(ctx context.Context, store *sqlite.Store, service *service.Service, accounts []testbed.Account, messages int) ([]chat.ConversationID, error) {
	ids, err := testbed.Groups(ctx, store, service, accounts, libraryGroups)
	if err != nil {
		return nil, err
	}
	who, err := testbed.Users(ctx, store, accounts)
	if err != nil {
		return nil, err
	}
	small := smallGroup(messages)
	for i, id := range ids {
		n := small
		if i == len(ids)-1 {
			n = messages - small*i
		}
		if err := testbed.Fill(ctx, store, n, smallTalk(id, who[0].ID)); err != nil {
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

// smallTalk returns what one author says in a conversation.
func smallTalk(in chat.ConversationID, author chat.UserID) func(i int) chat.Message {
	return func(i int) chat.Message {
		return chat.Message{Conversation: in, Author: author, Body: clients.Words(i % clients.MaxTokens)}
	}
}
