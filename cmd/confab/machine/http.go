package machine

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"
)

// HTTPAddress is an address of a server of the machine for HTTP, as a setting. "" means no
// server. Without a host it is only for the machine itself. To listen elsewhere, the
// operator writes an IP address, such as 0.0.0.0 for all of the machine's addresses.
type HTTPAddress string

// UnmarshalText implements encoding.TextUnmarshaler. It accepts :PORT, PORT and ADDR:PORT.
func (a *HTTPAddress) UnmarshalText(text []byte) error {
	given := string(text)
	*a = ""
	if given == "" {
		return nil
	}
	if _, err := net.LookupPort("tcp", given); err == nil {
		given = ":" + given
	}
	host, port, err := net.SplitHostPort(given)
	if err != nil {
		return fmt.Errorf("%q is not an address: write :PORT, such as :9222, or ADDR:PORT", text)
	}
	if host == "" || host == "localhost" {
		host = "127.0.0.1"
	}
	if net.ParseIP(host) == nil {
		return fmt.Errorf("%q is not an address: write an IP address before the port, such as 0.0.0.0 for all of the machine's addresses", text)
	}
	*a = HTTPAddress(net.JoinHostPort(host, port))
	return nil
}

// Public reports whether others than the machine itself can reach the address.
func (a HTTPAddress) Public() bool {
	host, _, err := net.SplitHostPort(string(a))
	return err == nil && !net.ParseIP(host).IsLoopback()
}

// Listen listens on the address. setting is the name of the setting, for errors.
func (a HTTPAddress) Listen(setting string) (net.Listener, error) {
	l, err := net.Listen("tcp", string(a))
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("listening on %s: another program is already using this port: choose another one with --%s", a, setting)
	}
	if err != nil {
		return nil, fmt.Errorf("listening on %s: %w", a, err)
	}
	return l, nil
}

// WebURL is the beginning of web addresses, without a slash at its end, as a setting.
type WebURL string

// UnmarshalText implements encoding.TextUnmarshaler.
func (u *WebURL) UnmarshalText(text []byte) error {
	given := strings.TrimRight(string(text), "/")
	*u = WebURL(given)
	if given == "" {
		return nil
	}
	parsed, err := url.Parse(given)
	if err != nil || parsed.Scheme != "http" && parsed.Scheme != "https" || parsed.Host == "" || parsed.User != nil || parsed.RawQuery != "" || parsed.Fragment != "" {
		return fmt.Errorf("%q is not a web address: write one such as https://chat.example.org", text)
	}
	return nil
}

// The bounds of a server for HTTP. Requests are small, so slow ones are not waited for.
const (
	httpHeaderTime  = 5 * time.Second
	httpRequestTime = 30 * time.Second
	httpIdleTime    = time.Minute
	httpHeaderBytes = 16 << 10
	httpConnections = 256
)

// ServeHTTP answers requests, with TLS unless secure is nil, and returns a function that
// stops that. Faults of single connections go to the log with the level debug.
func ServeHTTP(l net.Listener, h http.Handler, secure *tls.Config, to *slog.Logger) (stop func()) {
	server := &http.Server{
		Handler: h, ReadHeaderTimeout: httpHeaderTime, ReadTimeout: httpRequestTime, WriteTimeout: httpRequestTime,
		IdleTimeout: httpIdleTime, TLSConfig: secure, MaxHeaderBytes: httpHeaderBytes, ErrorLog: slog.NewLogLogger(to.Handler(), slog.LevelDebug),
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		l := &bounded{Listener: l, free: make(chan struct{}, httpConnections)}
		if secure != nil {
			_ = server.ServeTLS(l, "", "")
		} else {
			_ = server.Serve(l)
		}
	}()
	return func() { _ = server.Close(); <-done }
}

// bounded is a listener that has only so many connections at a time. Others wait in the
// kernel, so that clients of the web page cannot use up the files of the process.
type bounded struct {
	net.Listener
	free chan struct{} // holds a token for each connection
}

func (b *bounded) Accept() (net.Conn, error) {
	b.free <- struct{}{}
	c, err := b.Listener.Accept()
	if err != nil {
		<-b.free
		return nil, err
	}
	return &boundedConn{Conn: c, end: sync.OnceFunc(func() { <-b.free })}, nil
}

type boundedConn struct {
	net.Conn
	end func()
}

func (c *boundedConn) Close() error {
	defer c.end()
	return c.Conn.Close()
}

// Certificate returns the configuration for TLS with the certificate and the key in two
// files. When the files change, new connections get the new certificate.
func Certificate(certFile, keyFile string) (*tls.Config, error) {
	c := &certificate{certFile: certFile, keyFile: keyFile}
	if _, err := c.current(nil); err != nil {
		return nil, err
	}
	return &tls.Config{GetCertificate: c.current}, nil
}

// certificate is the certificate in two files. Several goroutines may use it.
type certificate struct {
	certFile, keyFile string

	mu   sync.Mutex
	read [2]time.Time // when the files were changed that were read last
	pair *tls.Certificate
}

// current returns the certificate that the files have now. While they cannot be read, such
// as in the moment in which a program replaces them, it returns the last one.
func (c *certificate) current(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var changed [2]time.Time
	for i, name := range []string{c.certFile, c.keyFile} {
		if info, err := os.Stat(name); err == nil {
			changed[i] = info.ModTime()
		}
	}
	if c.pair != nil && changed == c.read {
		return c.pair, nil
	}
	pair, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	if err != nil && c.pair == nil {
		return nil, fmt.Errorf("reading the certificate in %s and its key in %s: %w", c.certFile, c.keyFile, err)
	}
	if err == nil {
		c.pair, c.read = &pair, changed
	}
	return c.pair, nil
}
