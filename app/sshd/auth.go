package sshd

import (
	"context"
	"crypto/rsa"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"time"

	"charm.land/ssh"
	gossh "golang.org/x/crypto/ssh"

	"confab/app/chat"
	"confab/app/refusal"
	"confab/app/text"
	"confab/keys"
)

// A connection's permissions carry these values from the handshake to its sessions. Only
// the step that let the connection in sets them. A key that a client merely offered is
// never recorded (CVE-2024-45337).
const (
	// extKey is the fingerprint of the enrolled key that signed.
	extKey = "key@confab"
	// extStranger has the keys that a stranger proved, one authorized_keys line
	// each. Only strangers have it.
	extStranger = "stranger@confab"
	// extCauses has the reasons why a stranger's keys opened no account, one a
	// line.
	extCauses = "causes@confab"
	// extRefused says why a member is not let into the chat. The session tells the
	// member, because every client shows a session's text.
	extRefused = "refused@confab"
)

const (
	// maxProven is how many of a stranger's keys are remembered and shown.
	maxProven = 10
	// maxUnknown is how many keys without an account a client may sign with. The server has
	// to verify each of them. After that it refuses all offers alike, so that a refusal
	// never reveals who is a member.
	maxUnknown = 5
	// maxVerified is how many signatures of unknown keys are verified: those keys,
	// each once by itself and once with a certificate.
	maxVerified = 2 * maxUnknown
	// maxWasted is how many milliseconds refused offers may cost before the next one closes
	// the connection. That is reached with two keys of 16,384 bits.
	maxWasted = 20
	// minRSABits and maxRSABits bound the RSA keys that open accounts, as in package keys.
	// Longer keys are refused when they are offered, because verifying a signature of
	// 16,384 bits costs the server ten times as much as the whole handshake.
	minRSABits, maxRSABits = keys.MinRSABits, keys.MaxRSABits
	// leastRSABits is the shortest RSA key that the standard library verifies.
	leastRSABits = 1024
)

// errUnknownKey fails one try. The client then goes on to its next key.
var errUnknownKey = errors.New("the key opens no account here")

// lookupTimeout bounds how long a login waits for the database.
const lookupTimeout = 10 * time.Second

// login is the authentication of one connection. Its callbacks are called one after
// the other.
type login struct {
	server *Server
	ctx    context.Context
	conn   *conn

	session  string // the id of the connection in the log
	offers   int
	proven   []string        // keys that signed and have no account, as authorized_keys lines
	unknown  map[string]bool // the fingerprints of keys that signed without success
	verified int             // the number of valid signatures
	wasted   int             // milliseconds that refused offers may have cost
	causes   []string        // sentences that say why the client's keys opened no account
}

// config returns the rules of the handshake for one connection.
//
// The server gives the same answer to every well-formed key that is offered, so an
// offer does not tell who is a member. It decides after it has verified the
// signature. A client without a known key gets in as a stranger, by
// keyboard-interactive without a prompt. It then sees the screen that says how to
// join.
func (s *Server) config(ctx ssh.Context) *gossh.ServerConfig {
	l := &login{server: s, ctx: ctx, conn: connOf(ctx), unknown: make(map[string]bool)}
	agreed := algorithms()
	agreed.Rand = newConnRand(l.conn)
	// The library holds its lock while it calls this function, and then adds these keys to
	// the rules. So each connection has the host keys of the moment when it began.
	s.ssh.HostSigners = s.host.keys.Load().agreed
	if limit := s.limiter.limits().AuthTime; limit > 0 {
		_ = l.conn.SetDeadline(time.Now().Add(limit)) // the library removes it when the client has logged in
	}
	return &gossh.ServerConfig{
		Config:                  agreed,
		MaxAuthTries:            maxAuthTries,
		PublicKeyAuthAlgorithms: publicKeyAlgorithms(),
		PublicKeyCallback: func(conn gossh.ConnMetadata, key gossh.PublicKey) (*gossh.Permissions, error) {
			l.session = sessionID(conn)
			if err := l.offered(s.logOf(conn), key); err != nil {
				return nil, err
			}
			return &gossh.Permissions{}, nil
		},
		VerifiedPublicKeyCallback: func(conn gossh.ConnMetadata, key gossh.PublicKey, _ *gossh.Permissions, _ string) (*gossh.Permissions, error) {
			return l.signed(s.logOf(conn), conn, key)
		},
		KeyboardInteractiveCallback: func(conn gossh.ConnMetadata, _ gossh.KeyboardInteractiveChallenge) (*gossh.Permissions, error) {
			if l.offers == 0 && len(l.causes) == 0 {
				l.session = sessionID(conn)
				l.tell(refusal.Key, "", "the client showed no key", "the user can make one with ssh-keygen -t ed25519")
			}
			s.limiter.letIn(l.conn, true)
			return &gossh.Permissions{Extensions: map[string]string{
				extStranger: strings.Join(l.proven, "\n"), extCauses: strings.Join(l.causes, "\n"),
			}}, nil
		},
		AuthLogCallback: func(conn gossh.ConnMetadata, method string, err error) {
			if method == "publickey" && err != nil {
				l.session = sessionID(conn)
				l.failed(err)
			}
		},
	}
}

// rsaBits returns the length of an RSA key, with or without a certificate. It
// returns 0 for other keys.
func rsaBits(public gossh.PublicKey) int {
	if cert, ok := public.(*gossh.Certificate); ok {
		public = cert.Key
	}
	wrapped, ok := public.(gossh.CryptoPublicKey)
	if !ok {
		return 0
	}
	if key, ok := wrapped.CryptoPublicKey().(*rsa.PublicKey); ok {
		return key.N.BitLen()
	}
	return 0
}

// offered refuses a key that would be too expensive to verify, without looking up
// its owner. It accepts all other offers.
func (l *login) offered(log *slog.Logger, public gossh.PublicKey) error {
	l.offers++
	switch bits := rsaBits(public); {
	case bits > maxRSABits:
		return l.refuse(log, public, tooLong(bits))
	case bits > 0 && bits < leastRSABits:
		return l.refuse(log, public, tooShort(bits))
	case len(l.unknown) >= maxUnknown || l.verified >= maxVerified:
		return l.refuse(log, public, tooManyKeys())
	}
	return nil
}

// refuse refuses an offer. When there are too many, a banner tells the client once, because
// it may never reach a session.
//
// The library verifies a signature that comes with an offer even if the offer is
// refused, and does not say whether there was one. So the cost always counts.
func (l *login) refuse(log *slog.Logger, public gossh.PublicKey, why *cause) error {
	if l.wasted > maxWasted {
		l.tell(refusal.Key, "", "the client offered too many expensive keys, and was cut off", "ban the address if it goes on")
		_ = l.conn.Close()
	}
	cost := verifying(public)
	l.wasted += cost
	l.server.limiter.spend(l.conn, cost)
	if !l.note(refusal.Key, gossh.FingerprintSHA256(public), why) || why.text != tooManyKeys().text {
		return why
	}
	return &gossh.BannerError{Err: why, Message: why.text + "\n"}
}

// failed notes why the library refused a key before it called [login.offered].
func (l *login) failed(err error) {
	switch words := err.Error(); {
	case strings.Contains(words, `algorithm "ssh-rsa`): // alone or with a certificate
		l.note(refusal.Key, "", onlySHA1())
	case strings.Contains(words, "not accepted"), strings.Contains(words, "unknown key algorithm"):
		l.note(refusal.Key, "", otherKind(), "err", text.CleanLine(words, maxOffer))
	}
}

// member lets in the user of an account. A banned or disabled user is let in only to be
// told why. The connection counts for the account from its first session on, after the
// handshake.
func (l *login) member(ctx context.Context, log *slog.Logger, user chat.User, granted *gossh.Permissions) (*gossh.Permissions, error) {
	proved, err := loginOf(granted, l.conn.address)
	if err != nil {
		return nil, err
	}
	l.conn.proved(proved, user.ID) // before looking up bans, so that a later ban finds the connection
	if l.conn.openedBy(l.server.host.revoked.Load()) {
		l.note(refusal.Key, proved.Key, revokedKey())
		return nil, errUnknownKey
	}
	why, err := l.server.service.Barred(ctx, proved)
	if err != nil {
		return l.unanswered(log, "looking up bans", err)
	}
	l.server.limiter.letIn(l.conn, false)
	if why != "" {
		l.barred(user, why)
		return l.onlyTold(why), nil
	}
	return granted, nil
}

// onlyTold returns the permissions of a client that is let in only to be told something. A session
// says it. A client that opens no session reads it in the disconnect message.
func (l *login) onlyTold(why string) *gossh.Permissions {
	time.AfterFunc(lastTime, func() {
		if l.conn.idle() {
			l.conn.disconnect(why)
		}
	})
	return &gossh.Permissions{Extensions: map[string]string{extRefused: why}}
}

// barred tells the host that a member is kept out.
func (l *login) barred(user chat.User, why string) {
	reason, do := refusal.Ban, "lift the ban with confab bans remove{data} if it is wrong"
	if user.Disabled {
		reason, do = refusal.Disabled, "confab users enable{data} "+user.Name+" lets the user in again"
	}
	proved, _ := l.conn.Proved()
	l.tell(reason, proved.Key, why, do, "user", user.Name)
}

// notNow is what clients are told whose key could not be looked up.
const notNow = "The server cannot look up your key at the moment: connect again in a minute, and tell its host if it keeps happening."

// unanswered logs why something could not be looked up, unless the client has hung up meanwhile. It
// lets the client in only to be told, because a member whose key fails would be taken for a stranger.
func (l *login) unanswered(log *slog.Logger, doing string, err error) (*gossh.Permissions, error) {
	if l.ctx.Err() != nil {
		return nil, err
	}
	log.Error(doing, "err", err)
	l.server.limiter.letIn(l.conn, true)
	return l.onlyTold(notNow), nil
}

// signed decides about a key whose signature was valid.
func (l *login) signed(log *slog.Logger, conn gossh.ConnMetadata, public gossh.PublicKey) (*gossh.Permissions, error) {
	ctx, cancel := context.WithTimeout(l.ctx, lookupTimeout)
	defer cancel()
	l.verified++
	if cert, ok := public.(*gossh.Certificate); ok {
		user, granted, err := l.certified(ctx, conn, cert)
		switch why := (*cause)(nil); {
		case err == nil:
			l.conn.certify(cert)
			return l.member(ctx, log, user, granted)
		case errors.As(err, &why):
			l.note(refusal.Certificate, gossh.FingerprintSHA256(cert.Key), why, certificateFields(cert)...)
		case !errors.Is(err, errUnknownKey):
			return l.unanswered(log, "looking up a certificate", err)
		default:
			l.tell(refusal.Certificate, gossh.FingerprintSHA256(cert.Key), "the server does not trust its authority", "to accept it, add the authority's key to the file of --trusted-ca", certificateFields(cert)...)
		}
		if untouched(cert) { // its signature proves nothing
			return nil, errUnknownKey
		}
		return nil, l.prove(log, cert.Key)
	}
	fingerprint := gossh.FingerprintSHA256(public)
	if l.server.host.revoked.Load().Key(fingerprint) {
		return nil, l.prove(log, public)
	}
	user, err := l.server.service.Accounts().UserByKey(ctx, fingerprint)
	switch {
	case err == nil:
		return l.member(ctx, log, user, &gossh.Permissions{Extensions: map[string]string{extKey: fingerprint}})
	case !errors.Is(err, chat.ErrNotFound):
		return l.unanswered(log, "looking up a key", err)
	}
	return nil, l.prove(log, public)
}

// prove remembers a key that signed and has no account, and its cost.
func (l *login) prove(log *slog.Logger, public gossh.PublicKey) error {
	fingerprint := gossh.FingerprintSHA256(public)
	if len(l.unknown) == 0 {
		l.conn.proved(chat.Login{Key: fingerprint}, 0)
	}
	l.unknown[fingerprint] = true
	l.server.limiter.spend(l.conn, verifying(public))
	if l.server.host.revoked.Load().Key(fingerprint) {
		l.note(refusal.Key, fingerprint, revokedKey())
		return errUnknownKey
	}
	if bits := rsaBits(public); bits > 0 && bits < minRSABits {
		l.note(refusal.Key, fingerprint, tooShort(bits))
		return errUnknownKey
	}
	if key, err := keys.FromPublicKey(public); err == nil {
		if line := key.Line(); len(l.proven) < maxProven && !slices.Contains(l.proven, line) {
			l.proven = append(l.proven, line)
		}
	}
	return errUnknownKey
}

// verifying returns about how many milliseconds one core needs to verify a signature of a
// key. It returns 0 for the common kinds of keys.
func verifying(public gossh.PublicKey) int {
	if cert, ok := public.(*gossh.Certificate); ok {
		public = cert.Key
	}
	switch public.Type() {
	case gossh.KeyAlgoRSA:
		bits := rsaBits(public)
		return bits * bits >> 24 // 4 for 8,192 bits
	case gossh.KeyAlgoECDSA384:
		return 1
	case gossh.KeyAlgoECDSA521:
		return 2
	}
	return 0
}
