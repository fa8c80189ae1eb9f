package sshd

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"time"

	"charm.land/ssh"
	gossh "golang.org/x/crypto/ssh"

	"confab/app"
	"confab/keys"
)

// What a connection's permissions carry from the handshake to its sessions.
// They are set by the step that let the connection in and by nothing else:
// what a client merely offered is never recorded (CVE-2024-45337).
const (
	// extKey is the fingerprint of the enrolled key that signed.
	extKey = "key@confab"
	// extStranger has the keys that a stranger proved, one authorized_keys line
	// each. It is there for strangers only.
	extStranger = "stranger@confab"
	// extRefused is there for a member that is not let into the chat, and says why
	// not. It is told in a session, which every client shows.
	extRefused = "refused@confab"
)

// maxProven bounds the keys of a stranger that are remembered and shown.
const maxProven = 10

// errUnknownKey fails one try, after which the client goes on to its next key.
var errUnknownKey = errors.New("the key opens no account here")

// lookupTimeout bounds how long a login waits for the database.
const lookupTimeout = 10 * time.Second

// login is the authentication of one connection. Its callbacks come one after
// the other.
type login struct {
	server *Server
	ctx    context.Context
	conn   *conn
	proven []string // keys that signed and are not enrolled, as authorized_keys lines
}

// config makes the handshake's rules for one connection.
//
// Every well-formed key that is offered is answered alike, so an offer tells
// nobody who is a member here. The decision comes after the signature was
// verified. A client that has no enrolled key gets in by keyboard-interactive,
// without a prompt, as a stranger: to the screen that says how to join.
func (s *Server) config(ctx ssh.Context) *gossh.ServerConfig {
	l := &login{server: s, ctx: ctx, conn: connOf(ctx)}
	c := &gossh.ServerConfig{
		Config:                  algorithms(),
		MaxAuthTries:            maxAuthTries,
		PublicKeyAuthAlgorithms: publicKeyAlgorithms(),
		PublicKeyCallback: func(gossh.ConnMetadata, gossh.PublicKey) (*gossh.Permissions, error) {
			return &gossh.Permissions{}, nil
		},
		VerifiedPublicKeyCallback: func(conn gossh.ConnMetadata, key gossh.PublicKey, _ *gossh.Permissions, _ string) (*gossh.Permissions, error) {
			return l.verified(s.logOf(conn), conn, key)
		},
		KeyboardInteractiveCallback: func(gossh.ConnMetadata, gossh.KeyboardInteractiveChallenge) (*gossh.Permissions, error) {
			s.gate.stranger(l.conn)
			return &gossh.Permissions{Extensions: map[string]string{extStranger: strings.Join(l.proven, "\n")}}, nil
		},
	}
	return c
}

// member lets an account in, or to where it is told why it is not.
func (l *login) member(ctx context.Context, log *slog.Logger, user app.User, granted *gossh.Permissions) (*gossh.Permissions, error) {
	why, err := l.server.service.Barred(ctx, user, granted.Extensions[extKey])
	if err != nil {
		log.Error("looking up bans", "err", err)
		return nil, err
	}
	if why == "" {
		why = l.server.gate.member(l.conn, user.ID)
	}
	if why != "" {
		l.server.gate.stranger(l.conn)
		return &gossh.Permissions{Extensions: map[string]string{extRefused: why}}, nil
	}
	return granted, nil
}

// verified decides about a key whose signature was good.
func (l *login) verified(log *slog.Logger, conn gossh.ConnMetadata, public gossh.PublicKey) (*gossh.Permissions, error) {
	ctx, cancel := context.WithTimeout(l.ctx, lookupTimeout)
	defer cancel()
	if cert, ok := public.(*gossh.Certificate); ok {
		if untouched(cert) {
			return nil, errUnknownKey
		}
		user, granted, err := l.certified(ctx, conn, cert)
		if err != nil {
			log.Debug("a certificate is not taken", "err", err)
			l.prove(cert.Key)
			return nil, errUnknownKey
		}
		return l.member(ctx, log, user, granted)
	}
	fingerprint := gossh.FingerprintSHA256(public)
	user, err := l.server.service.UserByKey(ctx, fingerprint)
	switch {
	case err == nil:
		return l.member(ctx, log, user, &gossh.Permissions{Extensions: map[string]string{extKey: fingerprint}})
	case !errors.Is(err, app.ErrNotFound):
		log.Error("looking up a key", "err", err)
		return nil, err
	}
	l.prove(public)
	return nil, errUnknownKey
}

// prove remembers a key that signed and opens no account.
func (l *login) prove(public gossh.PublicKey) {
	if key, err := keys.FromPublicKey(public); err == nil {
		if line := key.Line(); len(l.proven) < maxProven && !slices.Contains(l.proven, line) {
			l.proven = append(l.proven, line)
		}
	}
}
