package sshd

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	gossh "golang.org/x/crypto/ssh"

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

// note stores a cause for the session and logs it, unless it is known. It reports whether
// it was new.
func (l *login) note(log *slog.Logger, c *cause, about ...any) bool {
	if len(l.causes) >= maxCauses || slices.Contains(l.causes, c.text) {
		return false
	}
	l.causes = append(l.causes, c.text)
	log.Info("a key was not accepted", append([]any{"why", c.log}, about...)...)
	return true
}
