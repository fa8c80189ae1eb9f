package service

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/google/uuid"

	"confab/app/chat"
	"confab/app/writer"
)

// account is whom a login is for, or an error that is [chat.ErrNotFound].
func (s *service) account(ctx context.Context, r chat.Reader, l chat.Login) (chat.User, error) {
	if l.Authority == "" {
		return r.UserByKey(ctx, l.Key)
	}
	return certifiedUser(ctx, r, l)
}

// Session is one open connection of an account: what its user may ask and do, in
// parts that belong together, and the mailbox with what happens meanwhile. Its methods,
// and those of its parts, may be called from several goroutines.
type Session struct{ *session }

// Messages are what the session's user reads and writes.
func (s *Session) Messages() Messages { return Messages{s.session} }

// Threads are the replies to messages, and which of them the session's user follows.
func (s *Session) Threads() Threads { return Threads{s.session} }

// Groups are the conversations of the session's user, and who is in them.
func (s *Session) Groups() Groups { return Groups{s.session} }

// Receipts are what the session's user has read, and what others have.
func (s *Session) Receipts() ReadReceipts { return ReadReceipts{s.session} }

// Account is what belongs to the session's user alone.
func (s *Session) Account() Account { return Account{s.session} }

// Contacts are the other users of the server.
func (s *Session) Contacts() Contacts { return Contacts{s.session} }

// Files are the files of the conversations of the session's user.
func (s *Session) Files() Files { return Files{s.session} }

// Admission is how new people join the server, for its owners and admins.
func (s *Session) Admission() Admission { return Admission{s.session} }

// Later are the reminders and scheduled messages of the session's user.
func (s *Session) Later() Later { return Later{s.session} }

// Moderation is what the session's user does to look after the server.
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
	log     *slog.Logger // what it does that fails without anybody waiting for it
}

// Open starts a session of the account that the key opens; the caller must
// have seen a signature by that key. Events arrive from here on, so what is
// read from the store afterwards leaves no gap. What waited for the account is
// delivered by this. One that is banned or disabled is refused with
// [chat.ErrNotAllowed]. Close ends it.
func (s *Service) Open(ctx context.Context, fingerprint string) (*Session, error) {
	return s.OpenAs(ctx, chat.Login{Key: fingerprint})
}

// OpenAs is Open with all that is known of a login.
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

// OpenScript starts a session that only asks and does: it gets no events, makes
// nobody be there, and delivers nothing. Its mailbox tells when it must end.
// [Session.Follow] makes it one as Open does. One that is banned or disabled is
// refused with [chat.ErrNotAllowed]. Close ends it.
func (s *Service) OpenScript(ctx context.Context, fingerprint string) (*Session, error) {
	return s.OpenScriptAs(ctx, chat.Login{Key: fingerprint})
}

// OpenScriptAs is OpenScript with all that is known of a login.
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

// Follow makes the session get what happens, from here on, and delivers what
// waited for its account. It is called once.
func (s *Session) Follow(ctx context.Context) error {
	came := s.live.Connect(false)
	// After a stop it has ended already, and its user is to be told why.
	if err := s.service.admitted(ctx, s.session, came); err != nil && !errors.Is(err, chat.ErrClosed) {
		return fmt.Errorf("opening a session: %w", err)
	}
	return nil
}

// maySessionStay refuses a session that is registered and whose key opens nothing any
// more, or is kept out: what was done to it meanwhile was not found by those who
// end its sessions, so it is looked up once more.
func (s *service) maySessionStay(ctx context.Context, r chat.Reader, live chat.LiveSession) error {
	user, err := s.mayStay(ctx, r, live.Login())
	if err != nil {
		return err
	}
	live.SetHandle(user.Name)
	return nil
}

// admitted makes a session that is registered get what happens in its
// conversations. It goes through the writer, so that the account is added to
// conversations, or removed from them, before or afterwards, and not in between.
func (s *service) admitted(ctx context.Context, session *session, came bool) error {
	var all, direct []chat.ConversationID
	err := s.writer.CarryOut(ctx, &writer.Job{
		Follow: true, Of: s.maySessionStay, Log: session.log,
		Do: func(ctx context.Context, tx chat.Tx) (_ []chat.Change, err error) {
			if err := s.maySessionStay(ctx, tx, session.live); err != nil {
				return nil, err
			}
			if err := learnBlocks(ctx, tx, session.live); err != nil {
				return nil, err
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

// usedEvery is how exactly it is known when a key was used last, so that a script
// that comes every second costs no write each time.
const usedEvery = time.Minute

// noteUse notes that the session's key is used, which is not for one that was
// certified. The session does without where it cannot be noted, as on a full disk.
func (s *session) noteUse(ctx context.Context) {
	if s.login.Authority != "" {
		return
	}
	key, err := s.service.store.Key(ctx, s.login.Key)
	if err == nil && s.opened.Sub(key.LastUsedAt) >= usedEvery {
		err = s.write(ctx, func(ctx context.Context, tx chat.Tx) ([]chat.Change, error) {
			return nil, tx.UseKey(ctx, s.login.Key, s.opened)
		})
	}
	if err != nil && ctx.Err() == nil && !errors.Is(err, chat.ErrClosed) && !errors.Is(err, chat.ErrNotFound) {
		s.log.Error("noting that a key is used", "err", err)
	}
}

// gone makes a refusal of the error for a key that no longer opens an account, because a
// refusal does not undo the other changes in the transaction.
func gone(err error) error {
	if errors.Is(err, chat.ErrNotFound) {
		return chat.Refuse(chat.ErrNotFound, "This key no longer opens an account.")
	}
	return err
}

// Close ends the session. To close it twice is no error.
func (s *Session) Close() {
	s.closing.Do(func() { close(s.closed) })
	s.live.Close()
}

// End makes the session's screen end for a reason that its user is shown.
func (s *Session) End(reason string) { s.live.End(reason) }

// LogTo makes what the session does log to another log than the service's, such
// as one that names the connection. It is called before the session is used.
func (s *Session) LogTo(log *slog.Logger) { s.log = log }

// User is whose session it is: with its present handle, and the rest as it was when
// the session opened.
func (s *Session) User() chat.User { return s.current() }

func (s *session) current() chat.User {
	u := s.user
	u.Name = s.handle()
	return u
}

func (s *session) handle() string { return s.live.Handle() }

// Mailbox is where the session's events arrive.
func (s *Session) Mailbox() chat.Mailbox { return s.live.Mailbox() }

// NewID makes an id for a message of this session.
func (s *Session) NewID() (uuid.UUID, error) { return s.service.ids() }

// self returns the session's account as it is now. It refuses a deleted account: its
// session ends in a moment, and must not store anything of the account until then.
func (s *session) self(ctx context.Context, r chat.Reader) (chat.User, error) {
	self, err := r.UserByID(ctx, s.user.ID)
	if err == nil && self.Name == chat.DeletedName {
		err = chat.Refuse(chat.ErrNotAllowed, chat.DeletedReason)
	}
	return self, err
}

// do makes a change of the session's user that others see, or one of its keys, at its
// pace.
func (s *session) do(ctx context.Context, fn writer.Work) error {
	if err := s.slow(ctx, 0); err != nil {
		return err
	}
	checked := func(ctx context.Context, tx chat.Tx) ([]chat.Change, error) {
		if _, err := s.self(ctx, tx); err != nil {
			return nil, err
		}
		return fn(ctx, tx)
	}
	return s.service.writer.CarryOut(ctx, &writer.Job{Do: checked, Of: fn, Log: s.log})
}

// Attend says that the session's user is at the screen: it pressed a key, or
// the terminal got the focus.
func (s *Session) Attend() { s.live.Attend() }

// write makes a change that the session asks for.
func (s *session) write(ctx context.Context, fn writer.Work) error {
	return s.service.writer.CarryOut(ctx, &writer.Job{Do: fn, Of: fn, Log: s.log})
}

// post is write for what only adds messages, and whom they name.
func (s *session) post(ctx context.Context, fn writer.Work) error {
	return s.service.writer.CarryOut(ctx, &writer.Job{Do: fn, Of: fn, Log: s.log, Post: true})
}
