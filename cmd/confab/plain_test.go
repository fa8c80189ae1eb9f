package main

import (
	"strings"
	"testing"

	gossh "golang.org/x/crypto/ssh"

	"confab/app/testkit"
)

// listener is a client in plain mode. It reads what arrives once, from the beginning.
type listener struct {
	*client
	heard int // bytes that were waited for
}

// plain opens plain mode, in a terminal unless o says otherwise, and waits until a
// conversation is open.
func (s *server) plain(o options) *listener {
	s.t.Helper()
	l := &listener{client: s.ssh(o)}
	l.hears("This is confab in plain mode.")
	l.hears("#general;")
	return l
}

// hears waits until a text arrives after what was waited for before.
func (l *listener) hears(words string) {
	l.t.Helper()
	l.until("the words "+words, func(string) bool {
		i := strings.Index(l.received()[l.heard:], words)
		if i >= 0 {
			l.heard += i + len(words)
		}
		return i >= 0
	})
}

// Somebody in plain mode and somebody at a screen talk: what is sent, delivered, read,
// edited, deleted and reacted to is the same for both.
func TestPlainModeAndAScreen(t *testing.T) {
	t.Parallel()
	s, annKey, bobKey := history(t, "first")
	bob := s.connect(bobKey)
	ann := s.plain(options{keys: []gossh.Signer{annKey}, exec: "plain"})
	ann.hears("1 you: first")
	bob.say("hello @ann")
	ann.hears("2 bob mentions you: hello @ann\r\n")
	bob.until("a message that is delivered and not read", func(screen string) bool {
		row, _ := rowWith(screen, "hello @ann")
		return strings.Contains(row, "✓✓")
	})
	ann.say("/reply well met") // a key was pressed after the message was written
	ann.hears("Sent, 3.")
	bob.shows("well met")
	bob.until("a message that is read", func(screen string) bool {
		row, _ := rowWith(screen, "hello @ann")
		return strings.Contains(row, "✔✔")
	})
	bob.settled()
	for {
		ann.say("/info 3")
		ann.hears("in reply to 2 by bob: well met")
		ann.hears(" bob.")
		if strings.HasSuffix(ann.received()[:ann.heard], "Read by bob.") {
			break
		}
	}
	ann.say("/edit 3 very well met")
	ann.hears("Changed, 3.")
	bob.shows("very well met")
	bob.say("/react :tada:")
	ann.hears("bob reacted to 3 with tada.")
	ann.say("/react 2 :heart:")
	ann.hears("Your reaction heart is at 2.")
	bob.shows("❤")
	ann.say("/delete 3")
	ann.hears("Deleted, 3.")
	bob.hides("very well met")
	bob.say("a new one")
	ann.hears("4 bob: a new one")
	bob.say("/edit")
	bob.press(keyCtrlU, "a newer one", keyEnter)
	ann.hears("4 bob changed it: a newer one")
	ann.say("/delete 4")
	ann.hears("Deleted, 4.") // ann owns the group
	bob.say("/dm ann in private")
	ann.hears("@bob:1 direct message from bob: in private")
	ann.say("/reply @bob:1 I see")
	ann.hears("Sent to @bob, @bob:2.")
	bob.shows("I see")
	ann.say("/go bob")
	ann.hears("Direct messages with bob; online.")
	ann.hears("1 bob: in private")
	ann.say("/quit")
	if status := ann.status(); status != 0 {
		t.Errorf("the exit status is %d", status)
	}
	isPlain(t, ann.client)
}

// Messages that arrive while the user is typing wait until the line is complete.
func TestPlainModeNeverMixesLines(t *testing.T) {
	t.Parallel()
	s, annKey, bobKey := history(t)
	bob := s.connect(bobKey)
	ann := s.plain(options{keys: []gossh.Signer{annKey}, exec: "plain"})
	ann.press("half a li")
	ann.hears("half a li")
	bob.say("meanwhile")
	bob.until("a message that is delivered", func(screen string) bool {
		row, _ := rowWith(screen, "meanwhile")
		return strings.Contains(row, "✓✓")
	})
	ann.press("ne")
	ann.hears("ne")
	ann.press(keyEnter)
	ann.hears("1 bob: meanwhile\r\nSent, 2.\r\n")
	if got := ann.received(); !strings.Contains(got, "half a line\r\n") {
		t.Errorf("the typed line is mixed with something else: %q", got)
	}
	bob.shows("half a line")

	// Ctrl+L shows what waits, and the line again.
	ann.press("more")
	ann.hears("more")
	bob.say("another")
	bob.until("a message that is delivered", func(screen string) bool {
		row, _ := rowWith(screen, "another")
		return strings.Contains(row, "✓✓")
	})
	ann.press("\x0c")
	ann.hears("\r\n3 bob: another\r\nmore")
	ann.press(keyBackspace, keyBackspace, keyBackspace, keyBackspace, "less", keyEnter)
	ann.hears("Sent, 4.")
	bob.shows("less")

	// Several lines that are pasted are one message, and only Enter sends it.
	ann.press("one\r/quit\rthree\r")
	ann.hears("Pasted: 3 lines. Enter sends them as one message, Ctrl+U drops them.")
	ann.press(keyEnter)
	ann.hears("Sent, 5.")
	bob.shows("/quit")
	ann.press("\x1b[A", "\x1bOB", "arrows type nothing", "\x17", "\x17", "\x15", keyCtrlC, keyCtrlC)
	if status := ann.status(); status != 0 {
		t.Errorf("the exit status is %d", status)
	}
	isPlain(t, ann.client)
}

// Plain mode opens by itself on a terminal that cannot draw, when the environment asks for
// it, and for accounts that have set it. It works at any width, and without a terminal.
func TestPlainModeOpensByItself(t *testing.T) {
	t.Parallel()
	const hostile = "\u009b2J Ý0;title \x1b]0;x\x07 \u202eevil 漢字漢字漢字漢字漢字漢字漢字 👩‍👩‍👧 a_word_that_is_wider_than_the_terminal"
	s, annKey, bobKey := history(t, hostile, "two\nlines")
	for name, o := range map[string]options{
		"dumb":       {term: "dumb"},
		"ACCESSIBLE": {env: map[string]string{"ACCESSIBLE": "1"}},
		"a command":  {exec: "plain general"},
		"narrow":     {exec: "plain", columns: 20},
		"very small": {exec: "plain", columns: 1},
		"open":       {exec: "open '#general'", term: "dumb"},
		"no UTF-8":   {exec: "plain", env: map[string]string{"LANG": "C"}},
	} {
		o.keys = []gossh.Signer{annKey}
		ann := &listener{client: s.ssh(o)}
		ann.hears("2 you: two\r\n  lines")
		ann.press(keyCtrlD)
		if status := ann.status(); status != 0 {
			t.Errorf("%s: the exit status is %d", name, status)
		}
		isPlain(t, ann.client)
	}
	set := s.ssh(options{keys: []gossh.Signer{bobKey}, exec: "settings plain=on", noPTY: true})
	if status := set.status(); status != 0 {
		t.Fatalf("the setting: %d %s", status, set.stderr.String())
	}
	bob := s.plain(options{keys: []gossh.Signer{bobKey}})
	bob.hears("2 ann: two")
	bob.say("/settings mute 1h")
	bob.hears("mute is 1h.")
	bob.say("/group")
	bob.hears("mute until ")
	bob.say("/settings dnd on")
	bob.hears("dnd is on.")
	bob.say("/settings")
	bob.hears("dnd on. Choices: off, on, or a time, such as for 2h.")
	bob.say("/settings plain off")
	bob.hears("plain is off.")
	bob.press(keyCtrlD)
	bob.status()
	isPlain(t, bob.client)
	s.connect(bobKey).shows("two")

	// Without a terminal, lines are carried out one after the other, and nothing is echoed.
	pipe := s.plain(options{keys: []gossh.Signer{annKey}, exec: "plain", noPTY: true})
	pipe.press("from a pipe\n/where\n")
	pipe.hears("Sent, 3.\n#general; ")
	if err := pipe.in.Close(); err != nil {
		t.Fatal(err)
	}
	if status := pipe.status(); status != 0 || strings.Contains(pipe.received(), "\r") {
		t.Errorf("without a terminal: status %d, %q", status, pipe.received())
	}
	isPlain(t, pipe.client)
}

// Newcomers join in plain mode, and go on in it on the same connection: by a request, with a
// code, and without a terminal.
func TestJoiningInPlainMode(t *testing.T) {
	t.Parallel()
	s, annKey, _ := history(t, "hello")
	ann := s.connect(annKey)
	newcomer := func(o options) *listener {
		t.Helper()
		o.keys = []gossh.Signer{testkit.Signer(t)}
		l := &listener{client: s.ssh(o)}
		l.hears("Welcome. You are not known here yet.")
		l.hears("SHA256:")
		l.hears("confab keys add ")
		l.hears("--new ")
		return l
	}
	cid := newcomer(options{user: "cid", term: "dumb"})
	cid.hears("press Enter to take cid:")
	cid.press("admin", keyEnter)
	cid.hears("The name admin is reserved")
	cid.hears("press Enter to take cid:")
	cid.press(keyEnter)
	cid.hears("Say in a line who you are")
	cid.say("it is cid")
	cid.hears("You have asked to be let in as cid.")
	ann.shows("1 request")
	ann.say("/requests")
	ann.shows("it is cid")
	ann.press("a")
	ann.shows("Let cid in")
	ann.press("y")
	cid.hears("This is confab in plain mode. You are cid.")
	cid.hears("1 ann: hello")
	ann.press(keyEscape)
	cid.say("thanks")
	cid.hears("Sent, ")
	ann.shows("thanks")
	isPlain(t, cid.client)

	code := invite(t, s.dir)
	dan := newcomer(options{user: "nobody", exec: "plain", noPTY: true})
	dan.press(code + "\ndan\nhi from dan\n")
	dan.hears("The code is good.")
	dan.hears("You are dan.")
	dan.hears("Sent, ")
	ann.shows("hi from dan")
	isPlain(t, dan.client)

	eve := newcomer(options{user: code, env: map[string]string{"ACCESSIBLE": "1"}})
	eve.hears("code") // it has been used
	eve.press(keyCtrlC)
	if status := eve.status(); status != exitRefused {
		t.Errorf("the exit status is %d", status)
	}
	isPlain(t, eve.client)
}

// Somebody who is kicked in plain mode is told why, also in the middle of a line.
func TestPlainModeEndsWithAReason(t *testing.T) {
	t.Parallel()
	s, annKey, bobKey := history(t)
	ann := s.plain(options{keys: []gossh.Signer{annKey}, exec: "plain"})
	bob := s.plain(options{keys: []gossh.Signer{bobKey}, term: "dumb"})
	bob.press("not yet")
	bob.hears("not yet")
	ann.say("/kick @bob off \u009btopic")
	bob.hears("\r\nann has ended your session (off topic). You may connect again.")
	if status := bob.status(); status != 1 {
		t.Errorf("the exit status is %d", status)
	}
	isPlain(t, bob.client)
	bob = s.plain(options{keys: []gossh.Signer{bobKey}, term: "dumb"})
	bob.hears("Your draft here: not yet. /draft sends it")
	bob.say("/draft")
	bob.hears("Sent, 1.")
	ann.hears("1 bob: not yet")
	again := s.ssh(options{keys: []gossh.Signer{bobKey}, exec: "plain"})
	(&listener{client: again}).hears("1 you: not yet")
	ann.say("/kick @bob")
	if status := again.status(); status != 1 || !strings.Contains(again.stderr.String(), "ann has ended your session") {
		t.Errorf("the command ends with the status %d and %q", status, again.stderr.String())
	}
	isPlain(t, again)
	isPlain(t, ann.client)
}
