package service

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"confab/app/chat"
	"confab/app/principal"
	"confab/app/word"
	"confab/app/writer"
)

// account returns the account that a login opens. If there is none, the error is
// [chat.ErrNotFound].
func (s *service) account(ctx context.Context, r chat.Reader, l chat.Login) (chat.User, error) {
	if l.Authority == "" {
		return r.UserByKey(ctx, l.Key)
	}
	return certifiedUser(ctx, r, l)
}

// FollowCertificate makes the memberships of groups as a certificate says, for the account that
// the certificate opens. Call it before the session is opened. The errors are those of
// [Service.OpenAs].
func (s Accounts) FollowCertificate(ctx context.Context, l chat.Login, c principal.Certificate, groups principal.Groups) error {
	if len(groups) == 0 || l.Authority == "" {
		return nil
	}
	host := Moderation{service: s.service, name: chat.HostActor}
	by := principal.Backing{
		Log: s.log, Audit: s.audit, Admit: host.joins, Line: Contents{host}.line,
		Full: func(ctx context.Context, tx chat.Tx, c chat.Conversation) error {
			return host.as().memberLimit(ctx, tx, c, 1)
		},
	}
	user, err := s.mayStay(ctx, s.store, l)
	if err != nil {
		return err
	}
	if something, err := by.Changes(ctx, s.store, user, c, groups); err != nil || !something {
		return err
	}
	return s.writer.DoForHost(ctx, func(ctx context.Context, tx chat.Tx) ([]chat.Change, error) {
		user, err := s.mayStay(ctx, tx, l)
		if err != nil {
			return nil, err
		}
		return by.Apply(ctx, tx, user, c, groups)
	})
}

// Session is one open connection of an account. It has what its user can ask for and do,
// grouped by subject, and the mailbox with the events that the user gets. Several
// goroutines may call its methods and those of its parts.
type Session struct{ *session }

// Messages returns the use cases for reading, writing and finding messages.
func (s *Session) Messages() Messages { return Messages{s.session} }

// Threads returns the use cases for replies in threads, and for following threads.
func (s *Session) Threads() Threads { return Threads{s.session} }

// Groups returns the use cases for conversations and their members.
func (s *Session) Groups() Groups { return Groups{s.session} }

// Receipts returns the use cases for what the session's user and others have read.
func (s *Session) Receipts() ReadReceipts { return ReadReceipts{s.session} }

// Account returns the use cases for the session's own account.
func (s *Session) Account() Account { return Account{s.session} }

// Contacts returns the use cases for the other users of the server.
func (s *Session) Contacts() Contacts { return Contacts{s.session} }

// Files returns the use cases for the files of the user's conversations.
func (s *Session) Files() Files { return Files{s.session} }

// Admission returns the use cases of owners and admins for letting new people in.
func (s *Session) Admission() Admission { return Admission{s.session} }

// Later returns the use cases for reminders and scheduled messages.
func (s *Session) Later() Later { return Later{s.session} }

// Moderation returns the use cases of owners and admins for moderating the server.
func (s *Session) Moderation() Moderation { return s.moderation() }

// session is what a [Session] and its parts share.
type session struct {
	service *service
	user    chat.User // as it was when the session opened
	login   chat.Login
	opened  time.Time
	live    chat.LiveSession
	closed  chan struct{} // by Close
	closing sync.Once
	log     *slog.Logger // gets the faults for which no caller waits

	outstanding chat.Outstanding // when the session began to follow
	fresh       atomic.Bool      // the key has not opened a session before, and its user has not posted
}

// Outstanding returns which lists of the user had entries when the session began to follow
// its conversations. Events tell of all later entries.
func (s *session) Outstanding() chat.Outstanding { return s.outstanding }

// Open starts a session of the account that a key opens. The caller must have seen a
// signature by that key. Events arrive from then on, so that reading the store afterwards
// leaves no gap. Open also delivers the messages that waited for the account. The error is
// [chat.ErrNotFound] if the key opens no account, and [chat.ErrNotAllowed] if the account,
// the key or the address is banned or the account is disabled. [Session.Close] ends the
// session.
func (s *Service) Open(ctx context.Context, fingerprint string) (*Session, error) {
	return s.OpenAs(ctx, chat.Login{Key: fingerprint})
}

// OpenAs is [Service.Open] for a login, which may be by a certificate.
func (s *Service) OpenAs(ctx context.Context, l chat.Login) (*Session, error) {
	session, err := s.newSession(ctx, l)
	if err != nil {
		return nil, err
	}
	if err := session.Follow(ctx); err != nil {
		session.Close()
		return nil, err
	}
	session.noteUse(ctx)
	return session, nil
}

// newSession makes a session that is not registered yet.
func (s *Service) newSession(ctx context.Context, l chat.Login) (*Session, error) {
	session := &Session{&session{
		service: s.service, login: l, opened: s.timestamp(),
		log: s.log, closed: make(chan struct{}),
	}}
	var err error
	if session.user, err = s.account(ctx, s.store, l); err != nil {
		return nil, fmt.Errorf("opening a session: %w", err)
	}
	session.live = s.live.Open(l, session.user, session.opened)
	return session, nil
}

// OpenScript starts a session for a script. The session gets no events, does not make its
// user online, and delivers no messages. Its mailbox says when it must end.
// [Session.Follow] turns it into a session like those of [Service.Open]. The errors are
// those of [Service.Open]. [Session.Close] ends the session.
func (s *Service) OpenScript(ctx context.Context, fingerprint string) (*Session, error) {
	return s.OpenScriptAs(ctx, chat.Login{Key: fingerprint})
}

// OpenScriptAs is [Service.OpenScript] for a login, which may be by a certificate.
func (s *Service) OpenScriptAs(ctx context.Context, l chat.Login) (*Session, error) {
	session, err := s.newSession(ctx, l)
	if err != nil {
		return nil, err
	}
	session.live.Connect(true)
	if err := s.maySessionStay(ctx, s.store, session.live); err != nil {
		session.Close()
		return nil, fmt.Errorf("opening a session: %w", err)
	}
	session.noteUse(ctx)
	return session, nil
}

// Follow makes the session get events from now on, and delivers the messages that waited
// for its account. Call it once.
func (s *Session) Follow(ctx context.Context) error {
	came := s.live.Connect(false)
	// After the service has stopped, the session has ended already, and its mailbox tells
	// the user why.
	if err := s.service.admitted(ctx, s.session, came); err != nil && !errors.Is(err, chat.ErrClosed) {
		return fmt.Errorf("opening a session: %w", err)
	}
	return nil
}

// maySessionStay refuses a registered session whose key no longer opens an account, or
// whose user, key or address is banned. The session checks this itself, because a change
// that was applied before it was registered did not end it.
func (s *service) maySessionStay(ctx context.Context, r chat.Reader, live chat.LiveSession) error {
	user, err := s.mayStay(ctx, r, live.Login())
	if err != nil {
		return err
	}
	live.SetNames(user.Name, user.DisplayName)
	return nil
}

// admitted makes a registered session get the events of its conversations. It goes through
// the writer, so that no conversation is added or removed between reading the list of
// conversations and following them.
func (s *service) admitted(ctx context.Context, session *session, came bool) error {
	var all, direct []chat.ConversationID
	err := s.writer.CarryOut(ctx, &writer.Job{
		Follow: true, Of: s.maySessionStay, Log: session.log,
		Do: func(ctx context.Context, tx chat.Tx) (_ []chat.Change, err error) {
			if err := s.maySessionStay(ctx, tx, session.live); err != nil {
				return nil, err
			}
			if session.outstanding, err = tx.Outstanding(ctx, session.user.ID); err != nil {
				return nil, err
			}
			session.outstanding.Requests = chat.DecideServer(session.user, chat.ServerAdmit, nil) == nil
			if session.outstanding.Blocks {
				if err := learnBlocks(ctx, tx, session.live); err != nil {
					return nil, err
				}
			}
			all, direct, err = tx.ConversationIDs(ctx, session.user.ID)
			return nil, err
		},
		After: func() { session.live.Follow(came, all, direct) },
	})
	if err != nil {
		return err
	}
	return s.deliverAll(ctx, session.user.ID)
}

func (s *service) renewSessions(ctx context.Context) error {
	requests, err := s.requestsWaiting(ctx, s.store)
	if err := errors.Join(err, s.readBans(ctx)); err != nil {
		return err
	}
	for _, o := range s.live.Sessions() {
		err := s.maySessionStay(ctx, s.store, o)
		if chat.IsRefusal(err) {
			o.End(chat.UserText(err))
			continue
		}
		if err != nil {
			return err
		}
		if err := learnBlocks(ctx, s.store, o); err != nil {
			return err
		}
		all, direct, err := s.store.ConversationIDs(ctx, o.User())
		if err != nil {
			return err
		}
		o.Renew(all, direct)
	}
	words, err := word.Read(ctx, s.store)
	if err := errors.Join(err, s.live.Renew(ctx)); err != nil {
		return err
	}
	return errors.Join(s.live.Apply(requests), s.live.Apply(chat.WordsChanged{Words: words}))
}

// usedEvery is the precision of the time when a key was last used. A script that runs every
// second does not cost a write each time.
const usedEvery = time.Minute

// noteUse stores that the session's key was used, unless the login was by a certificate. If
// that fails, for example on a full disk, the session works without it.
func (s *session) noteUse(ctx context.Context) {
	if s.login.Authority != "" {
		return
	}
	key, err := s.service.store.Key(ctx, s.login.Key)
	s.fresh.Store(err == nil && key.LastUsedAt.IsZero())
	if err == nil && s.opened.Sub(key.LastUsedAt) >= usedEvery {
		err = s.write(ctx, func(ctx context.Context, tx chat.Tx) ([]chat.Change, error) {
			return nil, tx.UseKey(ctx, s.login.Key, s.opened)
		})
	}
	if err != nil && ctx.Err() == nil && !errors.Is(err, chat.ErrClosed) && !errors.Is(err, chat.ErrNotFound) {
		s.log.Error("storing that a key was used", "err", err)
	}
}

// gone turns the error for a key that no longer opens an account into a refusal, because a
// refusal does not undo the other changes in the transaction.
func gone(err error) error {
	if errors.Is(err, chat.ErrNotFound) {
		return chat.Refuse(chat.ErrNotFound, "This key no longer opens an account.")
	}
	return err
}

// Close ends the session. It may be called twice.
func (s *Session) Close() {
	s.closing.Do(func() { close(s.closed) })
	s.live.Close()
}

// End makes the session's screen end. Its user sees the reason.
func (s *Session) End(reason string) { s.live.End(reason) }

// LogTo makes the session use another log than the service's, such as one that names the
// connection. Call it before the session is used.
func (s *Session) LogTo(log *slog.Logger) { s.log = log }

// User returns the user of the session, with the present handle. Everything else is as it
// was when the session was opened.
func (s *Session) User() chat.User { return s.current() }

func (s *session) current() chat.User {
	u := s.user
	u.Name, u.DisplayName = s.live.Names()
	return u
}

func (s *session) handle() string {
	handle, _ := s.live.Names()
	return handle
}

// Mailbox returns the mailbox in which the session's events arrive.
func (s *Session) Mailbox() chat.Mailbox { return s.live.Mailbox() }

// NewID makes an id for a message of this session.
func (s *Session) NewID() (uuid.UUID, error) { return s.service.ids() }

// self returns the session's account as it is now. It refuses a deleted account, whose
// session must not store anything in the moment before it ends.
func (s *session) self(ctx context.Context, r chat.Reader) (chat.User, error) {
	self, err := r.UserByID(ctx, s.user.ID)
	if err == nil && self.Name == chat.DeletedName {
		err = chat.Refuse(chat.ErrNotAllowed, chat.DeletedReason)
	}
	return self, err
}

// membership returns the user's membership of a conversation, with what the whole server
// keeps the user from doing now.
func (s *session) membership(ctx context.Context, r chat.Reader, id chat.ConversationID) (chat.Membership, error) {
	m, err := r.Membership(ctx, id, s.user.ID)
	s.service.live.Words().Halt(&m)
	return m, err
}

// do makes a change that others see, or a change of the user's keys, as soon as the user's
// allowance permits.
func (s *session) do(ctx context.Context, fn writer.Work) error {
	if err := s.slow(ctx, 0); err != nil {
		return err
	}
	checked := func(ctx context.Context, tx chat.Tx) ([]chat.Change, error) {
		if _, err := s.self(ctx, tx); err != nil {
			return nil, err
		}
		if err := s.mayStayHere(ctx, tx); err != nil {
			return nil, err
		}
		return fn(ctx, tx)
	}
	return s.service.writer.CarryOut(ctx, &writer.Job{Do: checked, Of: fn, Log: s.log})
}

// mayStayHere refuses a change of a user whom another server has banned or disabled a moment ago,
// or whose key was revoked there. A session without a key posts for a program.
func (s *session) mayStayHere(ctx context.Context, tx chat.Tx) error {
	if s.service.bus == nil || s.login.Key == "" {
		return nil
	}
	_, err := s.service.mayStay(ctx, tx, s.login)
	return err
}

// Attend says that the session's user is at the screen: they pressed a key, or the terminal
// got the focus.
func (s *Session) Attend() { s.live.Attend() }

// write makes a change without limits on how often.
func (s *session) write(ctx context.Context, fn writer.Work) error {
	return s.service.writer.CarryOut(ctx, &writer.Job{Do: fn, Of: fn, Log: s.log})
}

// post is write for changes that only add messages and their mentions.
func (s *session) post(ctx context.Context, fn writer.Work) error {
	return s.service.writer.CarryOut(ctx, &writer.Job{Do: fn, Of: fn, Log: s.log, Post: true})
}
