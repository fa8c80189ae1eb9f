package machine_test

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"confab/app/testkit"
	"confab/cmd/confab/machine"
)

// A new certificate is used as soon as it is there, without a restart. While its files are
// only half replaced, clients get the one from before.
func TestANewCertificateIsUsed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	certFile, keyFile := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	if _, err := machine.Certificate(certFile, keyFile); err == nil || !strings.Contains(err.Error(), certFile) {
		t.Errorf("without the files, the error is %v", err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(testkit.Certify(t, certFile, keyFile, 1))
	secure, err := machine.Certificate(certFile, keyFile)
	if err != nil {
		t.Fatal(err)
	}
	l, err := machine.HTTPAddress("127.0.0.1:0").Listen("http")
	if err != nil {
		t.Fatal(err)
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	hello := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") })
	stop := machine.ServeHTTP(l, hello, secure, slog.New(slog.DiscardHandler))
	defer stop()
	serial := func() int64 {
		t.Helper()
		client := http.Client{Timeout: testkit.Patience, Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{RootCAs: pool}}}
		r, err := client.Get("https://localhost:" + port)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Body.Close()
		if said, err := io.ReadAll(r.Body); err != nil || string(said) != "hello" {
			t.Errorf("the server says %q, %v", said, err)
		}
		return r.TLS.PeerCertificates[0].SerialNumber.Int64()
	}
	if n := serial(); n != 1 {
		t.Errorf("clients get certificate %d first", n)
	}
	next := filepath.Join(dir, "next.pem")
	pool.AddCert(testkit.Certify(t, certFile, next, 2)) // its key is not in place yet
	if n := serial(); n != 1 {
		t.Errorf("with the key of another certificate, clients get %d", n)
	}
	if err := os.Rename(next, keyFile); err != nil {
		t.Fatal(err)
	}
	if n := serial(); n != 2 {
		t.Errorf("after the new one is there, clients get %d", n)
	}
	if err := os.Remove(certFile); err != nil {
		t.Fatal(err)
	}
	if n := serial(); n != 2 {
		t.Errorf("while the file is missing, clients get %d", n)
	}
	// without TLS, nobody gets anything from it
	if r, err := http.Get("http://localhost:" + port); err == nil {
		said, _ := io.ReadAll(r.Body)
		_ = r.Body.Close()
		if strings.Contains(string(said), "hello") {
			t.Error("the server answers without TLS")
		}
	}
}

func TestWebAddresses(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]machine.HTTPAddress{
		"": "", ":8080": "127.0.0.1:8080", "8080": "127.0.0.1:8080", "localhost:8080": "127.0.0.1:8080",
		"0.0.0.0:8080": "0.0.0.0:8080", "[::1]:8080": "[::1]:8080",
	} {
		var a machine.HTTPAddress
		if err := a.UnmarshalText([]byte(given)); err != nil || a != want {
			t.Errorf("%q is %q, %v; want %q", given, a, err, want)
		}
		if public := strings.HasPrefix(given, "0.0.0.0"); a.Public() != public && a != "" {
			t.Errorf("%q is public: %v", given, !public)
		}
	}
	for given, want := range map[string]machine.WebURL{"": "", "https://chat.example.org/": "https://chat.example.org", "http://[::1]:8080/chat": "http://[::1]:8080/chat"} {
		var u machine.WebURL
		if err := u.UnmarshalText([]byte(given)); err != nil || u != want {
			t.Errorf("%q is %q, %v; want %q", given, u, err, want)
		}
	}
	for _, given := range []string{"chat.example.org", "ftp://chat.example.org", "https://", "https://ann@chat.example.org", "https://chat.example.org/?x", "https://chat.example.org/#x", "javascript:alert(1)"} {
		if err := new(machine.WebURL).UnmarshalText([]byte(given)); err == nil || !strings.Contains(err.Error(), "is not a web address") {
			t.Errorf("%q is accepted as a web address: %v", given, err)
		}
	}
}
