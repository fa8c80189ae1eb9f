// Package roster keeps several servers that share a database informed of who is connected to
// which of them, and who is typing. People on a server that has died are offline as soon as its
// lease has ended.
package roster

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"confab/app/chat"
)

// Options are what Keep needs.
type Options struct {
	Roster chat.Roster
	Bus    chat.Bus
	Live   chat.Elsewhere
	Store  Store
	Log    *slog.Logger
	// Connections returns how many connections accounts have here, and Elsewhere gets how many
	// they have to other servers. It may keep the map.
	Connections func() map[chat.UserID]int
	Elsewhere   func(map[chat.UserID]int)
}

// Store is what Keep reads.
type Store interface {
	// ConversationIDs returns the conversations of a user, and the direct ones among them.
	ConversationIDs(ctx context.Context, user chat.UserID) (all, direct []chat.ConversationID, err error)
	Membership(ctx context.Context, conversation chat.ConversationID, user chat.UserID) (chat.Membership, error)
	UserByID(ctx context.Context, id chat.UserID) (chat.User, error)
}

// settle is how long changes wait for others, so that many people who come at once cost little.
const settle = 100 * time.Millisecond

// leaving bounds the last call.
const leaving = 2 * time.Second

// signs is how many signs of typing of one user are shown between two meetings at most. The
// screens of the user say it at most every [chat.TypingEvery].
const signs = 4

// keeper is what Keep knows.
type keeper struct {
	Options
	there map[chat.UserID]chat.Presence
	typed map[chat.UserID]int // signs since the last meeting
}

// Keep tells the other servers who is connected here, and the screens here who is connected to
// the others. It returns when ctx ends. Then nobody is connected here.
func Keep(ctx context.Context, o Options) {
	k := keeper{Options: o}
	ticker := time.NewTicker(chat.RosterEvery)
	defer ticker.Stop()
	failing := false
	for ctx.Err() == nil {
		err := k.meet(ctx)
		if err != nil && ctx.Err() == nil && !failing {
			o.Log.Error("telling other servers who is connected, retrying", "err", err)
		}
		failing = err != nil
		k.wait(ctx, ticker.C)
	}
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaving)
	defer cancel()
	if err := o.Roster.Leave(ending); err != nil {
		o.Log.Error("telling other servers that nobody is connected any more", "err", err)
	}
}

// wait waits until the servers must meet again. Until then it passes on who is typing.
func (k *keeper) wait(ctx context.Context, tick <-chan time.Time) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick:
			clear(k.typed)
			return
		case <-k.Live.Changed():
			pause(ctx)
			return
		case <-k.Bus.People():
			pause(ctx)
			return
		case t := <-k.Bus.Typing():
			k.hear(ctx, t)
		case t := <-k.Live.Writing():
			if len(k.there) > 0 { // else nobody sees it
				k.Bus.TellTyping(t)
			}
		}
	}
}

// hear shows who is typing on another server. It does not trust the bus: only somebody who is
// connected to another server and may type in the conversation can be shown, under the name in
// the database. What the bus says costs no more than people who type.
func (k *keeper) hear(ctx context.Context, t chat.Typing) {
	if k.there[t.User] == chat.Offline || k.typed[t.User] == signs || !k.Live.Sees(t.Conversation, t.User) {
		return
	}
	if k.typed == nil {
		k.typed = make(map[chat.UserID]int)
	}
	k.typed[t.User]++
	m, err := k.Store.Membership(ctx, t.Conversation, t.User)
	user, failed := k.Store.UserByID(ctx, t.User)
	switch err = errors.Join(err, failed); {
	case err != nil && ctx.Err() == nil:
		k.Log.Debug("looking who is typing on another server", "err", err)
	case err == nil && m.Member() && m.Silence == nil:
		k.Live.Typed(chat.Typing{Conversation: t.Conversation, User: t.User, Name: user.Name})
	}
}

func pause(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-time.After(settle):
	}
}

// meet exchanges once who is connected.
func (k *keeper) meet(ctx context.Context) error {
	there, err := k.Roster.Meet(ctx, chat.Connected{Presence: k.Live.Here(), Connections: k.Connections()})
	if err != nil {
		return err
	}
	k.Elsewhere(there.Connections)
	k.there = there.Presence
	for _, user := range k.Live.Replace(there.Presence) {
		_, direct, bad := k.Store.ConversationIDs(ctx, user)
		err = errors.Join(err, bad)
		k.Live.Tell(user, direct)
	}
	return err
}
