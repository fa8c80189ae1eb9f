package chat

import (
	"context"
	"errors"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"confab/app/text"
	"confab/keys"
)

// BanKind says whether a ban keeps out an account, a key or a network.
type BanKind string

// The kinds of bans.
const (
	BanAccount BanKind = "account"
	BanKey     BanKind = "key"
	BanNetwork BanKind = "network"
)

// Ban keeps an account, a key or a network out. A person makes each ban; the server
// makes none by itself.
type Ban struct {
	Kind     BanKind
	User     UserID // of an account, else 0
	UserName string // its handle now
	Target   string // a fingerprint or a CIDR, "" for an account
	MadeAt   time.Time
	EndsAt   time.Time // the zero time if it does not end by itself
	MadeBy   string    // a handle, or "host"
	Reason   string    // "" if none was given
}

// Title returns the banned account, key or network, as a user writes it to ban or unban it.
func (b Ban) Title() string {
	if b.Kind == BanAccount {
		return "@" + b.UserName
	}
	return b.Target
}

// Active reports whether the ban holds.
func (b Ban) Active(now time.Time) bool { return b.EndsAt.IsZero() || now.Before(b.EndsAt) }

// Text returns the sentence for the banned. The sentence about a network names no
// member, because strangers may read it.
func (b Ban) Text() string { return b.text(b.Kind == BanNetwork) }

// text is [Ban.Text]. For strangers it names no member, because they must not learn who is here.
func (b Ban) text(stranger bool) string {
	what := map[BanKind]string{BanAccount: "You are banned", BanKey: "This key is banned", BanNetwork: "Connections from your address are banned"}[b.Kind]
	var s strings.Builder
	s.WriteString(what + " from this server")
	if !b.EndsAt.IsZero() {
		s.WriteString(" until " + b.EndsAt.UTC().Format("2006-01-02 15:04") + " UTC")
	}
	if b.Reason != "" {
		s.WriteString(" (" + b.Reason + ")")
	}
	if b.MadeBy == hostActor || stranger {
		s.WriteString(": ask its host about it.")
	} else {
		s.WriteString(": ask " + b.MadeBy + " about it, or its host.")
	}
	return s.String()
}

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
			return p, Refuse(text.ErrInvalid, "%q can't be banned: write @name, a fingerprint (SHA256:…), an address, or a network such as 192.0.2.0/24.", text.CleanLine(s, 60))
		}
		p = netip.PrefixFrom(a.Unmap().WithZone(""), a.Unmap().BitLen())
	}
	least := banLeast6
	if p.Addr().Is4() {
		least = banLeast4
	}
	switch {
	case p.Addr().Is4In6():
		return p, Refuse(text.ErrInvalid, "Write an IPv4 network as it is, without ::ffff: before it.")
	case p.Bits() < least:
		return p, Refuse(text.ErrInvalid, "That is too wide a network: ban at most a /%d.", least)
	case p.Overlaps(netip.MustParsePrefix("127.0.0.0/8")), p.Contains(netip.IPv6Loopback()):
		return p, Refuse(text.ErrInvalid, "That is the server's own machine.")
	}
	return p.Masked(), nil
}

// longestSpan is longer than anybody means. For a longer ban, users write "forever".
const longestSpan = 10 * 366 * 24 * time.Hour

// ParseSpan reads how long something is to last: 30m, 2h, 7d, 4w, or forever,
// which is 0. It reports false for anything else, and for more than ten years.
func ParseSpan(s string) (time.Duration, bool) {
	if s == "forever" {
		return 0, true
	}
	digits, unit := cutUnit(s)
	n, err := strconv.ParseUint(digits, 10, 16)
	if unit == 0 || err != nil || n == 0 || n > uint64(longestSpan/unit) {
		return 0, false
	}
	return time.Duration(n) * unit, true
}

// cutUnit cuts the unit off a time such as 30m, 2h, 7d or 4w. Without one of these
// units it returns 0.
func cutUnit(s string) (digits string, unit time.Duration) {
	if s == "" {
		return "", 0
	}
	last := len(s) - 1
	unit = map[byte]time.Duration{'m': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour, 'w': 7 * 24 * time.Hour}[s[last]]
	return s[:last], unit
}

// ban reads the target of a ban. For an account, and for a key that opens one, it also
// returns the account.
func (s *service) ban(ctx context.Context, tx Tx, target string) (Ban, *User, error) {
	target = strings.TrimSpace(target)
	if strings.HasPrefix(target, "@") {
		user, err := userNamed(ctx, tx, target)
		return Ban{Kind: BanAccount, User: user.ID, UserName: user.Name}, &user, err
	}
	if fingerprint, err := keys.ParseFingerprint(target); err == nil {
		b := Ban{Kind: BanKey, Target: fingerprint}
		user, err := tx.UserByKey(ctx, fingerprint)
		if errors.Is(err, ErrNotFound) {
			return b, nil, nil
		}
		return b, &user, err
	}
	p, err := parseNetwork(target)
	return Ban{Kind: BanNetwork, Target: p.String()}, nil, err
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

// Barred returns why a login may not open its account, or "" if it may.
func (s *Service) Barred(ctx context.Context, l Login) (string, error) {
	_, err := s.mayStay(ctx, s.store, l)
	if IsRefusal(err) {
		return UserText(err), nil
	}
	return "", err
}

func (s *service) barred(ctx context.Context, r Reader, user User, fingerprint string) (string, error) {
	if user.Disabled {
		return DisabledReason, nil
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
		return b.text(user.ID == 0), nil
	}
	return "", nil
}

// sparedBy returns the accounts to which a ban does not apply, whichever key they use.
func sparedBy(ctx context.Context, r Reader, b Ban) ([]UserID, error) {
	staff, err := r.Staff(ctx)
	if err != nil {
		return nil, err
	}
	var spared []UserID
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

// outranked reports whether an account ranks above the maker of a ban of its key. The
// maker may not know whose key it is, because a key with a certificate opens the
// account that the certificate names. An admin may not ban an owner, and so may not
// lock an owner out through that key either. The ban applies to all others who have the
// key.
func outranked(ctx context.Context, r Reader, b Ban, user User) (bool, error) {
	if b.Kind != BanKey || user.ID == 0 || b.MadeBy == hostActor {
		return false, nil
	}
	maker, err := r.UserByName(ctx, b.MadeBy)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return false, err
	}
	if err == nil && maker.ID == user.ID {
		return false, nil
	}
	// The maker was at least an admin when it made the ban. A ban outlasts the role.
	if maker.Disabled = false; maker.Role != RoleOwner {
		maker.Role = RoleAdmin
	}
	return DecideServer(maker, ServerModerate, &user) != nil, nil
}

// DisabledReason is the sentence for users of disabled accounts.
const DisabledReason = "This account is disabled: ask the server's host about it."

// BanReader is the part of [Reader] about bans.
type BanReader interface {
	// Bans returns all bans, oldest first, also those that have ended.
	Bans(ctx context.Context) ([]Ban, error)
	// BansOf returns the bans of an account and of a key.
	BansOf(ctx context.Context, user UserID, fingerprint string) ([]Ban, error)
}

// BanTx is the part of [Tx] about the same.
type BanTx interface {
	// InsertBan adds a ban, and replaces an older one of the same target.
	InsertBan(ctx context.Context, b Ban) error
	// DeleteBan takes a ban away and reports whether there was one.
	DeleteBan(ctx context.Context, b Ban) (bool, error)
}
