package chat

import (
	"context"
	"time"
)

// Connection is the connection of a client, with or without a session on it.
type Connection interface {
	// Proved returns the login that the client has proved so far, and the account that
	// the login opens, or 0 if it opens no account.
	Proved() (Login, UserID)
	// End closes the connection for a reason, which its user sees. It does not wait.
	End(reason string)
}

// EndsConnections makes the service end connections after a ban, after a key was revoked,
// and after an account was disabled or deleted. open returns the open connections. A
// connection must report what its client has proved before the caller asks
// [Service.Barred] about it. Then either the answer includes a ban, or the ban ends the
// connection.
func (s *Service) EndsConnections(open func() []Connection) { s.connections.Store(&open) }

// lookTimeout bounds the time for looking up which connections may stay.
const lookTimeout = 10 * time.Second

// doubt ends the matching connections that may no longer stay. It looks up each of them,
// because a change of another process is applied a little after its commit, and may
// have been taken back in the meantime. The writer does not wait for these lookups.
func (s *service) doubt(match func(Login, UserID) bool) {
	open := s.connections.Load()
	if open == nil {
		return
	}
	s.doubts.Go(func() {
		ctx, cancel := context.WithTimeout(context.Background(), lookTimeout)
		defer cancel()
		for _, c := range (*open)() {
			login, user := c.Proved()
			if !match(login, user) {
				continue
			}
			err := s.mayStayConnected(ctx, login, user)
			if err != nil && !IsRefusal(err) {
				s.log.Error("looking up who may stay connected", "err", err)
			}
			if err != nil {
				c.End(UserText(err))
			}
		}
	})
}

// mayStayConnected refuses a connection that must end.
func (s *service) mayStayConnected(ctx context.Context, l Login, user UserID) error {
	if user == 0 {
		return s.keptOut(ctx, s.store, User{}, l)
	}
	_, err := s.mayStay(ctx, s.store, l)
	return err
}

// mayStay returns the account of a login. It refuses a login that no longer opens an
// account, and one whose account, key or address is kept out.
func (s *service) mayStay(ctx context.Context, r Reader, l Login) (User, error) {
	user, err := s.account(ctx, r, l)
	if err != nil {
		return user, gone(err)
	}
	return user, s.keptOut(ctx, r, user, l)
}

// keptOut refuses a login if its address, its key or its account is banned, or if the
// account is disabled. A stranger has the zero User.
func (s *service) keptOut(ctx context.Context, r Reader, user User, l Login) error {
	why := s.barredAddress(l.From)
	if why == "" && l.Key != "" { // a client that has proved nothing yet has only an address
		var err error
		if why, err = s.barred(ctx, r, user, l.Key); err != nil {
			return err
		}
	}
	if why != "" {
		return Refuse(ErrNotAllowed, "%s", why)
	}
	return nil
}
