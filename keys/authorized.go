package keys

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

const (
	// maxInput is the longest input that is read, in bytes: 1 MiB, which is about
	// ten thousand ed25519 keys.
	maxInput = 1 << 20
	// maxLine is the longest line, in bytes: 16 KiB. The largest accepted key, RSA
	// of 8192 bits, takes less than 2 KiB.
	maxLine = 16 << 10
	// maxLineErrors is how many bad lines are reported one by one.
	maxLineErrors = 50
)

// options are the names of options in authorized_keys (sshd(8), AUTHORIZED_KEYS
// FILE FORMAT), in lower case because sshd ignores case. Like sshd, confab refuses
// lines with other options. Otherwise the host names in a known_hosts file could
// pass for an option.
var options = []string{
	"agent-forwarding", "cert-authority", "command", "environment",
	"expiry-time", "from", "no-agent-forwarding", "no-port-forwarding",
	"no-pty", "no-touch-required", "no-user-rc", "no-x11-forwarding",
	"permitlisten", "permitopen", "port-forwarding", "principals", "pty",
	"restrict", "tunnel", "user-rc", "verify-required", "x11-forwarding",
}

// limits are the options that restrict the use of a key in a way that matters here.
// The server does not enforce them, so it refuses their lines: a key must not be
// worth more than its line says. The other options are about things that the server
// never does, such as forwarding, and are ignored.
var limits = []string{"command", "expiry-time", "from", "no-pty", "principals", "restrict", "verify-required"}

// ParseAuthorized reads public keys from a .pub file or an authorized_keys file of
// sshd(8): a key a line, with blank lines and comments (#) between them. Line ends
// may be LF, CRLF or CR, and a UTF-8 byte order mark is skipped. A line with an
// option that limits its key (command="…", from="…" and so on) is bad, because the
// server would not enforce it. Options about things that the server never does,
// such as no-port-forwarding, are ignored. A repeated key is returned once, as it
// came first. Comments are cleaned and cut to 100 characters.
//
// It is all or nothing: if any line is bad, no key is returned. The error joins
// (see [errors.Join]) a [*LineError] for each bad line, whose reasons are
// [ErrSyntax], [ErrUnsupported] or [ErrTooLong]. After 50 of them the rest is only
// counted. The error is [ErrNoKeys] for input without a key, [ErrPrivate] if a
// private key is anywhere in it, and [ErrTooLong] over 1 MiB. A line may have 16
// KiB. No error repeats the input, except for the type of a key.
func ParseAuthorized(r io.Reader) ([]Key, error) { return parse(r, false) }

// ParseDropping is [ParseAuthorized] for a host who accepts that the server does not
// enforce the options that limit a key. [Key.Dropped] names them.
func ParseDropping(r io.Reader) ([]Key, error) { return parse(r, true) }

func parse(r io.Reader, drop bool) ([]Key, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxInput+1))
	if err != nil {
		return nil, fmt.Errorf("reading public keys: %w", err)
	}
	if len(data) > maxInput {
		return nil, refuse(ErrTooLong, "this is too long for a file of public keys (limit: %d bytes)", maxInput)
	}
	lines, err := splitLines(string(data))
	if err != nil {
		return nil, err
	}
	var found []Key
	var bad []error
	seen := make(map[string]bool)
	for i, line := range lines {
		if line == "" || line[0] == '#' {
			continue
		}
		key, err := parseLine(line, drop)
		if err != nil {
			bad = append(bad, &LineError{Line: i + 1, Err: err})
			continue
		}
		if id := key.Fingerprint(); !seen[id] {
			seen[id] = true
			found = append(found, key)
		}
	}
	if more := len(bad) - maxLineErrors; more > 0 {
		bad = append(bad[:maxLineErrors:maxLineErrors], refuse(ErrSyntax, "and %d more lines are not public keys", more))
	}
	if len(bad) > 0 {
		return nil, errors.Join(bad...)
	}
	if len(found) == 0 {
		return nil, refuse(ErrNoKeys, "there is no public key in it; give the .pub file, which has a line like: ssh-ed25519 AAAA... name")
	}
	return found, nil
}

// splitLines returns the lines of an input, without the blanks around them. It
// refuses input that as a whole is not a list of public keys.
func splitLines(text string) ([]string, error) {
	if strings.HasPrefix(text, "\xff\xfe") || strings.HasPrefix(text, "\xfe\xff") {
		return nil, refuse(ErrSyntax, "this is UTF-16 text, as PowerShell writes it; save it as UTF-8 or copy the .pub file itself")
	}
	text = strings.TrimPrefix(text, "\ufeff")
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text)
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		line = strings.Trim(line, " \t")
		lines[i] = line
		if strings.HasPrefix(line, "#") {
			continue
		}
		if isPrivate(line) {
			return nil, refuse(ErrPrivate, "this is a private key, which you should show to nobody; give the .pub file beside it")
		}
		if err := otherFormat(line); err != nil {
			return nil, err
		}
	}
	return lines, nil
}

// isPrivate reports whether a line reveals a private key. It looks for the first
// line of one in any format that OpenSSH or PuTTY writes. In case that line was not
// copied, it also looks for the beginning of the second line in OpenSSH's format
// (the base64 of "openssh-key-v1").
func isPrivate(line string) bool {
	_, after, begins := strings.Cut(line, "--BEGIN ")
	if !begins {
		_, after, begins = strings.Cut(line, "-- BEGIN ") // in the style of RFC 4716
	}
	return begins && strings.Contains(after, "PRIVATE KEY") ||
		strings.HasPrefix(line, "SSH PRIVATE KEY FILE FORMAT") ||
		strings.HasPrefix(line, "PuTTY-User-Key-File-") ||
		strings.HasPrefix(line, "b3BlbnNzaC1rZXktdjEA")
}

// otherFormat returns an error that says how to convert a public key from another
// format (RFC 4716, PKCS #8, PKCS #1) to OpenSSH's.
func otherFormat(line string) error {
	flags := ""
	switch {
	case strings.HasPrefix(line, "---- BEGIN SSH2 PUBLIC KEY ----"):
	case strings.HasPrefix(line, "-----BEGIN PUBLIC KEY-----"):
		flags = " -m PKCS8"
	case strings.HasPrefix(line, "-----BEGIN RSA PUBLIC KEY-----"):
		flags = " -m PEM"
	default:
		return nil
	}
	return refuse(ErrUnsupported, "this public key is in another format; convert it with: ssh-keygen -i%s -f FILE", flags)
}

// parseLine reads one line that is neither blank nor a comment: [options] type
// base64 [comment]. With drop, options that limit the key are dropped.
func parseLine(line string, drop bool) (Key, error) {
	switch {
	case len(line) > maxLine:
		return Key{}, refuse(ErrTooLong, "the line is too long for a public key (limit: %d bytes)", maxLine)
	case line[0] == '@': // the markers of known_hosts
		return Key{}, refuse(ErrUnsupported, "lines with @cert-authority or @revoked are not keys of users; leave them out")
	}
	typ, rest := cutField(line)
	// A fingerprint stands alone, or after the bits as ssh-keygen -l prints it.
	if strings.HasPrefix(typ, fingerprintPrefix) || strings.HasPrefix(rest, fingerprintPrefix) {
		return Key{}, refuse(ErrSyntax, "this is the fingerprint of a key, not the key; give the .pub file")
	}
	var limiting []string
	if !isKeyPart(typ, rest) {
		after, limits, err := skipOptions(line)
		if err == nil && len(limits) > 0 && !drop {
			err = refuse(ErrUnsupported, "the option %s limits this key, but this server cannot enforce it; "+
				"remove the options if the key may be used without them, or leave the line out", limits[0])
		}
		if err != nil {
			return Key{}, err
		}
		limiting = limits
		typ, rest = cutField(after)
	}
	encoded, comment := cutField(rest)
	blob, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return Key{}, errDamaged()
	}
	key, err := fromWire(blob)
	if err != nil {
		return Key{}, err
	}
	if typ != key.Type() {
		return Key{}, refuse(ErrSyntax, "the type before the key must match the key, which is %s", key.Type())
	}
	key.Comment, key.Dropped = cleanComment(comment), strings.Join(limiting, ",")
	return key, nil
}

// isKeyPart reports whether a line's first field is a type that a key follows, and
// not an option. Every key's base64 begins with AAAA, the upper bytes of the length
// of its type.
func isKeyPart(typ, rest string) bool {
	return isTypeName(typ) && strings.HasPrefix(rest, "AAAA")
}

// cutField returns the first field of a line, and the rest after the blanks.
func cutField(s string) (field, rest string) {
	end := strings.IndexAny(s, " \t")
	if end < 0 {
		return s, ""
	}
	return s[:end], strings.TrimLeft(s[end:], " \t")
}

// skipOptions returns the rest of a line after its options, and the names of those that
// limit the key. Options are separated by commas and end at the first blank outside
// quotes. \" does not end a quote.
func skipOptions(line string) (rest string, limiting []string, err error) {
	quoted, start := false, 0
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case c == '\\' && strings.HasPrefix(line[i+1:], `"`):
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == ',', c == ' ', c == '\t':
			name, err := optionName(line[start:i])
			if err != nil {
				return "", nil, err
			}
			if slices.Contains(limits, name) && !slices.Contains(limiting, name) {
				limiting = append(limiting, name)
			}
			if c != ',' {
				return strings.TrimLeft(line[i:], " \t"), limiting, nil
			}
			start = i + 1
		}
	}
	if quoted {
		return "", nil, refuse(ErrSyntax, "a quote in the options before the key is not closed")
	}
	return "", nil, errNoKeyLine()
}

// optionName returns the name of an option. It refuses options that sshd does not know,
// and those of keys that are no user's.
func optionName(option string) (string, error) {
	name, _, _ := strings.Cut(strings.ToLower(option), "=")
	if name == "cert-authority" {
		return "", refuse(ErrUnsupported, "a cert-authority key is not the key of a user; leave the line out")
	}
	if !slices.Contains(options, name) {
		return "", errNoKeyLine()
	}
	return name, nil
}

func errNoKeyLine() error {
	return refuse(ErrSyntax, "this is not a public key; a line of a .pub file looks like: ssh-ed25519 AAAA... name")
}
