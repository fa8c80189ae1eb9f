package chat

import (
	"context"
	"time"
)

// Connection is a client's, whether or not a session runs on it.
type Connection interface {
	// Proved is how the client has proved who it is so far, and the account that
	// this opens, 0 if it opens none.
	Proved() (Login, UserID)
	// End closes the connection for a reason that its user is told. It does not wait.
	End(reason string)
}

// EndsConnections makes the service end the connections that a ban, a revoked key or
// an account that is disabled or deleted is about. The function returns those that
// are open. A connection must say what its client has proved before [Service.Barred]
// is asked about that: then either the answer has a ban, or the ban ends the connection.
func (s *Service) EndsConnections(open func() []Connection) { s.connections.Store(&open) }

// lookTimeout bounds how long it may take to look up who may stay.
const lookTimeout = 10 * time.Second

// doubt ends those of the connections that match which may not stay any more. Each is
// looked up, since a change of another process is applied a little later than it was
// committed, and may have been taken back meanwhile. The writer does not wait for that.
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

// mayStayConnected refuses a connection whose client may not have it any more.
func (s *service) mayStayConnected(ctx context.Context, l Login, user UserID) error {
	if user == 0 {
		return s.keptOut(ctx, s.store, User{}, l)
	}
	_, err := s.mayStay(ctx, s.store, l)
	return err
}

// mayStay refuses a login that opens no account any more, or whose account, key or
// address is kept out. Otherwise it returns the account.
func (s *service) mayStay(ctx context.Context, r Reader, l Login) (User, error) {
	user, err := s.account(ctx, r, l)
	if err != nil {
		return user, gone(err)
	}
	return user, s.keptOut(ctx, r, user, l)
}

// keptOut refuses an account, or a stranger if it is none, that is disabled or
// banned, or whose key or address is.
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
