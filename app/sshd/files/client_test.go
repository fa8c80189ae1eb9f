package files_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/pkg/sftp"

	"confab/app/service"
	"confab/app/sshd/files"
	"confab/app/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// maxFile is the largest file that these tests may post.
const maxFile = 100_000

// host is a service with files, whose clients connect without SSH.
type host struct {
	t        *testing.T
	service  *service.Service
	dir      string         // of the database and the files
	listener net.Listener   // clients connect here
	served   sync.WaitGroup // sessions
}

// account is the fingerprint of a member's key.
type account string

// serve makes a service on a database of its own.
func serve(t *testing.T) *host {
	t.Helper()
	dir := t.TempDir()
	store := testkit.OpenStore(t, dir)
	blobs := testkit.OpenBlobs(t, dir)
	log := slog.New(slog.DiscardHandler)
	service := testkit.Start(t, store, service.Options{Log: log,
		Files: service.FileOptions{Blobs: blobs, Max: maxFile, PerAccount: 10 * maxFile}})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h := &host{t: t, service: service, dir: dir, listener: listener}
	t.Cleanup(func() {
		service.EndSessions("The test is over.")
		h.served.Wait()
		service.Close("The test is over.")
		if err := errors.Join(listener.Close(), store.Close()); err != nil {
			t.Error(err)
		}
	})
	return h
}

// member makes an account.
func (h *host) member(name string) account {
	h.t.Helper()
	key := testkit.KeyOf(h.t, testkit.Signer(h.t).PublicKey())
	testkit.Add(h.t, h.service, name, key)
	return account(key.Fingerprint())
}

// session opens a session of the chat, for everything that sftp and scp cannot do.
func (h *host) session(of account) *service.Session {
	h.t.Helper()
	s, err := h.service.OpenScript(testkit.AtOnce(h.t), string(of))
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(s.Close)
	return s
}

// far is the server's end of a connection.
type far struct {
	net.Conn
	client *client
}

// Tell implements [files.Client].
func (f far) Tell(sentence string) {
	f.client.mu.Lock()
	defer f.client.mu.Unlock()
	f.client.stderr.WriteString(sentence + "\n")
}

// client is the client's end of a connection, with the sentences that it was told.
type client struct {
	*net.TCPConn
	lost  context.CancelFunc // as when the connection breaks
	ended chan int           // gets the exit status

	mu     sync.Mutex
	stderr bytes.Buffer
}

// said returns what the client was told on standard error.
func (c *client) said() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.stderr.String()
}

// cut breaks the connection.
func (c *client) cut() {
	c.lost()
	_ = c.TCPConn.Close()
}

// status waits for the exit status.
func (c *client) status(t *testing.T) int {
	t.Helper()
	return testkit.Within(t, "the end of the session", c.ended)
}

// input can be closed while the server's output can still be read.
type input struct{ *net.TCPConn }

func (i input) Close() error { return i.CloseWrite() }

// connect serves a protocol to a client of an account.
func (h *host) connect(of account, run func(context.Context, files.Session) int) *client {
	h.t.Helper()
	conn, err := net.DialTimeout("tcp", h.listener.Addr().String(), testkit.Patience)
	if err != nil {
		h.t.Fatal(err)
	}
	accepted, err := h.listener.Accept()
	if err != nil {
		h.t.Fatal(err)
	}
	if err := conn.SetDeadline(time.Now().Add(testkit.Patience)); err != nil {
		h.t.Fatal(err)
	}
	open, err := h.service.OpenScript(testkit.AtOnce(h.t), string(of))
	if err != nil {
		h.t.Fatal(err)
	}
	ctx, lost := context.WithCancel(context.Background())
	c := &client{TCPConn: conn.(*net.TCPConn), lost: lost, ended: make(chan int, 1)}
	h.t.Cleanup(c.cut)
	h.served.Go(func() {
		defer lost()
		defer accepted.Close()
		defer open.Close()
		c.ended <- run(ctx, files.Session{Client: far{accepted, c}, Chat: open, Log: slog.New(slog.DiscardHandler)})
		// If input were left unread, the kernel would drop the last answers.
		_ = accepted.(*net.TCPConn).CloseWrite()
		_, _ = io.Copy(io.Discard, accepted)
	})
	return c
}

// sftp connects a client of sftp.
func (h *host) sftp(of account) *sftp.Client {
	h.t.Helper()
	_, c := h.sftpOn(of)
	return c
}

// sftpOn is sftp for tests that break the connection.
func (h *host) sftpOn(of account) (*client, *sftp.Client) {
	h.t.Helper()
	conn := h.connect(of, files.SFTP)
	c, err := sftp.NewClientPipe(conn, input{conn.TCPConn})
	if err != nil {
		h.t.Fatal(err)
	}
	return conn, c
}

// scpClient is the local side of scp -O, byte by byte.
type scpClient struct {
	*client
	t  *testing.T
	in io.WriteCloser
}

// scp connects a client that runs a command.
func (h *host) scp(of account, command string) *scpClient {
	h.t.Helper()
	if !files.IsSCP(command) {
		h.t.Fatalf("%q is not scp", command)
	}
	c := h.connect(of, func(ctx context.Context, s files.Session) int { return files.SCP(ctx, s, command) })
	return &scpClient{c, h.t, input{c.TCPConn}}
}

func (c *scpClient) send(text string) {
	c.t.Helper()
	if _, err := io.WriteString(c.in, text); err != nil {
		c.t.Fatal(err)
	}
}

func (c *scpClient) expect(text string) {
	c.t.Helper()
	got := make([]byte, len(text))
	if n, err := io.ReadFull(c.client, got); err != nil || string(got) != text {
		c.t.Fatalf("the server answers %q, %v; want %q", got[:n], err, text)
	}
}
