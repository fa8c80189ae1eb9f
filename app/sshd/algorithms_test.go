package sshd_test

import (
	"bufio"
	"crypto/rand"
	"crypto/rsa"
	"encoding/binary"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"confab/app/sshd"
)

// offered reads the algorithms that a server offers from its SSH_MSG_KEXINIT (RFC 4253,
// 7.1), which follows the version line without encryption.
func offered(t *testing.T, h *host) map[string][]string {
	t.Helper()
	c := h.tcp()
	if _, err := io.WriteString(c, "SSH-2.0-test\r\n"); err != nil {
		t.Fatal(err)
	}
	r := bufio.NewReader(c)
	if line, err := r.ReadString('\n'); err != nil || line != "SSH-2.0-confab\r\n" {
		t.Fatalf("the server says %q, %v", line, err)
	}
	var head [5]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		t.Fatal(err)
	}
	packet := make([]byte, binary.BigEndian.Uint32(head[:])-1)
	if _, err := io.ReadFull(r, packet); err != nil {
		t.Fatal(err)
	}
	var init struct {
		Cookie                                [16]byte `sshtype:"20"`
		Kex, HostKeys                         []string
		CiphersIn, CiphersOut, MACsIn, MACOut []string
		CompressionIn, CompressionOut         []string
		LanguagesIn, LanguagesOut             []string
		Follows                               bool
		Reserved                              uint32
	}
	if err := ssh.Unmarshal(packet[:len(packet)-int(head[4])], &init); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(init.CiphersIn, init.CiphersOut) || !slices.Equal(init.MACsIn, init.MACOut) {
		t.Error("the directions differ")
	}
	return map[string][]string{
		"key exchange": init.Kex, "host key": init.HostKeys, "cipher": init.CiphersIn, "MAC": init.MACsIn, "compression": init.CompressionIn,
	}
}

// The server offers these algorithms and no others, and docs/security.md lists the same.
func TestWhatIsOffered(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile("../../docs/security.md")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][]string{
		"key exchange": {
			"mlkem768x25519-sha256", "curve25519-sha256", "curve25519-sha256@libssh.org",
			"ecdh-sha2-nistp256", "kex-strict-s-v00@openssh.com",
		},
		"host key":    {"ssh-ed25519"},
		"cipher":      {"aes128-gcm@openssh.com", "aes256-gcm@openssh.com", "chacha20-poly1305@openssh.com", "aes256-ctr", "aes128-ctr"},
		"MAC":         {"hmac-sha2-256-etm@openssh.com", "hmac-sha2-512-etm@openssh.com", "hmac-sha2-256", "hmac-sha2-512"},
		"compression": {"none"},
	}
	check := func(got map[string][]string) {
		t.Helper()
		for what, names := range want {
			if !slices.Equal(got[what], names) {
				t.Errorf("%s: %q, want %q", what, got[what], names)
			}
			for _, name := range names {
				if !strings.Contains(string(doc), "`"+name+"`") {
					t.Errorf("docs/security.md does not have %s", name)
				}
			}
		}
	}
	check(offered(t, serve(t)))
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	key, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	want["host key"] = []string{"rsa-sha2-256", "rsa-sha2-512"}
	check(offered(t, serveWith(t, sshd.Limits{}, key)))
}

// Clients that have the hybrid key exchange use it. An old client is refused.
func TestWhatIsAgreedOn(t *testing.T) {
	t.Parallel()
	h := serve(t)
	ann := h.member("ann")
	dial := func(c ssh.Config) (*ssh.Client, error) {
		return h.client(h.tcp(), &ssh.ClientConfig{Config: c, Auth: []ssh.AuthMethod{ssh.PublicKeys(ann)}})
	}
	client, err := dial(ssh.Config{})
	if err != nil {
		t.Fatal(err)
	}
	if a, ok := client.Conn.(ssh.AlgorithmsConnMetadata); !ok || a.Algorithms().KeyExchange != ssh.KeyExchangeMLKEM768X25519 {
		t.Errorf("agreed on %+v", a)
	}
	for _, name := range []string{"curve25519-sha256", "ecdh-sha2-nistp256"} {
		if _, err := dial(ssh.Config{KeyExchanges: []string{name}}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	weak := ssh.InsecureAlgorithms()
	for _, c := range []ssh.Config{
		{KeyExchanges: weak.KeyExchanges}, {KeyExchanges: []string{ssh.KeyExchangeECDHP384, ssh.KeyExchangeECDHP521}},
		{KeyExchanges: []string{ssh.KeyExchangeDH14SHA256, ssh.KeyExchangeDHGEXSHA256}},
		{Ciphers: weak.Ciphers},
		{MACs: append(weak.MACs, ssh.HMACSHA1), Ciphers: []string{ssh.CipherAES256CTR}},
	} {
		if _, err := dial(c); err == nil || !strings.Contains(err.Error(), "no common algorithm") {
			t.Errorf("%+v is answered %v", c, err)
		}
	}
	// The log has the algorithms of such a client.
	h.log.Has(t, "no algorithm in common", "for=\"key exchange\"", "address=127.0.0.1", "offered=diffie-hellman-group14-sha256,diffie-hellman-group-exchange-sha256")
	h.log.Has(t, "no algorithm in common", "for=\"client to server MAC\"", "hmac-sha1")
}

// Old libraries have no other MACs. The server prefers better ones.
func TestTheMACsOfOldLibraries(t *testing.T) {
	t.Parallel()
	h := serve(t)
	ann := h.member("ann")
	for _, name := range []string{ssh.HMACSHA256, ssh.HMACSHA512, ssh.HMACSHA512ETM} {
		client, err := h.client(h.tcp(), &ssh.ClientConfig{
			Config: ssh.Config{MACs: []string{name}, Ciphers: []string{ssh.CipherAES256CTR}},
			Auth:   []ssh.AuthMethod{ssh.PublicKeys(ann)},
		})
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if got := who(t, client); got != "ann" {
			t.Errorf("%s: it is %s", name, got)
		}
	}
}
