package sshd

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	gossh "golang.org/x/crypto/ssh"

	"confab/app/chat"
	"confab/app/principal"
	"confab/app/text"
	"confab/keys"
)

// The permissions of a connection that came in with a certificate also carry these values.
const (
	// extUser is the number of the account.
	extUser = "user@confab"
	// extAuthority is the fingerprint of the key that signed the certificate.
	extAuthority = "authority@confab"
	// extRoles has the roles in groups that the principals give (see package principal), one a
	// line, and extFrom the second from which on the certificate is valid.
	extRoles = "roles@confab"
	extFrom  = "from@confab"
	// extNoTerminal is there if the certificate permits no terminal.
	extNoTerminal = "no-terminal@confab"
)

// The server knows these critical options and extensions of certificates (PROTOCOL.certkeys of
// OpenSSH). The library enforces source-address.
const (
	certForceCommand  = "force-command"
	certSourceAddress = "source-address"
	certPermitPTY     = "permit-pty"
	certNoTouch       = "no-touch-required"
)

// untouched reports whether a certificate makes the library accept signatures of a hardware
// token that nobody touched. The library does so whoever signed the certificate.
func untouched(cert *gossh.Certificate) bool {
	_, ok := cert.Extensions[certNoTouch]
	return ok && strings.HasPrefix(cert.Key.Type(), "sk-")
}

// certified decides about a certificate whose key has made a valid signature. It returns
// the account that one of the principals names (see [account]). As with OpenSSH, a
// certificate with an unknown critical option is refused. The error is [errUnknownKey] for
// a certificate of an authority that the server does not trust, and a [cause] for any other
// refusal.
//
// It looks up names only after it has verified the authority's signature, because a forged
// certificate must not reveal who is a member.
func (l *login) certified(ctx context.Context, conn gossh.ConnMetadata, cert *gossh.Certificate) (chat.User, *gossh.Permissions, error) {
	var none chat.User
	s := l.server
	authority := gossh.FingerprintSHA256(cert.SignatureKey)
	if cert.CertType != gossh.UserCert || !slices.Contains(*s.host.authorities.Load(), authority) {
		return none, nil, errUnknownKey
	}
	key, err := keys.FromPublicKey(cert.Key)
	if err != nil || untouched(cert) { // it would be refused without a certificate too
		return none, nil, certificateCause(cert, "is for a key that this server does not accept. Get one for another key.", "the server does not accept its key")
	}
	name := account(cert, conn.User())
	if why := unfit(cert, name, l.conn.address, s.service.Now()); why != nil {
		return none, nil, why
	}
	if s.host.revoked.Load().Certificate(cert) {
		return none, nil, revokedCertificate(cert)
	}
	var lookup error
	revoked := false
	checker := gossh.CertChecker{
		SupportedCriticalOptions: supportedOptions(),
		Clock:                    s.service.Now,
		IsRevoked: func(*gossh.Certificate) bool {
			revoked, lookup = s.service.Accounts().Revoked(ctx, key.Fingerprint(), authority)
			return revoked || lookup != nil
		},
	}
	switch err := checker.CheckCert(name, cert); {
	case lookup != nil:
		return none, nil, lookup
	case revoked:
		return none, nil, revokedCertificate(cert)
	case err != nil:
		return none, nil, certificateCause(cert, "is damaged. Get a new one.", "the library refuses it")
	}
	user, err := s.service.Accounts().UserByPrincipal(ctx, name, time.Unix(int64(cert.ValidAfter), 0))
	if errors.Is(err, chat.ErrNotFound) {
		return none, nil, certificateCause(cert, "names no account on this server. Get one for the exact name of yours.", "there is no such account")
	}
	if err != nil {
		return none, nil, err
	}
	granted := &gossh.Permissions{
		CriticalOptions: cert.CriticalOptions,
		Extensions: map[string]string{
			extKey: key.Fingerprint(), extAuthority: authority, extUser: strconv.FormatInt(int64(user.ID), 10),
			extRoles: strings.Join(principal.Format(principal.Parse(cert.ValidPrincipals)), "\n"), extFrom: strconv.FormatUint(cert.ValidAfter, 10),
		},
	}
	if _, ok := cert.Extensions[certPermitPTY]; !ok {
		granted.Extensions[extNoTerminal] = ""
	}
	return user, granted, nil
}

// account returns the principal of a certificate that names the account: the one that the
// client asked for, or the only one that can be a handle. CAs that know people by their
// e-mail addresses put these among the principals too.
func account(cert *gossh.Certificate, asked string) string {
	handles := slices.DeleteFunc(slices.Clone(cert.ValidPrincipals), func(p string) bool {
		name, err := text.ParseHandle(p)
		return err != nil || name != p
	})
	switch {
	case slices.Contains(handles, asked):
		return asked
	case len(handles) == 1:
		return handles[0]
	case len(handles) == 0 && len(cert.ValidPrincipals) > 0:
		return cert.ValidPrincipals[0] // it opens no account, and the user reads why
	}
	return asked
}

func revokedCertificate(cert *gossh.Certificate) *cause {
	return certificateCause(cert, "was revoked by the host. Ask the host about it.", "it is revoked")
}

// supportedOptions returns the critical options that a certificate may have.
func supportedOptions() []string { return []string{certForceCommand, certSourceAddress} }

// unfit returns why a certificate is not valid for a principal from an address at a time,
// or nil if it is. The library checks the same again, but gives no reasons that can be
// shown.
func unfit(cert *gossh.Certificate, name string, from netip.Addr, now time.Time) error {
	at := uint64(now.Unix())
	switch {
	case !slices.Contains(publicKeyAlgorithms(), cert.Signature.Format):
		return certificateCause(cert, "is signed with SHA-1 or another unsafe algorithm. Get a new one.", "the authority signed it with an unsafe algorithm")
	case at < cert.ValidAfter:
		return certificateCause(cert, "is not valid before "+certificateTime(cert.ValidAfter)+". Connect again then, or get a new one.", "it is not valid yet")
	case cert.ValidBefore != gossh.CertTimeInfinity && at >= cert.ValidBefore:
		return certificateCause(cert, "expired on "+certificateTime(cert.ValidBefore)+". Get a new one.", "it has expired")
	case len(cert.ValidPrincipals) == 0:
		return certificateCause(cert, "has no name in it. Get one for the exact name of your account.", "it has no principals")
	case !slices.Contains(cert.ValidPrincipals, name):
		return certificateCause(cert, "is not for the name that you gave ssh. Connect with one of its names: ssh NAME@HOST.", "it is for other principals")
	}
	for option := range cert.CriticalOptions {
		if !slices.Contains(supportedOptions(), option) {
			return certificateCause(cert, "has a condition that this server cannot check. Get one without it.", "critical option "+text.CleanLine(option, 60))
		}
	}
	if allowed, ok := cert.CriticalOptions[certSourceAddress]; ok && !addressIn(allowed, from) {
		return certificateCause(cert, "may not be used from your address. Connect from an allowed address, or get another one.", "it is not for this address")
	}
	return nil
}

// addressIn reports whether an address is in a list of addresses and networks, in the form
// of the option source-address. It reports false for a malformed list.
func addressIn(list string, a netip.Addr) bool {
	in := false
	for one := range strings.SplitSeq(list, ",") {
		if single, err := netip.ParseAddr(one); err == nil {
			in = in || single.Unmap() == a
			continue
		}
		network, err := netip.ParsePrefix(one)
		if err != nil {
			return false
		}
		in = in || network.Contains(a)
	}
	return in
}

// follow makes the groups of a user as the certificate of a login says.
func (h Host) follow(ctx context.Context, granted *gossh.Permissions, login chat.Login) error {
	groups := h.server.host.groups.Load()
	if login.Authority == "" || groups == nil {
		return nil
	}
	from, err := strconv.ParseInt(granted.Extensions[extFrom], 10, 64)
	if err != nil {
		return fmt.Errorf("reading when a certificate became valid: %w", err)
	}
	says := principal.Certificate{From: time.Unix(from, 0), Roles: principal.Parse(strings.Split(granted.Extensions[extRoles], "\n"))}
	return h.server.service.Accounts().FollowCertificate(ctx, login, says, *groups)
}

// loginOf reads the login from a connection's permissions.
func loginOf(granted *gossh.Permissions, from netip.Addr) (chat.Login, error) {
	l := chat.Login{Key: granted.Extensions[extKey], Authority: granted.Extensions[extAuthority], From: from}
	if l.Authority == "" {
		return l, nil
	}
	id, err := strconv.ParseInt(granted.Extensions[extUser], 10, 64)
	if err != nil {
		return l, fmt.Errorf("reading the account of a certificate: %w", err)
	}
	l.User = chat.UserID(id)
	return l, nil
}
