package plain

import (
	"context"
	"math"
	"strconv"
	"strings"
	"time"

	"confab/app/chat"
	"confab/app/text"
	"confab/tui/dialog"
)

// visit is the conversation that is open, or a thread of it.
type visit struct {
	id     chat.ConversationID
	thread chat.Seq // the message that began the open thread, 0 for the conversation
	first  chat.Seq // the first message that was written; what comes before it is history
	shown  chat.Seq // the last message that was written
	read   chat.Seq // the user has read up to here
	since  chat.Seq // the user had read up to here when it was opened
	unread bool     // the user marked messages unread: nothing is read until they come back
	newest target
	// changed has the time of the last change of messages that were edited or deleted, so
	// that each change is said once.
	changed map[chat.Seq]time.Time
}

// target has the messages that commands without a number are about.
type target struct{ any, other, own, thread chat.Seq }

// maxChanged bounds how many changed messages are kept.
const maxChanged = 500

// shows reports whether a message belongs to what is open.
func (v *visit) shows(m *chat.Message) bool {
	return m.Conversation == v.id && (v.thread == 0 && !m.ThreadOnly || v.thread != 0 && m.InThread(v.thread))
}

// note notes that a message was written, or is the user's own.
func (v *visit) note(m *chat.Message, self chat.UserID) {
	v.shown = max(v.shown, m.Seq)
	if v.first == 0 {
		v.first = m.Seq
	}
	v.noteChange(m)
	if !m.Written() {
		return
	}
	v.newest.any = m.Seq
	if m.Author == self {
		v.newest.own = m.Seq
	} else {
		v.newest.other = m.Seq
	}
	if m.Replies > 0 || m.Thread != 0 {
		v.newest.thread = m.Seq
	}
}

// noteChange notes the present state of a message that the user knows.
func (v *visit) noteChange(m *chat.Message) {
	at := changedAt(m)
	if at.IsZero() {
		return
	}
	if v.changed == nil || len(v.changed) >= maxChanged {
		v.changed = make(map[chat.Seq]time.Time)
	}
	v.changed[m.Seq] = at
}

// changedAt returns when a message was last edited or deleted, the zero time if never.
func changedAt(m *chat.Message) time.Time {
	if m.Deleted() {
		return m.DeletedAt
	}
	return m.EditedAt
}

// open returns the open conversation, or nil.
func (p *Plain) open() *chat.ConversationSummary {
	if f := p.follow.Conversations[p.here.id]; f != nil {
		return &f.ConversationSummary
	}
	return nil
}

const (
	// before is how many messages are written before the unread ones.
	before = 5
	// mostShown is how many messages are written at once.
	mostShown = 30
	// page is how many earlier or later messages a command writes.
	page = 20
)

// enter opens a conversation and writes its newest messages.
func (p *Plain) enter(ctx context.Context, id chat.ConversationID) error {
	seen, err := p.o.Chat.Receipts().Visit(ctx, id)
	if err != nil {
		return err
	}
	if p.follow.Conversations[id] == nil {
		if err := p.follow.Relist(ctx); err != nil {
			return err
		}
	}
	if p.here.id != id {
		p.before = p.here.id
	}
	p.here = visit{id: id, read: seen.Seen, since: seen.Seen}
	l := p.open()
	if l == nil {
		return chat.Refuse(chat.ErrNotFound, "You are no longer a member of this conversation.")
	}
	p.say(p.header(ctx, *l))
	list, err := p.o.Chat.Threads().Before(ctx, id, 0, math.MaxInt64, min(seen.Unread+before, mostShown))
	if err != nil {
		return err
	}
	if len(list) == 0 {
		p.say("No messages yet. Write the first.")
	}
	if seen.Unread > mostShown-before {
		p.say(atMost(seen.Unread) + " unread. /unread-line shows them from the first. The last " + text.Plural(len(list), "message") + ":")
		seen.Unread = 0
	}
	p.page(*l, list, seen)
	p.rest(ctx, id)
	return nil
}

// rest says what else there is to know of a conversation that was opened.
func (p *Plain) rest(ctx context.Context, id chat.ConversationID) {
	f := p.follow.Conversations[id]
	if f == nil {
		return
	}
	f.Mine.AddedBy, f.AddedBy = 0, ""
	draft, err := p.storedDraft(ctx, id)
	if err != nil {
		p.explain("reading a draft", err)
	} else if draft != "" {
		p.say("Your draft here: " + chat.QuoteText(draft) + ". /draft sends it, /draft off drops it.")
	}
}

// storedDraft returns the stored draft of a conversation, or "".
func (p *Plain) storedDraft(ctx context.Context, id chat.ConversationID) (string, error) {
	list, err := p.o.Chat.Groups().Conversations(ctx)
	if err != nil {
		return "", err
	}
	for _, l := range list {
		if l.ID == id {
			return l.Draft, nil
		}
	}
	return "", nil
}

// page writes messages of what is open. A line tells where the unread ones begin.
func (p *Plain) page(l chat.ConversationSummary, list []*chat.Message, seen chat.Visit) {
	self := p.o.Chat.User().ID
	for _, m := range list {
		if seen.Unread > 0 && m.Seq > seen.Seen && m.Author != self && m.Written() {
			p.say(atMost(seen.Unread) + " unread:")
			seen.Unread = 0
		}
		p.clock(m.SentAt)
		p.say(p.words(l, m, true))
		p.here.note(m, self)
	}
}

// header describes a conversation in one line.
func (p *Plain) header(ctx context.Context, l chat.ConversationSummary) string {
	var about []string
	switch {
	case l.Notes():
		about = append(about, "Your notes. Nobody else sees them")
	case l.Kind == chat.KindDirect:
		about = append(about, "Direct messages with "+l.Other.Name)
		if other, err := p.o.Chat.Contacts().Person(ctx, l.Other.Name); err == nil {
			l.Other, l.Presence = other.User, other.Presence
			about = append(about, dialog.Whereabouts(&l, p.now()))
		}
	default:
		about = append(about, l.Title())
		if members, err := p.o.Chat.Groups().Members(ctx, l.ID); err == nil {
			here := 0
			for _, m := range members {
				if m.Presence != chat.Offline {
					here++
				}
			}
			about = append(about, text.Plural(len(members), "member")+", "+strconv.Itoa(here)+" here")
		}
		if l.Topic != "" {
			about = append(about, "topic: "+l.Topic)
		}
	}
	if l.Mine.Muted(p.o.Now()) {
		about = append(about, "muted")
	}
	return strings.Join(about, "; ") + "."
}

// now returns the present time in the user's zone.
func (p *Plain) now() time.Time { return p.o.Now().In(p.o.Zone) }

// quietTime is the time after which a message is preceded by a line with its time.
const quietTime = 10 * time.Minute

// clock writes a line with the time of what follows, if some time has passed since the last
// one.
func (p *Plain) clock(at time.Time) {
	at, was := at.In(p.o.Zone), p.said.In(p.o.Zone)
	sameDay := at.YearDay() == was.YearDay() && at.Year() == was.Year()
	p.said = at
	switch now := p.now(); {
	case sameDay && at.Sub(was) < quietTime:
	case at.Year() != now.Year():
		p.say(at.Format("Monday 2 January 2006, 15:04."))
	case at.YearDay() != now.YearDay():
		p.say(at.Format("Monday 2 January, 15:04."))
	default:
		p.say(at.Format("15:04."))
	}
}

// number is the short number of a message: 12 in the open conversation, and #ops:12 in
// others.
func (p *Plain) number(l chat.ConversationSummary, m *chat.Message) string {
	if m.Conversation == p.here.id && (p.here.thread == 0 || m.InThread(p.here.thread)) {
		return seqText(m.Seq)
	}
	return l.Title() + ":" + seqText(m.Seq)
}

// author names the author of a message.
func (p *Plain) author(m *chat.Message) string {
	switch {
	case m.Author == p.o.Chat.User().ID:
		return "you"
	case m.AuthorBot:
		return m.AuthorName + ", a bot"
	default:
		return m.AuthorName
	}
}

// deleter says who deleted a message, as in " by ann", or "" if that is not known.
func (p *Plain) deleter(m *chat.Message) string {
	switch {
	case m.DeletedBy == p.o.Chat.User().ID:
		return " by you"
	case m.DeletedBy != 0 && m.DeleterName != "":
		return " by " + m.DeleterName
	}
	return ""
}

// words describes a message: its number, its author, what it is, and its text. here says
// that it belongs to what is open, so that the conversation need not be named.
func (p *Plain) words(l chat.ConversationSummary, m *chat.Message, here bool) string {
	self := p.o.Chat.User()
	begin := p.number(l, m) + " "
	if !here && l.Kind == chat.KindDirect {
		begin += "direct message from "
	}
	if m.System() {
		return begin + m.Text() + "."
	}
	begin += p.author(m)
	if m.Deleted() {
		return begin + ": this message was deleted" + p.deleter(m) + "."
	}
	switch {
	case m.Mentions(self.ID, self.Name), m.Author != self.ID && m.ThreadOnly && m.Names(self.Name):
		begin += " mentions you"
	case m.Author != self.ID && p.notices.Has(m.Body):
		begin += ", with one of your words"
	}
	if q := m.Quote(l.Floor()); q != nil {
		begin += ", in reply to " + seqText(q.Seq) + " by " + q.AuthorName
	}
	if m.Thread != 0 && m.Thread != p.here.thread {
		begin += ", in the thread of " + seqText(m.Thread)
	}
	if m.Edited() {
		begin += ", changed"
	}
	body := begin + ": " + said(m)
	if kinds := m.ReactionKinds(); len(kinds) > 0 {
		var list []string
		for _, k := range kinds {
			list = append(list, strings.Trim(k.Name(), ":")+" "+seqText(chat.Seq(len(k.Users))))
		}
		body += "\nReactions: " + strings.Join(list, ", ") + "."
	}
	if m.Replies > 0 && m.Seq != p.here.thread {
		body += "\n" + replies(m.Replies) + " in its thread."
	}
	return body
}

// said is what a message says.
func said(m *chat.Message) string {
	if f := m.File; f != nil {
		return "file " + f.Name + ", " + chat.SizeText(f.Size) + ". /info " + seqText(m.Seq) + " says how to fetch it."
	}
	return text.Clean(chat.Said(m.AuthorName, m.Body))
}

// replies returns a number of replies in words.
func replies(n int) string {
	if n == 1 {
		return "1 reply"
	}
	return atMost(n) + " replies"
}
