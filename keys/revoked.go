package keys

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"

	"golang.org/x/crypto/ssh"
)

// maxRevoked is the longest file of revoked keys that is read, in bytes. It holds about
// fifty thousand keys.
const maxRevoked = 16 << 20

// Revoked is a list of keys and certificates that a server refuses. A nil list is empty.
// It does not change, so several goroutines may call its methods.
type Revoked struct {
	keys         map[string]struct{} // fingerprints of keys
	certificates map[string]struct{} // fingerprints of whole certificates
	ids          map[string]struct{} // key ids of certificates
	serials      []serials
}

// serials is a range of serial numbers of certificates.
type serials struct{ first, last uint64 }

// ParseRevoked reads a list of revoked keys. Each line has a public key, a certificate, the
// fingerprint of a key, or, as in the files from which ssh-keygen makes a KRL, one of these
// after a word that says what it is:
//
//	key: ssh-ed25519 AAAA…
//	sha256: SHA256:…
//	serial: 17
//	serial: 20-29
//	id: ann@example
//
// A revoked key opens nothing, alone or in a certificate. If it is the key of a CA, the
// certificates that it has signed open nothing. Serials and ids apply to the certificates of
// all CAs. Empty lines and lines that begin with # are comments. An error is a [LineError]
// that says what to do.
func ParseRevoked(r io.Reader) (*Revoked, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxRevoked+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("reading the list: %w", err)
	case len(text) > maxRevoked:
		return nil, refuse(ErrTooLong, "the list is longer than 16 MiB")
	case bytes.HasPrefix(text, []byte("SSHKRL\n")):
		return nil, refuse(ErrUnsupported, "this is a binary KRL, which confab does not read; give the file from which ssh-keygen -k made it, or a file with the keys")
	}
	list := &Revoked{keys: map[string]struct{}{}, certificates: map[string]struct{}{}, ids: map[string]struct{}{}}
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, maxRevoked+1)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		if err := list.add(line); err != nil {
			return nil, &LineError{n, err}
		}
	}
	return list, lines.Err()
}

// add adds what one line names.
func (r *Revoked) add(line string) error {
	kind, value, named := strings.Cut(line, ":")
	if value = strings.TrimSpace(value); !named || strings.Contains(kind, " ") || kind == "SHA256" && !strings.HasPrefix(value, "SHA256:") {
		kind, value = "key", line
	}
	switch strings.ToLower(kind) {
	case "key", "sha256", "hash":
		if strings.HasPrefix(value, "SHA256:") {
			fingerprint, err := ParseFingerprint(value)
			r.keys[fingerprint] = struct{}{}
			return err
		}
		public, _, _, _, err := ssh.ParseAuthorizedKey([]byte(value))
		if err != nil {
			return refuse(ErrSyntax, "this is not a public key, a certificate or a fingerprint (SHA256:…)")
		}
		into := r.keys
		if _, ok := public.(*ssh.Certificate); ok {
			into = r.certificates
		}
		into[ssh.FingerprintSHA256(public)] = struct{}{}
	case "serial":
		from, to, span := strings.Cut(value, "-")
		if !span {
			to = from
		}
		first, err1 := strconv.ParseUint(strings.TrimSpace(from), 0, 64)
		last, err2 := strconv.ParseUint(strings.TrimSpace(to), 0, 64)
		if err1 != nil || err2 != nil || last < first {
			return refuse(ErrSyntax, "this is not a serial number or a range: write serial: 17, or serial: 20-29")
		}
		r.serials = append(r.serials, serials{first, last})
	case "id":
		r.ids[value] = struct{}{}
	default:
		return refuse(ErrSyntax, "this is not a public key, a certificate or a fingerprint, and does not begin with key:, sha256:, serial: or id:")
	}
	return nil
}

// Len returns how many entries the list has.
func (r *Revoked) Len() int {
	if r == nil {
		return 0
	}
	return len(r.keys) + len(r.certificates) + len(r.ids) + len(r.serials)
}

// Key reports whether the key with this fingerprint is revoked.
func (r *Revoked) Key(fingerprint string) bool {
	if r == nil {
		return false
	}
	_, is := r.keys[fingerprint]
	return is
}

// Certificate reports whether a certificate is revoked: by itself, by its serial number or
// its id, or because its key or the key of its CA is.
func (r *Revoked) Certificate(cert *ssh.Certificate) bool {
	if r.Len() == 0 {
		return false
	}
	if r.Key(ssh.FingerprintSHA256(cert.Key)) || r.Key(ssh.FingerprintSHA256(cert.SignatureKey)) {
		return true
	}
	for _, s := range r.serials {
		if s.first <= cert.Serial && cert.Serial <= s.last {
			return true
		}
	}
	_, byID := r.ids[cert.KeyId]
	_, itself := r.certificates[ssh.FingerprintSHA256(cert)]
	return byID || itself
}
