package command

import (
	"math"

	"confab/app/chat"
)

// historyPage is how many messages are read from the store at once.
const historyPage = 200

type historyCmd struct {
	Before string `placeholder:"ID" help:"Only messages before this one."`
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
