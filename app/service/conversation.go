package service

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"confab/app/chat"
	"confab/app/text"
)

// Find returns a conversation of the session's user by its name in scripts: "#name",
// "@name", "@me" for the user's notes, or its [chat.Conversation.UID]. A name without a sign is
// the name of a group. The result has no counts, no presence and no status. If the user is not
// in such a conversation, Find
// refuses with [chat.ErrNotFound].
func (s Groups) Find(ctx context.Context, target string) (chat.ConversationSummary, error) {
	if err := s.ask(ctx, costLookup); err != nil {
		return chat.ConversationSummary{}, err
	}
	store := s.service.store
	var c chat.Conversation
	var other chat.User
	var err error
	target = strings.TrimSpace(target)
	if uid, bad := uuid.Parse(target); bad == nil {
		c, err = store.ConversationByUID(ctx, uid)
	} else if strings.HasPrefix(target, "@") {
		if other, err = s.userNamed(ctx, store, target); err != nil {
			return chat.ConversationSummary{}, err
		}
		c, err = store.ConversationByName(ctx, chat.DirectName(s.user.ID, other.ID))
	} else {
		var name string
		if name, err = text.ParseConversationName(target); err != nil {
			return chat.ConversationSummary{}, err
		}
		if c, err = s.ownGroup(ctx, store, name); errors.Is(err, chat.ErrNotFound) {
			c, err = store.ConversationByName(ctx, name)
		}
	}
	if err != nil && !errors.Is(err, chat.ErrNotFound) {
		return chat.ConversationSummary{}, err
	}
	return s.summary(ctx, store, c.ID)
}

// ownGroup returns the group of the session's user with this name. Private groups may
// have the same name. The user then has to give the id.
func (s Groups) ownGroup(ctx context.Context, r chat.Reader, name string) (chat.Conversation, error) {
	own, err := r.GroupsNamed(ctx, s.user.ID, name)
	switch {
	case err != nil:
		return chat.Conversation{}, err
	case len(own) == 0:
		return chat.Conversation{}, chat.ErrNotFound
	case len(own) > 1:
		return chat.Conversation{}, chat.Refuse(chat.ErrConflict, "You are in %d groups called #%s: give the id of the one you mean.", len(own), name).With(chat.HintIDs)
	}
	return own[0], nil
}

// summary returns a conversation of the session's user, as [Groups.Find] does.
func (s *session) summary(ctx context.Context, r chat.Reader, id chat.ConversationID) (chat.ConversationSummary, error) {
	m, c, err := s.access(ctx, r, id, chat.ActionRead)
	if err != nil {
		return chat.ConversationSummary{}, err
	}
	l := chat.ConversationSummary{Conversation: c, Mine: m}
	if c.Kind != chat.KindDirect {
		return l, nil
	}
	members, err := r.Members(ctx, id)
	if err != nil {
		return l, err
	}
	for _, o := range members {
		if o.User != s.user.ID || len(members) == 1 {
			l.Other, err = r.UserByID(ctx, o.User)
		}
	}
	l.Other.Status = chat.Status{} // which only lists have
	return l, err
}

// somebodyThere refuses a direct conversation whose other account was deleted.
func (s *session) somebodyThere(ctx context.Context, r chat.Reader, id chat.ConversationID) error {
	members, err := r.Members(ctx, id)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(members, func(m chat.Member) bool { return m.User != s.user.ID && m.Name == chat.DeletedName }) {
		return chat.NobodyThere()
	}
	return nil
}

// Conversations returns the conversations of the session's user, the latest activity first.
// They include direct conversations in which nobody has written yet. Screens show such a
// conversation only while it is open.
func (s Groups) Conversations(ctx context.Context) ([]chat.ConversationSummary, error) {
	if err := s.ask(ctx, costList); err != nil {
		return nil, err
	}
	// Messages that were read a moment ago must not come back as unread.
	if err := s.service.live.Markers().FlushForReading(ctx); err != nil {
		return nil, err
	}
	list, err := s.service.store.ListOf(ctx, s.user.ID)
	if err != nil {
		return nil, err
	}
	s.owe(len(list))
	others := make([]chat.UserID, len(list))
	for i, l := range list {
		others[i] = l.Other.ID
	}
	for i, p := range s.service.live.Presences(others) {
		list[i].Presence = p
	}
	return list, s.hideStatuses(ctx, len(list), func(i int) (chat.UserID, *chat.Status) { return list[i].Other.ID, &list[i].Other.Status })
}

// access returns a conversation and the user's membership of it, if the session's user may
// do something there. Otherwise it returns the refusal.
func (s *session) access(ctx context.Context, r chat.Reader, id chat.ConversationID, action chat.Action) (chat.Membership, chat.Conversation, error) {
	m, err := s.membership(ctx, r, id)
	if err != nil {
		return m, chat.Conversation{}, err
	}
	var c chat.Conversation
	if m.Member() {
		if c, err = r.Conversation(ctx, id); err != nil {
			return m, c, err
		}
	}
	if c.Kind == chat.KindDirect { // a deleted account is still a member of it
		if _, err := s.self(ctx, r); err != nil {
			return m, c, err
		}
		if action == chat.ActionPost || action == chat.ActionReact {
			if err := s.somebodyThere(ctx, r, id); err != nil {
				return m, c, err
			}
		}
	}
	return m, c, s.decide(ctx, r, m, c, action)
}

// decide asks [chat.Decide], and in a direct conversation [chat.DecideContact] as well.
func (s *session) decide(ctx context.Context, r chat.Reader, m chat.Membership, c chat.Conversation, action chat.Action) error {
	if err := chat.Decide(m, c, action, s.service.now()); err != nil {
		return err
	}
	if c.Kind != chat.KindDirect {
		return nil
	}
	switch action {
	case chat.ActionPost, chat.ActionEdit, chat.ActionReact, chat.ActionPin:
		return s.mayWriteTo(ctx, r, c, action)
	default:
		return nil
	}
}

// waited refuses a message that comes too early for a group in slow mode, and notes one that
// does not.
func (s *session) waited(ctx context.Context, tx chat.Tx, own chat.Membership, c chat.Conversation) error {
	if c.Slow == 0 {
		return nil
	}
	if err := s.mayPostNow(ctx, tx, own, c); err != nil {
		return err
	}
	return tx.NoteSlowPost(ctx, c.ID, s.user.ID, s.service.timestamp())
}

// mayPostNow refuses a message that comes too early for a group in slow mode.
func (s *session) mayPostNow(ctx context.Context, r chat.Reader, own chat.Membership, c chat.Conversation) error {
	if c.Slow == 0 {
		return nil
	}
	last, err := r.LastSlowPost(ctx, c.ID, s.user.ID)
	if err != nil {
		return err
	}
	return chat.DecideSlow(own, c, last, s.service.now())
}

const (
	// expireInterval is how often the service looks for expired messages. They were kept
	// for days, so a minute more does not matter.
	expireInterval = time.Minute
	// expireBatch is how many messages are deleted in a transaction. It is so small that
	// people who send meanwhile wait only for milliseconds.
	expireBatch = 200
)

// expired counts what [Service.Expire] has done.
type expired struct{ runs, messages, files atomic.Int64 }

// Retain deletes expired messages with their files until ctx ends. A message has expired
// when it is older than the time of [Accounts.SetLimits], unless that is 0, or than the
// time that its conversation has set. Retain also removes the words of all deleted messages
// from the search index, and once a day the contents that no file has. If several servers
// share the store, only one of them does this. Retain logs faults of the store and goes on.
// Call it once, after SweepFiles.
func (s *Service) Retain(ctx context.Context) error {
	ticker := time.NewTicker(expireInterval)
	defer ticker.Stop()
	for {
		if leads(ctx, s) {
			s.noted(ctx, "deleting expired messages", s.Expire(ctx, time.Duration(s.keep.Load())))
			s.noted(ctx, "removing deleted words from the search index", s.store.Tidy(ctx))
			s.noted(ctx, "moving unused contents of files to the trash", sweepDaily(ctx, s))
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// Expire does once what [Service.Retain] does.
func (s *Service) Expire(ctx context.Context, keep time.Duration) error {
	s.expired.runs.Add(1)
	for {
		now := s.now()
		var cutoff time.Time
		if keep > 0 {
			cutoff = now.Add(-keep)
		}
		due, err := s.store.Expiring(ctx, now, cutoff)
		if err != nil || len(due) == 0 {
			return err
		}
		for _, e := range due {
			if err := s.expire(ctx, e, now, cutoff); err != nil {
				return err
			}
		}
	}
}

// expire deletes a batch of expired messages of a conversation. It deletes nothing if the
// conversation has a longer time by now.
func (s *Service) expire(ctx context.Context, e chat.Expiring, now, cutoff time.Time) error {
	var gone chat.Expired
	spared := false
	err := s.writer.Do(ctx, func(ctx context.Context, tx chat.Tx) ([]chat.Change, error) {
		c, err := tx.Conversation(ctx, e.Conversation)
		if err != nil {
			return nil, err
		}
		before := cutoff
		if kept := now.Add(-c.Keep); c.Keep > 0 && kept.After(before) {
			before = kept
		}
		if spared = before.Before(e.Before); spared {
			return nil, nil // the caller asks the store again
		}
		gone, err = tx.Expire(ctx, e, expireBatch)
		return []chat.Change{chat.HistoryExpired{Conversation: e.Conversation}}, err
	})
	if err != nil || spared {
		return err
	}
	if gone.Messages == 0 {
		return fmt.Errorf("the store says that messages of conversation %d have expired, but finds none to delete", e.Conversation)
	}
	s.expired.messages.Add(int64(gone.Messages))
	s.expired.files.Add(int64(len(gone.Contents)))
	if err := s.files.drop(ctx, s.store, gone.Contents...); err != nil {
		return fmt.Errorf("deleting the content of an expired file: %w", err)
	}
	s.log.Info("expired messages were deleted", "conversation", e.Conversation, "messages", gone.Messages, "files", len(gone.Contents), "older_than", e.Before.UTC())
	return nil
}

// Contents has the use cases of the host for groups and messages, in all conversations. See
// [ContentsOf].
type Contents struct{ host Moderation }

// ContentsOf returns the use cases of the host for groups and messages.
func ContentsOf(s *Service) Contents { return Contents{s.Host()} }

// Groups returns all groups, by name.
func (h Contents) Groups(ctx context.Context) ([]chat.Group, error) {
	return h.host.service.store.Groups(ctx)
}

// Group returns the group with this name or id. The error is [chat.ErrNotFound] if there is
// none, and [chat.ErrConflict] if several private groups have the name.
func (h Contents) Group(ctx context.Context, name string) (chat.Group, error) {
	return groupNamed(ctx, h.host.service.store, name)
}

func groupNamed(ctx context.Context, r chat.Reader, name string) (chat.Group, error) {
	all, err := r.Groups(ctx)
	if err != nil {
		return chat.Group{}, err
	}
	label := text.Lower(strings.TrimPrefix(strings.TrimSpace(name), "#"))
	var found []chat.Group
	for _, g := range all {
		if g.Name == label || g.UID.String() == label {
			found = append(found, g)
		}
	}
	shown := text.CleanLine("#"+label, 60)
	switch len(found) {
	case 0:
		return chat.Group{}, chat.Refuse(chat.ErrNotFound, "There is no group %s.", shown).With(chat.HintPublicGroups)
	case 1:
		return found[0], nil
	default:
		return chat.Group{}, chat.Refuse(chat.ErrConflict, "There are %d groups with the name %s: write the id of the one that you mean.", len(found), shown).With(chat.HintPublicGroups)
	}
}

// Members returns the members of a group, by account.
func (h Contents) Members(ctx context.Context, name string) (chat.Group, []chat.Member, error) {
	g, err := h.Group(ctx, name)
	if err != nil {
		return g, nil, err
	}
	members, err := h.host.service.store.Members(ctx, g.ID)
	return g, members, err
}

// Deletable returns a group that the host can delete, as [Contents.Group] does. It refuses
// #general with [chat.ErrNotAllowed].
func (h Contents) Deletable(ctx context.Context, name string) (chat.Group, error) {
	return deletableGroup(ctx, h.host.service.store, name)
}

func deletableGroup(ctx context.Context, r chat.Reader, name string) (chat.Group, error) {
	g, err := groupNamed(ctx, r, name)
	if err == nil && g.General() {
		err = chat.Refuse(chat.ErrNotAllowed, "#%s can't be deleted: everyone is in it.", g.Name)
	}
	return g, err
}

// DeleteGroup deletes a group with all its messages and files, for all members at once.
func (h Contents) DeleteGroup(ctx context.Context, name string) error {
	later := h.host.service.now().AddDate(100, 0, 0)
	expire := func(ctx context.Context, tx chat.Tx) (g chat.Group, more bool, err error) {
		if g, err = deletableGroup(ctx, tx, name); err != nil {
			return g, false, err
		}
		gone, err := tx.Expire(ctx, chat.Expiring{Conversation: g.ID, Before: later}, erasePage)
		return g, gone.Messages == erasePage, err
	}
	for more := true; more; {
		err := h.host.service.writer.Do(ctx, func(ctx context.Context, tx chat.Tx) (_ []chat.Change, err error) {
			var g chat.Group
			g, more, err = expire(ctx, tx)
			return []chat.Change{chat.HistoryExpired{Conversation: g.ID}}, err
		})
		if err != nil {
			return err
		}
	}
	return h.host.audited(ctx, chat.AuditGroupDelete, func(ctx context.Context, tx chat.Tx) (auditedAction, error) {
		var g chat.Group
		var err error
		for more := true; more; { // messages that were posted in the meantime
			if g, more, err = expire(ctx, tx); err != nil {
				return auditedAction{}, err
			}
		}
		members, err := tx.Members(ctx, g.ID)
		if err != nil {
			return auditedAction{}, err
		}
		changes := []chat.Change{chat.HistoryExpired{Conversation: g.ID}, chat.ContentsDropped{}}
		for _, m := range members {
			if err := tx.DeleteMembership(ctx, g.ID, m.User); err != nil {
				return auditedAction{}, err
			}
			changes = append(changes, chat.MemberLeft{Conversation: g.ID, User: m.User})
		}
		detail := fmt.Sprintf("%d members", len(members))
		return auditedAction{"#" + g.Name, detail, changes}, closeEmpty(ctx, tx, g.ID)
	})
}
