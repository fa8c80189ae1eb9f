package plain

import (
	"context"
	"strconv"
	"strings"
	"time"

	"confab/app/chat"
	"confab/app/text"
	"confab/keys"
)

// day formats a time in a list.
func (p *Plain) day(t time.Time) string {
	if t.In(p.o.Zone).Year() != p.now().Year() {
		return t.In(p.o.Zone).Format("2 Jan 2006 15:04")
	}
	return t.In(p.o.Zone).Format("2 Jan 15:04")
}

// lists carries out commands that list something.
type lists struct{ *Plain }

// found writes a message in a list of messages from any conversations, each with its time.
// about is what else the list says of it.
func (p lists) found(l chat.ConversationSummary, m *chat.Message, about string) {
	words := l.Title() + ":" + seqText(m.Seq) + " " + p.day(m.SentAt) + ", " + p.author(m) + about
	p.say(words + ": " + chat.QuoteText(said(m)))
}

func (p lists) pins(ctx context.Context, _ string) error {
	l, err := p.mustOpen()
	if err != nil {
		return err
	}
	list, err := p.o.Chat.Messages().Pins(ctx, l.ID)
	if err != nil {
		return err
	}
	p.say("Pinned in " + l.Title() + ": " + text.Plural(len(list), "message") + ".")
	for _, o := range list {
		p.found(l, o.Message, ", pinned by "+o.By)
	}
	return nil
}

func (p lists) saved(ctx context.Context, _ string) error {
	list, err := p.o.Chat.Messages().Saved(ctx)
	if err != nil {
		return err
	}
	p.say("Saved: " + text.Plural(len(list), "message") + ".")
	for _, o := range list {
		p.found(o.Conversation, o.Message, "")
	}
	return nil
}

func (p lists) threads(ctx context.Context, _ string) error {
	list, err := p.o.Chat.Threads().Followed(ctx, true)
	if err != nil {
		return err
	}
	p.say("You follow " + text.Plural(len(list), "thread") + ".")
	for _, o := range list {
		f := p.follow.Conversations[o.Conversation]
		if f == nil {
			continue
		}
		about := ", " + replies(o.Root.Replies)
		if o.Unread > 0 {
			about += ", " + atMost(o.Unread) + " unread"
		}
		p.found(f.ConversationSummary, o.Root, about)
	}
	return nil
}

func (p lists) mentions(ctx context.Context, rest string) error {
	if number, ok := strings.CutPrefix(rest, "read "); ok {
		m, l, err := p.message(ctx, strings.TrimSpace(number))
		if err != nil {
			return err
		}
		if err := p.o.Chat.Messages().ReadMention(ctx, l.ID, m.Seq); err != nil {
			return err
		}
		p.say("The mention is read.")
		return nil
	}
	if rest != "" {
		p.say("Write /mentions, or /mentions read and the number of a message.")
		return nil
	}
	list, err := p.o.Chat.Messages().Mentions(ctx)
	if err != nil {
		return err
	}
	p.say("Mentions: " + text.Plural(len(list), "message") + ".")
	for _, o := range list {
		about := ", unread"
		if o.Read {
			about = ""
		}
		p.found(o.Conversation, o.Message, about)
	}
	return nil
}

// search writes the newest messages that match a query.
func (p lists) search(ctx context.Context, rest string) error {
	q, err := text.ParseQuery(rest, p.o.Zone)
	if err != nil {
		return err
	}
	return p.hits(ctx, q, 0)
}

func (p lists) hits(ctx context.Context, q text.Query, below int64) error {
	list, err := p.o.Chat.Messages().Search(ctx, q, page, below)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		p.say("No more messages match.")
		return nil
	}
	for _, h := range list {
		p.found(h.Conversation, h.Message, "")
	}
	if len(list) == page {
		p.offer(func(ctx context.Context) error { return p.hits(ctx, q, list[len(list)-1].Message.Position) })
	}
	return nil
}

func (p lists) files(ctx context.Context, _ string) error { return p.filesBelow(ctx, 0) }

func (p lists) filesBelow(ctx context.Context, below int64) error {
	l, err := p.mustOpen()
	if err != nil {
		return err
	}
	list, err := p.o.Chat.Files().Newest(ctx, l.ID, page, below)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		p.say("There are no more files. This posts one here: scp FILE HOST:'" + l.Title() + "'")
		return nil
	}
	for _, m := range list {
		p.say(p.number(l, m) + " " + p.day(m.SentAt) + ", " + p.author(m) + ": " + m.File.Name + ", " + chat.SizeText(m.File.Size) + ". " + m.FetchCommand(l.Title()))
	}
	if len(list) == page {
		p.offer(func(ctx context.Context) error { return p.filesBelow(ctx, list[len(list)-1].Position) })
	}
	return nil
}

// links lists the links in a message, each in a line of its own.
func (p lists) links(ctx context.Context, rest string) error {
	m, _, err := p.messageOr(ctx, rest, p.answered.any, noneHere)
	if err != nil {
		return err
	}
	list := text.Links(text.Clean(m.Body))
	if len(list) == 0 || m.File != nil {
		p.say("This message has no link.")
		return nil
	}
	for _, link := range list {
		p.out.whole(link)
	}
	return nil
}

// copy writes the text of a message as it was typed, so that the user can copy it.
func (p lists) copy(ctx context.Context, rest string) error {
	m, l, err := p.messageOr(ctx, rest, p.answered.any, noneHere)
	if err != nil {
		return err
	}
	p.say("The text of " + p.number(l, m) + ":")
	for row := range strings.SplitSeq(text.Clean(m.Text()), "\n") {
		p.out.whole(row)
	}
	p.say("End of the text.")
	return nil
}

func (p lists) invitations(ctx context.Context, _ string) error {
	list, older, err := p.o.Chat.Groups().Invitations(ctx)
	if err != nil {
		return err
	}
	p.say("Invitations: " + strconv.Itoa(len(list)+older) + ".")
	for _, in := range list {
		p.say("#" + in.Conversation.Name + ", from " + in.From.Name + ", " + p.day(in.At) + ", " + text.Plural(in.Members, "member") + ".")
	}
	if len(list) > 0 {
		p.say("/accept #NAME joins, /decline #NAME takes it off the list, /block @NAME blocks the sender.")
	}
	return nil
}

// answerRequests lists the requests to join, or answers one.
func (p lists) answerRequests(ctx context.Context, rest string) error {
	list, err := p.o.Chat.Admission().JoinRequests(ctx)
	if err != nil {
		return err
	}
	w := strings.Fields(rest)
	if len(w) == 2 && (w[0] == "accept" || w[0] == "refuse") {
		for _, r := range list {
			if strconv.FormatInt(r.ID, 10) == w[1] {
				return p.answerRequest(ctx, r, w[0] == "accept")
			}
		}
		return chat.Refuse(chat.ErrNotFound, "There is no request %s: /requests lists them.", text.CleanLine(w[1], 20))
	}
	if rest != "" {
		p.say("Write /requests, /requests accept NUMBER or /requests refuse NUMBER.")
		return nil
	}
	p.say("Requests to join: " + strconv.Itoa(len(list)) + ".")
	for _, r := range list {
		words := strconv.FormatInt(r.ID, 10) + " " + r.Name + ", " + p.day(r.AskedAt) + ", from " + r.Address + ", key " + r.Fingerprint
		if r.Note != "" {
			words += ", writes: " + r.Note
		}
		p.say(words)
		if r.Conflict != "" {
			p.say(indent + r.Conflict + ". If you let this person in, they choose another name, and you are told which.")
		}
	}
	if len(list) > 0 {
		p.say("/requests accept NUMBER lets somebody in, /requests refuse NUMBER refuses.")
	}
	return nil
}

func (p lists) answerRequest(ctx context.Context, r chat.JoinRequest, approve bool) error {
	named, err := p.o.Chat.Admission().AnswerRequest(ctx, r.ID, approve)
	switch {
	case err != nil:
		return err
	case !approve:
		p.say(r.Name + " is refused.")
	case !named:
		p.say(r.Name + " is let in and has to choose another name first: you will be told which.")
	default:
		p.say(r.Name + " is let in.")
	}
	return nil
}

// keys lists the user's keys, makes a code that adds one, or removes one.
func (p lists) keys(ctx context.Context, rest string) error {
	account := p.o.Chat.Account()
	w := strings.Fields(rest)
	switch {
	case len(w) == 1 && w[0] == "add":
		code, expires, err := account.KeyCode(ctx)
		if err != nil {
			return err
		}
		p.say("The code " + code + " adds one key, once, until " + expires.In(p.o.Zone).Format("15:04") + ". Connect once with the new key: ssh -o IdentitiesOnly=yes -i KEY " + code + "@HOST")
		return nil
	case len(w) == 2 && w[0] == "remove":
		fingerprint, err := keys.ParseFingerprint(w[1])
		if err != nil {
			return chat.Refuse(text.ErrInvalid, "This is no fingerprint: %s.", err)
		}
		if _, err := account.RemoveKey(ctx, fingerprint); err != nil {
			return err
		}
		p.say("The key is removed.")
		return nil
	case len(w) > 0:
		return chat.KeyProof()
	}
	list, err := account.Keys(ctx)
	if err != nil {
		return err
	}
	for _, k := range list {
		words := k.Type + " " + k.Fingerprint + ", added " + p.day(k.AddedAt)
		if !k.LastUsedAt.IsZero() {
			words += ", last used " + p.day(k.LastUsedAt)
		}
		if k.Fingerprint == account.Key() {
			words += ", in use here"
		}
		if k.Comment != "" {
			words += ", " + text.CleanLine(k.Comment, 100)
		}
		p.say(words + ".")
	}
	p.say("/keys add makes a code that adds a key, /keys remove FINGERPRINT removes one at once.")
	return nil
}

func (p lists) later(ctx context.Context, _ string) error {
	list, err := p.o.Chat.Later().List(ctx)
	if err != nil {
		return err
	}
	p.say("Reminders and scheduled messages: " + strconv.Itoa(len(list)) + ".")
	for _, l := range list {
		p.say(p.laterWords(l))
	}
	if len(list) > 0 {
		p.say("/cancel NUMBER cancels one.")
	}
	return nil
}

// laterWords describes a reminder or a scheduled message.
func (p *Plain) laterWords(l chat.Later) string {
	number, when := strconv.Itoa(l.Number), l.When(p.o.Zone, p.now())
	switch {
	case l.Reminder() && l.Due():
		return "Reminder " + number + ", due " + when + ": " + l.Body
	case l.Reminder():
		return "Reminder " + number + ", " + when + ": " + l.Body
	case l.Due():
		return "Message " + number + " to " + l.Place() + " was not sent " + when + ". " + l.Refused + " Its text: " + l.Body
	default:
		return "Message " + number + " to " + l.Place() + ", " + when + ": " + l.Body
	}
}
