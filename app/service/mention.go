package service

import (
	"context"
	"errors"
	"strings"
	"time"

	"confab/app/away"
	"confab/app/chat"
	"confab/app/text"
)

// maxMentions bounds how many mentions of a message are looked up, because a message full
// of them must not hold up the writer.
const maxMentions = 100

// groupMentionCost is how many messages a message with @all or @here counts as.
const groupMentionCost = 10

// slowWriting waits until the session's user may post or edit a text. @all and @here
// interrupt many people, so such a text counts as several messages.
func (s *session) slowWriting(ctx context.Context, body string) error {
	messages := 1
	if chat.GroupWord(body) != chat.MentionsNobody {
		messages = groupMentionCost
	}
	return s.tooFast(s.service.pace.waitFor(ctx, s.user.ID, s.user.Bot, messages, len(body)))
}

// groupMention returns how a text mentions the members of a group together. If its author
// may not do that, or the group is too large, the text mentions nobody by it.
func groupMention(ctx context.Context, r chat.Reader, own chat.Membership, c chat.Conversation, body string, now time.Time) (chat.GroupMention, error) {
	word := chat.GroupWord(body)
	if word == chat.MentionsNobody || chat.Decide(own, c, chat.ActionMentionAll, now) != nil {
		return chat.MentionsNobody, nil
	}
	if members, _, err := r.CountMembers(ctx, c.ID); err != nil || members > chat.MaxGroupMention {
		return chat.MentionsNobody, err
	}
	return word, nil
}

// mention stores which members a message mentions.
func (s Messages) mention(ctx context.Context, tx chat.Tx, m *chat.Message) error {
	err := eachNamed(ctx, tx, m, func(user chat.UserID) error { return mentionUser(ctx, tx, m, user) })
	if err != nil {
		return err
	}
	switch m.GroupMention {
	case chat.MentionsAll:
		return tx.InsertMentions(ctx, m)
	case chat.MentionsHere:
		return s.mentionHere(ctx, tx, m)
	default:
		return nil
	}
}

// eachNamed calls do once for each other member whom a message mentions by name.
func eachNamed(ctx context.Context, tx chat.Reader, m *chat.Message, do func(chat.UserID) error) error {
	named := make(map[chat.UserID]bool)
	for i, at := range text.Mentions(m.Body) {
		if i == maxMentions {
			break
		}
		user, err := mentioned(ctx, tx, at)
		if errors.Is(err, chat.ErrNotFound) || user.ID == m.Author || named[user.ID] {
			continue
		}
		if err != nil {
			return err
		}
		named[user.ID] = true
		if member, err := tx.Membership(ctx, m.Conversation, user.ID); err != nil {
			return err
		} else if !member.Member() {
			continue
		}
		if err := do(user.ID); err != nil {
			return err
		}
	}
	return nil
}

// mentioned finds the account that a mention means.
func mentioned(ctx context.Context, r chat.Reader, at text.Mention) (chat.User, error) {
	user, err := r.UserByName(ctx, at.Name)
	if !errors.Is(err, chat.ErrNotFound) {
		return user, err
	}
	// The handle may end with a separator, which looks the same.
	if user, err = r.UserBySkeleton(ctx, text.Skeleton(at.Name)); err == nil && !at.Is(user.Name) {
		return chat.User{}, chat.ErrNotFound
	}
	return user, err
}

// mentionUser stores that a message mentions a member, unless the member has blocked its author.
func mentionUser(ctx context.Context, tx chat.Tx, m *chat.Message, user chat.UserID) error {
	blocked, err := tx.HasBlocked(ctx, user, m.Author)
	if err != nil || blocked {
		return err
	}
	return tx.InsertMention(ctx, m.Conversation, user, m.Seq)
}

// mentionHere stores that a message mentions the members who are connected.
func (s Messages) mentionHere(ctx context.Context, tx chat.Tx, m *chat.Message) error {
	members, err := tx.Members(ctx, m.Conversation)
	if err != nil {
		return err
	}
	users := make([]chat.UserID, len(members))
	for i, member := range members {
		users[i] = member.User
	}
	for i, p := range s.service.live.Presences(users) {
		if p == chat.Offline || users[i] == m.Author {
			continue
		}
		if err := mentionUser(ctx, tx, m, users[i]); err != nil {
			return err
		}
	}
	return nil
}

// Mentions returns the latest messages that mention the session's user, in all its
// conversations, the newest first.
func (s Messages) Mentions(ctx context.Context) ([]chat.MentionOf, error) {
	if err := s.ask(ctx, costList); err != nil {
		return nil, err
	}
	if err := s.service.live.Markers().FlushForReading(ctx); err != nil {
		return nil, err
	}
	list, err := s.service.store.MentionsOf(ctx, s.user.ID, mentionsShown)
	s.owe(len(list))
	return list, err
}

// ReadMention marks one mention of the session's user as read. Nothing else becomes read,
// and nobody else learns of it. If the user is not a member of the conversation, the error
// is [chat.ErrNotFound].
func (s Messages) ReadMention(ctx context.Context, id chat.ConversationID, seq chat.Seq) error {
	return s.write(ctx, func(ctx context.Context, tx chat.Tx) ([]chat.Change, error) {
		if _, _, err := s.access(ctx, tx, id, chat.ActionRead); err != nil {
			return nil, err
		}
		return []chat.Change{chat.PersonalChanged{User: s.user.ID}}, tx.ReadMention(ctx, id, s.user.ID, seq)
	})
}

// UnreadMentions counts the messages of a conversation that the session's user has not
// seen, and the mentions of the user in them. Both counts stop at [chat.UnreadLimit].
func (s ReadReceipts) UnreadMentions(ctx context.Context, id chat.ConversationID) (unread, mentions int, err error) {
	if unread, err = s.Unread(ctx, id); err != nil || unread == 0 {
		return unread, 0, err
	}
	m, _, err := s.access(ctx, s.service.store, id, chat.ActionRead)
	if err != nil {
		return 0, 0, err
	}
	mentions, err = s.service.store.CountMentions(ctx, id, s.user.ID, m.Seen)
	return unread, mentions, err
}

// SetMentionAll sets who may use @all and @here in a group. It refuses an unknown value
// with [text.ErrInvalid].
func (s Groups) SetMentionAll(ctx context.Context, id chat.ConversationID, who chat.MentionRight) error {
	who, err := chat.ParseMentionRight(string(who))
	if err != nil {
		return err
	}
	return s.describe(ctx, id, chat.ActionConfigure, chat.NoticeSettings, func(_ context.Context, _ chat.Tx, c *chat.Conversation) (string, error) {
		c.MentionAll = who
		return "@all and @here are for " + string(who), nil
	})
}

// mentionsShown is how many mentions a list has.
const mentionsShown = 100

// Notifications returns the settings of the session's user for notifications.
func (s Account) Notifications(ctx context.Context) (chat.Notifications, error) {
	have, err := s.Preferences(ctx)
	return chat.NotificationsOf(have), err
}

// AddKeyword adds a word of which the session's user is notified, and returns it in the
// form in which it is stored. Its errors are those of [chat.Notifications.Add].
func (s Account) AddKeyword(ctx context.Context, word string) (string, error) {
	return s.keyword(ctx, "on", func(n chat.Notifications) (kept, preference string, err error) { return n.Add(word) })
}

// RemoveKeyword removes such a word. If there is none, the error is [chat.ErrNotFound].
func (s Account) RemoveKeyword(ctx context.Context, word string) (string, error) {
	return s.keyword(ctx, "", func(n chat.Notifications) (kept, preference string, err error) { return n.Remove(word) })
}

func (s Account) keyword(ctx context.Context, value string, which func(chat.Notifications) (kept, preference string, err error)) (string, error) {
	var kept string
	err := s.prefer(ctx, func(have map[string]string) (name, _ string, err error) {
		kept, name, err = which(chat.NotificationsOf(have))
		return name, value, err
	})
	return kept, err
}

// SetQuiet turns do-not-disturb on until a time, on all screens of the session's user. The
// zero time turns it off.
func (s Account) SetQuiet(ctx context.Context, until time.Time) error {
	name, value := chat.QuietPreference(until)
	return s.SetPreference(ctx, name, value)
}

// maxAway is how many messages wait until the server looks whom to tell of them.
const maxAway = 256

// awayQueue has the messages of which people may want to hear while they are away.
type awayQueue struct {
	runner   *away.Runner
	messages chan *chat.Message
}

func newAwayQueue(r *away.Runner) *awayQueue {
	return &awayQueue{runner: r, messages: make(chan *chat.Message, maxAway)}
}

// add adds a message, unless the host tells nobody. It waits for nothing.
func (q *awayQueue) add(m *chat.Message) {
	if !q.runner.On() || m.System() {
		return
	}
	select {
	case q.messages <- m:
	default:
		q.runner.Dropped()
	}
}

// Away returns the runner of the host's program.
func (m Moderation) Away() *away.Runner { return m.service.away.runner }

// TellAway tells people of direct messages and mentions that come while they are away, if they
// want that, by running the program of the host. It returns when ctx ends and no program runs.
func (s Accounts) TellAway(ctx context.Context) {
	defer s.away.runner.Wait()
	for {
		select {
		case <-ctx.Done():
			return
		case m := <-s.away.messages:
			if err := tellAwayOf(ctx, s.service, m); err != nil && ctx.Err() == nil {
				s.log.Error("telling people of a message", "err", err)
			}
		}
	}
}

// tellAwayOf tells people of one message.
func tellAwayOf(ctx context.Context, s *service, m *chat.Message) error {
	c, err := s.store.Conversation(ctx, m.Conversation)
	if err != nil {
		return err
	}
	n := away.Notice{V: 1, Type: "message", At: m.SentAt, From: m.AuthorName, Conversation: "#" + c.Name, ID: m.ID.String()}
	if n.Reason = "mention"; c.Kind == chat.KindDirect {
		n.Reason, n.Conversation = "direct", "@"+m.AuthorName
	}
	tell := func(user chat.UserID) error { return tellAway(ctx, s, user, m, n) }
	if c.Kind == chat.KindGroup && m.GroupMention == chat.MentionsNobody {
		return eachNamed(ctx, s.store, m, tell)
	}
	if m.GroupMention == chat.MentionsHere {
		return eachNamed(ctx, s.store, m, tell) // those who are away are not here
	}
	members, err := s.store.Members(ctx, c.ID)
	for _, other := range members {
		err = errors.Join(err, tell(other.User))
	}
	return err
}

// tellAway tells a member of a message, if the member is away and wants that.
func tellAway(ctx context.Context, s *service, id chat.UserID, m *chat.Message, n away.Notice) error {
	if id == m.Author || s.live.Presences([]chat.UserID{id})[0] != chat.Offline {
		return nil
	}
	user, err1 := s.store.UserByID(ctx, id)
	preferences, err2 := s.store.Preferences(ctx, id)
	member, err3 := s.store.Membership(ctx, m.Conversation, id)
	blocked, err4 := s.store.HasBlocked(ctx, id, m.Author)
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		return err
	}
	wants := preferences[chat.AwayPreference]
	now := s.now()
	if wants != chat.TellOn && wants != chat.TellText || user.Disabled || user.Bot || blocked || !member.Member() || member.Muted(now) || chat.NotificationsOf(preferences).Quiet(now) {
		return nil
	}
	n.To = user.Name
	if wants == chat.TellText {
		n.Text = m.Text()
	}
	s.away.runner.Tell(ctx, n)
	return nil
}

// foldedName returns the handle for a name that a user has typed, with or without an @.
func foldedName(name string) string {
	return text.Lower(strings.TrimPrefix(strings.TrimSpace(name), "@"))
}

// userNamed finds an account by its handle, with or without an @.
func userNamed(ctx context.Context, r chat.Reader, name string) (chat.User, error) {
	name = foldedName(name)
	u, err := r.UserByName(ctx, name)
	if errors.Is(err, chat.ErrNotFound) {
		return u, chat.Refuse(chat.ErrNotFound, "There is no account %s.", text.CleanLine("@"+name, 40)).With(chat.HintPeople)
	}
	return u, err
}

// ownName stands for the session's user. No account can have this handle.
const ownName = "me"

// userNamed is the function of the same name, but also knows [ownName].
func (s *session) userNamed(ctx context.Context, r chat.Reader, name string) (chat.User, error) {
	if foldedName(name) == ownName {
		return r.UserByID(ctx, s.user.ID)
	}
	return userNamed(ctx, r, name)
}

func (s *session) usersNamed(ctx context.Context, r chat.Reader, names []string) ([]chat.User, error) {
	users := make([]chat.User, 0, len(names))
	for _, name := range names {
		u, err := userNamed(ctx, r, name)
		if err != nil {
			return nil, err
		}
		users = append(users, u)
	}
	return users, nil
}
