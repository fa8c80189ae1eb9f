package plain_test

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"time"

	"confab/app/plain"
	"confab/app/service"
	"confab/app/sshd"
	"confab/app/testkit"
	"confab/app/text"
)

// converse lets a session in plain mode read an input to its end, and returns its output
// and its exit status.
func converse(t testing.TB, session *service.Session, terminal bool, input io.Reader) (said string, status int) {
	t.Helper()
	var out bytes.Buffer
	p := plain.New(plain.Options{
		Chat: session, Commands: sshd.BackendOf(session).Commands, In: input, Out: &out, Terminal: terminal, Columns: 60,
		Zone: time.UTC, Now: time.Now, Alive: func() bool { return true },
		OnError: func(doing string, err error) { t.Errorf("%s: %v", doing, err) },
	})
	status = p.Run(t.Context())
	rest := strings.ReplaceAll(strings.ReplaceAll(out.String(), "\b \b", ""), "\r\n", "\n")
	for line := range strings.Lines(rest) {
		if !text.IsClean(strings.TrimSuffix(line, "\n")) {
			t.Errorf("a line is %q", line)
		}
	}
	return rest, status
}

// Every command says what it has done, or why it has not.
func TestCommands(t *testing.T) {
	t.Parallel()
	s := testkit.Open(t, t.TempDir())
	annKey, bobKey := testkit.Enrol(t, s, "ann", 1), testkit.Enrol(t, s, "bob", 2) // ann is the owner
	ann, bob := testkit.Connect(t, s, annKey), testkit.Connect(t, s, bobKey)
	general := testkit.General(t, bob)
	testkit.Send(t, bob, general, "one: see https://example.com/a and @ann")
	direct, err := bob.Groups().Direct(t.Context(), "ann")
	if err != nil {
		t.Fatal(err)
	}
	testkit.Send(t, bob, direct, "psst")
	steps := []struct{ line, want string }{
		{"", "New: @bob 1 unread; #general 1 unread, 1 with your name."},
		{"", "1 bob mentions you: one: see"},
		{"hello", "Sent, 2."},
		{"//slash", "Sent, 3."},
		{"/reply 1 yes", "Sent, 4."},
		{"/reply again yes", "Sent, 5."},
		{"/reply 99 no", "There is no message 99 in #general."},
		{"/reply 1", "as in /reply 1 yes."},
		{"/info", "5 you, in reply to 1 by bob: again yes"},
		{"", "Delivered to bob."},
		{"/info 5 all", "Delivered to bob, "},
		{"/edit 5 no", "Changed, 5."},
		{"/edit better", "Changed, 5."},
		{"/edit 1 x", "You can edit only your own messages"},
		{"/delete", "Write /delete NUMBER."},
		{"/delete 5", "Deleted, 5."},
		{"/delete 5", "This message is deleted."},
		{"/react 1 :tada:", "Your reaction tada is at 1."},
		{"/react 1 :tada:", "Your reaction tada is no longer at 1."},
		{"/react 1 nonsense", "There is no emoji nonsense"},
		{"/pin 1", "6 ann pinned a message by bob."},
		{"/pin 6", "6 is a line about the conversation"},
		{"/pins", "#general:1 "},
		{"/unpin 1", "7 ann unpinned a message by bob."},
		{"/save 1", "Saved for you alone"},
		{"/saved", "#general:1 "},
		{"/links 1", "  https://example.com/a"},
		{"/copy 1", "  one: see https://example.com/a and @ann"},
		{"/search slash", "#general:3 "},
		{"/search nothinglikethis", "No more messages match."},
		{"/more", "There is no more to show."},
		{"/mentions", "#general:1 "},
		{"/mentions read 1", "The mention is read."},
		{"/files", "scp FILE HOST:"},
		{"/thread 1", "The thread of 1 in #general."},
		{"in the thread", "Sent, 8."},
		{"/also for all", "Sent, 9."},
		{"/where", "The thread of 1 is open"},
		{"/thread", "#general; 2 members"},
		{"", "9 you, in the thread of 1: for all"},
		{"/threads", "#general:1 "},
		{"/unfollow 1", "You do not follow this thread"},
		{"/follow 1", "You follow this thread"},
		{"/also x", "That is for replies in a thread"},
		{"/history", "End of the earlier messages."},
		{"/history", "This is the beginning."},
		{"/history 3", "Earlier messages:"},
		{"/goto today", "1 bob mentions you"},
		{"", "This is the end."},
		{"/unread-line", "This is the end."},
		{"/unread 1", "Marked unread from 1 on"},
		{"/go", "1 #general, 1 unread, 1 with your name, open"},
		{"/go 9", "There is no conversation 9"},
		{"/go bob", "Direct messages with bob; online."},
		{"", "1 bob: psst"},
		{"/reply #general:1 from afar", "Sent to #general, #general:10."},
		{"/last", "#general; "},
		{"/next", "Direct messages with bob"},
		{"/previous", "#general; "},
		{"/next-unread", "1 unread:\n1 bob: psst"}, // all lines come at once, so no key shows that it was read
		{"/next-unread", "#general; "},
		{"/new ops @bob", "#ops; 1 member, 1 here."},
		{"/topic the plan", "ann set the topic: the plan."},
		{"/members", "bob: invited"},
		{"/settings", "plain off"},
		{"/group", "topic the plan. Choices: a text, or nothing."},
		{"/settings reactions=on", "reactions is on."},
		{"/settings nonsense", "There is no setting nonsense"},
		{"/leave", "You have left #ops."},
		{"homeless", "There is no conversation open"},
		{"/go general", "#general; "},
		{"/me waves", "Sent, 11."},
		{"/lines", "Write the lines."},
		{"first", ""},
		{"/second", ""},
		{".", "Sent, 12."},
		{"/again", "There is no message that could not be sent."},
		{"/draft", "You have no draft here."},
		{"/remind in 2h to rest", "You will be reminded"},
		{"/later", "Reminder 1, "},
		{"/cancel 1", "Cancelled: you will not be reminded."},
		{"/invitations", "Invitations: 0."},
		{"/requests", "Requests to join: 0."},
		{"/keys", "in use here."},
		{"/keys add", "adds one key, once"},
		{"/keys remove nonsense", "SHA256:"},
		{"/who", "bob: online"},
		{"/away ill", "Others see you as"},
		{"/receipts off", "Receipts are off"},
		{"/kick", "Write /kick @name [REASON]."},
		{"/bind", "Plain mode has no keys to bind"},
		{"/select", "There is nothing to select"},
		{"/hlep", "Did you mean /help?"},
		{"/help", "Commands: /go, "},
		{"/help reply", "/reply [NUMBER] TEXT: answer a message"},
		{"/help kick", "/kick @name [REASON]: "},
		{"/help view", "Plain mode does not draw pictures"},
		{"/where now", "/where takes no arguments."},
		{"/quit", ""},
	}
	var input strings.Builder
	for _, s := range steps {
		if s.line != "" {
			input.WriteString(s.line + "\n")
		}
	}
	said, status := converse(t, ann, false, strings.NewReader(input.String()))
	if status != 0 {
		t.Errorf("the exit status is %d", status)
	}
	rest := said
	for _, s := range steps {
		_, after, found := strings.Cut(rest, s.want)
		if !found {
			t.Fatalf("after %q it does not say %q; it says\n%s", s.line, s.want, rest)
		}
		rest = after
	}
	list, err := bob.Messages().After(t.Context(), general, 11, 1)
	if err != nil || len(list) != 1 || list[0].Body != "first\n/second" {
		t.Errorf("the message of several lines is %v, %v", list, err)
	}
}

// While a mailbox was full, messages of other groups are counted, and all others written.
func TestMissedMessages(t *testing.T) {
	t.Parallel()
	s := testkit.Open(t, t.TempDir())
	annKey, bobKey := testkit.Enrol(t, s, "ann", 1), testkit.Enrol(t, s, "bob", 2)
	ann, bob := testkit.Connect(t, s, annKey), testkit.Connect(t, s, bobKey)
	general := testkit.General(t, bob)
	ops, err := bob.Groups().NewGroup(t.Context(), "ops", true, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ann.Groups().Join(t.Context(), "ops"); err != nil {
		t.Fatal(err)
	}
	input, typed := io.Pipe()
	go func() {
		defer typed.Close()
		// Half a line holds everything back. The second piece of input is only taken after
		// the first was handled.
		if _, err := io.WriteString(typed, "half"); err != nil {
			return
		}
		if _, err := io.WriteString(typed, " a"); err != nil {
			return
		}
		for range 200 {
			testkit.Send(t, bob, general, "here")
			testkit.Send(t, bob, ops, "there")
		}
		_, _ = io.WriteString(typed, " line\r")
		_, _ = io.WriteString(typed, "/quit\r")
	}()
	said, _ := converse(t, ann, true, input)
	if n := strings.Count(said, "bob: here\n"); n != 200 {
		t.Errorf("%d messages of the open conversation are written", n)
	}
	if !strings.Contains(said, "half a line\n") || !strings.Contains(said, "200 messages in #ops.\n") || !strings.Contains(said, "Sent, 201.\n") {
		t.Errorf("it says\n%s", said)
	}
}

// FuzzPlain sends any input to a session in plain mode. It writes only harmless text.
func FuzzPlain(f *testing.F) {
	for _, line := range []string{"hello\r", "/help all\r", "/reply 1 x\r/info\r", "\x1b[A\x1b]x\x07/go\r", "a\rb\r\r", "/copy\r", "/settings\r/keys\r", "漢\x7f\x17\x15\x0c\x03\x03", "/search \x9b\"\r"} {
		f.Add(line, true)
		f.Add(line, false)
	}
	s := testkit.Open(f, f.TempDir())
	key := testkit.Enrol(f, s, "ann", 1)
	f.Fuzz(func(t *testing.T, input string, terminal bool) {
		session, err := s.Open(t.Context(), key.Fingerprint())
		if err != nil {
			t.Skip("too many keys were removed: ", err)
		}
		defer session.Close()
		said, _ := converse(t, session, terminal, strings.NewReader(input))
		if !strings.HasPrefix(said, "This is confab in plain mode.") {
			t.Errorf("it begins with %q", said)
		}
	})
}
