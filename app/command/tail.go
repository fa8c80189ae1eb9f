package command

import (
	"fmt"

	"confab/app/chat"
	"confab/app/command/follow"
	"confab/app/command/input"
)

type tailCmd struct {
	Follow bool   `short:"f" help:"Follow: show new messages as they arrive."`
	Number int    `short:"n" default:"10" placeholder:"N" help:"The number of messages of each conversation to start with (${default})."`
	Since  string `placeholder:"ID" help:"Start after this message, the last one that you received."`

	Target []string `arg:"" help:"Conversations: #name, @name or an id."`
}

func (t *tailCmd) Run(c *call) error {
	since, err := parseID("--since", t.Since)
	switch {
	case err != nil:
		return err
	case t.Number < 0:
		return usage("-n must be 0 or more.")
	case t.Follow && c.bot:
		return usage("A bot receives new messages anyway: leave -f out.")
	}
	if t.Follow {
		// Following begins before anything is read, so that no message is missed in
		// between.
		if err := c.Chat.Follow(c.ctx); err != nil {
			return err
		}
	}
	f := follow.New(c.Chat, nil)
	f.Emit = func(l chat.ConversationSummary, m *chat.Message) error { return c.out.message(l, m, len(t.Target) > 1) }
	if c.out.json { // in plain output, each line is a message
		f.Reacted = func(l chat.ConversationSummary, ev chat.Reacted) error { return c.out.write(reactionOf(l, ev)) }
	}
	f.Lost = func(l chat.ConversationSummary) error {
		c.say(c.Err, fmt.Sprintf("You are no longer a member of %s.", l.Title()))
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
		f.Add(l, after)
	}
	if err := f.CatchUp(c.ctx); err != nil {
		return err
	}
	if t.Follow {
		return c.follow(f)
	}
	for _, p := range f.Conversations {
		c.Chat.Receipts().Received(p.ID, p.At)
	}
	return nil
}

// follow writes new messages until the session ends, or there is nothing left to
// follow.
func (c *call) follow(f *follow.Follower) error {
	var keys <-chan input.Line
	if c.Terminal {
		keys = input.Lines(c.ctx, input.Interrupts(c.In), 0)
	} else {
		go input.Skip(c.In)
	}
	for len(f.Conversations) > 0 {
		select {
		case <-c.ctx.Done():
			return c.ctx.Err()
		case <-keys:
			return statusError(Done)
		case <-c.Chat.Mailbox().Wake():
		}
		b := c.Chat.Mailbox().Drain()
		if b.Ended != "" {
			return c.ctx.Err()
		}
		if err := f.Handle(c.ctx, b); err != nil {
			return err
		}
	}
	return statusError(Refused)
}
