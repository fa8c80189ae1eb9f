package command

import (
	"math"
	"strings"

	"github.com/google/uuid"

	"confab/app/chat"
)

// searchPage is how many messages are searched for at once.
const searchPage = 100

type searchCmd struct {
	In     string `placeholder:"TARGET" help:"Only in this conversation."`
	From   string `placeholder:"NAME" help:"Only what this account wrote; me is yourself."`
	Since  string `placeholder:"DATE" help:"Only from this day or time on: 2026-01-31 or 2026-01-31T15:04:05Z."`
	Before string `placeholder:"ID" help:"Only what came before this message: the last that was found, to go on."`
	Limit  int    `default:"50" placeholder:"N" help:"How many at most, the newest first (${default}); 0 is all."`

	Words []string `arg:"" optional:"" help:"What the messages have: words, 'words in a row', wor*, from:NAME, in:TARGET, before:DATE, after:DATE."`
}

// Run finds messages. It is a success if there are any; to find something reads
// and delivers nothing.
func (s *searchCmd) Run(c *call) error {
	q, err := s.query(c)
	if err != nil {
		return err
	}
	before, err := parseID("--before", s.Before)
	switch {
	case err != nil:
		return err
	case s.Limit < 0:
		return usage("--limit takes a number from 0 up.")
	}
	below := int64(0)
	if before != uuid.Nil {
		m, _, err := c.Chat.Messages().Message(c.ctx, before)
		if err != nil {
			return err
		}
		below = m.Position
	}
	left := s.Limit
	if left == 0 {
		left = math.MaxInt
	}
	found := false
	for left > 0 {
		page := min(left, searchPage)
		hits, err := c.Chat.Messages().Search(c.ctx, q, page, below)
		if err != nil {
			return err
		}
		for _, h := range hits {
			if err := c.out.message(h.Conversation, h.Message, true); err != nil {
				return err
			}
			found, below = true, h.Message.Position
		}
		if len(hits) < page {
			break
		}
		left -= page
	}
	if !found {
		return statusError(Refused)
	}
	return nil
}

// query puts the words together as one would type them on the screen: a word
// with spaces in it is a phrase, and an option the operator of the same meaning.
func (s *searchCmd) query(c *call) (chat.Query, error) {
	var parts []string
	for _, w := range s.Words {
		if strings.ContainsAny(w, " \t\n") && !strings.Contains(w, `"`) {
			w = `"` + strings.TrimSuffix(w, "*") + `"` + w[len(strings.TrimSuffix(w, "*")):]
		}
		parts = append(parts, w)
	}
	for _, o := range []struct{ option, operator, value string }{{"--in", "in:", s.In}, {"--from", "from:", s.From}, {"--since", "after:", s.Since}} {
		switch {
		case o.value == "":
		case strings.ContainsAny(o.value, " \t\n\"“”„"):
			return chat.Query{}, usage("%s takes one word, without spaces and quotes.", o.option)
		default:
			parts = append(parts, o.operator+o.value)
		}
	}
	q, err := chat.ParseQuery(strings.Join(parts, " "), c.Zone)
	if err != nil {
		return q, usage("%s", err)
	}
	return q, nil
}
