package sshd_test

import (
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"confab/app/chat"
	"confab/app/service"
	"confab/app/sshd"
	"confab/app/testkit"
	"confab/keys"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// lifetime is how long an open connection may stay silent. It is longer than any test needs
// on a busy machine. It is shorter than the ten minutes after which go test would end all
// tests without saying much about the one that waits.
const lifetime = 2 * testkit.Patience

// maxFile is how large a file may be in tests.
const maxFile = 100_000

// host is a server on loopback and the service behind it.
type host struct {
	t       *testing.T
	server  *sshd.Server
	service *service.Service
	dir     string // of the database and the files
	addr    string
	stop    func(reason string)
	log     *testkit.Log
	inVain  atomic.Bool // a connection's deadline has passed
	store   *silentStore
}

// serve starts a server on a database of its own.
func serve(t *testing.T, authorities ...ssh.Signer) *host {
	t.Helper()
	return serveWith(t, sshd.Limits{}, nil, authorities...)
}

// serveWith is serve with limits, a host key (nil for any), and authorities whose
// certificates the server accepts.
func serveWith(t *testing.T, limits sshd.Limits, hostKey ssh.Signer, authorities ...ssh.Signer) *host {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return serveOn(t, listener, limits, hostKey, authorities...)
}

// serveOn is serveWith on a listener.
func serveOn(t *testing.T, listener net.Listener, limits sshd.Limits, hostKey ssh.Signer, authorities ...ssh.Signer) *host {
	t.Helper()
	dir := t.TempDir()
	stored := testkit.OpenStore(t, dir)
	store := &silentStore{Store: stored}
	blobs := testkit.OpenBlobs(t, dir)
	logged := &testkit.Log{}
	log := slog.New(slog.NewTextHandler(logged, nil))
	service := testkit.Start(t, store, service.Options{Log: log,
		Files: service.FileOptions{Blobs: blobs, Max: maxFile, PerAccount: 10 * maxFile}})
	// With a closed server, strangers see only how to join.
	if err := service.Joining().SetMode(t.Context(), chat.JoinClosed); err != nil {
		t.Fatal(err)
	}
	if hostKey == nil {
		hostKey = testkit.Signer(t)
	}
	server, err := sshd.New(service, hostKey, log, limits)
	if err != nil {
		t.Fatal(err)
	}
	for _, ca := range authorities {
		key := testkit.KeyOf(t, ca.PublicKey())
		server.Host().Trust([]keys.Key{key})
		if err := service.Accounts().TrustAuthorities(t.Context(), []string{key.Fingerprint()}); err != nil {
			t.Fatal(err)
		}
	}
	var once sync.Once
	stop := func(reason string) { once.Do(func() { server.Stop(reason) }) }
	served, stopped := make(chan error, 1), make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	t.Cleanup(func() {
		go func() {
			stop("the test is over")
			stopped <- errors.Join(<-served, stored.Close())
		}()
		if err := testkit.Within(t, "the server to stop", stopped); err != nil {
			t.Error(err)
		}
	})
	return &host{t: t, server: server, service: service, dir: dir, stop: stop, log: logged, store: store, addr: listener.Addr().String()}
}

// member makes an account and returns its key.
func (h *host) member(name string) ssh.Signer {
	h.t.Helper()
	signer := testkit.Signer(h.t)
	h.enrol(name, signer)
	return signer
}

// enrol lets a key open an account.
func (h *host) enrol(name string, signer ssh.Signer) {
	h.t.Helper()
	testkit.Add(h.t, h.service, name, testkit.KeyOf(h.t, signer.PublicKey()))
}

// errNoMoreMethods ends an authentication.
var errNoMoreMethods = errors.New("the client has no more methods")

// dial connects with only these methods, in this order, whichever ones the server offers.
func (h *host) dial(methods ...ssh.AuthMethod) (*ssh.Client, error) {
	h.t.Helper()
	return h.dialAs("somebody", methods...)
}

// dialAs is dial with a user name.
func (h *host) dialAs(user string, methods ...ssh.AuthMethod) (*ssh.Client, error) {
	h.t.Helper()
	return h.client(h.tcp(), &ssh.ClientConfig{
		User: user,
		AuthCallback: func(*ssh.ClientAuthContext) (ssh.AuthMethod, error) {
			if len(methods) == 0 {
				return nil, errNoMoreMethods
			}
			next := methods[0]
			methods = methods[1:]
			return next, nil
		},
	})
}

// client makes an SSH connection on a TCP connection.
func (h *host) client(tcp net.Conn, config *ssh.ClientConfig) (*ssh.Client, error) {
	h.t.Helper()
	config.HostKeyCallback = ssh.InsecureIgnoreHostKey()
	conn, channels, requests, err := ssh.NewClientConn(tcp, h.addr, config)
	if err != nil {
		return nil, err
	}
	client := ssh.NewClient(conn, channels, requests)
	h.t.Cleanup(func() { _ = client.Close() })
	return client, nil
}

// tcp connects and sends nothing. A connection that stays silent for too long is closed and
// fails the test, which then makes no other connection.
func (h *host) tcp() net.Conn {
	h.t.Helper()
	if h.inVain.Load() {
		h.t.Fatal("it has waited long enough")
	}
	c, err := net.DialTimeout("tcp", h.addr, testkit.Patience)
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { _ = c.Close() })
	if err := c.SetDeadline(time.Now().Add(lifetime)); err != nil {
		h.t.Fatal(err)
	}
	return &impatient{Conn: c, host: h}
}

// impatient is a connection that fails its test when its deadline passes. Otherwise a test
// would only see the connection end, which is normal in other cases. Every byte that
// arrives moves the deadline, unless the test has set a deadline of its own.
type impatient struct {
	net.Conn
	host *host
	own  atomic.Bool
}

func (c *impatient) SetReadDeadline(at time.Time) error {
	c.own.Store(true)
	return c.Conn.SetReadDeadline(at)
}

func (c *impatient) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if n > 0 && !c.own.Load() {
		_ = c.Conn.SetDeadline(time.Now().Add(lifetime)) // the connection may have been closed meanwhile
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		c.host.inVain.Store(true)
		c.host.t.Error("waited in vain for what the server says on a connection, or for its end")
	}
	return n, err
}

// connect is dial for a login that must succeed.
func (h *host) connect(methods ...ssh.AuthMethod) *ssh.Client {
	h.t.Helper()
	client, err := h.dial(methods...)
	if err != nil {
		h.t.Fatal(err)
	}
	return client
}

// asStranger is the authentication method for strangers.
func asStranger() ssh.AuthMethod {
	return ssh.KeyboardInteractive(func(_, _ string, questions []string, _ []bool) ([]string, error) {
		if len(questions) > 0 {
			return nil, errors.New("the server asks something")
		}
		return nil, nil
	})
}

// stranger is the result of [who] for a stranger's session.
const stranger = "a stranger"

// who opens a chat on a connection and returns the name of its user.
func who(t *testing.T, client *ssh.Client) string {
	t.Helper()
	session, err := client.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	if err := session.RequestPty("xterm-256color", 24, 100, nil); err != nil {
		t.Fatal(err)
	}
	return whoIs(t, session)
}

// whoIs starts the shell of a session with a terminal, and returns the name of its user.
func whoIs(t *testing.T, session *ssh.Session) string {
	t.Helper()
	if _, err := session.StdinPipe(); err != nil { // without this, its input ends at once
		t.Fatal(err)
	}
	out, err := session.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := session.Shell(); err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	buf := make([]byte, 4096)
	for {
		n, err := out.Read(buf)
		got.Write(buf[:n])
		before, _, chat := strings.Cut(got.String(), "  ? help")
		if chat {
			return before[strings.LastIndex(before, " ")+1:]
		}
		if strings.Contains(got.String(), "You are not known here yet.") && strings.Contains(got.String(), "Ctrl+C: leave") {
			return stranger
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if !strings.Contains(got.String(), "Your ssh client offered no key") && !strings.Contains(got.String(), "Your certificate ") &&
		!strings.Contains(got.String(), "This server does not accept your certificate.") {
		t.Fatalf("neither a chat nor a stranger's screen: %q", got.String())
	}
	return stranger
}
