package command

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"confab/app/chat"
	"confab/app/command/follow"
	"confab/app/command/input"
	"confab/app/text"
)

// maxBotLine is the longest line of a bot, in bytes: the longest message with every
// byte written as \u00XX, and room for the rest.
const maxBotLine = 6*chat.MaxBody + 4<<10

type botCmd struct {
	Since string `placeholder:"ID" help:"Start after this message, the last one that you received. By default, only new messages."`
	Own   bool   `help:"Include the messages and reactions of this account."`
}

// Run serves a bot: it reads one command a line from standard input, and writes
// events, one a line, to standard output. This one goroutine runs and writes
// everything. So if a bot does not read its output, its input is not read either,
// and new messages wait in the store.
func (b *botCmd) Run(c *call) error {
	since, err := parseID("--since", b.Since)
	if err != nil {
		return err
	}
	if c.bot {
		return usage("bot is already running on this connection.")
	}
	if err := c.needsInput("a bot needs standard input for its commands"); err != nil {
		return err
	}
	c.out.json = true
	err = b.serve(c, since)
	if reason, over := c.over(); over { // the last line always gives the reason
		return c.out.write(&endRecord{newHead("end"), reason})
	}
	return err
}

// serve tells the bot that it is connected, and serves it until its input or its
// session ends.
func (b *botCmd) serve(c *call, since uuid.UUID) error {
	if err := c.Chat.Follow(c.ctx); err != nil {
		return err
	}
	f := follow.New(c.Chat, nil)
	f.Emit = func(l chat.ConversationSummary, m *chat.Message) error {
		if m.Author == c.Chat.User().ID && !b.Own {
			return nil
		}
		return c.out.write(messageOf(l, m))
	}
	f.Reacted = func(l chat.ConversationSummary, ev chat.Reacted) error {
		if ev.User == c.Chat.User().ID && !b.Own {
			return nil
		}
		return c.out.write(reactionOf(l, ev))
	}
	f.Lost = func(l chat.ConversationSummary) error { return c.out.write(&leftRecord{newHead("left"), refTo(l)}) }
	if err := c.begin(f, b.Since != "", func() (int64, error) { return c.Chat.Messages().Position(c.ctx, since) }); err != nil {
		return err
	}
	cursor, err := b.Since, error(nil)
	if cursor == "" {
		if cursor, err = c.cursor(f); err != nil {
			return err
		}
	}
	if err := c.out.write(&readyRecord{newHead("ready"), *refOf(c.Chat.User()), cursor}); err != nil {
		return err
	}
	if err := f.CatchUp(c.ctx); err != nil {
		return err
	}
	invited := make(invitations)
	if err := invited.bring(c); err != nil {
		return err
	}
	due := make(dueTold)
	if err := due.bring(c); err != nil {
		return err
	}
	return c.serveBot(f, invited, due)
}

// invitations are the invitations that a bot has received, each with its time.
type invitations map[chat.ConversationID]time.Time

// bring writes the new invitations.
func (i invitations) bring(c *call) error {
	list, _, err := c.Chat.Groups().Invitations(c.ctx) // older ones are listed when these are answered
	if err != nil {
		return err
	}
	told := maps.Clone(i)
	clear(i)
	for _, in := range slices.Backward(list) {
		i[in.Conversation.ID] = in.At
		if told[in.Conversation.ID].Equal(in.At) {
			continue
		}
		if err := c.out.write(invitationOf(in)); err != nil {
			return err
		}
	}
	return nil
}

// changed writes the new invitations if a batch of the mailbox says that there may
// be some.
func (i invitations) changed(c *call, b chat.Batch) error {
	changed := func(ev chat.Event) bool { _, ok := ev.(chat.InvitationsChanged); return ok }
	if !b.Resync && !slices.ContainsFunc(b.Events, changed) {
		return nil
	}
	return i.bring(c)
}

// begin makes the follower follow all conversations, from a position or from now
// on.
func (c *call) begin(f *follow.Follower, resume bool, from func() (int64, error)) error {
	position, err := int64(0), error(nil)
	if resume {
		position, err = from()
	} else {
		position, err = c.Chat.Messages().LastPosition(c.ctx)
	}
	if err != nil {
		return err
	}
	f.Begin = func(l chat.ConversationSummary) (chat.Seq, error) {
		at, err := c.Chat.Messages().SeqAt(c.ctx, l.ID, position)
		if errors.Is(err, chat.ErrNotFound) { // the bot was removed in the meantime
			return l.LastSeq, nil
		}
		return max(at, l.Mine.Joined), err
	}
	return f.Relist(c.ctx)
}

// cursor returns the id of the message after which the follower begins, or "" if there are
// no messages yet.
func (c *call) cursor(f *follow.Follower) (string, error) {
	var latest *follow.Followed
	for _, p := range f.Conversations {
		if p.At > p.Floor() && (latest == nil || p.LastAt.After(latest.LastAt)) {
			latest = p
		}
	}
	if latest == nil {
		return "", nil
	}
	page, err := c.Chat.Messages().After(c.ctx, latest.ID, latest.At-1, 1)
	if err != nil || len(page) == 0 {
		return "", err
	}
	return page[0].ID.String(), nil
}

// serveBot runs commands and writes events until the input ends.
func (c *call) serveBot(f *follow.Follower, invited invitations, due dueTold) error {
	lines := input.Lines(c.ctx, c.In, maxBotLine)
	for {
		select {
		case <-c.ctx.Done():
			return c.ctx.Err()
		case l, more := <-lines:
			if !more || l.Err != nil {
				return nil
			}
			if l.Partial && !c.Alive() {
				return errGone
			}
			if err := c.botLine(l); err != nil {
				return err
			}
		case <-c.Chat.Mailbox().Wake():
			b := c.Chat.Mailbox().Drain()
			if b.Ended != "" {
				return nil
			}
			if err := f.Handle(c.ctx, b); err != nil {
				return err
			}
			if err := errors.Join(invited.changed(c, b), due.changed(c, b)); err != nil {
				return err
			}
		}
	}
}

// botCommand is a line of a bot.
type botCommand struct {
	ID   string   `json:"id"`   // returned as "for" with every answer
	Run  []string `json:"run"`  // a command and its arguments, such as ["send", "#ops", "done"]
	Text string   `json:"text"` // the command's standard input
}

// maxBotID is the longest id of a command, in bytes.
const maxBotID = 200

// parseBotLine reads a line of a bot. The error is for the bot.
func parseBotLine(words []byte) (botCommand, error) {
	var b botCommand
	d := json.NewDecoder(bytes.NewReader(words))
	d.DisallowUnknownFields()
	err := d.Decode(&b)
	if err == nil {
		if _, more := d.Token(); !errors.Is(more, io.EOF) {
			err = errors.New("it has more than one object")
		}
	}
	switch {
	case err != nil:
		return botCommand{}, fmt.Errorf(`The line is not a JSON object with "id", "run" and "text": %s.`, text.CleanLine(err.Error(), 200))
	case len(b.ID) > maxBotID:
		return botCommand{}, fmt.Errorf(`"id" has %d bytes, but the limit is %d.`, len(b.ID), maxBotID)
	case len(b.Run) == 0:
		return b, errors.New(`"run" has no command: write it as a list of words, such as ["send", "#ops", "done"].`)
	}
	return b, nil
}

// botLine runs one line and acknowledges it.
func (c *call) botLine(l input.Line) error {
	if l.Long {
		return c.out.write(&ackRecord{newHead("ack"), Usage, fmt.Sprintf("The line has more than %d bytes.", maxBotLine)})
	}
	if len(bytes.TrimSpace(l.Text)) == 0 {
		return nil
	}
	c.Chat.Attend()
	b, err := parseBotLine(l.Text)
	out := &output{w: c.Out, json: true, ascii: c.ASCII, zone: c.Zone, of: text.CleanLine(b.ID, maxBotID)}
	var said strings.Builder
	one := &call{Session: c.Session, ctx: c.ctx, out: out, bot: true}
	one.In, one.Err = strings.NewReader(b.Text), &said
	var asked bytes.Buffer
	one.Out = &asked // the help is written there
	// Even a line that asks for nothing counts as a request.
	status := one.failed(c.Chat.Ask(c.ctx))
	if status == Done && err != nil {
		return out.write(&ackRecord{newHead("ack"), Usage, err.Error()})
	}
	if status == Done {
		status = one.run(b.Run)
	}
	if err := c.ctx.Err(); err != nil {
		return err
	}
	return out.write(&ackRecord{newHead("ack"), status, strings.TrimSpace(said.String() + asked.String())})
}

// readyRecord is the first line that a bot receives.
type readyRecord struct {
	head
	Account userRef `json:"account"`
	Cursor  string  `json:"cursor,omitempty"` // the value for --since until the first message
}

func (r *readyRecord) columns(*output) []string { return []string{r.Account.Name, r.Cursor} }

// ackRecord is the last line of the answer to a bot's command.
type ackRecord struct {
	head
	Status int    `json:"status"`         // the exit status of the command
	Text   string `json:"text,omitempty"` // the command's message; if the status is not 0, the reason
}

func (r *ackRecord) columns(*output) []string { return []string{r.Text} }

// endRecord is the last line of a session that the server ends.
type endRecord struct {
	head
	Reason string `json:"reason"`
}

func (r *endRecord) columns(*output) []string { return []string{r.Reason} }
