// Package keys handles SSH public keys as text. It reads authorized keys as people
// provide them, identifies keys by their fingerprints, and stores the server's host
// key. It knows nothing of chat.
//
// Several goroutines may call everything here at the same time.
package keys

import (
	"encoding/base64"
	"math/big"
	"strings"

	"golang.org/x/crypto/ssh"
)

// RSA keys are accepted from MinRSABits to MaxRSABits.
const (
	// MinRSABits has been OpenSSH's default since 2006, and is the least that NIST
	// SP 800-131A allows.
	MinRSABits = 2048
	// MaxRSABits keeps logins cheap. Verifying a signature of 16,384 bits, the
	// largest that ssh-keygen makes, takes four times as long as one of 8,192 bits.
	MaxRSABits = 8192
)

// howToMake ends the sentences about keys that are not accepted.
const howToMake = "make a new one with: ssh-keygen -t ed25519"

// Key is a public key of an accepted kind: ssh-ed25519, ecdsa-sha2-nistp256,
// -nistp384 or -nistp521, ssh-rsa of 2048 to 8192 bits, or one held by a security
// key (sk-ssh-ed25519@openssh.com, sk-ecdsa-sha2-nistp256@openssh.com).
// [FromPublicKey] and [ParseAuthorized] create them. The zero Key holds no key, and
// its methods panic.
type Key struct {
	_ [0]func() // forbids ==, which would compare the comment and panic at the key

	// Comment is the owner's name for the key, often user@host. Nothing proves it.
	// It is not part of the key: two keys are the same if their fingerprints are.
	Comment string

	// Dropped has the options of its line that limit the key, separated by commas, if
	// [ParseDropping] dropped them. Else it is "".
	Dropped string

	public ssh.PublicKey
}

// FromPublicKey converts a key that came over the wire. The error is
// [ErrUnsupported] for a kind that is not accepted, and [ErrSyntax] for a key that
// is not well formed. The Key has no comment.
func FromPublicKey(public ssh.PublicKey) (Key, error) {
	if public == nil {
		return Key{}, errDamaged()
	}
	// The conversion uses the wire form, because types outside x/crypto/ssh (an
	// agent's) may report a Type that is not that of their key.
	return fromWire(public.Marshal())
}

// Type returns the name of the key's type, such as "ssh-ed25519" (RFC 4253, section
// 6.6).
func (k Key) Type() string { return k.public.Type() }

// Fingerprint returns "SHA256:" and the unpadded base64 of the SHA-256 of the key's
// wire form, as OpenSSH prints it.
func (k Key) Fingerprint() string { return ssh.FingerprintSHA256(k.public) }

// PublicKey returns the key for use with golang.org/x/crypto/ssh.
func (k Key) PublicKey() ssh.PublicKey { return k.public }

// Line returns the key as one line of an authorized_keys file (sshd(8)): "type
// base64", then a space and the comment if there is one. It has no options, no line
// end and no control characters, and [ParseAuthorized] can read it.
func (k Key) Line() string {
	line := k.Type() + " " + base64.StdEncoding.EncodeToString(k.public.Marshal())
	if comment := cleanComment(k.Comment); comment != "" {
		line += " " + comment
	}
	return line
}

// fromWire reads a key's wire form and checks that the key is acceptable.
func fromWire(blob []byte) (Key, error) {
	name, ok := wireType(blob)
	if !ok {
		return Key{}, errDamaged()
	}
	if err := checkType(name); err != nil {
		return Key{}, err
	}
	if name == ssh.KeyAlgoRSA {
		if err := checkRSA(blob); err != nil {
			return Key{}, err
		}
	}
	public, err := ssh.ParsePublicKey(blob)
	if err != nil {
		return Key{}, errDamaged()
	}
	return Key{public: public}, nil
}

// wireType returns the type at the start of a key's wire form, if it is a name as
// RFC 4251, section 6 defines it: 1 to 64 printable ASCII characters.
func wireType(blob []byte) (string, bool) {
	var head struct {
		Name string
		Rest []byte `ssh:"rest"`
	}
	if err := ssh.Unmarshal(blob, &head); err != nil || !isTypeName(head.Name) {
		return "", false
	}
	return head.Name, true
}

func isTypeName(s string) bool {
	if s == "" || len(s) > 64 {
		return false
	}
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' || strings.IndexByte(`",=`, s[i]) >= 0 {
			return false
		}
	}
	return true
}

func checkType(name string) error {
	switch name {
	case ssh.KeyAlgoED25519, ssh.KeyAlgoRSA,
		ssh.KeyAlgoECDSA256, ssh.KeyAlgoECDSA384, ssh.KeyAlgoECDSA521,
		ssh.KeyAlgoSKED25519, ssh.KeyAlgoSKECDSA256:
		return nil
	case "ssh-dss":
		return refuse(ErrUnsupported, "%s keys are no longer safe; %s", name, howToMake)
	}
	if strings.Contains(name, "-cert-v0") {
		return refuse(ErrUnsupported, "this is a certificate, not a public key; give the .pub file of the key it was made from")
	}
	return refuse(ErrUnsupported, "%s keys are not accepted here; %s", name, howToMake)
}

// checkRSA inspects the numbers of an RSA key (RFC 4253, section 6.6) before the
// library does. So it can say how many bits the key has. It is also stricter: the
// library accepts moduli with which no signature can ever be verified.
func checkRSA(blob []byte) error {
	var w struct {
		Name string
		E, N *big.Int
		Rest []byte `ssh:"rest"`
	}
	if err := ssh.Unmarshal(blob, &w); err != nil || w.N.Sign() <= 0 || w.N.Bit(0) == 0 {
		return errDamaged()
	}
	switch bits := w.N.BitLen(); {
	case bits < MinRSABits:
		return refuse(ErrUnsupported, "RSA keys need %d bits or more; this one has %d; %s", MinRSABits, bits, howToMake)
	case bits > MaxRSABits:
		return refuse(ErrUnsupported, "RSA keys can have at most %d bits; this one has %d; %s", MaxRSABits, bits, howToMake)
	}
	return nil
}

func errDamaged() error {
	return refuse(ErrSyntax, "the key is damaged or cut short; copy the whole line of the .pub file again")
}
