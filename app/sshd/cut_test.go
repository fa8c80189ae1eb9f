package sshd_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/crypto/ssh"

	"confab/app/chat"
	"confab/app/service"
	"confab/app/testkit"
)

// cuts is how often each test breaks its connection.
const cuts = 100

// breakable is a connection that breaks after so many bytes each way.
type breakable struct {
	net.Conn
	mu            sync.Mutex
	armed         bool
	reads, writes int
}

// breakAfter lets through so many more bytes.
func (b *breakable) breakAfter(reads, writes int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.armed, b.reads, b.writes = true, reads, writes
}

func (b *breakable) Read(p []byte) (int, error) {
	n, err := b.Conn.Read(p)
	return b.pass(&b.reads, n), err
}

func (b *breakable) Write(p []byte) (int, error) {
	n := b.pass(&b.writes, len(p))
	if n > 0 {
		if _, err := b.Conn.Write(p[:n]); err != nil {
			return 0, err
		}
	}
	if n < len(p) {
		_ = b.Close()
		return n, net.ErrClosed
	}
	return n, nil
}

// pass counts n bytes, and returns how many of them are let through.
func (b *breakable) pass(left *int, n int) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.armed {
		return n
	}
	if *left -= n; *left <= 0 {
		_ = b.Conn.Close()
		return max(0, n+*left)
	}
	return n
}

// command starts a command on a connection of its own, which breaks after so many bytes in
// each direction, or never for a negative number. The bytes count from the moment when the
// command was accepted. Some of the server's output may have arrived by then, so a test
// cannot know exactly when the connection breaks.
func (h *host) command(key ssh.Signer, line string, reads, writes int) (*ssh.Session, io.WriteCloser, io.Reader, func()) {
	h.t.Helper()
	conn := &breakable{Conn: h.tcp()}
	client, err := h.client(conn, &ssh.ClientConfig{User: "somebody", Auth: []ssh.AuthMethod{ssh.PublicKeys(key)}})
	if err != nil {
		h.t.Fatal(err)
	}
	session, err1 := client.NewSession()
	if err1 != nil {
		h.t.Fatal(err1)
	}
	in, err2 := session.StdinPipe()
	out, err3 := session.StdoutPipe()
	if err := errors.Join(err2, err3, session.Start(line)); err != nil {
		h.t.Fatal(err)
	}
	if reads >= 0 {
		conn.breakAfter(reads, writes)
	}
	return session, in, out, func() { _ = client.Close() }
}

// open opens a session of an account without SSH.
func (h *host) open(key ssh.Signer) *service.Session {
	h.t.Helper()
	return testkit.Connect(h.t, h.service, testkit.KeyOf(h.t, key.PublicKey()))
}

// find finds a conversation.
func find(t *testing.T, s *service.Session, target string) chat.ConversationSummary {
	t.Helper()
	l, err := s.Groups().Find(testkit.AtOnce(t), target)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// all returns the texts of a conversation.
func all(t *testing.T, s *service.Session, target string) []string {
	t.Helper()
	var texts []string
	l := find(t, s, target)
	for at := chat.Seq(0); ; {
		page, err := s.Messages().After(testkit.AtOnce(t), l.ID, at, 500)
		if err != nil {
			t.Fatal(err)
		}
		if len(page) == 0 {
			return texts
		}
		for _, m := range page {
			texts, at = append(texts, m.Text()), m.Seq
		}
	}
}

// writePieces writes a text in several packets. A broken connection loses whole packets.
func writePieces(random *rand.Rand, in io.WriteCloser, text string) {
	for len(text) > 0 {
		n := min(len(text), 1+random.IntN(200))
		if _, err := io.WriteString(in, text[:n]); err != nil {
			break
		}
		text = text[n:]
	}
	_ = in.Close()
}

// However the connection breaks while lines are sent: after sending them again with the
// same id, each line is there once, complete and in order.
func TestSentLinesThatAreCut(t *testing.T) {
	t.Parallel()
	h := serve(t)
	key := h.member("ann")
	ann := h.open(key)
	random := rand.New(rand.NewPCG(6, 1))
	var want []string
	for round := range cuts {
		var lines []string
		for n := range 1 + random.IntN(20) {
			lines = append(lines, fmt.Sprintf("%d.%d %s.", round, n, strings.Repeat("x", random.IntN(300))))
		}
		input := strings.Join(lines, "\n")
		if random.IntN(2) == 0 {
			input += "\n"
		}
		want = append(want, lines...)
		send := "send --lines --id " + testkit.NewID(t).String() + " '#general'"
		// The bytes that encryption adds count too.
		_, in, out, hangUp := h.command(key, send, 1+random.IntN(4000), 1+random.IntN(len(input)+len(input)+200))
		writePieces(random, in, input)
		_, _ = io.Copy(io.Discard, out)
		hangUp()
		session, in, out, hangUp := h.command(key, send, -1, -1)
		if _, err := io.WriteString(in, input); err != nil {
			t.Fatal(err)
		}
		_ = in.Close()
		ids, _ := io.ReadAll(out)
		if err := session.Wait(); err != nil || strings.Count(string(ids), "\n") != len(lines) {
			t.Fatalf("%d lines are answered with %q, %v", len(lines), ids, err)
		}
		hangUp()
	}
	if got := all(t, ann, "#general"); !slices.Equal(got, want) {
		t.Errorf("%d lines are there, want %d:\n%q\n%q", len(got), len(want), got, want)
	}
}

// Each line is sent when it arrives, and not when the input ends.
func TestLinesAreSentAsTheyCome(t *testing.T) {
	t.Parallel()
	h := serve(t)
	key := h.member("ann")
	ann := h.open(key)
	session, in, out, hangUp := h.command(key, "send --lines '#general'", -1, -1)
	defer hangUp()
	for n, r := 1, bufio.NewReader(out); n <= 3; n++ {
		if _, err := fmt.Fprintf(in, "line %d\r\n", n); err != nil {
			t.Fatal(err)
		}
		if _, err := r.ReadString('\n'); err != nil {
			t.Fatal(err)
		}
		if texts := all(t, ann, "#general"); len(texts) != n || texts[n-1] != fmt.Sprintf("line %d", n) {
			t.Fatalf("after %d lines there are %q", n, texts)
		}
	}
	_ = in.Close()
	if err := session.Wait(); err != nil {
		t.Error(err)
	}
}

// A message from standard input is posted completely or not at all.
func TestAMessageThatIsCut(t *testing.T) {
	t.Parallel()
	h := serve(t)
	key := h.member("ann")
	ann := h.open(key)
	random := rand.New(rand.NewPCG(6, 2))
	for range cuts {
		text := "begin " + strings.Repeat("x", random.IntN(3000)) + " end"
		_, in, out, hangUp := h.command(key, "send '#general'", 4000, 1+random.IntN(2*len(text)+300))
		writePieces(random, in, text)
		_, _ = io.Copy(io.Discard, out)
		hangUp()
	}
	for _, text := range all(t, ann, "#general") {
		if !strings.HasPrefix(text, "begin") || !strings.HasSuffix(text, " end") {
			t.Errorf("a part was posted: %q", text)
		}
	}
}

// However the connection of a tail breaks, it continues after the last message that
// arrived. No message of its conversations is lost, repeated or out of order.
func TestATailThatIsCut(t *testing.T) {
	t.Parallel()
	h := serve(t)
	key := h.member("ann")
	ann := h.open(key)
	if _, err := ann.Groups().NewGroup(testkit.AtOnce(t), "ops", true, nil); err != nil {
		t.Fatal(err)
	}
	places := []chat.ConversationSummary{find(t, ann, "#general"), find(t, ann, "#ops")}
	// Each tail has a message posted, so that it has something to receive.
	more := make(chan int)
	posted := make(chan []string, 1)
	go func() {
		var texts []string
		defer func() { posted <- texts }()
		random := rand.New(rand.NewPCG(6, 3))
		for n := range more {
			for range n {
				text := fmt.Sprintf("%d %s.", len(texts), strings.Repeat("y", random.IntN(200)))
				id, err := ann.NewID()
				if err == nil {
					_, err = ann.Messages().Send(testkit.AtOnce(t), chat.NewMessage{ID: id, Conversation: places[random.IntN(2)].ID, Body: text})
				}
				if err != nil {
					t.Error(err)
					for range more { // a client that asks need not wait
					}
					return
				}
				texts = append(texts, text)
			}
		}
	}()
	random := rand.New(rand.NewPCG(6, 4))
	var got []string
	asked := 0
	ask := func(n int) {
		asked += n
		more <- n
	}
	last := ""
	// take receives messages until the end. allCame is called when all posted messages have
	// arrived. Without that, a tail that got too few bytes to break would wait forever.
	take := func(out io.Reader, allCame func()) {
		for r := bufio.NewReader(out); ; {
			line, err := r.ReadString('\n')
			if err != nil { // text without an end is not a line
				return
			}
			columns := strings.Split(line, "\t")
			if len(columns) != 8 {
				t.Errorf("a line is %q", line)
				return
			}
			if last = columns[4]; columns[2] == "ann" {
				got = append(got, columns[3])
			}
			if len(got) == asked {
				allCame()
			}
		}
	}
	begin, err := ann.Messages().Before(testkit.AtOnce(t), places[1].ID, 100, 1)
	if err != nil {
		t.Fatal(err)
	}
	last = begin[0].ID.String()
	for range cuts {
		_, _, out, hangUp := h.command(key, "tail -f --since "+last+" '#general' '#ops'", 1+random.IntN(4000), 10000)
		ask(12)
		take(out, func() { ask(1) })
		hangUp()
	}
	close(more)
	want := testkit.Within(t, "the last to be posted", posted)
	session, _, out, hangUp := h.command(key, "tail --since "+last+" '#general' '#ops'", -1, -1)
	take(out, func() {})
	if err := session.Wait(); err != nil {
		t.Fatal(err)
	}
	hangUp()
	if !slices.Equal(got, want) {
		t.Errorf("%d messages came, want %d", len(got), len(want))
		for i := range min(len(got), len(want)) {
			if got[i] != want[i] {
				t.Fatalf("the first that differs is %d: %q, want %q", i, got[i], want[i])
			}
		}
	}
}
