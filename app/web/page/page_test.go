package page_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"html"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"

	"confab/app/chat"
	"confab/app/testkit"
	"confab/app/web/page"
	"confab/keys"
)

// written returns the page of a server.
func written(t *testing.T, s page.Server) string {
	t.Helper()
	if s.Address.Host == "" {
		s.Address = keys.Address{Host: "chat.example.org", Port: "2222"}
	}
	if s.HostKeys == nil {
		s.HostKeys = []ssh.PublicKey{testkit.Signer(t).PublicKey()}
	}
	got, err := s.HTML()
	if err != nil {
		t.Fatal(err)
	}
	return string(got)
}

// Everything on the page is the server's own text, the rules of the host are shown as they
// are, and the browser may do nothing but use the style.
func TestThePageIsHarmless(t *testing.T) {
	t.Parallel()
	rules := "Be kind.\n</div><script>alert(1)</script> <img src=x onerror=alert(1)> {{.Policy}} \"'` & https://example.org/"
	got := written(t, page.Server{Join: chat.JoinOpen, Rules: rules})
	if !strings.Contains(html.UnescapeString(got), rules) {
		t.Errorf("the page does not show the rules as they are:\n%s", got)
	}
	if bad := regexp.MustCompile(`(?i)<(script|img|link|iframe|object|form|base)|\son\w+=|javascript:|(src|href|action)=`).FindAllString(got[:strings.Index(got, `<div class="words"`)], -1); bad != nil {
		t.Errorf("the page has %q", bad)
	}
	if strings.Contains(got, "<script") || strings.Contains(got, "<img") {
		t.Errorf("the rules are not escaped:\n%s", got)
	}
	style := regexp.MustCompile(`(?s)<style>(.*)</style>`).FindStringSubmatch(got)
	sum := sha256.Sum256([]byte(style[1]))
	if hash := "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"; !strings.Contains(page.Policy(), "style-src "+hash) {
		t.Errorf("the policy %s does not allow the style, whose hash is %s", page.Policy(), hash)
	}
	if meta := regexp.MustCompile(`http-equiv="Content-Security-Policy" content="([^"]*)"`).FindStringSubmatch(got); meta == nil || html.UnescapeString(meta[1]) != page.Policy() {
		t.Errorf("the page says its policy is %q", meta)
	}
	if len(got) > 8<<10 {
		t.Errorf("the page has %d bytes", len(got))
	}
}

// The lines for known_hosts make clients accept exactly these keys, whatever their types are.
func TestThePageHasAllHostKeys(t *testing.T) {
	t.Parallel()
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	ecdsaKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	list := []ssh.PublicKey{testkit.Signer(t).PublicKey()}
	for _, private := range []any{rsaKey, ecdsaKey} {
		signer, err := ssh.NewSignerFromKey(private)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, signer.PublicKey())
	}
	for _, address := range []keys.Address{{Host: "chat.example.org", Port: "22"}, {Host: "chat.example.org", Port: "2222"}, {Host: "2001:db8::1", Port: "2222"}} {
		got := html.UnescapeString(written(t, page.Server{Address: address, HostKeys: list}))
		lines := regexp.MustCompile(`(?m)^(?:<pre>)?(\S+ (?:ssh|ecdsa)-\S+ [A-Za-z0-9+/=]+)`).FindAllStringSubmatch(got, -1)
		if len(lines) != 3 {
			t.Fatalf("the page has %d lines for known_hosts:\n%s", len(lines), got)
		}
		file := filepath.Join(t.TempDir(), "known_hosts")
		if err := os.WriteFile(file, []byte(lines[0][1]+"\n"+lines[1][1]+"\n"+lines[2][1]+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		accepts, err := knownhosts.New(file)
		if err != nil {
			t.Fatal(err)
		}
		for i, k := range list {
			if err := accepts(address.String(), dialed{}, k); err != nil {
				t.Errorf("a client with these lines does not accept %s of %s: %v", k.Type(), address, err)
			}
			if want := []string{"ED25519", "RSA", "ECDSA"}[i] + "</dt><dd><code>" + ssh.FingerprintSHA256(k); !strings.Contains(got, want) {
				t.Errorf("the page does not have %s", want)
			}
		}
		if accepts(address.String(), dialed{}, testkit.Signer(t).PublicKey()) == nil {
			t.Error("a client with these lines accepts any key")
		}
		if want := "<pre>" + address.Command("", "") + "</pre>"; !strings.Contains(got, want) {
			t.Errorf("the page does not have the command %s", want)
		}
	}
}

// dialed is an address that is in no known_hosts.
type dialed struct{}

func (dialed) Network() string { return "tcp" }
func (dialed) String() string  { return "192.0.2.99:1" }

// Newcomers read how they join this server now, and nothing of the other ways.
func TestThePageSaysHowToJoin(t *testing.T) {
	t.Parallel()
	sentences := map[chat.JoinMode]string{
		chat.JoinOpen:      "Connect and choose a name. That is all.",
		chat.JoinByRequest: "write a line about yourself",
		chat.JoinByInvite:  "<pre>ssh -p 2222 CODE@chat.example.org</pre>",
		chat.JoinClosed:    "Send your public key to the host",
	}
	for _, mode := range chat.JoinModes() {
		got := written(t, page.Server{Join: mode})
		for other, sentence := range sentences {
			if strings.Contains(got, sentence) != (other == mode) {
				t.Errorf("with %s, the page says %q: %v", mode, sentence, other != mode)
			}
		}
		if strings.Contains(got, "Rules") {
			t.Errorf("with %s, the page has rules, and the server has none", mode)
		}
	}
}
