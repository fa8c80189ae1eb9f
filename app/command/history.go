package command

import (
	"errors"
	"math"
	"slices"
	"time"

	"confab/app/chat"
	"confab/app/text"
)

// historyPage is how many messages are read from the store at once.
const historyPage = 200

type historyCmd struct {
	Before string `placeholder:"ID" help:"Only messages before this one."`
	Thread string `placeholder:"ID" help:"Only the thread of this message."`
	Since  string `placeholder:"DATE" help:"Only messages on or after this day or time: 2026-01-31, yesterday, monday, 15:04 or 2026-01-31T15:04:05Z."`
	On     string `placeholder:"DAY" help:"Only messages of this day."`
	Limit  int    `default:"100" short:"n" placeholder:"N" help:"The number of messages, counted from the newest (${default}); 0 is all."`

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
	first, end, err := h.days(c, l, end)
	if err != nil {
		return err
	}
	if h.Limit == 0 {
		h.Limit = math.MaxInt32
	}
	if h.Thread != "" {
		return h.thread(c, l, first, end)
	}
	c.out.most = packetBytes
	at := max(l.Floor(), first-1, end-1-chat.Seq(h.Limit))
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
	if err := c.out.flush(); err != nil {
		return err
	}
	c.Chat.Receipts().Received(l.ID, at)
	return nil
}

// thread shows the messages of one thread.
func (h *historyCmd) thread(c *call, l chat.ConversationSummary, first, end chat.Seq) error {
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
		page = slices.DeleteFunc(page, func(m *chat.Message) bool { return m.Seq < first })
		slices.Reverse(page)
		shown = append(shown, page...)
		if len(page) == 0 {
			break
		}
	}
	for _, m := range slices.Backward(shown) {
		if err := c.out.message(l, m, false); err != nil {
			return err
		}
	}
	return nil
}

// days returns the range of message numbers that --since and --on select, below the number
// end. If no message was sent then, the range is empty.
func (h *historyCmd) days(c *call, l chat.ConversationSummary, end chat.Seq) (first, below chat.Seq, err error) {
	words := h.Since
	switch {
	case h.Since != "" && h.On != "":
		return 0, 0, usage("Give --since or --on, and not both.")
	case h.On != "":
		words = h.On
	case words == "":
		return 0, end, nil
	}
	from, err := text.ParseDay(words, c.Now().In(c.Zone))
	if err != nil {
		return 0, 0, usage("%s", err)
	}
	if h.On != "" {
		var next time.Time
		from, next = text.Day(from)
		if until, err := c.firstSince(l, next); err != nil {
			return 0, 0, err
		} else if until != 0 {
			end = min(end, until)
		}
	}
	first, err = c.firstSince(l, from)
	if first == 0 {
		first = end
	}
	return first, end, err
}

// firstSince returns the number of the first message from a time on, or 0 without one.
func (c *call) firstSince(l chat.ConversationSummary, at time.Time) (chat.Seq, error) {
	first, err := c.Chat.Messages().FirstSince(c.ctx, l.ID, at)
	if errors.Is(err, chat.ErrNotFound) {
		return 0, nil
	}
	return first, err
}
