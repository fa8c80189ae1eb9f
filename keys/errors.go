package keys

import (
	"errors"
	"fmt"
)

// Callers check for these errors with [errors.Is]. The errors that match them are
// plain sentences for the user, without a capital or a full stop, so that they can
// follow a file's name and a colon.
var (
	// ErrSyntax: the input is not a well-formed key, fingerprint, address or name.
	ErrSyntax = errors.New("not a public key")
	// ErrUnsupported: it is a key of a kind that is not accepted.
	ErrUnsupported = errors.New("unsupported key")
	// ErrPrivate: it is a private key, which its owner should show to nobody.
	ErrPrivate = errors.New("private key")
	// ErrNoKeys: the input contains no key at all.
	ErrNoKeys = errors.New("no keys")
	// ErrTooLong: the input or a line of it is over its limit.
	ErrTooLong = errors.New("too long")
	// ErrHostKey: there is a host key file that must not be used as it is.
	ErrHostKey = errors.New("unusable host key")
	// ErrHostCertificate: there is a file beside a host key that is not its certificate.
	ErrHostCertificate = errors.New("unusable host certificate")
	// ErrHostCertificateTime: a host certificate is not valid at present.
	ErrHostCertificateTime = errors.New("host certificate out of date")
)

// refusal is a sentence for the user that matches one of the errors above. The
// sentence never repeats input, which may be a secret pasted by mistake.
type refusal struct {
	kind error
	text string
}

func refuse(kind error, format string, args ...any) error {
	return &refusal{kind: kind, text: fmt.Sprintf(format, args...)}
}

// Error returns the sentence.
func (r *refusal) Error() string { return r.text }

// Unwrap returns the sentinel.
func (r *refusal) Unwrap() error { return r.kind }

// LineError says which line of an input is wrong, counted from 1, and why.
type LineError struct {
	Line int
	Err  error
}

// Error returns the number of the line and the reason.
func (e *LineError) Error() string { return fmt.Sprintf("line %d: %v", e.Line, e.Err) }

// Unwrap returns the reason.
func (e *LineError) Unwrap() error { return e.Err }
