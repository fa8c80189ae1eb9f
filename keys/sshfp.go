package keys

import (
	"crypto/sha256"
	"fmt"
	"net/netip"
	"strings"

	"golang.org/x/crypto/ssh"
)

// SSHFP returns the DNS record with the SHA-256 of a host key (RFC 4255, 6594 and 7479), as
// a line of a zone file. A name with a dot is complete, so it gets the dot at its end that
// keeps the zone from being added. The error is [ErrSyntax] for what is not a name.
func SSHFP(name string, key ssh.PublicKey) (string, error) {
	_, notIP := netip.ParseAddr(name)
	if bare := strings.TrimSuffix(name, "."); notIP == nil || len(bare) > 253 || !hostName.MatchString(bare) {
		return "", refuse(ErrSyntax, "DNS records are for a name: give one, such as chat.example.org")
	}
	if strings.Contains(name, ".") {
		name = strings.TrimSuffix(name, ".") + "."
	}
	algorithm := 0
	switch kind := key.Type(); {
	case kind == ssh.KeyAlgoRSA:
		algorithm = 1
	case strings.HasPrefix(kind, "ecdsa-sha2-"):
		algorithm = 3
	case kind == ssh.KeyAlgoED25519:
		algorithm = 4
	default:
		return "", refuse(ErrUnsupported, "there is no DNS record for host keys of the type %s", kind)
	}
	return fmt.Sprintf("%s IN SSHFP %d 2 %x", name, algorithm, sha256.Sum256(key.Marshal())), nil
}
