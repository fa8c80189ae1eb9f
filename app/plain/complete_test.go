package plain_test

import (
	"io"
	"net/netip"
	"strings"
	"testing"

	"confab/app/chat"
	"confab/app/plain"
	"confab/app/service"
	"confab/app/testkit"
	"confab/tui/join"
)

// press makes an input of which each part is a piece of its own, as keys are.
func press(parts ...string) io.Reader {
	r, w := io.Pipe()
	go func() {
		defer w.Close()
		for _, part := range parts {
			if _, err := io.WriteString(w, part); err != nil {
				return
			}
		}
	}()
	return r
}

// inOrder checks that a text has these parts, one after the other.
func inOrder(t *testing.T, said string, parts ...string) {
	t.Helper()
	rest := said
	for _, part := range parts {
		_, after, found := strings.Cut(rest, part)
		if !found {
			t.Fatalf("%q is missing in\n%s", part, said)
		}
		rest = after
	}
}

// Tab completes the end of the line as far as there is no choice, and then lists the choices.
func TestCompletingALine(t *testing.T) {
	t.Parallel()
	s := testkit.Open(t, t.TempDir())
	annKey := testkit.Enrol(t, s, "ann", 1)
	testkit.Enrol(t, s, "bea", 2)
	testkit.Enrol(t, s, "beatrix", 3)
	ann := testkit.Connect(t, s, annKey)
	if _, err := ann.Groups().NewGroup(t.Context(), "ops", true, nil); err != nil {
		t.Fatal(err)
	}
	said, _ := converse(t, ann, true, press(
		"hello @b", "\t", "\t", "t", "\t", "\r",
		"zz", "\t", "\x15",
		"/go #o", "\t", "\r",
		"/reac", "\t", "\x15",
		"a\tb", "\x15",
		"/quit\r",
	))
	inOrder(t, said,
		"hello @bea", "\n2 choices: @bea, @beatrix.\nhello @bea", "trix \n", "Sent, 1.",
		"zz\nNothing to complete here.\nzz",
		"/go #ops \n#ops; 1 member",
		"/react ",
		"a b",
	)
}

// The arrows bring back the lines that were entered, and what was being typed.
func TestEarlierLines(t *testing.T) {
	t.Parallel()
	s := testkit.Open(t, t.TempDir())
	ann := testkit.Connect(t, s, testkit.Enrol(t, s, "ann", 1))
	const up, down = "\x1b[A", "\x1bOB"
	said, _ := converse(t, ann, true, press(
		up, "first\r", "second\r", "fresh", up, up, up, "\r", // the first one again
		"x", "\x10", "\x10", "\x0e", "\x0e", "\x0e", "y\r", // Ctrl+P and Ctrl+N: back to what was typed
		"\x1b[1;5A", "z\r", // Ctrl and the arrow do nothing
		"/quit\r",
	))
	inOrder(t, said, "Sent, 1.", "Sent, 2.", "fresh", "second", "first\n", "Sent, 3.", "Sent, 4.", "z\nSent, 5.")
	general := testkit.General(t, ann)
	list, err := ann.Messages().After(t.Context(), general, 2, 10)
	if err != nil {
		t.Fatal(err)
	}
	var bodies []string
	for _, m := range list {
		bodies = append(bodies, m.Body)
	}
	if got := strings.Join(bodies, "|"); got != "first|xy|z" {
		t.Errorf("it posted %q", got)
	}
}

// It says who has deleted a message, when that happens and later.
func TestWhoDeleted(t *testing.T) {
	t.Parallel()
	s := testkit.Open(t, t.TempDir())
	annKey, bobKey := testkit.Enrol(t, s, "ann", 1), testkit.Enrol(t, s, "bob", 2)
	ann, bob := testkit.Connect(t, s, annKey), testkit.Connect(t, s, bobKey)
	general := testkit.General(t, bob)
	testkit.Send(t, bob, general, "one")
	testkit.Send(t, bob, general, "two")
	if _, err := bob.Messages().Delete(t.Context(), general, 1); err != nil {
		t.Fatal(err)
	}
	said, _ := converse(t, ann, false, strings.NewReader("/delete 2\n/go general\n/quit\n"))
	if strings.Contains(said, "1 from bob was deleted") {
		t.Errorf("it says twice that a message was deleted:\n%s", said)
	}
	inOrder(t, said, "1 bob: this message was deleted by bob.", "Deleted, 2.", "2 bob: this message was deleted by you.")
}

// joining lets a stranger join in plain mode, and returns what it says.
func joining(t *testing.T, s *service.Service, seed int, name, code string, input io.Reader) (said string, joined bool, rest string) {
	t.Helper()
	key := testkit.Key(t, seed)
	visit := s.Joining().Visit(key, netip.MustParseAddr("192.0.2.7"), new(service.CodeTries))
	defer visit.Close()
	var out strings.Builder
	j := plain.NewJoin(plain.JoinOptions{
		Options: join.Options{
			Joining: visit, Name: name, Code: code, Keys: []string{key.Fingerprint()},
			HostLine: func(name string) string { return "confab keys add --new " + name },
			OnError:  func(doing string, err error) { t.Errorf("%s: %v", doing, err) },
		},
		In: input, Out: &out,
	})
	joined = j.Run(t.Context())
	return out.String(), joined, string(j.Rest())
}

func TestJoining(t *testing.T) {
	t.Parallel()
	s := testkit.Open(t, t.TempDir())
	testkit.Enrol(t, s, "ann", 1)
	mode := func(m chat.JoinMode) {
		t.Helper()
		if err := s.Joining().SetMode(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	mode(chat.JoinOpen)
	said, joined, rest := joining(t, s, 2, "root", "", strings.NewReader("A B\nann\nbob\nhello\n"))
	if !joined || rest != "hello\n" {
		t.Errorf("joined: %t, with the rest %q:\n%s", joined, rest, said)
	}
	inOrder(t, said, "Welcome. You are not known here yet.", "SHA256:", "confab keys add --new root", "press Enter to take root:", "A name", "taken")

	said, joined, _ = joining(t, s, 3, "cid", "", strings.NewReader("\n"))
	if !joined {
		t.Errorf("Enter alone did not take the name:\n%s", said)
	}

	mode(chat.JoinByInvite)
	code, _, err := s.Joining().Invite(t.Context(), chat.Invitation{Uses: 1})
	if err != nil {
		t.Fatal(err)
	}
	said, joined, _ = joining(t, s, 4, "", "", strings.NewReader("nonsense\n"+code+"\ndan\n"))
	if !joined {
		t.Errorf("it did not join with a code:\n%s", said)
	}
	inOrder(t, said, "To join you need a code", "code", "The code is good.", "Type the name, ")

	mode(chat.JoinByRequest)
	said, joined, _ = joining(t, s, 5, "", "", strings.NewReader("eve\n\nit is me\nam I in?\n/quit\n"))
	if joined {
		t.Errorf("it joined before it was let in:\n%s", said)
	}
	inOrder(t, said, "Type the name, ", "Say in a line who you are", "You have asked to be let in as eve.", "You have asked to be let in as eve.")

	mode(chat.JoinClosed)
	if said, joined, _ = joining(t, s, 6, "", "", strings.NewReader("/quit\n")); joined || !strings.Contains(said, "Only the host lets new people in") {
		t.Errorf("on a closed server:\n%s", said)
	}
}
