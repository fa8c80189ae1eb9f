package command

import (
	"strconv"
	"strings"

	"github.com/google/uuid"

	"confab/app/chat"
	"confab/app/command/input"
	"confab/app/text"
)

type sendCmd struct {
	Lines  bool   `help:"Send each line of standard input as a message of its own, as it arrives."`
	At     string `placeholder:"WHEN" help:"Send it later, at a time in your time zone: 09:00, 'tomorrow at 9', 'in 2h30m', '2026-12-24 18:00'."`
	Reply  string `placeholder:"ID" help:"The id of the message to answer."`
	Thread string `placeholder:"ID" help:"Reply in the thread of this message."`
	Also   bool   `help:"With --thread: send it to the conversation too."`
	ID     string `name:"id" placeholder:"UUID" help:"The id for the message, so that repeating the command posts it only once. With --lines, the ids of the lines are derived from it."`

	Target string   `arg:"" help:"The conversation: #name, @name or an id."`
	Text   []string `arg:"" optional:"" passthrough:"partial" help:"The text to send; flags come before it."`
}

func (s *sendCmd) take(text []string) { s.Text = text }

func (s *sendCmd) Run(c *call) error {
	id, err := c.idOr(s.ID)
	if err != nil {
		return err
	}
	reply, err := parseID("--reply", s.Reply)
	if err != nil {
		return err
	}
	thread, err := parseID("--thread", s.Thread)
	switch {
	case err != nil:
		return err
	case s.Also && thread == uuid.Nil:
		return usage("--also needs --thread.")
	}
	words := s.Text
	if len(words) > 0 && words[0] == "--" {
		words = words[1:]
	}
	switch {
	case s.At != "" && (s.Lines || s.Reply != "" || s.Thread != ""):
		return usage("--at can't be used with --lines, --reply or --thread: leave these out.")
	case s.Lines && len(s.Text) > 0:
		return usage("--lines sends standard input: leave the text out.")
	case len(s.Text) == 0:
		if err := c.needsInput("a text is needed"); err != nil {
			return err
		}
	}
	to, err := c.findOrBegin(s.Target)
	if err != nil {
		return err
	}
	message := chat.NewMessage{ID: id, Conversation: to.ID, Body: strings.Join(words, " "), ReplyTo: reply, Thread: thread, Also: s.Also}
	if s.Lines {
		return c.sendLines(to, message)
	}
	if len(s.Text) == 0 {
		text, err := c.readAll(chat.MaxBody, tooLong("Standard input has more than %s: nothing was sent. --lines sends it line by line.", limitText))
		if err != nil {
			return err
		}
		message.Body = string(text)
	}
	if s.At != "" {
		return c.schedule(message, s.At)
	}
	sent, err := c.Chat.Messages().Send(c.ctx, message)
	if err != nil {
		return err
	}
	return c.out.write(sentOf(to, sent, 0))
}

// sendLines sends standard input line by line. It skips empty lines.
func (c *call) sendLines(to chat.ConversationSummary, message chat.NewMessage) error {
	base, number, sent := message.ID, 0, 0
	for l := range input.Lines(c.ctx, c.In, chat.MaxBody) {
		number++
		switch {
		case l.Err != nil, l.Partial && !c.Alive():
			return errGone
		case l.Long:
			return tooLong("Line %d has more than %s: %s.", number, limitText, soFar(sent, number))
		case strings.TrimSpace(text.Clean(string(l.Text))) == "":
			continue
		}
		message.ID, message.Body = lineID(base, number), string(l.Text)
		m, err := c.Chat.Messages().Send(c.ctx, message)
		if err != nil && chat.IsRefusal(err) {
			return chat.Refuse(err, "Line %d: %s (%s.)", number, userText(err), soFar(sent, number))
		}
		if err != nil {
			return err
		}
		sent++
		if err := c.out.write(sentOf(to, m, number)); err != nil {
			return err
		}
	}
	return c.ctx.Err()
}

// soFar says how much was sent before a line failed.
func soFar(sent, number int) string {
	if sent == 0 {
		return "nothing was sent"
	}
	lines := strconv.Itoa(sent) + " lines before it were"
	if sent == 1 {
		lines = "one line before it was"
	}
	return lines + " sent, and nothing from line " + strconv.Itoa(number) + " on"
}

// lineID returns the id of one line's message: the UUID of version 5 (RFC 9562,
// section 5.5) of its number in the namespace of the base.
func lineID(base uuid.UUID, number int) uuid.UUID {
	return uuid.NewSHA1(base, []byte(strconv.Itoa(number)))
}

// sentRecord says that a message is on the server's disk.
type sentRecord struct {
	head
	ID           string          `json:"id"`
	Conversation conversationRef `json:"conversation"`
	Seq          int64           `json:"seq"`
	SentAt       string          `json:"sent_at"`
	Line         int             `json:"line,omitempty"` // of standard input
}

func sentOf(to chat.ConversationSummary, m *chat.Message, number int) *sentRecord {
	return &sentRecord{newHead("sent"), m.ID.String(), refTo(to), int64(m.Seq), stamp(m.SentAt), number}
}

func (r *sentRecord) columns(*output) []string { return []string{r.ID} }
