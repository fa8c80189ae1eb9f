package command_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"confab/app/chat"
	"confab/app/command"
	"confab/app/service"
	"confab/app/testkit"
	"confab/app/text"
	"confab/keys"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// These are the public keys of ann and bob.
const (
	annKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f ann"
	bobKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICAhIiMkJSYnKCkqKywtLi8wMTIzNDU2Nzg5Ojs8PT4/ bob"
)

// world is a service with two accounts.
type world struct {
	service *service.Service
	keys    map[string]string // fingerprints by handle
}

func newChat(t testing.TB) *world {
	t.Helper()
	service := testkit.Open(t, t.TempDir())
	c := &world{service, make(map[string]string)}
	for name, line := range map[string]string{"ann": annKey, "bob": bobKey} {
		found, err := keys.ParseAuthorized(strings.NewReader(line))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := service.Accounts().AddKeys(context.Background(), name, found); err != nil {
			t.Fatal(err)
		}
		c.keys[name] = found[0].Fingerprint()
	}
	return c
}

// parser creates a parser.
func parser(t testing.TB) *command.Parser {
	t.Helper()
	p, err := command.NewParser()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// script opens a session as a command gets it.
func (c *world) script(t testing.TB, name string) *service.Session {
	t.Helper()
	s, err := c.service.OpenScript(context.Background(), c.keys[name])
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// run runs a command and returns its output.
func (c *world) run(ctx context.Context, t testing.TB, name, line, stdin string) (out, said string, status int) {
	t.Helper()
	session := c.script(t, name)
	defer session.Close()
	var stdout, stderr bytes.Buffer
	status = command.Run(ctx, command.Session{
		Chat: session, Parser: parser(t), In: strings.NewReader(stdin), Out: &stdout, Err: &stderr, Zone: time.UTC, Now: time.Now,
		Alive: func() bool { return true }, Cut: func() {}, Plain: func(context.Context, chat.ConversationID) int { return command.Done },
		OnError: func(doing string, err error) { t.Errorf("%s: %v", doing, err) },
	}, line)
	return stdout.String(), stderr.String(), status
}

// post sends a message to #general and returns its number.
func post(t testing.TB, s *service.Session, text string) chat.Seq {
	t.Helper()
	l, err := s.Groups().Find(context.Background(), "#general")
	if err != nil {
		t.Fatal(err)
	}
	id, err := s.NewID()
	if err != nil {
		t.Fatal(err)
	}
	m, err := s.Messages().Send(context.Background(), chat.NewMessage{ID: id, Conversation: l.ID, Body: text})
	if err != nil {
		t.Fatal(err)
	}
	return m.Seq
}

// isHarmless checks that the output is only text.
func isHarmless(t *testing.T, what, written string) {
	t.Helper()
	for line := range strings.Lines(written) {
		if line = strings.TrimRight(line, "\r\n"); !text.IsClean(line) {
			t.Errorf("%s is %q", what, line)
		}
	}
}

// stalled is an output that blocks until the test opens it.
type stalled struct {
	open chan struct{}
	used chan struct{} // closed at the first write, which may be waiting
	once sync.Once
	cut  sync.Once
	mu   sync.Mutex
	buf  bytes.Buffer
	some chan struct{} // holds a token after a write
}

func newStalled() *stalled {
	return &stalled{open: make(chan struct{}), used: make(chan struct{}), some: make(chan struct{}, 1)}
}

func (g *stalled) Write(p []byte) (int, error) {
	g.once.Do(func() { close(g.used) })
	<-g.open
	g.mu.Lock()
	defer g.mu.Unlock()
	g.buf.Write(p)
	select {
	case g.some <- struct{}{}:
	default:
	}
	return len(p), nil
}

func (g *stalled) String() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.buf.String()
}

// A tail that nobody reads delays nobody, and falls behind by more than its mailbox
// holds. When it is read again, it has every message once.
func TestATailThatIsNotReadFrom(t *testing.T) {
	t.Parallel()
	c := newChat(t)
	bob := c.script(t, "bob")
	defer bob.Close()
	post(t, bob, "first")
	ann := c.script(t, "ann")
	defer ann.Close()
	out := newStalled()
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan int, 1)
	go func() {
		ended <- command.Run(ctx, command.Session{
			Chat: ann, Parser: parser(t), In: strings.NewReader(""), Out: out, Err: io.Discard, Zone: time.UTC, Now: time.Now,
			Alive: func() bool { return true }, Cut: func() {}, OnError: func(doing string, err error) { t.Error(doing, err) },
		}, "tail -f '#general'")
	}()
	testkit.Within(t, "the tail to begin", out.used)
	const n = 1000
	for i := range n {
		post(t, bob, fmt.Sprintf("message %d.", i))
	}
	close(out.open)
	for late := time.After(testkit.Patience); !strings.Contains(out.String(), fmt.Sprintf("message %d.", n-1)); {
		select {
		case <-out.some:
		case <-late:
			t.Fatalf("the tail does not catch up: %s", out)
		}
	}
	stop()
	select {
	case <-ended:
	case <-time.After(testkit.Patience):
		t.Fatal("the tail does not end")
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != n+1 || !strings.Contains(lines[0], "\tfirst\t") {
		t.Fatalf("%d lines came, which begin with %q", len(lines), lines[0])
	}
	for i, line := range lines[1:] {
		if !strings.Contains(line, fmt.Sprintf("\tmessage %d.\t", i)) {
			t.Fatalf("line %d is %q", i, line)
		}
	}
}

// A tail reads and drops its input. Otherwise the input would wait in the server's memory.
func TestATailReadsItsInput(t *testing.T) {
	t.Parallel()
	c := newChat(t)
	ann := c.script(t, "ann")
	defer ann.Close()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	in, client := io.Pipe()
	defer in.Close()
	ended := make(chan int, 1)
	go func() {
		ended <- command.Run(ctx, command.Session{
			Chat: ann, Parser: parser(t), In: in, Out: io.Discard, Err: io.Discard, Zone: time.UTC, Now: time.Now,
			Alive: func() bool { return true }, Cut: func() {}, OnError: func(doing string, err error) { t.Error(doing, err) },
		}, "tail -f '#general'")
	}()
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		_, _ = client.Write(make([]byte, 1<<20))
		_ = client.Close()
	}()
	testkit.Within(t, "the input to be read", sent)
	select {
	case status := <-ended:
		t.Errorf("it ends with its input, with status %d", status)
	default:
	}
	stop()
	testkit.Within(t, "the tail to end", ended)
}

// When the server stops, it cuts off a command whose client does not read.
func TestACommandThatMustEnd(t *testing.T) {
	t.Parallel()
	c := newChat(t)
	bob := c.script(t, "bob")
	defer bob.Close()
	post(t, bob, "first")
	ann := c.script(t, "ann")
	defer ann.Close()
	out := newStalled()
	var said bytes.Buffer
	ended := make(chan int, 1)
	go func() {
		ended <- command.Run(t.Context(), command.Session{
			Chat: ann, Parser: parser(t), In: strings.NewReader(""), Out: out, Err: &said, Zone: time.UTC, Now: time.Now,
			Alive: func() bool { return true }, Cut: func() { out.cut.Do(func() { close(out.open) }) }, OnError: func(doing string, err error) { t.Error(doing, err) },
		}, "tail -f '#general'")
	}()
	testkit.Within(t, "the tail to begin", out.used)
	c.service.Close("The server is stopping.")
	select {
	case status := <-ended:
		if status != command.Refused || said.String() != "The server is stopping.\n" {
			t.Errorf("it ends with status %d and %q", status, said.String())
		}
	case <-time.After(testkit.Patience):
		t.Fatal("it does not end")
	}
}

// endsAt ends a session after a number of lines.
type endsAt struct {
	out   bytes.Buffer // not embedded, because its WriteString would bypass Write
	lines int
	end   func(reason string)
}

func (w *endsAt) Write(p []byte) (int, error) {
	n, err := w.out.Write(p)
	if bytes.Count(w.out.Bytes(), []byte("\n")) >= w.lines {
		w.end("Your key was removed.")
	}
	return n, err
}

// The last line that a bot receives says why its session ended, whatever the bot
// was doing.
func TestABotIsToldWhyItEnds(t *testing.T) {
	t.Parallel()
	c := newChat(t)
	bob := c.script(t, "bob")
	defer bob.Close()
	since, _, _ := c.run(t.Context(), t, "bob", "send --json '#general' first", "")
	id := strings.Split(since[strings.Index(since, `"id":"`)+6:], `"`)[0]
	for range 10 {
		post(t, bob, "more")
	}

	for lines := range 11 { // while it starts, and while it catches up
		ann := c.script(t, "ann")
		out := &endsAt{lines: lines, end: ann.End}
		if lines == 0 {
			ann.End("Your key was removed.")
		}
		input, typed := io.Pipe()
		var said bytes.Buffer
		status := command.Run(t.Context(), command.Session{
			Chat: ann, Parser: parser(t), In: input, Out: out, Err: &said, Zone: time.UTC, Now: time.Now,
			Alive: func() bool { return true }, Cut: func() {}, OnError: func(doing string, err error) { t.Error(doing, err) },
		}, "bot --since "+id)
		_ = typed.Close()
		ann.Close()
		written := strings.Split(strings.TrimSuffix(out.out.String(), "\n"), "\n")
		if last := written[len(written)-1]; !strings.Contains(last, `"type":"end"`) || !strings.Contains(last, "Your key was removed.") || status != command.Refused {
			t.Errorf("ended after %d lines, its last line is %q, with status %d and %q", lines, last, status, said.String())
		}
	}
}

// FuzzCommand runs any command line of a client. It ends with one of the statuses,
// and writes only text.
func FuzzCommand(f *testing.F) {
	for _, line := range []string{
		"whoami --json", "list", "send '#general' hi", "send --lines general", "send @bob --id 01987b0c-5d1e-7cc0-8000-0123456789ab x",
		"tail -f -n 3 '#general' @bob", "history #general --before x", "read '#general'", "info 01987b0c-5d1e-7cc0-8000-0123456789ab",
		"new --public lunch bob", "add '#lunch' bob", "remove lunch bob", "join x", "leave lunch", "keys add ssh-ed25519 AAAA", "keys remove SHA256:x",
		"help send", "open '#general'", "plain general", "bot", "unread", "who", "members general", "fr\x1b]0;x\x07ob \u009b31m", "send general \u202e\x1b[31m", "--json=\x1b", "--help", "-h -n",
	} {
		f.Add(line, "one\ntwo \x1b[31m\xc2\x9b\n\n{\"id\":\"\\u001b\",\"run\":[\"send\",\"general\",\"x\"]}\nthree")
	}
	c := newChat(f)
	f.Fuzz(func(t *testing.T, line, stdin string) {
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond) // tail -f does not end by itself
		defer cancel()
		out, said, status := c.run(ctx, t, "ann", line, stdin)
		switch status {
		case command.Done, command.Refused, command.Usage, command.NotFound:
		default:
			t.Errorf("%q ends with status %d", line, status)
		}
		if status == command.Usage && said == "" && out == "" {
			t.Errorf("%q says nothing", line)
		}
		isHarmless(t, "standard output", out)
		isHarmless(t, "standard error", said)
	})
}

// FuzzBot sends any input to a bot's connection. Each line of the answer is an
// object, and each command is acknowledged.
func FuzzBot(f *testing.F) {
	f.Add([]byte(`{"id":"1","run":["send","general"],"text":"x"}` + "\n" + `{"id":"2","run":["list"]}` + "\nnonsense\n\n[]"))
	f.Add([]byte(`{"id":"\u001b]0;x","run":["send","@bob","\u001b[31m"]}` + "\n"))
	f.Add(bytes.Repeat([]byte("x"), 200<<10))
	f.Add([]byte("{\"run\":[\"help\"]}\r\n{\"run\":[\"bot\"]}\x00\xff"))
	c := newChat(f)
	f.Fuzz(func(t *testing.T, stdin []byte) {
		ctx, cancel := context.WithTimeout(t.Context(), testkit.Patience)
		defer cancel()
		out, said, status := c.run(ctx, t, "ann", "bot", string(stdin))
		if status != command.Done || said != "" {
			t.Errorf("it ends with status %d and %q", status, said)
		}
		isHarmless(t, "standard output", out)
		acks, want := 0, 0
		for line := range strings.Lines(out) {
			var o struct {
				V    int
				Type string
			}
			if err := json.Unmarshal([]byte(line), &o); err != nil || o.V != 1 || o.Type == "" {
				t.Errorf("%q is no line of the protocol: %v", line, err)
			}
			if o.Type == "ack" {
				acks++
			}
		}
		for line := range bytes.SplitSeq(stdin, []byte("\n")) {
			if len(bytes.TrimSpace(line)) > 0 {
				want++
			}
		}
		if acks != want {
			t.Errorf("%d lines have %d acknowledgements: %s", want, acks, out)
		}
	})
}
