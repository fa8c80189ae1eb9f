package main

import (
	"regexp"
	"strings"
	"testing"

	gossh "golang.org/x/crypto/ssh"

	"confab/app/testkit"
)

// restart starts a server again on the folder of one that has ended.
func (s *server) restart() *server {
	s.t.Helper()
	return startServer(s.t, s.dir)
}

// Over a restart, read messages stay read, and unread messages stay unread.
func TestMarkersOverAStop(t *testing.T) {
	t.Parallel()
	markersOver(t, func(s *server) {
		if status := s.stop(); status != 0 {
			t.Errorf("exit status %d", status)
		}
	})
}

// kill -9 does not lose reads that have been on disk for a second either.
func TestMarkersOverKill9(t *testing.T) {
	t.Parallel()
	markersOver(t, (*server).kill)
}

func markersOver(t *testing.T, end func(*server)) {
	s, keys, c := people(t, "ann", "bob", "eve")
	ann, bob, eve := c[0], c[1], c[2]
	eve.press(focusIn, focusOut)
	ann.say("read by one")
	ann.edge("read by one", "read 1/2 ✓✓ B")
	bob.press(focusIn, focusOut)
	ann.say("read by none")
	ann.edge("read by none", "delivered 2/2 ✓✓")
	bob.lists("#general", "1")
	eve.lists("#general", "2")
	// A kill may lose the last second of markers.
	markerOnDisk(t, s.dir, "bob", "read", 1)
	markerOnDisk(t, s.dir, "bob", "delivered", 2)
	markerOnDisk(t, s.dir, "eve", "delivered", 2)
	end(s)
	s = s.restart()
	ann = s.connect(keys[0])
	ann.edge("read by none", "delivered 2/2 ✓✓")
	ann.edge("read by one", "✓✓ B")
	// A marker is never ahead: the message is read only now.
	eve = s.ssh(options{keys: []gossh.Signer{keys[2]}})
	eve.press(focusOut)
	eve.lists("#general", "2")
	eve.shows("─ new ─")
	eve.press(focusIn)
	ann.edge("read by none", "read 1/2 ✓✓ E")
	bob = s.connect(keys[1])
	bob.press(focusIn)
	ann.edge("read by none", "read by all ✔✔ BE")
	ann.edge("read by one", "✔✔")
}

// A crash may lose the last second of reads and deliveries. It never adds any.
func TestMarkersAreNeverAhead(t *testing.T) {
	t.Parallel()
	s, keys, c := people(t, "ann", "bob")
	ann := c[0]
	texts := numbered("message", 3)
	for i, text := range texts {
		ann.say(text)
		ann.edge(text, "read 1/1 ✔✔ B") // so it was read
		if i < len(texts)-1 {
			markerOnDisk(t, s.dir, "bob", "read", i+1)
		}
	}
	c[1].press(focusOut)
	ann.say("unread")
	ann.edge("unread", "delivered 1/1 ✓✓")
	s.kill() // at once: perhaps before the last of these is on disk
	s = s.restart()
	ann = s.connect(keys[0])
	ann.until("the last message, read by none", func(screen string) bool { return strings.HasPrefix(edgeOf(screen, "unread"), "delivered ") })
	if at := markerOf(t, s.dir, "bob", "read"); at > len(texts) || at < len(texts)-1 {
		t.Errorf("after the crash bob has read up to %d, before it was %d", at, len(texts))
	}
	c[1] = s.connect(keys[1])
	ann.edge("unread", "read 1/1 ✔✔ B")
}

// markerOf returns how far an account's marker in #general is on disk. The marker is
// "read" or "delivered".
func markerOf(t *testing.T, dir, name, marker string) (at int) {
	t.Helper()
	err := openSQL(t, dir).QueryRow(`SELECT `+marker+` FROM memberships JOIN users ON users.id = user_id JOIN conversations c ON c.id = conversation_id
		WHERE users.name = ? AND c.name = 'general'`, name).Scan(&at)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// markerOnDisk waits until a marker is on disk.
func markerOnDisk(t *testing.T, dir, name, marker string, at int) {
	t.Helper()
	testkit.Eventually(t, "the "+marker+" marker of "+name+" to be on disk", func() bool { return markerOf(t, dir, name, marker) >= at })
}

// Nothing is delivered to people without a session. Everything is delivered as soon
// as they have one, whatever conversation it has open.
func TestDeliveredOnceOneConnects(t *testing.T) {
	t.Parallel()
	s, keys, c := people(t, "ann", "bob")
	ann, bob := c[0], c[1]
	ann.say("/new crew @bob")
	ann.isIn("#crew")
	bob.joins("#crew")
	ann.say("/dm bob")
	ann.isIn("@bob")
	ann.say("hello")
	ann.edge("hello", "✓✓")
	bob.hangUp()
	ann.marks("@bob", "○")
	ann.say("are you there?")
	ann.edge("are you there?", "✓")
	ann.edge("hello", "✓✓")
	ann.goes("#general")
	ann.say("in general")
	ann.edge("in general", "delivered 0/1 ✓")
	ann.goes("#crew")
	ann.say("in crew")
	ann.edge("in crew", "delivered 0/1 ✓")
	ann.say("/info")
	ann.shows("Not delivered yet")
	ann.press(keyEscape)
	ann.hides("Esc closes")

	bob = s.ssh(options{keys: keys[1:]})
	bob.press(focusOut) // he opens none of them
	bob.lists("@ann", "2")
	bob.lists("#crew", "1")
	bob.lists("#general", "1")
	ann.edge("in crew", "delivered 1/1 ✓✓")
	ann.marks("@bob", "●")
	ann.goes("#general")
	ann.edge("in general", "delivered 1/1 ✓✓")
	ann.goes("@bob")
	ann.edge("are you there?", "✓✓")
	bob.lists("@ann", "2")
}

// readLine returns the line of the details about someone who has read the message.
var readLine = regexp.MustCompile(`  bob +read \d+ [A-Z][a-z]{2} \d\d:\d\d:\d\d, delivered (\d+ [A-Z][a-z]{2} \d\d:\d\d:\d\d|yes)`)

// The details of a message name each member, with times.
func TestDetailsOfAMessage(t *testing.T) {
	t.Parallel()
	s, keys := accounts(t, func(string) {}, "ann", "bob", "eve", "fay")
	ann, bob, eve := s.connect(keys[0]), s.connect(keys[1]), s.connect(keys[2])
	eve.press(focusIn, focusOut)
	ann.say("first of all")
	ann.edge("first of all", "read 1/3 ✓ B")
	bob.press(focusOut)
	ann.say("second")
	ann.edge("second", "delivered 2/3 ✓")
	ann.press(keyEscape)
	ann.shows("Up/Down: select")
	ann.press(keyUp, "i")
	ann.shows("Message of ann, ")
	ann.shows("first of all")
	inThisOrder := []string{"Sent", "Read", "bob ", "Delivered, not read yet", "eve ", "delivered ", "Not delivered yet", "fay ", "sent"}
	if got := ann.text(); !readLine.MatchString(got) || !hasInOrder(got, inThisOrder) {
		t.Errorf("the details are:\n%s", got)
	}
	ann.press(keyEscape)
	ann.hides("Message of ann")
	ann.press(keyEscape) // and out of the selection
	// For the newest own message this works anywhere; it also works for others'
	// messages.
	ann.press(keyAltI)
	ann.shows("second")
	ann.shows("Delivered, not read yet")
	if got := ann.text(); readLine.MatchString(got) {
		t.Errorf("the details of what nobody has read are:\n%s", got)
	}
	ann.press(keyEscape)
	ann.hides("Message of ann")
	bob.press(keyEscape)
	bob.shows("Up/Down: select")
	bob.press("i")
	bob.shows("Message of ann, ")
	bob.press("q")
}

// hasInOrder reports whether the texts are in s, one after the other.
func hasInOrder(s string, texts []string) bool {
	for _, text := range texts {
		_, rest, ok := strings.Cut(s, text)
		if !ok {
			return false
		}
		s = rest
	}
	return true
}

// The signs can be told apart without colour and without Unicode.
func TestSignsOnPlainTerminals(t *testing.T) {
	t.Parallel()
	s, keys := accounts(t, func(string) {}, "ann", "bob", "eve")
	bob := s.connect(keys[1])
	bob.press(focusOut)
	env := func(o options) *client {
		o.keys = keys[:1]
		a := s.ssh(o)
		a.shows("#general")
		return a
	}
	screens := []*client{
		env(options{term: "linux"}),
		env(options{env: map[string]string{"LANG": "en_US.ISO-8859-1"}}),
	}
	plain := env(options{env: map[string]string{"NO_COLOR": "1"}})
	screens[0].say("a word")
	for _, a := range screens {
		a.edge("a word", "delivered 1/2 +")
	}
	plain.edge("a word", "delivered 1/2 ✓")
	bob.press(focusIn)
	for _, a := range screens {
		a.edge("a word", "read 1/2 + B")
	}
	plain.edge("a word", "read 1/2 ✓ B")
	eve := s.ssh(options{keys: keys[2:]})
	eve.press(focusOut)
	for _, a := range screens {
		a.edge("a word", "read 1/2 ++ B")
	}
	plain.edge("a word", "read 1/2 ✓✓ B")
	eve.press(focusIn)
	for _, a := range screens {
		a.edge("a word", "read by all ## EB")
		if strings.ContainsAny(a.received(), "✓✔│─›…") {
			t.Errorf("an ASCII terminal was sent other signs")
		}
	}
	plain.edge("a word", "read by all ✔✔ EB")
	if coloured.MatchString(plain.received()) {
		t.Errorf("NO_COLOR has colours")
	}
	if !coloured.MatchString(bob.received()) {
		t.Errorf("a terminal with colours has none")
	}
}

// coloured is an SGR sequence that sets a colour.
var coloured = regexp.MustCompile(`\x1b\[([0-9]+;)*(3[0-9]|4[0-9]|9[0-7])(;[0-9]+)*m`)
