package plain

import (
	"context"
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"

	"confab/app/chat"
	"confab/tui/dialog"
)

// moves carries out commands that open conversations, and show others of their messages.
type moves struct{ *Plain }

// list returns the user's conversations in the order of the list, which is that of their
// latest activity, with those that are kept at the top first.
func (p moves) list(ctx context.Context) ([]chat.ConversationSummary, error) {
	all, err := p.o.Chat.Groups().Conversations(ctx)
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(l chat.ConversationSummary) bool {
		return !l.Listed() && l.ID != p.here.id
	})
	slices.SortStableFunc(all, func(a, b chat.ConversationSummary) int {
		switch {
		case a.Mine.Pinned == b.Mine.Pinned:
			return 0
		case a.Mine.Pinned:
			return -1
		}
		return 1
	})
	p.listed = p.listed[:0]
	for _, l := range all {
		p.listed = append(p.listed, l.ID)
	}
	return all, nil
}

// goTo opens a conversation, or lists all of them.
func (p moves) goTo(ctx context.Context, rest string) error {
	if n, err := strconv.Atoi(rest); err == nil {
		if n < 1 || n > len(p.listed) {
			return chat.Refuse(chat.ErrNotFound, "There is no conversation %d in the list: /go shows it.", n)
		}
		return p.enter(ctx, p.listed[n-1])
	}
	if rest != "" {
		l, err := p.find(ctx, rest)
		if err != nil {
			return err
		}
		return p.enter(ctx, l.ID)
	}
	all, err := p.list(ctx)
	if err != nil {
		return err
	}
	for i, l := range all {
		p.say(strconv.Itoa(i+1) + " " + p.listWords(l))
	}
	p.say("/go and a number or a name opens one.")
	return nil
}

// listWords describes a conversation in the list.
func (p moves) listWords(l chat.ConversationSummary) string {
	words := []string{l.Title()}
	if l.Kind == chat.KindDirect && !l.Notes() {
		words = append(words, dialog.Whereabouts(&l, p.now()))
	}
	if unread := unreadWords(l); unread != "" {
		words = append(words, unread)
	}
	for _, sign := range []struct {
		is   bool
		word string
	}{{l.Mine.Pinned, "kept at the top"}, {l.Mine.Muted(p.o.Now()), "muted"}, {l.Draft != "", "with a draft"}, {l.ID == p.here.id, "open"}} {
		if sign.is {
			words = append(words, sign.word)
		}
	}
	return strings.Join(words, ", ")
}

// find finds a conversation by its name. # and @ can be left out.
func (p moves) find(ctx context.Context, name string) (chat.ConversationSummary, error) {
	l, err := p.o.Chat.Groups().Find(ctx, name)
	if chat.IsRefusal(err) && !strings.HasPrefix(name, "#") {
		person := "@" + strings.TrimPrefix(name, "@")
		id, err2 := p.o.Chat.Groups().Direct(ctx, person)
		if errors.Is(err2, chat.ErrNotFound) && !strings.HasPrefix(name, "@") {
			return l, err
		}
		l.ID = id
		return l, err2
	}
	return l, err
}

// step opens the conversation that comes so many places later in the list.
func (p moves) step(ctx context.Context, by int) error {
	all, err := p.list(ctx)
	if err != nil || len(all) == 0 {
		return err
	}
	at := slices.IndexFunc(all, func(l chat.ConversationSummary) bool { return l.ID == p.here.id })
	return p.enter(ctx, all[(at+by+len(all))%len(all)].ID)
}

// nextUnread opens the next conversation with unread messages: first those that mention
// the user or are direct.
func (p moves) nextUnread(ctx context.Context, _ string) error {
	all, err := p.list(ctx)
	if err != nil {
		return err
	}
	var next *chat.ConversationSummary
	for i := range all {
		l := &all[i]
		if l.ID == p.here.id || l.Unread == 0 && !l.New() || l.Mine.Muted(p.o.Now()) && l.Mentions == 0 {
			continue
		}
		if next == nil || needs(*l) && !needs(*next) {
			next = l
		}
	}
	if next == nil {
		p.say("Nothing else is unread.")
		return nil
	}
	return p.enter(ctx, next.ID)
}

// needs reports whether the unread messages are for the user in person.
func needs(l chat.ConversationSummary) bool { return l.Mentions > 0 || l.Kind == chat.KindDirect }

func (p moves) last(ctx context.Context, _ string) error {
	if p.follow.Conversations[p.before] == nil {
		p.say("You had no other conversation open.")
		return nil
	}
	return p.enter(ctx, p.before)
}

func (p moves) where(ctx context.Context, _ string) error {
	l := p.open()
	if l == nil {
		p.say("No conversation is open: /go NAME opens one.")
		return nil
	}
	p.say(p.header(ctx, *l))
	if p.here.thread != 0 {
		p.say("The thread of " + seqText(p.here.thread) + " is open: /thread closes it.")
	}
	return nil
}

// mustOpen returns the open conversation, or the refusal of a command that needs it.
func (p *Plain) mustOpen() (chat.ConversationSummary, error) {
	l := p.open()
	if l == nil {
		return chat.ConversationSummary{}, chat.Refuse(chat.ErrNotFound, "There is no conversation open: /go NAME opens one.")
	}
	return *l, nil
}

// history writes the messages before a message, or before those that were written.
func (p moves) history(ctx context.Context, rest string) error {
	l, err := p.mustOpen()
	if err != nil {
		return err
	}
	end := p.here.first
	if rest != "" {
		m, in, err := p.message(ctx, rest)
		if err != nil {
			return err
		}
		if in.ID != l.ID {
			return chat.Refuse(chat.ErrNotFound, "This message is in %s: open that first, with /go %s.", in.Title(), in.Title())
		}
		end = m.Seq
	}
	if end == 0 {
		end = math.MaxInt64
	}
	list, err := p.o.Chat.Threads().Before(ctx, l.ID, p.here.thread, end, page)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		p.say("This is the beginning.")
		return nil
	}
	p.say("Earlier messages:")
	p.past(l, list)
	p.here.first = list[0].Seq
	p.say("End of the earlier messages. /history shows those before.")
	return nil
}

// past writes messages that are not the newest. They do not count as shown: only the
// newest messages do, because everything before them is then read, too.
func (p *Plain) past(l chat.ConversationSummary, list []*chat.Message) {
	for _, m := range list {
		p.clock(m.SentAt)
		p.say(p.words(l, m, true))
		p.here.noteChange(m)
	}
}

// firstUnread writes the messages from the first on that was unread when the conversation
// was opened.
func (p moves) firstUnread(ctx context.Context, _ string) error { return p.from(ctx, p.here.since+1) }

// from writes a page of messages of the open conversation from a number on.
func (p moves) from(ctx context.Context, seq chat.Seq) error {
	l, err := p.mustOpen()
	if err != nil {
		return err
	}
	list, err := p.o.Chat.Threads().After(ctx, l.ID, p.here.thread, seq-1, page)
	if err != nil {
		return err
	}
	p.past(l, list)
	if len(list) < page {
		p.say("This is the end.")
		return nil
	}
	id, next := l.ID, list[len(list)-1].Seq+1
	p.offer(func(ctx context.Context) error {
		if p.here.id != id {
			return chat.Refuse(chat.ErrNotFound, "You have another conversation open by now.")
		}
		return p.from(ctx, next)
	})
	return nil
}

// offer keeps what /more does, and says so.
func (p *Plain) offer(more func(context.Context) error) {
	p.more = more
	p.say("/more goes on.")
}

func (p moves) goOn(ctx context.Context, _ string) error {
	more := p.more
	p.more = nil
	if more == nil {
		p.say("There is no more to show. /history shows earlier messages.")
		return nil
	}
	return more(ctx)
}
