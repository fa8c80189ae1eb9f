package plain

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"confab/app/chat"
)

// info says who has received and read a message.
func (p lists) info(ctx context.Context, rest string) error {
	words := strings.Fields(rest)
	all := len(words) > 0 && words[len(words)-1] == "all"
	if all {
		words = words[:len(words)-1]
	}
	m, l, err := p.messageOr(ctx, strings.Join(words, " "), p.answered.own, noneHere)
	if err != nil {
		return err
	}
	d, err := p.o.Chat.Receipts().Details(ctx, l.ID, m.Seq)
	if err != nil {
		return err
	}
	p.say(p.words(l, d.Message, true))
	p.say("Sent " + p.day(m.SentAt) + ".")
	if m.Edited() {
		p.say("Changed " + p.day(m.EditedAt) + ".")
	}
	if f := m.File; f != nil {
		p.say(fmt.Sprintf("%d bytes, SHA-256 %s. This fetches it: %s", f.Size, f.Sum, m.FetchCommand(l.Title())))
	}
	for _, r := range d.Reactions {
		p.say("Reaction of " + r.Name + ": " + strings.Trim(chat.ReactionName(r.Emoji), ":") + ".")
	}
	switch {
	case l.Notes():
		return nil
	case m.ThreadOnly:
		p.say("This is a reply in a thread: it has no receipts.")
		return nil
	case len(d.Members) == 0:
		p.say("No receipts: no other people were here when this was sent.")
		return nil
	}
	p.receipts(d, all)
	return nil
}

// receipts says in words how far a message has come.
func (p lists) receipts(d chat.Details, all bool) {
	states := []struct {
		words string
		has   func(chat.MemberDetail) bool
	}{
		{"Read by ", func(o chat.MemberDetail) bool { return o.Read }},
		{"Delivered to ", func(o chat.MemberDetail) bool { return o.Delivered && !o.Read }},
		{"Not delivered yet to ", func(o chat.MemberDetail) bool { return !o.Delivered }},
	}
	for _, s := range states {
		var who []string
		for _, o := range d.Members {
			if !s.has(o) {
				continue
			}
			who = append(who, o.Name)
			if all {
				p.say(s.words + o.Name + p.when(o) + ".")
			}
		}
		if len(who) > 0 && !all {
			p.say(s.words + names(who) + ".")
		}
	}
	if d.Withheld {
		p.say("You don't share what you read, so you don't see what others have read: /receipts on.")
	} else if !all && len(d.Members) > 2 {
		p.say("/info " + seqText(d.Message.Seq) + " all lists everybody.")
	}
}

// when says when a message was read by a member, or delivered.
func (p lists) when(o chat.MemberDetail) string {
	at, edit := o.DeliveredAt, ""
	if o.Read {
		at = o.ReadAt
		if o.BeforeEdit {
			edit = ", before it was changed"
		}
	}
	if at.IsZero() {
		return edit
	}
	return ", " + p.day(at) + edit
}

// mostMembers is the size of a group up to which mentions are compared with its members.
const mostMembers = 100

// mistyped tells the user of a mention that means nobody, if its name is like that of a member.
func mistyped(ctx context.Context, p *Plain, sent *chat.Message) error {
	if !strings.Contains(sent.Body, "@") {
		return nil
	}
	members, err := p.o.Chat.Groups().Members(ctx, sent.Conversation)
	if err != nil || len(members) > mostMembers {
		return err
	}
	named := make([]chat.MemberReceipt, len(members))
	for i, m := range members {
		named[i].Name = m.Name
	}
	typed, meant := chat.NearlyMentioned(sent.Body, named)
	if meant == "" {
		return nil
	}
	if _, err := p.o.Chat.Contacts().Person(ctx, typed); errors.Is(err, chat.ErrNotFound) { // and it is nobody else's
		p.say(chat.MistypedText(typed, meant))
	}
	return nil
}
