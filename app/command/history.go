package command

import (
	"math"
	"slices"

	"confab/app/chat"
)

// historyPage is how many messages are read from the store at once.
const historyPage = 200

type historyCmd struct {
	Before string `placeholder:"ID" help:"Only messages before this one."`
	Thread string `placeholder:"ID" help:"Only the thread of this message."`
	Limit  int    `default:"100" placeholder:"N" help:"The number of messages, counted from the newest (${default}); 0 is all."`

	Target string `arg:"" help:"The conversation: #name, @name or an id."`
}

func (h *historyCmd) Run(c *call) error {
	id, err := parseID("--before", h.Before)
	switch {
	case err != nil:
		return err
	case h.Limit < 0:
		return usage("--limit must be 0 or more.")
	}
	l, err := c.find(h.Target)
	if err != nil {
		return err
	}
	end := l.LastSeq + 1
	if h.Before != "" {
		m, err := c.messageIn(l, id)
		if err != nil {
			return err
		}
		end = m.Seq
	}
	if h.Limit == 0 {
		h.Limit = math.MaxInt32
	}
	if h.Thread != "" {
		return h.thread(c, l, end)
	}
	at := max(l.Floor(), end-1-chat.Seq(h.Limit))
	for at < end-1 {
		page, err := c.Chat.Messages().After(c.ctx, l.ID, at, int(min(historyPage, end-1-at)))
		if err != nil {
			return err
		}
		if len(page) == 0 {
			break
		}
		for _, m := range page {
			if err := c.out.message(l, m, false); err != nil {
				return err
			}
		}
		at = page[len(page)-1].Seq
	}
	c.Chat.Receipts().Received(l.ID, at)
	return nil
}

// thread shows the messages of one thread.
func (h *historyCmd) thread(c *call, l chat.ConversationSummary, end chat.Seq) error {
	id, err := parseID("--thread", h.Thread)
	if err != nil {
		return err
	}
	m, err := c.messageIn(l, id)
	if err != nil {
		return err
	}
	var shown []*chat.Message // the newest first
	for len(shown) < h.Limit {
		page, err := c.Chat.Threads().Before(c.ctx, l.ID, m.Root(), end, min(historyPage, h.Limit-len(shown)))
		if err != nil {
			return err
		}
		if len(page) == 0 {
			break
		}
		end = page[0].Seq
		slices.Reverse(page)
		shown = append(shown, page...)
	}
	for _, m := range slices.Backward(shown) {
		if err := c.out.message(l, m, false); err != nil {
			return err
		}
	}
	return nil
}
