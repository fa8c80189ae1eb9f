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
	Live   chat.Elsewhere
	// Direct returns the direct conversations of a user.
	Direct func(context.Context, chat.UserID) ([]chat.ConversationID, error)
	Log    *slog.Logger
}

// settle is how long changes wait for others, so that many people who come at once cost little.
const settle = 100 * time.Millisecond

// leaving bounds the last call.
const leaving = 2 * time.Second

// Keep tells the other servers who is connected here, and the screens here who is connected to
// the others. It returns when ctx ends. Then nobody is connected here.
func Keep(ctx context.Context, o Options) {
	ticker := time.NewTicker(chat.RosterEvery)
	defer ticker.Stop()
	failing := false
	for ctx.Err() == nil {
		err := meet(ctx, o)
		if err != nil && ctx.Err() == nil && !failing {
			o.Log.Error("telling other servers who is connected, retrying", "err", err)
		}
		failing = err != nil
		wait(ctx, o, ticker.C)
	}
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaving)
	defer cancel()
	if err := o.Roster.Leave(ending); err != nil {
		o.Log.Error("telling other servers that nobody is connected any more", "err", err)
	}
}

// wait waits until the servers must meet again. Until then it passes on who is typing.
func wait(ctx context.Context, o Options, tick <-chan time.Time) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick:
			return
		case <-o.Live.Changed():
			pause(ctx)
			return
		case <-o.Roster.Met():
			pause(ctx)
			return
		case t := <-o.Roster.Heard():
			o.Live.Typed(t)
		case t := <-o.Live.Writing():
			if err := o.Roster.Say(ctx, t); err != nil && ctx.Err() == nil {
				o.Log.Debug("telling other servers who is typing", "err", err)
			}
		}
	}
}

func pause(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-time.After(settle):
	}
}

// meet exchanges once who is connected.
func meet(ctx context.Context, o Options) error {
	there, err := o.Roster.Meet(ctx, o.Live.Here())
	if err != nil {
		return err
	}
	for _, user := range o.Live.Replace(there) {
		direct, bad := o.Direct(ctx, user)
		err = errors.Join(err, bad)
		o.Live.Tell(user, direct)
	}
	return err
}
