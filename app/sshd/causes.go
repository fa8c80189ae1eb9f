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

// cause is why something that a client showed opens no account. It is told after
// the handshake, in the session, and logged; it never says who is a member.
type cause struct {
	text string // a sentence for the user, with what to do next
	log  string // for the log
}

// Error implements error: a cause refuses one try of a client.
func (c *cause) Error() string { return c.log }

// newKey ends the sentences about keys that are not taken.
const newKey = "make a new one with ssh-keygen -t ed25519, and have that one added here."

func tooShort(bits int) *cause {
	return &cause{
		fmt.Sprintf("Your ssh showed an RSA key of %d bits, and %d is the least that is safe: %s", bits, minRSABits, newKey),
		fmt.Sprintf("an RSA key of %d bits is too short", bits),
	}
}

func tooLong(bits int) *cause {
	return &cause{
		fmt.Sprintf("Your ssh showed an RSA key of %d bits, and %d is the most that this server takes: %s", bits, maxRSABits, newKey),
		fmt.Sprintf("an RSA key of %d bits is too long", bits),
	}
}

func onlySHA1() *cause {
	return &cause{
		"Your ssh signs with SHA-1 (ssh-rsa), which is not safe any more: update your ssh, or use another key, such as ssh-keygen -t ed25519 makes.",
		"the client signs with SHA-1 only",
	}
}

func otherKind() *cause {
	return &cause{"Your ssh showed a key of a kind that this server does not take: " + newKey, "a key is of a kind that is not taken"}
}

// tooManyKeys names the setting that helps, in the session and in a banner.
func tooManyKeys() *cause {
	return &cause{
		fmt.Sprintf("Your ssh showed more than %d keys that are not known here, and this server looked at no others: to say which key is yours, "+
			"use ssh -o IdentitiesOnly=yes -i FILE, or write IdentitiesOnly yes and IdentityFile FILE into ~/.ssh/config.", maxUnknown),
		"too many unknown keys",
	}
}

// certificateCause is why a certificate is not taken. It warns those who have an
// account of what the join screen would give them.
func certificateCause(cert *gossh.Certificate, why, log string) *cause {
	of := "Your certificate"
	if names := text.CleanLine(strings.Join(cert.ValidPrincipals, ", "), 60); names != "" {
		of += " for " + names
	}
	return &cause{of + " " + why + " If you have an account already, do not join here: you would get a second one.", "certificate: " + log}
}

// certificateTime is how the ends of certificates are told.
func certificateTime(seconds uint64) string {
	return time.Unix(int64(seconds), 0).UTC().Format("2006-01-02 15:04") + " UTC"
}

// maxCauses bounds how many causes one connection is told of.
const maxCauses = 5

// note keeps a cause for the session and logs it, unless it did so before. It
// reports whether the cause is new.
func (l *login) note(log *slog.Logger, c *cause, about ...any) bool {
	if len(l.causes) >= maxCauses || slices.Contains(l.causes, c.text) {
		return false
	}
	l.causes = append(l.causes, c.text)
	log.Info("a key is not taken", append([]any{"why", c.log}, about...)...)
	return true
}
