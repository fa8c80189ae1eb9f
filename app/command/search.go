package command

import (
	"math"
	"strings"

	"github.com/google/uuid"

	"confab/app/chat"
	"confab/app/text"
)

// searchPage is how many messages are searched for at once.
const searchPage = 100

type searchCmd struct {
	In     string `placeholder:"TARGET" help:"Only in this conversation."`
	From   string `placeholder:"NAME" help:"Only messages by this account; me is you."`
	Since  string `placeholder:"DATE" help:"Only messages on or after this day or time: 2026-01-31 or 2026-01-31T15:04:05Z."`
	Has    string `placeholder:"file|link" help:"Only files, or only messages with a link."`
	Before string `placeholder:"ID" help:"Only messages before this one; give the last result for the next page."`
	Limit  int    `default:"50" short:"n" placeholder:"N" help:"The number of results, newest first (${default}); 0 is all."`

	Words []string `arg:"" optional:"" help:"The words and filters to search for: words, 'words in a row', wor*, from:NAME, in:TARGET, before:DATE, after:DATE, has:file, has:link."`
}

// Run searches for messages. It succeeds if there are any. Searching marks nothing
// as read or delivered.
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
		return usage("--limit must be 0 or more.")
	}
	below := int64(0)
	if before != uuid.Nil {
		m, _, err := c.Chat.Messages().Message(c.ctx, before)
		if err != nil {
			return err
		}
		below = m.Position
	}
	read := func(n int, below int64) ([]chat.Hit, error) { return c.Chat.Messages().Search(c.ctx, q, n, below) }
	return newestFirst(s.Limit, below, read, func(h chat.Hit) (int64, error) {
		return h.Message.Position, c.out.message(h.Conversation, h.Message, true)
	})
}

// newestFirst reads pages of rows below a position and shows the rows, at most limit of
// them; 0 is all. It succeeds if there are any.
func newestFirst[T any](limit int, below int64, read func(n int, below int64) ([]T, error), show func(T) (position int64, err error)) error {
	left, found := limit, 0
	if left == 0 {
		left = math.MaxInt
	}
	for left > 0 {
		n := min(left, searchPage)
		page, err := read(n, below)
		if err != nil {
			return err
		}
		for _, row := range page {
			if below, err = show(row); err != nil {
				return err
			}
		}
		found += len(page)
		if len(page) < n {
			break
		}
		left -= n
	}
	return noneFound(found)
}

// query joins the words as people type them on the screen: a word with spaces in it
// is a phrase, and an option becomes the operator of the same meaning.
func (s *searchCmd) query(c *call) (text.Query, error) {
	var parts []string
	for _, w := range s.Words {
		if strings.ContainsAny(w, " \t\n") && !strings.Contains(w, `"`) {
			w = `"` + strings.TrimSuffix(w, "*") + `"` + w[len(strings.TrimSuffix(w, "*")):]
		}
		parts = append(parts, w)
	}
	for _, o := range []struct{ option, operator, value string }{{"--in", "in:", s.In}, {"--from", "from:", s.From}, {"--since", "after:", s.Since}, {"--has", "has:", s.Has}} {
		switch {
		case o.value == "":
		case strings.ContainsAny(o.value, " \t\n\"“”„"):
			return text.Query{}, usage("%s takes one word, without spaces or quotes.", o.option)
		default:
			parts = append(parts, o.operator+o.value)
		}
	}
	q, err := text.ParseQuery(strings.Join(parts, " "), c.Zone)
	if err != nil {
		return q, usage("%s", err)
	}
	return q, nil
}

type filesCmd struct {
	Before string `placeholder:"ID" help:"Only files before this message; give the last one for the next page."`
	Limit  int    `default:"50" short:"n" placeholder:"N" help:"The number of files, newest first (${default}); 0 is all."`

	Target string `arg:"" help:"The conversation: #name, @name or an id."`
}

// Run lists files. It succeeds if there are any.
func (f *filesCmd) Run(c *call) error {
	before, err := parseID("--before", f.Before)
	switch {
	case err != nil:
		return err
	case f.Limit < 0:
		return usage("--limit must be 0 or more.")
	}
	l, err := c.find(f.Target)
	if err != nil {
		return err
	}
	below := int64(0)
	if before != uuid.Nil {
		m, err := c.messageIn(l, before)
		if err != nil {
			return err
		}
		below = m.Position
	}
	read := func(n int, below int64) ([]*chat.Message, error) { return c.Chat.Files().Newest(c.ctx, l.ID, n, below) }
	return newestFirst(f.Limit, below, read, func(m *chat.Message) (int64, error) {
		return m.Position, c.out.write(&fileRecord{messageOf(l, m)})
	})
}

// fileRecord is a message with a file. In JSON it is the message.
type fileRecord struct{ *messageRecord }

func (r *fileRecord) columns(o *output) []string {
	m := r.message
	return []string{o.time(m.SentAt), m.AuthorName, m.File.Name, chat.SizeText(m.File.Size), r.ID, m.FetchCommand(r.Conversation.Name)}
}
