package service

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"time"

	"confab/app/chat"
	"confab/app/text"
	"confab/keys"
)

// The shortest prefixes that can be banned. A typing error must not keep half of the
// world out.
const (
	banLeast4 = 8
	banLeast6 = 16
)

// parseNetwork reads the address or the CIDR of a ban.
func parseNetwork(s string) (netip.Prefix, error) {
	p, err := netip.ParsePrefix(s)
	if err != nil {
		a, err := netip.ParseAddr(s)
		if err != nil {
			return p, chat.Refuse(text.ErrInvalid, "%q can't be banned: write @name, a fingerprint (SHA256:…), an address, or a network such as 192.0.2.0/24.", text.CleanLine(s, 60))
		}
		p = netip.PrefixFrom(a.Unmap().WithZone(""), a.Unmap().BitLen())
	}
	least := banLeast6
	if p.Addr().Is4() {
		least = banLeast4
	}
	switch {
	case p.Addr().Is4In6():
		return p, chat.Refuse(text.ErrInvalid, "Write the IPv4 network without ::ffff: before it.")
	case p.Bits() < least:
		return p, chat.Refuse(text.ErrInvalid, "That network is too large: the largest that you can ban is a /%d.", least)
	case p.Overlaps(netip.MustParsePrefix("127.0.0.0/8")), p.Contains(netip.IPv6Loopback()):
		return p, chat.Refuse(text.ErrInvalid, "That is the server's own machine.")
	}
	return p.Masked(), nil
}

// ban reads the target of a ban. For an account, and for a key that opens one, it also
// returns the account.
func (s *service) ban(ctx context.Context, tx chat.Tx, target string) (chat.Ban, *chat.User, error) {
	target = strings.TrimSpace(target)
	if strings.HasPrefix(target, "@") {
		user, err := userNamed(ctx, tx, target)
		return chat.Ban{Kind: chat.BanAccount, User: user.ID, UserName: user.Name}, &user, err
	}
	if fingerprint, err := keys.ParseFingerprint(target); err == nil {
		b := chat.Ban{Kind: chat.BanKey, Target: fingerprint}
		user, err := tx.UserByKey(ctx, fingerprint)
		if errors.Is(err, chat.ErrNotFound) {
			return b, nil, nil
		}
		return b, &user, err
	}
	p, err := parseNetwork(target)
	return chat.Ban{Kind: chat.BanNetwork, Target: p.String()}, nil, err
}

// readBans replaces the bans of networks in memory with those in the store.
func (s *service) readBans(ctx context.Context) error {
	bans, err := s.store.Bans(ctx)
	if err != nil {
		return err
	}
	return s.live.NetworkBans().Replace(bans)
}

// BarredAddress returns why nobody may connect from an address, or "" if people may. It
// does not read the store.
func (s *Service) BarredAddress(a netip.Addr) string { return s.barredAddress(a) }

func (s *service) barredAddress(a netip.Addr) string {
	if b, banned := s.live.NetworkBans().Of(a); banned {
		return b.Text()
	}
	return ""
}

// Barred returns why a login may not open its account, or "" if it may. The reason is a
// sentence for the user.
func (s *Service) Barred(ctx context.Context, l chat.Login) (string, error) {
	_, err := s.mayStay(ctx, s.store, l)
	if chat.IsRefusal(err) {
		return chat.UserText(err), nil
	}
	return "", err
}

// barred returns why a user may not be here with a key, or "": the account is disabled, or
// it or the key is banned. It does not look at banned networks.
func (s *service) barred(ctx context.Context, r chat.Reader, user chat.User, fingerprint string) (string, error) {
	if user.Disabled {
		return chat.DisabledReason, nil
	}
	bans, err := r.BansOf(ctx, user.ID, fingerprint)
	if err != nil {
		return "", err
	}
	for _, b := range bans {
		if !b.Active(s.now()) {
			continue
		}
		if over, err := outranked(ctx, r, b, user); over || err != nil {
			if err != nil {
				return "", err
			}
			continue
		}
		return b.TextFor(user.ID == 0), nil
	}
	return "", nil
}

// sparedBy returns the accounts to which a ban does not apply, whichever key they use.
func sparedBy(ctx context.Context, r chat.Reader, b chat.Ban) ([]chat.UserID, error) {
	staff, err := r.Staff(ctx)
	if err != nil {
		return nil, err
	}
	var spared []chat.UserID
	for _, u := range staff {
		over, err := outranked(ctx, r, b, u)
		if err != nil {
			return nil, err
		}
		if over {
			spared = append(spared, u.ID)
		}
	}
	return spared, nil
}

// outranked reports whether an account ranks above the maker of a ban of its key. The maker
// may not know whose key it is, because a key with a certificate opens the account that the
// certificate names. Admins may not ban owners, so they must not lock an owner out through
// that key either. For everybody else with the key, the ban is in force.
func outranked(ctx context.Context, r chat.Reader, b chat.Ban, user chat.User) (bool, error) {
	if b.Kind != chat.BanKey || user.ID == 0 || b.MadeBy == chat.HostActor {
		return false, nil
	}
	maker, err := r.UserByName(ctx, b.MadeBy)
	if err != nil && !errors.Is(err, chat.ErrNotFound) {
		return false, err
	}
	if err == nil && maker.ID == user.ID {
		return false, nil
	}
	// The maker was at least an admin when it made the ban. A ban outlasts the role.
	if maker.Disabled = false; maker.Role != chat.RoleOwner {
		maker.Role = chat.RoleAdmin
	}
	return chat.DecideServer(maker, chat.ServerModerate, &user) != nil, nil
}

// lookTimeout bounds the time for looking up which connections may stay.
const lookTimeout = 10 * time.Second

// doubt ends the matching connections that may no longer stay. It looks up each of them,
// because a change of another process is applied a little after its commit, and may have
// been undone in the meantime. The writer does not wait for these lookups.
func (s *service) doubt(match func(chat.Login, chat.UserID) bool) {
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
			if err != nil && !chat.IsRefusal(err) {
				s.log.Error("looking up who may stay connected", "err", err)
			}
			if err != nil {
				c.End(chat.UserText(err))
			}
		}
	})
}

// mayStayConnected refuses a connection that must end.
func (s *service) mayStayConnected(ctx context.Context, l chat.Login, user chat.UserID) error {
	if user == 0 {
		return s.keptOut(ctx, s.store, chat.User{}, l)
	}
	_, err := s.mayStay(ctx, s.store, l)
	return err
}

// mayStay returns the account of a login. It refuses a login that no longer opens an
// account, and one whose account, key or address is kept out.
func (s *service) mayStay(ctx context.Context, r chat.Reader, l chat.Login) (chat.User, error) {
	user, err := s.account(ctx, r, l)
	if err != nil {
		return user, gone(err)
	}
	return user, s.keptOut(ctx, r, user, l)
}

// keptOut refuses a login if its address, its key or its account is banned, or if the
// account is disabled. A stranger has the zero User.
func (s *service) keptOut(ctx context.Context, r chat.Reader, user chat.User, l chat.Login) error {
	why := s.barredAddress(l.From)
	if why == "" && l.Key != "" { // a client that has proved nothing yet has only an address
		var err error
		if why, err = s.barred(ctx, r, user, l.Key); err != nil {
			return err
		}
	}
	if why != "" {
		return chat.Refuse(chat.ErrNotAllowed, "%s", why)
	}
	return nil
}

// Ban bans an account ("@name"), a key ("SHA256:…"), an address or a network. It ends after
// span, or never by itself if span is 0. It replaces an earlier ban of the same target, whose
// end stays for the span [chat.SameSpan] and whose reason stays for the reason "". Ban
// refuses other targets with [text.ErrInvalid], unknown accounts with [chat.ErrNotFound],
// a ban that would change nothing with [chat.ErrConflict], and what the actor may not do
// with [chat.ErrNotAllowed].
func (m Moderation) Ban(ctx context.Context, target string, span time.Duration, reason string) (chat.BanMade, error) {
	return m.ban(ctx, chat.AuditBanAdd, m.service.ban, target, span, reason)
}

// Silence keeps an account ("name" or "@name") from writing. Its user can go on reading.
// The span, the reason and the errors are those of [Moderation.Ban].
func (m Moderation) Silence(ctx context.Context, name string, span time.Duration, reason string) (chat.BanMade, error) {
	return m.ban(ctx, chat.AuditSilence, silence, name, span, reason)
}

// silence reads the target of a silence, and returns the account.
func silence(ctx context.Context, tx chat.Tx, name string) (chat.Ban, *chat.User, error) {
	user, err := userNamed(ctx, tx, name)
	return chat.Ban{Kind: chat.BanSilence, User: user.ID, UserName: user.Name}, &user, err
}

// targeted reads the target of a ban. It also returns the account that the target is.
type targeted func(ctx context.Context, tx chat.Tx, target string) (chat.Ban, *chat.User, error)

func (m Moderation) ban(ctx context.Context, action string, read targeted, target string, span time.Duration, reason string) (chat.BanMade, error) {
	var ban chat.BanMade
	err := m.audited(ctx, action, func(ctx context.Context, tx chat.Tx) (auditedAction, error) {
		b, user, err := read(ctx, tx, target)
		if err != nil {
			return auditedAction{}, err
		}
		if err := m.allowed(ctx, tx, chat.ServerModerate, user); err != nil {
			return auditedAction{}, err
		}
		b.MadeAt, b.MadeBy, b.Reason = m.service.timestamp(), m.name, text.CleanLine(reason, maxReason)
		before, err := m.bannedBefore(ctx, tx, b)
		if err != nil {
			return auditedAction{}, err
		}
		if span > 0 {
			b.EndsAt = b.MadeAt.Add(span)
		}
		if before != nil {
			if span == chat.SameSpan {
				b.EndsAt = before.EndsAt
			}
			if b.Reason == "" {
				b.Reason = before.Reason
			}
			if before.MadeBy == chat.HostActor {
				b.MadeBy = chat.HostActor // it applies to more people than that of an admin
			}
			if b.EndsAt.Equal(before.EndsAt) && b.Reason == before.Reason && b.MadeBy == before.MadeBy {
				return auditedAction{}, chat.Refuse(chat.ErrConflict, "%s is %s like this already, so nothing has changed.", b.Title(), b.Done()).With(chat.HintBans)
			}
		}
		detail := untilWords(b.EndsAt)
		if b.Reason != "" {
			detail += ": " + b.Reason
		}
		ban = chat.BanMade{Ban: b, Before: before}
		spared, err := sparedBy(ctx, tx, b)
		return auditedAction{b.Title(), detail, []chat.Change{chat.BanAdded{Ban: b, Spared: spared}}}, errors.Join(err, tx.InsertBan(ctx, b))
	})
	return ban, err
}

// bannedBefore returns the ban of the same target that is in force, or nil.
func (m Moderation) bannedBefore(ctx context.Context, r chat.Reader, b chat.Ban) (*chat.Ban, error) {
	all, err := r.Bans(ctx)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(all, func(o chat.Ban) bool {
		return o.Kind == b.Kind && o.User == b.User && o.Target == b.Target && o.Active(b.MadeAt)
	})
	if i < 0 {
		return nil, nil
	}
	return &all[i], nil
}

// untilWords says in the audit log when something ends by itself; the zero time is never.
func untilWords(end time.Time) string {
	if end.IsZero() {
		return "until it is lifted"
	}
	return "until " + end.UTC().Format(time.RFC3339)
}

// Unban lifts a ban. It returns [chat.ErrNotFound] if the target is not banned.
func (m Moderation) Unban(ctx context.Context, target string) error {
	return m.unban(ctx, chat.AuditBanRemove, m.service.ban, target)
}

// Unsilence lets an account write again. It returns [chat.ErrNotFound] if the account is not
// silenced.
func (m Moderation) Unsilence(ctx context.Context, name string) error {
	return m.unban(ctx, chat.AuditUnsilence, silence, name)
}

func (m Moderation) unban(ctx context.Context, action string, read targeted, target string) error {
	return m.audited(ctx, action, func(ctx context.Context, tx chat.Tx) (auditedAction, error) {
		b, user, err := read(ctx, tx, target)
		if err != nil {
			return auditedAction{}, err
		}
		if err := m.allowed(ctx, tx, chat.ServerModerate, user); err != nil {
			return auditedAction{}, err
		}
		was, err := tx.DeleteBan(ctx, b)
		if err == nil && !was {
			err = chat.Refuse(chat.ErrNotFound, "%s is not %s.", b.Title(), b.Done()).With(chat.HintBans)
		}
		return auditedAction{b.Title(), "", []chat.Change{chat.BanRemoved{Ban: b}}}, err
	})
}

// Bans returns the bans and silences that are in force, oldest first.
func (m Moderation) Bans(ctx context.Context) ([]chat.Ban, error) {
	if err := m.allowed(ctx, m.service.store, chat.ServerModerate, nil); err != nil {
		return nil, err
	}
	all, err := m.service.store.Bans(ctx)
	var active []chat.Ban
	for _, b := range all {
		if b.Active(m.service.now()) {
			active = append(active, b)
		}
	}
	return active, err
}

// outOfTouchAfter is for how long sessions go on while one of several servers cannot read what
// the others do. They could belong to somebody who was banned there.
const outOfTouchAfter = 10 * time.Second

// endOutOfTouch ends the open sessions. People cannot log in before the database answers.
func endOutOfTouch(s *service) {
	s.log.Error("ending the sessions, because the database has not answered for too long", "after", outOfTouchAfter.String())
	for _, o := range s.live.Sessions() {
		o.End("This server cannot reach its database: connect again in a moment.")
	}
}

// renew reads the state of all open sessions from the store again, and makes the sessions
// do the same. The writer calls it between two transactions, when the record no longer has
// all changes that it missed. If lost is true, the sessions end, because they may show what no
// longer exists.
func (s *service) renew(ctx context.Context, lost bool) {
	if lost {
		s.log.Error("ending the sessions, because the database is not the one before, or is in an earlier state")
		s.live.Rewind("The server's database was replaced by an earlier state or a copy of it: connect again to see what it has.")
	}
	err := s.renewSessions(ctx)
	s.doubt(func(chat.Login, chat.UserID) bool { return true })
	if err == nil {
		return
	}
	s.log.Error("reading everything again after missed changes", "err", err)
	for _, o := range s.live.Sessions() {
		o.End("This server could not follow its database: connect again.")
	}
}
