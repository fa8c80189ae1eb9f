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

	"confab/app"
	"confab/keys"
)

// What the permissions of a connection carry besides if a certificate let it in.
const (
	// extUser is the number of the account.
	extUser = "user@confab"
	// extAuthority is the fingerprint of the key that made the certificate.
	extAuthority = "authority@confab"
	// extNoTerminal is there if the certificate does not permit one.
	extNoTerminal = "no-terminal@confab"
)

// The critical options and extensions of certificates that mean something here
// (PROTOCOL.certkeys of OpenSSH). The library enforces source-address.
const (
	certForceCommand  = "force-command"
	certSourceAddress = "source-address"
	certPermitPTY     = "permit-pty"
	certNoTouch       = "no-touch-required"
)

// untouched reports whether a certificate would have the library take signatures
// of a hardware token that nobody touched, whoever made the certificate.
func untouched(cert *gossh.Certificate) bool {
	_, ok := cert.Extensions[certNoTouch]
	return ok && strings.HasPrefix(cert.Key.Type(), "sk-")
}

// Trust has the server take the user certificates that these keys have made. It
// must be called before [Server.Serve].
func (s *Server) Trust(authorities []keys.Key) {
	for _, k := range authorities {
		s.authorities = append(s.authorities, k.Fingerprint())
	}
}

// certified decides about a certificate whose key has made a good signature. As
// with OpenSSH, a critical option that is not known refuses it. What it lets in is
// the account that one of its principals names: the one that the client asked for,
// or its only one.
func (l *login) certified(ctx context.Context, conn gossh.ConnMetadata, cert *gossh.Certificate) (app.User, *gossh.Permissions, error) {
	var none app.User
	s := l.server
	authority := gossh.FingerprintSHA256(cert.SignatureKey)
	if cert.CertType != gossh.UserCert || !slices.Contains(s.authorities, authority) {
		return none, nil, errUnknownKey
	}
	if !slices.Contains(publicKeyAlgorithms(), cert.Signature.Format) { // such as SHA-1
		return none, nil, fmt.Errorf("the certificate is signed with %q", cert.Signature.Format)
	}
	key, err := keys.FromPublicKey(cert.Key)
	if err != nil { // of a kind that would not be taken without a certificate
		return none, nil, err
	}
	principal := conn.User()
	if !slices.Contains(cert.ValidPrincipals, principal) && len(cert.ValidPrincipals) == 1 {
		principal = cert.ValidPrincipals[0]
	}
	var lookup error
	checker := gossh.CertChecker{
		SupportedCriticalOptions: []string{certForceCommand, certSourceAddress},
		Clock:                    time.Now,
		IsRevoked: func(*gossh.Certificate) (revoked bool) {
			revoked, lookup = s.service.Revoked(ctx, key.Fingerprint(), authority)
			return revoked || lookup != nil
		},
	}
	if err := errors.Join(checker.CheckCert(principal, cert), lookup); err != nil {
		return none, nil, err
	}
	user, err := s.service.UserByPrincipal(ctx, principal, time.Unix(int64(cert.ValidAfter), 0))
	if err != nil {
		return none, nil, err
	}
	granted := &gossh.Permissions{
		CriticalOptions: cert.CriticalOptions,
		Extensions: map[string]string{
			extKey: key.Fingerprint(), extAuthority: authority, extUser: strconv.FormatInt(int64(user.ID), 10),
		},
	}
	if _, ok := cert.Extensions[certPermitPTY]; !ok {
		granted.Extensions[extNoTerminal] = ""
	}
	return user, granted, nil
}

// loginOf is the login that a connection's permissions are of.
func loginOf(granted *gossh.Permissions, from netip.Addr) (app.Login, error) {
	l := app.Login{Key: granted.Extensions[extKey], Authority: granted.Extensions[extAuthority], From: from}
	if l.Authority == "" {
		return l, nil
	}
	id, err := strconv.ParseInt(granted.Extensions[extUser], 10, 64)
	if err != nil {
		return l, fmt.Errorf("reading whose a certificate is: %w", err)
	}
	l.User = app.UserID(id)
	return l, nil
}
