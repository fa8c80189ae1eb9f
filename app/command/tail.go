package command

import (
	"fmt"

	"confab/app/chat"
)

type tailCmd struct {
	Follow bool   `short:"f" help:"Go on with what is posted from now on."`
	Number int    `short:"n" default:"10" placeholder:"N" help:"How many of each conversation to begin with (${default})."`
	Since  string `placeholder:"ID" help:"Begin after this message, the last that came before."`

	Target []string `arg:"" help:"Conversations: #name, @name or an id."`
}

func (t *tailCmd) Run(c *call) error {
	since, err := parseID("--since", t.Since)
	switch {
	case err != nil:
		return err
	case t.Number < 0:
		return usage("-n takes a number from 0 up.")
	case t.Follow && c.bot:
		return usage("A bot gets what is posted anyway: leave -f out.")
	}
	if t.Follow {
		// Before anything is read, so that nothing is missed in between.
		if err := c.Chat.Follow(c.ctx); err != nil {
			return err
		}
	}
	f := newFeed(c.Chat, nil)
	f.emit = func(l chat.Listed, m *chat.Message) error { return c.out.message(l, m, len(t.Target) > 1) }
	f.lost = func(l chat.Listed) error {
		c.say(c.Err, fmt.Sprintf("You are not a member of %s any more.", l.Title()))
		return nil
	}
	var position int64
	if t.Since != "" {
		if position, err = c.Chat.Messages().Position(c.ctx, since); err != nil {
			return err
		}
	}
	for _, target := range t.Target {
		l, err := c.find(target)
		if err != nil {
			return err
		}
		after := max(0, l.LastSeq-chat.Seq(t.Number))
		if t.Since != "" {
			if after, err = c.Chat.Messages().SeqAt(c.ctx, l.ID, position); err != nil {
				return err
			}
		}
		f.add(l, after)
	}
	if err := f.catchUp(c.ctx); err != nil {
		return err
	}
	if t.Follow {
		return c.follow(f)
	}
	for _, p := range f.places {
		c.Chat.Receipts().Received(p.ID, p.at)
	}
	return nil
}

// follow brings what is posted until the session ends, or there is nothing more
// to follow.
func (c *call) follow(f *feed) error {
	var keys <-chan line
	if c.Terminal {
		keys = readLines(c.ctx, &interrupts{c.In}, 0)
	}
	for len(f.places) > 0 {
		select {
		case <-c.ctx.Done():
			return c.ctx.Err()
		case <-keys:
			return statusError(Done)
		case <-c.Chat.Mailbox().Wake():
		}
		b := c.Chat.Mailbox().Drain()
		if b.Ended != "" {
			c.ended = b.Ended
			return c.ctx.Err()
		}
		if err := f.take(c.ctx, b); err != nil {
			return err
		}
	}
	return statusError(Refused)
}
