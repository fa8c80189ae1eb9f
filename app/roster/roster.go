// Package roster keeps several servers that share a database informed of who is connected to
// which of them. People on a server that has died are offline as soon as its lease has ended.
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
		select {
		case <-ctx.Done():
		case <-ticker.C:
		case <-o.Live.Changed():
			pause(ctx)
		case <-o.Roster.Met():
			pause(ctx)
		}
	}
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaving)
	defer cancel()
	if err := o.Roster.Leave(ending); err != nil {
		o.Log.Error("telling other servers that nobody is connected any more", "err", err)
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
