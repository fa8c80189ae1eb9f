package sshd

import (
	"fmt"
	"slices"
	"strings"
	"time"

	gossh "golang.org/x/crypto/ssh"

	"confab/app/chat"
	"confab/app/refusal"
	"confab/app/text"
)

// cause is the reason why a key or certificate opens no account. The session shows it after
// the handshake, and the log has it. It never reveals who is a member.
type cause struct {
	text string // a sentence for the user, with what to do next
	log  string // for the log
}

// Error implements error. A cause refuses one try of a client.
func (c *cause) Error() string { return c.log }

// newKey ends the sentences about keys that the server does not accept.
const newKey = "Make a new one with ssh-keygen -t ed25519, and have that one added here."

func tooShort(bits int) *cause {
	return &cause{
		fmt.Sprintf("Your ssh client offered an RSA key of %d bits, and %d bits are the safe minimum. %s", bits, minRSABits, newKey),
		fmt.Sprintf("an RSA key of %d bits is too short", bits),
	}
}

func tooLong(bits int) *cause {
	return &cause{
		fmt.Sprintf("Your ssh client offered an RSA key of %d bits, and this server accepts up to %d bits. %s", bits, maxRSABits, newKey),
		fmt.Sprintf("an RSA key of %d bits is too long", bits),
	}
}

func onlySHA1() *cause {
	return &cause{
		"Your ssh client signs with SHA-1 (ssh-rsa), which is no longer safe. Update your ssh client, or use another key, such as one from ssh-keygen -t ed25519.",
		"the client signs with SHA-1 only",
	}
}

func otherKind() *cause {
	return &cause{"Your ssh client offered a type of key that this server does not accept. " + newKey, "the server does not accept this type of key"}
}

func revokedKey() *cause { return &cause{revokedText, "the host's file of revoked keys has it"} }

// tooManyKeys names the setting that helps. Both the session and a banner show it.
func tooManyKeys() *cause {
	return &cause{
		fmt.Sprintf("Your ssh client offered more than %d keys that are not known here, and this server ignored the rest. To choose your key, "+
			"use ssh -o IdentitiesOnly=yes -i FILE, or write IdentitiesOnly yes and IdentityFile FILE into ~/.ssh/config.", maxUnknown),
		"too many unknown keys",
	}
}

// certificateCause returns the reason why the server does not accept a certificate. It
// warns people who have an account that joining would give them a second one.
func certificateCause(cert *gossh.Certificate, why, log string) *cause {
	of := "Your certificate"
	if names := text.CleanLine(strings.Join(cert.ValidPrincipals, ", "), 60); names != "" {
		of += " for " + names
	}
	return &cause{of + " " + why + " If you already have an account, do not join here: you would get a second one.", "certificate: " + log}
}

// certificateTime formats a time in a certificate.
func certificateTime(seconds uint64) string {
	return time.Unix(int64(seconds), 0).UTC().Format("2006-01-02 15:04") + " UTC"
}

// maxCauses is how many causes are shown on one connection.
const maxCauses = 5

// note stores a cause for the session and tells the host, unless it is known. It reports
// whether it was new.
func (l *login) note(reason refusal.Reason, key string, c *cause, about ...any) bool {
	if len(l.causes) >= maxCauses || slices.Contains(l.causes, c.text) {
		return false
	}
	l.causes = append(l.causes, c.text)
	do := "the user needs another key"
	if reason == refusal.Certificate {
		do = "the authority must issue another certificate"
	}
	l.tell(reason, key, c.log, do, about...)
	return true
}

// tell tells the host that the client was refused.
func (l *login) tell(reason refusal.Reason, key, why, do string, about ...any) {
	l.conn.tell(reason, key, why, do, append([]any{"session", l.session}, about...)...)
}

// tell tells the host that the client of a connection was refused. The key is the
// fingerprint of the client's key, or "" if it has shown none. Each address and each key has
// a line of its own.
func (c *conn) tell(reason refusal.Reason, key, why, do string, about ...any) {
	fields := []any{"address", c.address.String()}
	if key != "" {
		fields = append(fields, "key", key)
	}
	c.limiter.refused.Note(refusal.Refusal{
		Reason: reason, Who: chat.Vicinity(c.address).String() + " " + key, Why: why, Do: do, About: append(fields, about...),
	})
}

// certificateFields describes a certificate for the log.
func certificateFields(cert *gossh.Certificate) []any {
	return []any{"certificate", text.CleanLine(cert.KeyId, 80), "serial", cert.Serial, "authority", gossh.FingerprintSHA256(cert.SignatureKey)}
}
