package keys

import (
	"crypto/sha256"
	"encoding/base64"
	"strings"
)

const fingerprintPrefix = "SHA256:"

// ParseFingerprint reads a fingerprint as OpenSSH prints it, "SHA256:" and the
// base64 of 32 bytes. It accepts spaces around it and padding at its end. It
// returns the form that [Key.Fingerprint] has. For anything else it returns
// [ErrSyntax], with a sentence that says what a fingerprint looks like.
func ParseFingerprint(s string) (string, error) {
	hash, ok := strings.CutPrefix(strings.TrimSpace(s), fingerprintPrefix)
	if !ok {
		return "", errFingerprint()
	}
	// 32 bytes are 43 characters and one of padding.
	hash = strings.TrimSuffix(hash, "=")
	sum, err := base64.RawStdEncoding.Strict().DecodeString(hash)
	if err != nil || len(sum) != sha256.Size || strings.ContainsAny(hash, "\r\n") {
		return "", errFingerprint()
	}
	return fingerprintPrefix + hash, nil
}

func errFingerprint() error {
	return refuse(ErrSyntax, "a fingerprint is SHA256: and 43 letters and digits, as ssh-keygen -lf FILE.pub prints it")
}
