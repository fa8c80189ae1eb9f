package sshd

import (
	"fmt"
	"strings"

	gossh "golang.org/x/crypto/ssh"

	"confab/app"
)

// turnAway shows a stranger which keys it proved and what the host has to do
// to let it in, and returns the exit status.
func (c *session) turnAway(proven string) int {
	name := app.SuggestName(c.conn.User())
	if c.term == "" {
		c.say(c.Stderr(), "This key is not known here: connect with a terminal (ssh -t) to see how to join.\n")
		return 1
	}
	c.say(c, strangerText(name, proven))
	return 1
}

// strangerText is the screen for one who has the given keys, one
// authorized_keys line each.
func strangerText(name, proven string) string {
	var b strings.Builder
	b.WriteString("\nWelcome. You are not known here yet.\n\n")
	if proven == "" {
		b.WriteString("Your ssh showed no key, and a key is what an account is here.\n" +
			"If you have none, make one, and then connect again:\n\n" +
			"    ssh-keygen -t ed25519\n\n")
		return b.String()
	}
	lines := strings.Split(proven, "\n")
	b.WriteString("Your ssh proved that it has:\n\n")
	for _, line := range lines {
		if key, _, _, _, err := gossh.ParseAuthorizedKey([]byte(line)); err == nil {
			fmt.Fprintf(&b, "    %s  %s\n", gossh.FingerprintSHA256(key), key.Type())
		}
	}
	b.WriteString("\nTo join, send this line to whoever runs the server, to be run there:\n\n")
	fmt.Fprintf(&b, "    echo '%s' | confab keys add --new %s\n\n", lines[0], name)
	b.WriteString("Then connect again.\n\n")
	return b.String()
}
