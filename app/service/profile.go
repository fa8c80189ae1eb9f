package service

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"confab/app/chat"
	"confab/app/importing"
	"confab/app/text"
)

const (
	// nameKeptBack is how long nobody else can have a handle that an account has given
	// up, so that messages for that account do not go to another.
	nameKeptBack = 30 * 24 * time.Hour
	// maxRenames bounds how often an account changes its handle in that time, because each
	// change reserves a handle.
	maxRenames = 3
)

// handleIsFree refuses a handle that looks like a reserved word or like the handle of
// another account, or that belonged to another account until recently.
func (s *service) handleIsFree(ctx context.Context, r chat.Reader, name string, self chat.UserID) error {
	if _, err := text.CheckHandle(name); err != nil {
		return err
	}
	for _, find := range []func() (chat.User, error){
		func() (chat.User, error) { return r.UserByName(ctx, name) },
		func() (chat.User, error) { return r.UserBySkeleton(ctx, text.Skeleton(name)) },
	} {
		have, err := find()
		switch {
		case errors.Is(err, chat.ErrNotFound) || err == nil && have.ID == self:
		case err != nil:
			return err
		case have.Name == name:
			return chat.Refuse(chat.ErrConflict, "The name %s is taken: choose another.", name)
		default:
			return chat.Refuse(chat.ErrConflict, "The name %s looks like %s, which is taken: choose one that looks different.", name, have.Name)
		}
	}
	kept, err := r.NamesKeptBack(ctx, text.Skeleton(name), s.now().Add(-nameKeptBack))
	if err != nil {
		return err
	}
	for _, k := range kept {
		if k.User != self {
			free := k.EndedAt.Add(nameKeptBack)
			return chat.Refuse(chat.ErrConflict, "The name %s belonged to somebody else until recently: it is free from %s on, so choose another.", name, free.Format("2 January 2006"))
		}
	}
	return nil
}

// ImportInto returns what an import from another chat needs of a service.
func ImportInto(s *Service) importing.Backing {
	return importing.Backing{
		Store: s.store, Update: s.writer.DoForHost, Now: s.now,
		HandleIsFree: func(ctx context.Context, r chat.Reader, name string) error { return s.handleIsFree(ctx, r, name, 0) },
		GroupIsFree: func(ctx context.Context, r chat.Reader, owner chat.UserID, name string) error {
			return groupNameIsFree(ctx, r, owner, 0, name)
		},
	}
}

// SetHandle changes the handle of the session's account, on all screens at once. For 30
// days, no other account can have the old handle. The error is [text.ErrName] for a
// malformed handle, [chat.ErrConflict] for one that is taken, and [chat.ErrNotAllowed]
// after too many changes.
func (s Account) SetHandle(ctx context.Context, name string) error {
	name, err := text.CheckHandle(name)
	if err != nil {
		return err
	}
	return s.do(ctx, func(ctx context.Context, tx chat.Tx) ([]chat.Change, error) {
		self, err := s.self(ctx, tx)
		if err != nil {
			return nil, err
		}
		if self.Name == name {
			return nil, chat.Refuse(chat.ErrConflict, "That is your name already.")
		}
		former, err := tx.FormerNames(ctx, self.ID)
		if err != nil {
			return nil, err
		}
		now := s.service.timestamp()
		if n := len(former) - maxRenames; n >= 0 && now.Sub(former[n].EndedAt) < nameKeptBack {
			return nil, chat.Refuse(chat.ErrNotAllowed, "You have changed your name %d times in 30 days: you can change it again on %s.",
				maxRenames, former[n].EndedAt.Add(nameKeptBack).Format("2 January 2006"))
		}
		return Accounts{s.service}.rename(ctx, tx, self.Name, self, name)
	})
}

// Rename is [Account.SetHandle] for the host, who may rename an account any number of times.
// It returns the account with its new handle.
func (s Accounts) Rename(ctx context.Context, name, to string) (chat.User, error) {
	var user chat.User
	to, err := text.CheckHandle(to)
	if err != nil {
		return user, err
	}
	err = s.writer.DoForHost(ctx, func(ctx context.Context, tx chat.Tx) ([]chat.Change, error) {
		var err error
		if user, err = userNamed(ctx, tx, name); err != nil {
			return nil, err
		}
		if user.Name == to {
			return nil, chat.Refuse(chat.ErrConflict, "The account is called %s already.", to)
		}
		changes, err := s.rename(ctx, tx, chat.HostActor, user, to)
		user.Name = to
		return recorded(changes), err
	})
	return user, err
}

// rename gives an account another handle.
func (s Accounts) rename(ctx context.Context, tx chat.Tx, actor string, user chat.User, name string) ([]chat.Change, error) {
	if err := s.handleIsFree(ctx, tx, name, user.ID); err != nil {
		return nil, err
	}
	old := user.Name
	if err := errors.Join(
		tx.InsertFormerName(ctx, chat.FormerName{User: user.ID, Name: old, EndedAt: s.timestamp()}),
		tx.SetUserName(ctx, user.ID, name),
		s.audit(ctx, tx, actor, chat.AuditUserRename, name, "was "+old),
	); err != nil {
		return nil, err
	}
	user.Name = name
	line, err := s.announce(ctx, tx, s.general, user, chat.NoticeHandle, old)
	return []chat.Change{chat.UserRenamed{User: user.ID, Name: user.Name, DisplayName: user.DisplayName}, line}, err
}

// SetDisplayName changes the display name of the session's account. The name "" removes it.
// It refuses a name that looks like the handle of another account, or like a reserved word,
// with [chat.ErrConflict]. A silenced account may only remove it.
func (s Account) SetDisplayName(ctx context.Context, name string) error {
	name, err := text.ParseDisplayName(name)
	if err != nil {
		return err
	}
	return s.do(ctx, func(ctx context.Context, tx chat.Tx) ([]chat.Change, error) {
		self, err := s.self(ctx, tx)
		if err != nil {
			return nil, err
		}
		if name != "" {
			if err := s.mayWrite(ctx, tx); err != nil {
				return nil, err
			}
		}
		if err := displayIsFree(ctx, tx, name, self.ID); err != nil {
			return nil, err
		}
		if err := tx.SetDisplayName(ctx, self.ID, name); err != nil {
			return nil, err
		}
		return []chat.Change{chat.UserRenamed{User: self.ID, Name: self.Name, DisplayName: name}}, nil
	})
}

// displayIsFree refuses a display name that could pass for the handle of somebody else.
func displayIsFree(ctx context.Context, r chat.Reader, name string, self chat.UserID) error {
	like := text.DisplaySkeleton(name)
	if text.LooksReserved(like) {
		return chat.Refuse(chat.ErrConflict, "The display name %s looks like a reserved word: choose another.", name)
	}
	have, err := r.UserBySkeleton(ctx, like)
	switch {
	case errors.Is(err, chat.ErrNotFound) || err == nil && have.ID == self:
		return nil
	case err != nil:
		return err
	default:
		return chat.Refuse(chat.ErrConflict, "The display name %s looks like the name of @%s: choose another.", name, have.Name)
	}
}

// SetStatus makes the session's user away, with a text and a time at which that ends by
// itself. The zero value says that the user is back. SetStatus refuses what
// [chat.CheckStatus] refuses. A silenced account may only say that its user is back.
func (s Account) SetStatus(ctx context.Context, in chat.Status) error {
	if in.Text != "" || !in.Until.IsZero() {
		var err error
		if in, err = chat.CheckStatus(in, s.service.now()); err != nil {
			return err
		}
	}
	err := s.do(ctx, func(ctx context.Context, tx chat.Tx) ([]chat.Change, error) {
		self, err := s.self(ctx, tx)
		if err != nil || self.Status.Text == in.Text && self.Status.Until.Equal(in.Until) {
			return nil, err
		}
		if in != (chat.Status{}) {
			if err := s.mayWrite(ctx, tx); err != nil {
				return nil, err
			}
		}
		return setStatus(ctx, tx, self.ID, in)
	})
	if err == nil && !in.Until.IsZero() {
		s.service.wakeLater()
	}
	return err
}

// setStatus changes the status of an account.
func setStatus(ctx context.Context, tx chat.Tx, user chat.UserID, to chat.Status) ([]chat.Change, error) {
	_, direct, err := tx.ConversationIDs(ctx, user)
	return []chat.Change{chat.StatusSet{User: user, Direct: direct, Status: to}}, errors.Join(err, tx.SetStatus(ctx, user, to))
}

// endStatuses removes the statuses whose time has come, and returns when the next one ends,
// or the zero time without one.
func (s *Service) endStatuses(ctx context.Context) (next time.Time, err error) {
	for {
		ended, err := s.store.StatusesUntil(ctx, s.now(), laterBatch)
		if err != nil {
			return next, err
		}
		for _, user := range ended {
			if err := s.endStatus(ctx, user.ID); err != nil {
				return next, err
			}
		}
		if len(ended) < laterBatch {
			return s.store.NextStatusEnd(ctx)
		}
	}
}

func (s *Service) endStatus(ctx context.Context, id chat.UserID) error {
	return s.writer.Do(ctx, func(ctx context.Context, tx chat.Tx) ([]chat.Change, error) {
		user, err := tx.UserByID(ctx, id)
		if err != nil || user.Status.Text == "" || user.Status.Away(s.now()) {
			return nil, err // it has changed meanwhile
		}
		return setStatus(ctx, tx, id, chat.Status{})
	})
}

// lastSeenTime bounds how long a stop waits for the note of when its users were last seen.
// Losing that harms nobody.
const lastSeenTime = time.Second

// leaving has the users who have left, with the time when each was there last, until that is
// noted in the store.
type leaving struct {
	mu sync.Mutex
	at map[chat.UserID]time.Time
}

// add notes that a user was there at a time. It waits for nothing.
func (l *leaving) add(user chat.UserID, at time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.at == nil {
		l.at = make(map[chat.UserID]time.Time)
	}
	l.at[user] = at
}

// take returns the users and forgets them.
func (l *leaving) take() map[chat.UserID]time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	at := l.at
	l.at = nil
	return at
}

// NoteSeen writes to the store when the users who have left were there, in one transaction.
// [Service.TailChanges] calls it. It writes nothing of accounts that do not share it.
func (s *service) NoteSeen(ctx context.Context) error {
	left := s.left.take()
	maps.DeleteFunc(left, func(user chat.UserID, _ time.Time) bool {
		_, shared, err := s.store.LastSeen(ctx, user)
		return err == nil && !shared
	})
	if len(left) == 0 {
		return nil
	}
	return s.writer.Do(ctx, func(ctx context.Context, tx chat.Tx) ([]chat.Change, error) {
		for user, at := range left {
			if err := tx.SetLastSeen(ctx, user, at); err != nil {
				return nil, err
			}
		}
		return nil, nil
	})
}

// lastSeen returns when another user was there last, or the zero time if the session's user
// may not know it.
func (s *session) lastSeen(ctx context.Context, other chat.User) (time.Time, error) {
	if err := s.service.NoteSeen(ctx); err != nil {
		return time.Time{}, err
	}
	_, shares, err1 := s.service.store.LastSeen(ctx, s.user.ID)
	at, otherShares, err2 := s.service.store.LastSeen(ctx, other.ID)
	k, err3 := s.contact(ctx, s.service.store, other)
	if err := errors.Join(err1, err2, err3); err != nil || !chat.MaySeeLastSeen(shares, otherShares, k) {
		return time.Time{}, err
	}
	return at, nil
}

// hideStatuses removes the statuses of accounts that the session's user has blocked. at
// returns one of n accounts with its status. The store is asked only if one has a status.
func (s *session) hideStatuses(ctx context.Context, n int, at func(i int) (chat.UserID, *chat.Status)) error {
	var list []chat.Block
	for i := range n {
		user, status := at(i)
		if status.Text == "" {
			continue
		}
		if list == nil {
			var err error
			if list, err = s.service.store.Blocks(ctx, s.user.ID); err != nil || len(list) == 0 {
				return err
			}
		}
		if slices.ContainsFunc(list, func(b chat.Block) bool { return b.User.ID == user }) {
			*status = chat.Status{}
		}
	}
	return nil
}

// FormerNames returns an account and its former handles, oldest first. Only owners and
// admins of the server may ask.
func (s Account) FormerNames(ctx context.Context, name string) (chat.User, []chat.FormerName, error) {
	if _, err := s.manages(ctx, s.service.store, chat.ServerModerate); err != nil {
		return chat.User{}, nil, err
	}
	user, err := userNamed(ctx, s.service.store, name)
	if err != nil {
		return user, nil, err
	}
	former, err := s.service.store.FormerNames(ctx, user.ID)
	return user, former, err
}

// Here returns the handles of at most so many other people who are connected, in alphabetical
// order, and how many more there are. It waits for nothing, except for the names of people who are
// connected to other servers.
func (s Contacts) Here(most int) (names []string, more int) {
	some, there, more := s.service.live.Others(s.user.ID, most)
	for _, o := range some {
		name, _ := o.Names()
		names = append(names, name)
	}
	ctx, cancel := context.WithTimeout(context.Background(), namesTime)
	defer cancel()
	for _, id := range there {
		u, err := s.service.store.UserByID(ctx, id)
		if err != nil {
			s.log.Error("reading who is connected to other servers", "err", err)
			more++
			continue
		}
		names = append(names, u.Name)
	}
	slices.Sort(names)
	return names, more
}

// namesTime is how long Here waits for the names of people on other servers.
const namesTime = 2 * time.Second

// Wrote reports whether the user has written anything that people can still read. Nobody
// can have written before with a key that opens its first session.
func (s Contacts) Wrote(ctx context.Context) (bool, error) {
	if s.fresh.Load() {
		return false, nil
	}
	if err := s.ask(ctx, costLookup); err != nil {
		return false, err
	}
	found, err := s.service.store.Search(ctx, chat.Lookup{User: s.user.ID, Author: s.user.ID, Limit: 1})
	return len(found) > 0, err
}
