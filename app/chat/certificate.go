package chat

import (
	"context"
	"slices"
	"strings"
	"time"

	"confab/app/text"
)

// settingAuthorities is where the fingerprints of the authorities are kept whose
// certificates the server takes, so that commands know that it does.
const settingAuthorities = "trusted-ca"

// TrustAuthorities notes which authorities' certificates the server takes, by
// their fingerprints.
func (s Accounts) TrustAuthorities(ctx context.Context, fingerprints []string) error {
	return s.writer.do(ctx, func(ctx context.Context, tx Tx) ([]Change, error) {
		return nil, tx.SetSetting(ctx, settingAuthorities, strings.Join(fingerprints, "\n"))
	})
}

// isAuthority reports whether a key is that of an authority whose certificates the
// server takes. Such a key opens no account: it would open two doors with one theft,
// and is kept where nobody logs in from.
func isAuthority(ctx context.Context, r Reader, fingerprint string) (bool, error) {
	trusted, err := r.Setting(ctx, settingAuthorities)
	return slices.Contains(strings.Split(trusted, "\n"), fingerprint), err
}

// Unrevoke takes back that certificates for a key, or made by it, are not taken. It
// lets the key open no account. If they were not revoked it is an [ErrNotFound].
func (s Accounts) Unrevoke(ctx context.Context, fingerprint string) error {
	return s.writer.do(ctx, func(ctx context.Context, tx Tx) ([]Change, error) {
		if is, err := tx.CertificatesRevoked(ctx, fingerprint); err != nil {
			return nil, err
		} else if !is {
			return nil, Refuse(ErrNotFound, "Certificates of %s are not revoked.", text.CleanLine(fingerprint, 80))
		}
		if err := tx.TakeCertificates(ctx, fingerprint); err != nil {
			return nil, err
		}
		return nil, s.audit(ctx, tx, hostActor, AuditKeyUnrevoke, fingerprint, "certificates")
	})
}

// Revoked reports whether certificates for one of these keys, or made by it, are not
// to be taken.
func (s Accounts) Revoked(ctx context.Context, fingerprints ...string) (bool, error) {
	return revoked(ctx, s.store, fingerprints...)
}

func revoked(ctx context.Context, r Reader, fingerprints ...string) (bool, error) {
	for _, f := range fingerprints {
		if is, err := r.CertificatesRevoked(ctx, f); is || err != nil {
			return is, err
		}
	}
	return false, nil
}

// UserByPrincipal returns the account with the handle that a certificate is for,
// which is valid from a time on, or an error that is [ErrNotFound]. The principal is
// the exact handle: an authority may give "ANN" to somebody else than "ann". The
// certificate is for the account that had the handle at that time. If another
// account has given the handle up since, the certificate is not for the present one.
func (s Accounts) UserByPrincipal(ctx context.Context, name string, valid time.Time) (User, error) {
	none := Refuse(ErrNotFound, "There is no account of that name.")
	if parsed, err := text.ParseHandle(name); err != nil || parsed != name {
		return User{}, none
	}
	user, err := s.store.UserByName(ctx, name)
	if err != nil {
		return User{}, err
	}
	given, err := s.store.NamesKeptBack(ctx, text.Skeleton(name), valid)
	if err != nil {
		return User{}, err
	}
	if slices.ContainsFunc(given, func(f FormerName) bool { return f.Name == name && f.User != user.ID }) {
		return User{}, none
	}
	return user, nil
}

// certifiedUser is whom a login with a certificate is for.
func certifiedUser(ctx context.Context, r Reader, l Login) (User, error) {
	if is, err := revoked(ctx, r, l.Key, l.Authority); err != nil {
		return User{}, err
	} else if is {
		return User{}, ErrNotFound
	}
	user, err := r.UserByID(ctx, l.User)
	if err == nil && user.Name == DeletedName {
		err = ErrNotFound
	}
	return user, err
}

// revokeCertified refuses certificates of a key that no account has, where the
// server takes some.
func (s Accounts) revokeCertified(ctx context.Context, tx Tx, fingerprint string) (bool, error) {
	if trusted, err := tx.Setting(ctx, settingAuthorities); err != nil || trusted == "" {
		return false, err
	}
	if err := tx.RevokeCertificates(ctx, fingerprint, s.now()); err != nil {
		return false, err
	}
	return true, s.audit(ctx, tx, hostActor, AuditKeyRevoke, fingerprint, "certificates")
}
