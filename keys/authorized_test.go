package keys

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"golang.org/x/crypto/ssh"
)

func TestParseAuthorized(t *testing.T) {
	s := makeSample(t)
	ed, rsa := s[ssh.KeyAlgoED25519], s[ssh.KeyAlgoRSA]
	e, r := lineOf(ed, ""), lineOf(rsa, "")
	tests := []struct {
		name, in string
		want     []string // lines
	}{
		{"one", e, []string{e}},
		{"comment", e + " ann@home\n", []string{e + " ann@home"}},
		{"comment with spaces", e + "  my old laptop \n", []string{e + " my old laptop"}},
		{"fingerprint in comment", e + " me SHA256:abc", []string{e + " me SHA256:abc"}},
		{"blank lines and comments", "# mine\n\n  \t\n" + e + "\n   # other\n" + r + " x\n", []string{e, r + " x"}},
		{"CRLF", e + " a\r\n\r\n" + r + " b\r\n", []string{e + " a", r + " b"}},
		{"CR", e + " a\r" + r + " b\r", []string{e + " a", r + " b"}},
		{"byte order mark", "\ufeff" + e + "\n", []string{e}},
		{"indented, tabs", "\t" + strings.ReplaceAll(e, " ", "\t") + "\tann\n", []string{e + " ann"}},
		{"twice", e + " first\n" + r + "\n" + e + " second\n", []string{e + " first", r}},
		{"option", "no-port-forwarding " + e + " a", []string{e + " a"}},
		{"options", `no-touch-required,Environment="X=echo \"a, b\" # AAAA ssh-rsa",permitopen="*.example.com:1,!x" ` + e + ` c`, []string{e + " c"}},
		{"option with key inside", `environment="` + r + `" ` + e, []string{e}},
		{"comment that is an option", e + ` cert-authority`, []string{e + " cert-authority"}},
		{"private key in a comment", "# -----BEGIN OPENSSH PRIVATE KEY-----\n" + e, []string{e}},
	}
	for name, blob := range s {
		line := lineOf(blob, "k")
		tests = append(tests, struct {
			name, in string
			want     []string
		}{name, line, []string{line}})
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := ParseAuthorized(strings.NewReader(tt.in))
			if err != nil {
				t.Fatal(err)
			}
			var lines []string
			for _, k := range got {
				lines = append(lines, k.Line())
			}
			if strings.Join(lines, "\n") != strings.Join(tt.want, "\n") {
				t.Errorf("got %q\nwant %q", lines, tt.want)
			}
		})
	}
}

func TestParseAuthorizedRefuses(t *testing.T) {
	s := makeSample(t)
	ed := s[ssh.KeyAlgoED25519]
	e := lineOf(ed, "a")
	b64 := base64.StdEncoding.EncodeToString(ed)
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(private, "ann")
	if err != nil {
		t.Fatal(err)
	}
	private64 := string(pem.EncodeToMemory(block))
	_, headless, _ := strings.Cut(private64, "\n")
	tests := []struct {
		name, in string
		is       error
		says     string
	}{
		{"empty", "", ErrNoKeys, "no public key"},
		{"only comments", "# nothing\n\n", ErrNoKeys, "no public key"},
		{"private", private64, ErrPrivate, "which you should show to nobody"},
		{"private after public", e + "\n" + private64, ErrPrivate, ".pub"},
		{"private on one line", strings.ReplaceAll(private64, "\n", " "), ErrPrivate, ".pub"},
		{"private, quoted", "> " + private64, ErrPrivate, ".pub"},
		{"private without its first line", headless, ErrPrivate, ".pub"},
		{"private RSA", "-----BEGIN RSA PRIVATE KEY-----\nAAAA", ErrPrivate, ".pub"},
		{"private SSH2", "---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----", ErrPrivate, ".pub"},
		{"private PuTTY", "PuTTY-User-Key-File-3: ssh-ed25519\n", ErrPrivate, ".pub"},
		{"RFC 4716", "---- BEGIN SSH2 PUBLIC KEY ----\n" + b64 + "\n---- END SSH2 PUBLIC KEY ----\n", ErrUnsupported, "ssh-keygen -i -f FILE"},
		{"PKCS #8", "-----BEGIN PUBLIC KEY-----\n", ErrUnsupported, "ssh-keygen -i -m PKCS8 -f FILE"},
		{"PKCS #1", "-----BEGIN RSA PUBLIC KEY-----\n", ErrUnsupported, "ssh-keygen -i -m PEM -f FILE"},
		{"UTF-16", "\xff\xfes\x00s\x00h\x00", ErrSyntax, "UTF-16"},
		{"too long", strings.Repeat("#\n", maxInput), ErrTooLong, "1048576 bytes"},
		{"line too long", e + strings.Repeat("x", maxLine), ErrTooLong, "line 1: the line is too long for a public key"},
		{"prose", "hello there\n", ErrSyntax, "line 1: this is not a public key"},
		{"only the key", b64, ErrSyntax, "ssh-ed25519 AAAA"},
		{"known_hosts", "chat.example.com " + e, ErrSyntax, "not a public key"},
		{"type missing", "pty " + b64, ErrSyntax, "must match the key, which is ssh-ed25519"},
		{"another type", "ssh-rsa " + b64, ErrSyntax, "must match the key, which is ssh-ed25519"},
		{"certificate authority", "cert-authority " + e, ErrUnsupported, "cert-authority"},
		{"certificate authority among options", `pty,CERT-AUTHORITY,from="x" ` + e, ErrUnsupported, "cert-authority"},
		{"limited to an address", `from="192.0.2.1" ` + e, ErrUnsupported, "line 1: the option from limits this key"},
		{"limited to a command", e + "\n" + `pty,Command="x, y" ` + e, ErrUnsupported, "line 2: the option command limits this key"},
		{"limited altogether", "restrict " + e, ErrUnsupported, "the option restrict limits this key"},
		{"limited to a time", `expiry-time="20300101" ` + e, ErrUnsupported, "the option expiry-time limits this key"},
		{"limited to no terminal", "no-pty " + e, ErrUnsupported, "the option no-pty limits this key"},
		{"limited to a PIN", "verify-required " + e, ErrUnsupported, "the option verify-required limits this key"},
		{"limited to principals", `principals="ann" ` + e, ErrUnsupported, "the option principals limits this key"},
		{"marked as authority", "@cert-authority * " + e, ErrUnsupported, "@cert-authority"},
		{"marked as revoked", "@revoked * " + e, ErrUnsupported, "@revoked"},
		{"quote not closed", `environment="x ` + e, ErrSyntax, "not closed"},
		{"fingerprint", "SHA256:uNiVztksCsDhcc0u9e8BrwfDeNpW9Om7R7Ok3Z5X8rQ", ErrSyntax, "fingerprint"},
		{"listing", "256 SHA256:uNiVztksCsDhcc0u9e8BrwfDeNpW9Om7R7Ok3Z5X8rQ ann (ED25519)", ErrSyntax, "fingerprint"},
		{"cut short", e[:40], ErrSyntax, "cut short"},
		{"no base64", e[:30] + "*" + e[31:], ErrSyntax, "damaged"},
		{"old RSA", lineOf(rsaWire(65537, odd(1024)), ""), ErrUnsupported, "line 1: RSA keys need 2048"},
		{"second line", e + "\r\nnonsense\r\n", ErrSyntax, "line 2: "},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := ParseAuthorized(strings.NewReader(tt.in))
			if got != nil || !errors.Is(err, tt.is) || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("got %d keys and %v, want an error that is %v and says %q", len(got), err, tt.is, tt.says)
			}
		})
	}
}

func TestParseAuthorizedTellsAllBadLines(t *testing.T) {
	e := lineOf(makeSample(t)[ssh.KeyAlgoED25519], "a")
	_, err := ParseAuthorized(strings.NewReader("bad\n" + e + "\n# fine\n@revoked x\n"))
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		t.Fatalf("not joined: %v", err)
	}
	var lines []int
	for _, e := range joined.Unwrap() {
		line, ok := errors.AsType[*LineError](e)
		if !ok {
			t.Fatalf("no line: %v", e)
		}
		lines = append(lines, line.Line)
	}
	if len(lines) != 2 || lines[0] != 1 || lines[1] != 4 {
		t.Errorf("bad lines %v, want 1 and 4", lines)
	}
	if !errors.Is(err, ErrSyntax) || !errors.Is(err, ErrUnsupported) {
		t.Errorf("the reasons are not told: %v", err)
	}
}

func TestParseAuthorizedCountsTheRest(t *testing.T) {
	_, err := ParseAuthorized(strings.NewReader(strings.Repeat("secret stuff\n", 1000)))
	if n := strings.Count(err.Error(), "\n"); n != maxLineErrors || !strings.HasSuffix(err.Error(), "and 950 more lines are not public keys") {
		t.Errorf("%d lines: %v", n, err)
	}
	if strings.Contains(err.Error(), "secret") {
		t.Error("the input is repeated in the error")
	}
}

func TestParseAuthorizedReadError(t *testing.T) {
	if _, err := ParseAuthorized(iotest.ErrReader(iotest.ErrTimeout)); !errors.Is(err, iotest.ErrTimeout) {
		t.Errorf("got %v", err)
	}
}

func FuzzParseAuthorized(f *testing.F) {
	for _, blob := range makeSample(f) {
		f.Add([]byte(lineOf(blob, "ann@home")))
		f.Add([]byte(`command="a \" b",no-pty ` + lineOf(blob, "\x1b]0;x\a\u202e") + "\r\n# x\n"))
	}
	f.Add([]byte("@revoked \xff\n-----BEGIN PUBLIC KEY-----"))
	f.Fuzz(func(t *testing.T, in []byte) {
		got, err := ParseAuthorized(bytes.NewReader(in))
		if err != nil {
			if got != nil || !utf8.ValidString(err.Error()) {
				t.Errorf("keys %v with an error, or garbage in it: %q", got, err)
			}
			return
		}
		var file strings.Builder
		for _, k := range got {
			line := k.Line()
			if strings.ContainsFunc(line, func(r rune) bool { return r < ' ' || r >= 0x7f && r < 0xa0 }) {
				t.Errorf("controls in %q", line)
			}
			file.WriteString(line + "\n")
		}
		again, err := ParseAuthorized(strings.NewReader(file.String()))
		if err != nil || len(again) != len(got) {
			t.Fatalf("%d keys became %d: %v", len(got), len(again), err)
		}
		for i := range got {
			if got[i].Line() != again[i].Line() || got[i].Comment != again[i].Comment || got[i].Fingerprint() != again[i].Fingerprint() {
				t.Errorf("%q became %q", got[i].Line(), again[i].Line())
			}
		}
	})
}
