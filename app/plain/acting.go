package plain

import (
	"context"
	"errors"
	"math"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"confab/app/chat"
	"confab/app/text"
)

func seqText(s chat.Seq) string { return strconv.FormatInt(int64(s), 10) }

// cutNumber takes the number of a message from the beginning of a text.
func cutNumber(rest string) (number, after string) {
	first, after, _ := strings.Cut(rest, " ")
	if _, _, ok := parseNumber(first); !ok {
		return "", rest
	}
	return first, strings.TrimSpace(after)
}

// parseNumber reads the number of a message: 12, #ops:12 or @ann:12.
func parseNumber(s string) (in string, seq chat.Seq, ok bool) {
	digits := s
	if strings.HasPrefix(s, "#") || strings.HasPrefix(s, "@") {
		if in, digits, ok = strings.Cut(s, ":"); !ok {
			return "", 0, false
		}
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	return in, chat.Seq(n), err == nil && n > 0 && digits[0] != '+'
}

// message finds the message with a number, and its conversation.
func (p *Plain) message(ctx context.Context, number string) (*chat.Message, chat.ConversationSummary, error) {
	title, seq, ok := parseNumber(number)
	if !ok {
		return nil, chat.ConversationSummary{}, chat.Refuse(text.ErrInvalid, "%s is not the number of a message, such as 12 or #ops:12.", text.CleanLine(number, 30))
	}
	l, err := p.mustOpen()
	if title != "" {
		l, err = p.o.Chat.Groups().Find(ctx, title)
	}
	if err != nil {
		return nil, l, err
	}
	list, err := p.o.Chat.Messages().After(ctx, l.ID, seq-1, 1)
	if err != nil {
		return nil, l, err
	}
	if len(list) == 0 || list[0].Seq != seq {
		return nil, l, chat.Refuse(chat.ErrNotFound, "There is no message %d in %s.", seq, l.Title())
	}
	return list[0], l, nil
}

// messageOr finds the message that a command is about: the one with the number, or else
// one that the user had seen. none says what to do if there is neither.
func (p *Plain) messageOr(ctx context.Context, number string, seen chat.Seq, none string) (*chat.Message, chat.ConversationSummary, error) {
	if number == "" {
		if seen == 0 {
			return nil, chat.ConversationSummary{}, chat.Refuse(chat.ErrNotFound, "%s", none)
		}
		number = seqText(seen)
	}
	m, l, err := p.message(ctx, number)
	switch {
	case err != nil:
	case m.System():
		err = chat.Refuse(chat.ErrNotAllowed, "%s is a line about the conversation, and not a message.", p.number(l, m))
	case m.Deleted():
		err = chat.Refuse(chat.ErrNotFound, "This message is deleted.")
	}
	return m, l, err
}

const noneHere = "Say which message: give its number after the command."

// post sends a message: to what is open, unless it names another conversation.
func (p *Plain) post(ctx context.Context, m chat.NewMessage) error {
	if m.Conversation == 0 {
		l, err := p.mustOpen()
		if err != nil {
			return err
		}
		m.Conversation = l.ID
		if p.here.thread != 0 {
			root, _, err := p.message(ctx, seqText(p.here.thread))
			if err != nil {
				return err
			}
			m.Thread = root.ID
		}
	}
	m.Read = m.Conversation == p.here.id
	if m.ID == uuid.Nil {
		var err error
		if m.ID, err = p.o.Chat.NewID(); err != nil {
			return err
		}
	}
	p.sending[m.ID] = true
	p.failed = nil
	sent, err := p.o.Chat.Messages().Send(ctx, m)
	if err != nil {
		delete(p.sending, m.ID)
		p.failed = &m
		if ctx.Err() == nil {
			p.say("Not sent. " + p.explain("sending a message", err) + " /again sends it again.")
		}
		return nil
	}
	if sent.Conversation == p.here.id && p.here.thread == 0 {
		p.here.read = max(p.here.read, sent.Seq)
	}
	// The message is in the mailbox by now, after those that came before it.
	if err := p.arrived(ctx); err != nil {
		return err
	}
	if p.sending[m.ID] { // it is not, if the user was removed at the same moment
		delete(p.sending, m.ID)
		p.say("Sent, " + seqText(sent.Seq) + ".")
	}
	return mistyped(ctx, p, sent)
}

// actions carries out commands that change something.
type actions struct{ *Plain }

// reply answers a message.
func (p actions) reply(ctx context.Context, rest string) error {
	number, words := cutNumber(rest)
	m, l, err := p.messageOr(ctx, number, p.answered.other, "Nobody else has written a message here that you can answer. To answer your own, give its number.")
	if err != nil {
		return err
	}
	if words == "" {
		p.say("Write the answer after the number, as in /reply " + p.number(l, m) + " yes.")
		return nil
	}
	out := chat.NewMessage{Conversation: l.ID, Body: words, ReplyTo: m.ID}
	if m.ThreadOnly || l.ID == p.here.id && p.here.thread != 0 {
		out.Thread = m.ID
	}
	return p.post(ctx, out)
}

// also sends a reply to the open thread and to the conversation.
func (p actions) also(ctx context.Context, words string) error {
	if p.here.thread == 0 {
		return chat.Refuse(chat.ErrNotFound, "That is for replies in a thread: /thread and the number of a message open its thread.")
	}
	return p.post(ctx, chat.NewMessage{Body: words, Also: true})
}

// edit replaces the text of a message.
func (p actions) edit(ctx context.Context, rest string) error {
	number, words := cutNumber(rest)
	m, l, err := p.messageOr(ctx, number, p.answered.own, noneHere)
	if err != nil {
		return err
	}
	if words == "" {
		p.say("Write the new text after the number. Now it is: " + m.Body)
		return nil
	}
	if m, err = p.o.Chat.Messages().Edit(ctx, l.ID, m.Seq, words); err != nil {
		return err
	}
	p.here.noteChangeOf(m)
	p.say("Changed, " + p.number(l, m) + ".")
	return nil
}

// delete deletes a message. The number is not optional, so that nothing needs to be asked.
func (p actions) delete(ctx context.Context, rest string) error {
	m, l, err := p.messageOr(ctx, rest, 0, noneHere)
	if err != nil {
		return err
	}
	if m, err = p.o.Chat.Messages().Delete(ctx, l.ID, m.Seq); err != nil {
		return err
	}
	p.here.noteChangeOf(m)
	p.say("Deleted, " + p.number(l, m) + ".")
	return nil
}

// noteChangeOf notes a change by the user, which is not announced.
func (v *visit) noteChangeOf(m *chat.Message) {
	if m.Conversation == v.id {
		v.noteChange(m)
	}
}

// react reacts to a message, or takes the reaction back.
func (p actions) react(ctx context.Context, rest string) error {
	number, emoji := cutNumber(rest)
	m, l, err := p.messageOr(ctx, number, p.answered.any, noneHere)
	if err != nil {
		return err
	}
	if emoji == "" {
		p.say("Write the emoji by its name, as in /react " + p.number(l, m) + " :tada:.")
		return nil
	}
	parsed, err := chat.ParseReaction(emoji)
	if err != nil {
		return err
	}
	on := !m.Reactions.Has(parsed, p.o.Chat.User().ID)
	if _, err := p.o.Chat.Messages().React(ctx, l.ID, m.Seq, parsed, on); err != nil {
		return err
	}
	words := "Your reaction " + strings.Trim(chat.ReactionName(parsed), ":")
	if on {
		p.say(words + " is at " + p.number(l, m) + ".")
	} else {
		p.say(words + " is no longer at " + p.number(l, m) + ".")
	}
	return nil
}

func (p actions) pin(ctx context.Context, rest string, on bool) error {
	m, l, err := p.messageOr(ctx, rest, p.answered.any, noneHere)
	if err != nil {
		return err
	}
	if err := p.o.Chat.Messages().Pin(ctx, l.ID, m.Seq, on); err != nil {
		return err
	}
	return p.arrived(ctx) // a line about it
}

func (p actions) save(ctx context.Context, rest string) error {
	m, l, err := p.messageOr(ctx, rest, p.answered.any, noneHere)
	if err != nil {
		return err
	}
	on, err := p.o.Chat.Messages().ToggleSaved(ctx, l.ID, m.Seq)
	if err != nil {
		return err
	}
	if on {
		p.say("Saved for you alone: /saved lists your saved messages.")
	} else {
		p.say("No longer saved.")
	}
	return nil
}

// unread marks a message and all later ones as unread.
func (p actions) unread(ctx context.Context, rest string) error {
	m, l, err := p.messageOr(ctx, rest, p.answered.any, noneHere)
	if err != nil {
		return err
	}
	if err := p.o.Chat.Receipts().MarkUnread(ctx, l.ID, m.Seq); err != nil {
		return err
	}
	if l.ID == p.here.id {
		p.here.unread, p.here.since = true, min(p.here.since, m.Seq-1)
	}
	p.say("Marked unread from " + p.number(l, m) + " on, for you only, until you open " + l.Title() + " again.")
	return nil
}

// thread opens the thread of a message, or closes the open one.
func (p actions) thread(ctx context.Context, rest string) error {
	if rest == "" && p.here.thread != 0 {
		return p.enter(ctx, p.here.id)
	}
	m, l, err := p.messageOr(ctx, rest, p.answered.thread, noneHere)
	if err != nil {
		return err
	}
	if l.ID != p.here.id {
		if err := p.enter(ctx, l.ID); err != nil {
			return err
		}
	}
	seen, err := p.o.Chat.Threads().VisitThread(ctx, l.ID, m.Root())
	if err != nil {
		return err
	}
	list, err := p.o.Chat.Threads().Before(ctx, l.ID, m.Root(), math.MaxInt64, mostShown)
	if err != nil {
		return err
	}
	p.here = visit{id: l.ID, thread: m.Root(), read: seen.Seen, since: seen.Seen}
	p.say("The thread of " + seqText(m.Root()) + " in " + l.Title() + ". Your messages go there until /thread closes it.")
	if len(list) > 0 && list[0].Seq > m.Root() {
		if root, _, err := p.message(ctx, seqText(m.Root())); err == nil {
			p.past(l, []*chat.Message{root})
		}
		p.say("The last " + replies(len(list)) + ":")
	}
	p.page(l, list, seen.Visit)
	return nil
}

func (p actions) followThread(ctx context.Context, rest string, on bool) error {
	seen := p.answered.thread
	if p.here.thread != 0 {
		seen = p.here.thread
	}
	m, l, err := p.messageOr(ctx, rest, seen, noneHere)
	if err != nil {
		return err
	}
	if err := p.o.Chat.Threads().FollowThread(ctx, l.ID, m.Seq, on); err != nil {
		return err
	}
	if on {
		p.say("You follow this thread: /threads lists it, with what is unread.")
	} else {
		p.say("You do not follow this thread, until you write in it again.")
	}
	return nil
}

// lines begins a message of several lines.
func (p actions) lines(context.Context, string) error {
	p.several = []string{}
	p.say("Write the lines. A line with only a full stop sends them, and Ctrl+C drops them.")
	return nil
}

// nextLine takes a line of a message of several lines.
func (p actions) nextLine(ctx context.Context, typed string) error {
	size := len(typed)
	for _, l := range p.several {
		size += len(l) + 1
	}
	switch {
	case strings.TrimSpace(typed) == ".":
		body := strings.Join(p.several, "\n")
		p.several = nil
		if err := p.post(ctx, chat.NewMessage{Body: body}); err != nil {
			p.say(p.explain("sending a message", err))
		}
	case size > maxTyped:
		p.say("That is too long for one message: a full stop sends the lines before this one.")
	default:
		p.several = append(p.several, typed)
	}
	return nil
}

// again sends the message again that could not be sent. It has the same id, so it is
// posted only once.
func (p actions) again(ctx context.Context, _ string) error {
	if p.failed == nil {
		p.say("There is no message that could not be sent.")
		return nil
	}
	return p.post(ctx, *p.failed)
}

// draft sends the stored draft of the open conversation, or drops it.
func (p actions) draft(ctx context.Context, rest string) error {
	l, err := p.mustOpen()
	if err != nil {
		return err
	}
	words, err := p.storedDraft(ctx, l.ID)
	if err != nil {
		return err
	}
	switch {
	case words == "":
		return chat.Refuse(chat.ErrNotFound, "You have no draft here.")
	case rest == "off":
		p.say("The draft is dropped.")
	case rest != "":
		p.say("Write /draft or /draft off.")
		return nil
	default:
		if err := p.post(ctx, chat.NewMessage{Body: words}); err != nil || p.failed != nil {
			return err
		}
	}
	err = p.o.Chat.Messages().SaveDraft(ctx, l.ID, "")
	if errors.Is(err, chat.ErrNotFound) {
		return nil
	}
	return err
}
