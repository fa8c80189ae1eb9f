package plain

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"confab/app/chat"
	"confab/app/text"
	"confab/tui/hint"
	"confab/tui/setting"
)

// told is what the user was told of, so that it is said once.
type told struct {
	invitations map[chat.ConversationID]time.Time
	due         map[uuid.UUID]bool
	threads     int // followed threads with unread replies
	requests    int // people who ask to join
}

// news tells the user what arrives.
type news struct{ *Plain }

// start greets the user and opens the first conversation.
func (p news) start(ctx context.Context) error {
	if err := p.loadSettings(ctx); err != nil {
		return err
	}
	if err := p.follow.Relist(ctx); err != nil {
		return err
	}
	p.started = true
	p.say("This is confab in plain mode. You are " + p.o.Chat.User().Name + ". Write a line to send it, /help for help, /quit to leave.")
	if p.o.Notice != "" {
		p.say(p.o.Notice)
	}
	if err := p.tellWords(ctx, p.untold); err != nil {
		return err
	}
	if w := p.o.Chat.Account().Words().Maintenance; w.Set() {
		p.say(w.HaltedText() + ".")
	}
	list, err := p.o.Chat.Groups().Conversations(ctx)
	if err != nil {
		return err
	}
	p.unreadSummary(list)
	for _, tell := range []func(context.Context) error{p.tellInvitations, p.tellDue, p.tellThreads, p.tellRequests} {
		if err := tell(ctx); err != nil {
			return err
		}
	}
	in := p.o.Open
	if in == 0 {
		in = p.first(list)
	}
	return p.enter(ctx, in)
}

// first returns the conversation in which the session begins.
func (p news) first(list []chat.ConversationSummary) chat.ConversationID {
	place, _, _ := strings.Cut(p.came, " ")
	var general, last, unread chat.ConversationID
	for _, l := range list {
		switch {
		case l.General():
			general = l.ID
		case l.UID.String() == place:
			last = l.ID
		}
		if unread == 0 && (l.Unread > 0 || l.New()) && !l.Mine.Muted(p.o.Now()) {
			unread = l.ID
		}
	}
	switch start := p.set.Value(setting.Start); {
	case start == setting.StartUnread && unread != 0:
		return unread
	case start != setting.StartGeneral && last != 0:
		return last
	default:
		return general
	}
}

// unreadSummary says where unread messages are.
func (p news) unreadSummary(list []chat.ConversationSummary) {
	var where []string
	for _, l := range list {
		if l.Unread > 0 || l.New() {
			where = append(where, l.Title()+" "+unreadWords(l))
		}
	}
	if len(where) > 0 {
		p.say("New: " + strings.Join(where, "; ") + ".")
	}
}

// unreadWords says what is unread in a conversation.
func unreadWords(l chat.ConversationSummary) string {
	var words []string
	if l.New() {
		words = append(words, l.AddedBy+" added you")
	}
	if l.Unread > 0 {
		words = append(words, atMost(l.Unread)+" unread")
	}
	if l.Mentions > 0 {
		words = append(words, atMost(l.Mentions)+" with your name")
	}
	return strings.Join(words, ", ")
}

// atMost returns a count that stops at [chat.UnreadLimit].
func atMost(n int) string {
	if n >= chat.UnreadLimit {
		return strconv.Itoa(chat.UnreadLimit) + " or more"
	}
	return strconv.Itoa(n)
}

func (p news) loadSettings(ctx context.Context) error {
	preferences, err := p.o.Chat.Account().Preferences(ctx)
	if err != nil {
		return err
	}
	p.set = setting.Set{}
	p.set.Load(preferences)
	p.notices.Load(preferences)
	p.came = preferences[setting.Place]
	if !p.started {
		p.untold = p.o.Chat.Account().Words().Untold(preferences, p.o.Chat.User().CreatedAt)
	}
	return nil
}

// begin returns the message after which a conversation is followed. In conversations that
// come later, everything since the user joined is new.
func (p news) begin(l chat.ConversationSummary) (chat.Seq, error) {
	if !p.started {
		return l.LastSeq, nil
	}
	if l.New() {
		p.say(l.AddedBy + " added you to " + l.Title() + ". /go " + l.Title() + " opens it.")
	}
	return l.Mine.Joined, nil
}

// take writes what waits in the mailbox.
func (p news) take(ctx context.Context) error {
	b := p.o.Chat.Mailbox().Drain()
	if b.Ended != "" {
		return nil // the loop sees it, too
	}
	if b.Resync {
		p.resyncs = make(map[chat.ConversationID]int)
	}
	if err := p.follow.Handle(ctx, b); err != nil {
		return err
	}
	p.missed()
	if b.Resync {
		b.Events = append(b.Events, chat.PreferencesChanged{User: p.o.Chat.User().ID}, chat.InvitationsChanged{}, chat.LaterChanged{}, chat.ThreadsChanged{})
	}
	return p.others(ctx, b.Events)
}

// missed says how many messages came in other conversations while events were dropped. To
// write them all would take long, for somebody who reads line by line.
func (p news) missed() {
	for id, n := range p.resyncs {
		if f := p.follow.Conversations[id]; f != nil {
			p.say(text.Plural(n, "message") + " in " + f.Title() + ".")
		}
	}
	p.resyncs = nil
}

// others handles all events but new messages. Several events that ask for the same answer get
// it once.
func (p news) others(ctx context.Context, events []chat.Event) error {
	todo := make(map[string]func(context.Context) error)
	for _, ev := range events {
		switch ev := ev.(type) {
		case chat.MessageChanged:
			p.messageChanged(ev.Message)
		case chat.PreferencesChanged:
			todo["settings"] = p.loadSettings
		case chat.InvitationsChanged:
			todo["invitations"] = p.tellInvitations
		case chat.LaterChanged:
			todo["due"] = p.tellDue
		case chat.ThreadsChanged:
			todo["threads"] = p.tellThreads
		case chat.UserRenamed:
			todo["names"] = p.follow.Relist
		case chat.WordsChanged:
			p.say(hint.WordsChanged(ev))
			if ev.Kind == chat.WordAnnouncement { // the message was written
				todo["announcement"] = func(ctx context.Context) error {
					return p.o.Chat.Account().NoteTold(ctx, chat.Words{Announcement: ev.Words.Announcement})
				}
			}
		case chat.Silenced:
			p.say(ev.Words())
		case chat.RequestsChanged:
			p.requests(ev.Waiting)
		case chat.RequestNamed:
			p.say("The newcomer who asked for the name " + ev.Asked + " is now called " + ev.Name + ".")
		}
	}
	for _, do := range todo {
		if err := do(ctx); err != nil {
			return err
		}
	}
	return nil
}

// emit writes a message that has arrived. The follower calls it once for each.
func (p news) emit(l chat.ConversationSummary, m *chat.Message) error {
	self, h := p.o.Chat.User(), &p.here
	own := p.sending[m.ID]
	delete(p.sending, m.ID)
	switch {
	case own && h.shows(m):
		h.note(m, self.ID)
		p.sent(l, m)
	case own:
		p.sent(l, m)
	case h.shows(m):
		if m.Seq > h.shown { // it was not among the messages that were written when it was opened
			p.clock(m.SentAt)
			p.say(p.words(l, m, true))
			h.note(m, self.ID)
		}
	case m.Notice.ToEverybody():
		p.clock(m.SentAt)
		p.say(p.words(l, m, false))
	case m.Author == self.ID || m.System() || m.Deleted() || l.Mine.Muted(p.o.Now()) || p.notices.Quiet(p.o.Now()):
	case m.ThreadOnly && !m.Names(self.Name):
	case p.resyncs != nil && l.Kind == chat.KindGroup && !m.Mentions(self.ID, self.Name):
		p.resyncs[l.ID]++
	default:
		p.clock(m.SentAt)
		p.say(p.words(l, m, false))
	}
	return nil
}

// sent says that one of the user's messages is on the server's disk.
func (p news) sent(l chat.ConversationSummary, m *chat.Message) {
	p.said = m.SentAt
	words := "Sent, " + p.number(l, m) + "."
	if l.ID != p.here.id {
		words = "Sent to " + l.Title() + ", " + p.number(l, m) + "."
	}
	if why := chat.WhyNotMentioned(m, l); why != "" {
		words += " " + why
	}
	p.say(words)
}

// messageChanged says that a message that was written before was edited or deleted.
func (p news) messageChanged(m *chat.Message) {
	h, at := &p.here, changedAt(m)
	l := p.open()
	if l == nil || !h.shows(m) || m.Seq < h.first || m.Seq > h.shown || at.IsZero() || h.changed[m.Seq].Equal(at) {
		return
	}
	h.noteChange(m)
	if m.Deleted() {
		p.say(p.number(*l, m) + " from " + p.author(m) + " was deleted" + p.deleter(m) + ".")
		return
	}
	p.say(p.number(*l, m) + " " + p.author(m) + " changed it: " + m.Text())
}

// reacted says that somebody has reacted to one of the user's messages.
func (p news) reacted(l chat.ConversationSummary, ev chat.Reacted) error {
	self := p.o.Chat.User()
	if ev.User == self.ID || ev.Message.Author != self.ID || !ev.On {
		return nil
	}
	if l.ID == p.here.id || p.set.Value(setting.Reactions) == setting.On && !l.Mine.Muted(p.o.Now()) && !p.notices.Quiet(p.o.Now()) {
		p.say(fmt.Sprintf("%s reacted to %s with %s.", ev.Name, p.number(l, ev.Message), strings.Trim(chat.ReactionName(ev.Emoji), ":")))
	}
	return nil
}

// lost says that the user is no longer a member of a conversation.
func (p news) lost(l chat.ConversationSummary) error {
	p.say("You are no longer a member of " + l.Title() + ".")
	if l.ID == p.here.id {
		p.here = visit{}
		p.say("No conversation is open: /go NAME opens one.")
	}
	return nil
}

// tellInvitations says which invitations are new.
func (p news) tellInvitations(ctx context.Context) error {
	list, _, err := p.o.Chat.Groups().Invitations(ctx)
	if err != nil {
		return err
	}
	was := maps.Clone(p.told.invitations)
	p.told.invitations = make(map[chat.ConversationID]time.Time)
	for _, in := range list {
		p.told.invitations[in.Conversation.ID] = in.At
		if !was[in.Conversation.ID].Equal(in.At) {
			p.say("Invitation: " + in.From.Name + " invites you to #" + in.Conversation.Name + ". /accept #" + in.Conversation.Name + " or /decline #" + in.Conversation.Name + ".")
		}
	}
	return nil
}

// tellDue says which reminders are due, and which scheduled messages were not sent.
func (p news) tellDue(ctx context.Context) error {
	list, err := p.o.Chat.Later().List(ctx)
	if err != nil {
		return err
	}
	was := p.told.due
	p.told.due = make(map[uuid.UUID]bool)
	for _, l := range list {
		if !l.Due() {
			continue
		}
		if p.told.due[l.ID] = true; !was[l.ID] {
			p.say(p.laterWords(l) + " /cancel " + strconv.Itoa(l.Number) + " takes it off the list.")
		}
	}
	return nil
}

// tellThreads says that threads which the user follows have more unread replies.
func (p news) tellThreads(ctx context.Context) error {
	list, err := p.o.Chat.Threads().Followed(ctx, false)
	if err != nil {
		return err
	}
	n := 0
	for _, f := range list {
		if f.Conversation != p.here.id || f.Root.Seq != p.here.thread {
			n += f.Unread
		}
	}
	if n > p.told.threads {
		p.say("Threads: " + replies(n) + " in threads that you follow. /threads lists them.")
	}
	p.told.threads = n
	return nil
}

// tellRequests says how many people ask to join, to users who may let them in.
func (p news) tellRequests(ctx context.Context) error {
	self, err := p.o.Chat.Account().Self(ctx)
	if err != nil || self.Role == chat.RoleMember {
		return err
	}
	list, err := p.o.Chat.Admission().JoinRequests(ctx)
	if errors.Is(err, chat.ErrNotAllowed) {
		return nil
	}
	p.requests(len(list))
	return err
}

func (p news) requests(waiting int) {
	if waiting > p.told.requests {
		p.say("Requests to join: " + strconv.Itoa(waiting) + ". /requests lists them.")
	}
	p.told.requests = waiting
}

// hintText explains an error to a user in plain mode: the reason, and what to do next.
func hintText(err error) string {
	if words, ok := hints[chat.HintOf(err)]; ok {
		return chat.Hinted(chat.UserText(err), chat.HintOf(err), map[chat.Hint]string{chat.HintOf(err): words})
	}
	return hint.Text(err)
}

// hints has the hints whose words differ from those of the screen.
var hints = map[chat.Hint]string{
	chat.HintPeople:   "/who lists all people.",
	chat.HintProveKey: "Get a code with /keys add, then connect once with the new key: ssh -o IdentitiesOnly=yes -i KEY CODE@HOST",
}
