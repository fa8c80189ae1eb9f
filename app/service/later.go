package service

import (
	"context"
	"errors"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"confab/app/chat"
	"confab/app/text"
)

const (
	// laterBatch is how many reminders and scheduled messages are looked up at once.
	laterBatch = 100
	// clockCheck bounds how long [Service.KeepTime] waits, so that it notices a clock that
	// was put forward, and how soon it tries again after a fault.
	clockCheck = 10 * time.Second
)

// Later has the use cases of a session for reminders and scheduled messages. See
// [Session.Later].
type Later struct{ *session }

// Add adds a reminder or a scheduled message, and returns it when it is on disk. The caller
// fills in the conversation (for a message), the text, the time and the zone. A caller that
// may repeat the request also fills in the ID: then Add returns the entry that has this ID.
// Add refuses what [Messages.Send] refuses, times that are past or more than a year ahead
// with [text.ErrInvalid], and more than [chat.MaxLater] entries with [chat.ErrTooLarge]. A
// message counts towards the user's limits now, and not when it is posted.
func (s Later) Add(ctx context.Context, in chat.Later) (chat.Later, error) {
	body, err := chat.CheckBody(in.Body)
	if err != nil {
		return in, err
	}
	if in.Reminder() && len(body) > chat.MaxReminder {
		return in, chat.Refuse(chat.ErrTooLarge, "The reminder has %d bytes and the limit is %d: shorten it.", len(body), chat.MaxReminder)
	}
	if err := s.slowWriting(ctx, body); err != nil {
		return in, err
	}
	if in.ID == uuid.Nil {
		if in.ID, err = s.service.newID(); err != nil {
			return in, err
		}
	}
	in.User, in.Body, in.MadeAt, in.At = s.user.ID, body, s.service.timestamp(), in.At.Truncate(time.Millisecond)
	err = s.write(ctx, func(ctx context.Context, tx chat.Tx) ([]chat.Change, error) {
		if _, err := s.self(ctx, tx); err != nil {
			return nil, err
		}
		if !in.Reminder() {
			if _, _, err := s.access(ctx, tx, in.Conversation, chat.ActionPost); err != nil {
				return nil, err
			}
		}
		if have, err := s.added(ctx, tx, in); have.Number != 0 || err != nil {
			in = have
			return nil, err
		}
		if now := s.service.now(); !in.At.After(now) {
			return nil, chat.Refuse(text.ErrInvalid, "That time has passed already: choose a later one.")
		} else if in.At.After(now.AddDate(1, 0, 0)) {
			return nil, chat.Refuse(text.ErrInvalid, "That is more than a year ahead: choose an earlier time.")
		}
		have, err := tx.Laters(ctx, s.user.ID)
		if err != nil {
			return nil, err
		}
		if len(have) >= chat.MaxLater {
			return nil, chat.Refuse(chat.ErrTooLarge, "You have %d reminders and scheduled messages, which is the limit: cancel one first.", len(have))
		}
		in.Number, err = tx.InsertLater(ctx, in)
		return []chat.Change{chat.LaterOf{User: s.user.ID}}, err
	})
	if err != nil {
		return in, err
	}
	s.service.wakeLater()
	return s.titled(ctx, in)
}

// added returns the entry that has this id already. Its number is 0 if there is none.
func (s Later) added(ctx context.Context, tx chat.Tx, in chat.Later) (chat.Later, error) {
	taken := chat.Refuse(chat.ErrConflict, "Another message has this id already: choose a new one.")
	have, err := tx.Later(ctx, in.ID)
	if err == nil && (have.User != in.User || have.Conversation != in.Conversation) {
		return chat.Later{}, taken
	}
	if !errors.Is(err, chat.ErrNotFound) {
		return have, err
	}
	if _, err = tx.MessageByID(ctx, in.ID); err == nil { // perhaps this one, which was posted meanwhile
		return chat.Later{}, taken
	}
	if errors.Is(err, chat.ErrNotFound) {
		err = nil
	}
	return chat.Later{}, err
}

// titled adds the title and the id of the conversation, if the user is a member of it.
func (s Later) titled(ctx context.Context, l chat.Later) (chat.Later, error) {
	if l.Reminder() {
		return l, nil
	}
	c, err := s.summary(ctx, s.service.store, l.Conversation)
	if err == nil {
		l.Title, l.ConversationUID = c.Title(), c.UID
	}
	if chat.IsRefusal(err) {
		err = nil
	}
	return l, err
}

// List returns the user's reminders and scheduled messages: first those that are due, and
// then the others, the earliest first.
func (s Later) List(ctx context.Context) ([]chat.Later, error) {
	if err := s.ask(ctx, costList); err != nil {
		return nil, err
	}
	all, err := s.service.store.Laters(ctx, s.user.ID)
	if err != nil {
		return nil, err
	}
	list := make([]chat.Later, 0, len(all))
	for _, due := range []bool{true, false} {
		for _, l := range all {
			if l.Due() != due {
				continue
			}
			if l, err = s.titled(ctx, l); err != nil {
				return nil, err
			}
			list = append(list, l)
		}
	}
	return list, nil
}

// Cancel removes a reminder or a scheduled message from the user's list, by its number or
// its id, and returns it. If the user has no such entry, the error is [chat.ErrNotFound].
func (s Later) Cancel(ctx context.Context, which string) (chat.Later, error) {
	which = strings.TrimPrefix(strings.TrimSpace(which), "#")
	number, _ := strconv.Atoi(which)
	id, _ := uuid.Parse(which)
	var found chat.Later
	err := s.do(ctx, func(ctx context.Context, tx chat.Tx) ([]chat.Change, error) {
		all, err := tx.Laters(ctx, s.user.ID)
		if err != nil {
			return nil, err
		}
		for _, l := range all {
			if l.Number == number || l.ID == id {
				found = l
				return []chat.Change{chat.LaterOf{User: s.user.ID}}, tx.DeleteLater(ctx, l.ID)
			}
		}
		return nil, chat.Refuse(chat.ErrNotFound, "No reminder and no scheduled message of yours has the number %s.", text.CleanLine(which, 40))
	})
	if err != nil {
		return found, err
	}
	return s.titled(ctx, found)
}

// wakeLater makes [Service.KeepTime] look for the next entry again.
func (s *service) wakeLater() {
	select {
	case s.sooner <- struct{}{}:
	default: // it is about to look
	}
}

// KeepTime posts scheduled messages, tells users of their reminders and ends statuses when
// they are due, until ctx ends. It begins with those that became due while the server was
// not running. It uses the service's clock. If the clock is put back, nothing is posted again.
// One timer serves all accounts, and it runs only while something waits. KeepTime logs faults
// of the store, and tries again.
func (s *Service) KeepTime(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	var next time.Time
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-s.sooner:
			next = time.Time{}
		case <-timer.C:
		}
		if next.IsZero() || !next.After(s.now()) {
			var err error
			if next, err = s.DoDue(ctx); err != nil {
				s.noted(ctx, "handling due reminders and scheduled messages", err)
				next = s.now().Add(clockCheck)
			}
		}
		timer.Stop()
		if !next.IsZero() {
			timer.Reset(min(max(next.Sub(s.now()), 0), clockCheck))
		}
	}
}

// DoDue handles all reminders and scheduled messages that are due now, and returns the time
// of the next one that waits, or the zero time without one. If one fails, DoDue still
// handles the others.
func (s *Service) DoDue(ctx context.Context) (next time.Time, err error) {
	next, err1 := s.doLaters(ctx)
	ends, err2 := s.endStatuses(ctx)
	if next.IsZero() || !ends.IsZero() && ends.Before(next) {
		next = ends
	}
	return next, errors.Join(err1, err2)
}

// doLaters does what is due of reminders and scheduled messages, and returns the time of the
// next one.
func (s *Service) doLaters(ctx context.Context) (next time.Time, err error) {
	for {
		due, err := s.store.LatersUntil(ctx, s.now(), laterBatch)
		if err != nil {
			return next, err
		}
		var failed []error
		for _, id := range due {
			failed = append(failed, s.doLater(ctx, id))
		}
		if err := errors.Join(failed...); err != nil {
			return next, err
		}
		if len(due) < laterBatch {
			return s.store.NextLater(ctx)
		}
	}
}

// doLater posts a scheduled message, or makes a reminder due, in one transaction. If the
// message is refused, its text stays in the list of its author, with the reason.
func (s *service) doLater(ctx context.Context, id uuid.UUID) error {
	return s.writer.Do(ctx, func(ctx context.Context, tx chat.Tx) ([]chat.Change, error) {
		l, err := tx.Later(ctx, id)
		if errors.Is(err, chat.ErrNotFound) || err == nil && (l.Due() || l.At.After(s.now())) {
			return nil, nil // it was cancelled, or another process was first
		}
		if err != nil {
			return nil, err
		}
		told, why := []chat.Change{chat.LaterOf{User: l.User}}, ""
		if !l.Reminder() {
			posted, err := s.postLater(ctx, tx, l)
			if err == nil {
				return append(posted, told...), tx.DeleteLater(ctx, id)
			}
			if !chat.IsRefusal(err) {
				return nil, err
			}
			why = chat.UserText(err)
		}
		return told, tx.SetLaterDue(ctx, id, s.timestamp(), why)
	})
}

// postLater posts a scheduled message with the permissions that its author has now. The
// author may have been banned in the meantime.
func (s *service) postLater(ctx context.Context, tx chat.Tx, l chat.Later) ([]chat.Change, error) {
	_, changes, err := s.postAs(ctx, tx, l.User, chat.NewMessage{ID: l.ID, Conversation: l.Conversation, Body: l.Body}, l.Body)
	return changes, err
}

// postAs posts a message of an account that has no session, with the permissions that the
// account has now. body is the clean text. No position of the account moves.
func (s *service) postAs(ctx context.Context, tx chat.Tx, user chat.UserID, in chat.NewMessage, body string) (*chat.Message, []chat.Change, error) {
	author, err := tx.UserByID(ctx, user)
	if err != nil {
		return nil, nil, err
	}
	why, err := s.barred(ctx, tx, author, "")
	if err != nil {
		return nil, nil, err
	}
	if why != "" {
		return nil, nil, chat.Refuse(chat.ErrNotAllowed, "%s", why)
	}
	now := s.timestamp()
	as := &session{service: s, user: author, opened: now, live: s.live.Open(chat.Login{User: user}, author, now), log: s.log}
	var posted *chat.Message
	var reads *chat.Advance
	changes, err := Messages{as}.adding(in, body, &posted, &reads)(ctx, tx)
	return posted, changes, err
}

// Programs has the use cases for programs that have no session. See [ProgramsOf].
type Programs struct{ *service }

// ProgramsOf returns the use cases for programs that have no session.
func ProgramsOf(s *Service) Programs { return Programs{s.service} }

// PostAs posts a message of a program that has no session, such as a webhook, with the
// permissions that the program's account has now. check runs in the same transaction. The
// message is posted only if check returns nil, and its other errors are those of
// [Messages.Send]. Without an id, the message gets a new one. PostAs does not slow the
// account.
func (s Programs) PostAs(ctx context.Context, user chat.UserID, in chat.NewMessage, check func(context.Context, chat.Tx) error) (*chat.Message, error) {
	body, err := chat.CheckBody(in.Body)
	if err != nil {
		return nil, err
	}
	if in.ID == uuid.Nil {
		if in.ID, err = s.newID(); err != nil {
			return nil, err
		}
	}
	var posted *chat.Message
	err = s.writer.Do(ctx, func(ctx context.Context, tx chat.Tx) ([]chat.Change, error) {
		if err := check(ctx, tx); err != nil {
			return nil, err
		}
		var changes []chat.Change
		var err error
		posted, changes, err = s.postAs(ctx, tx, user, in, body)
		return changes, err
	})
	return posted, err
}

// ServesWeb says that the server accepts webhooks at an address such as
// https://chat.example.org.
func (s Programs) ServesWeb(address string) { s.web.Store(&address) }

// WebAddress returns the address of [Programs.ServesWeb], "" if the server has none.
func (s Programs) WebAddress() string {
	if at := s.web.Load(); at != nil {
		return *at
	}
	return ""
}

// Now returns the time of the service's clock.
func (s Programs) Now() time.Time { return s.now() }

// Random returns the source of randomness for secrets.
func (s Programs) Random() io.Reader { return s.random }
