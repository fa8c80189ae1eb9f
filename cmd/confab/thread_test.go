package main

import (
	"regexp"
	"strings"
	"testing"

	gossh "golang.org/x/crypto/ssh"
)

// A thread is open on one screen at a time, with replies that the conversation does not
// show. Its followers see that there is something unread, also when they connect later.
func TestThreadsOnScreens(t *testing.T) {
	t.Parallel()
	s, keys, c := people(t, "ann", "bob", "eve")
	ann, bob, eve := c[0], c[1], c[2]
	ann.say("Is the build green?")
	bob.shows("Is the build green?")
	// The author will follow the thread from its first reply on, so the header does not deny it.
	ann.say("/select")
	ann.shows("t: thread")
	ann.press("t")
	ann.until("a thread of their own", func(screen string) bool {
		return strings.Contains(screen, "Thread in #general") && !strings.Contains(screen, "not followed")
	})
	ann.say("/thread")
	ann.hides("Thread in #general")
	bob.say("/select")
	bob.shows("t: thread")
	bob.press("t")
	bob.shows("Thread in #general, not followed")
	bob.say("since noon")
	bob.until("the thread to be followed", func(screen string) bool {
		if strings.Contains(screen, "press Enter again") { // the thread was still being read
			bob.press(keyEnter)
		}
		return strings.Contains(screen, "Thread in #general") && !strings.Contains(screen, "not followed")
	})
	bob.showsSent("since noon")
	bob.say("/react :tada:") // the newest message is the one in the thread, not the one that eve sees
	bob.shows("[🎉 1]")
	// The author of the message follows its thread.
	ann.shows("1 reply, last ")
	ann.shows("1 thread: /threads  ann")
	if strings.Contains(ann.text(), "since noon") {
		t.Errorf("the conversation shows what is in the thread:\n%s", ann.text())
	}
	eve.shows("1 reply, last ")
	eve.settled()
	if strings.Contains(eve.text(), "1 thread") || strings.Contains(eve.text(), "since noon") || strings.Contains(eve.text(), "🎉") {
		t.Errorf("eve has nothing to do with it:\n%s", eve.text())
	}
	late := s.ssh(options{keys: keys[:1]})
	late.shows("1 thread: /threads  ann")
	ann.say("/threads")
	ann.shows("1 unread, 1 in the thread")
	ann.press(keyEnter)
	ann.shows("since noon")
	ann.press(focusIn)
	ann.hides("1 thread: /threads  ann") // it was read
	late.hides("1 thread: /threads  ann")

	// What is said in the conversation does not come into the thread, and a reply comes
	// into the conversation if its author wants that.
	eve.say("lunch?")
	bob.say("/also and the tests, too")
	eve.shows("and the tests, too (in a thread)")
	eve.shows("2 replies, last ")
	ann.shows("and the tests, too")
	ann.hides("lunch?")
	ann.press(keyEscape)
	ann.shows("Selecting")
	ann.press(keyEscape)
	ann.shows("lunch?")
	ann.hides("since noon")

	// Threads can be followed by anybody.
	eve.say("/follow")
	eve.shows("You follow this thread")
	bob.say("third")
	eve.shows("1 thread: /threads  eve")
	eve.say("/unfollow")
	eve.hides("1 thread: /threads  eve")
}

// Scripts and bots write in threads, and see where a message belongs.
func TestThreadsInScripts(t *testing.T) {
	t.Parallel()
	s, keys := accounts(t, func(string) {}, "ann", "bob")
	run := func(key gossh.Signer, command string) string {
		t.Helper()
		c := s.ssh(options{keys: []gossh.Signer{key}, exec: command, noPTY: true})
		if status := c.status(); status != 0 {
			t.Fatalf("%s: status %d, %s", command, status, c.stderr.String())
		}
		return c.received()
	}
	root := strings.TrimSpace(run(keys[0], "send '#general' 'the root'"))
	first := strings.TrimSpace(run(keys[1], "send --thread "+root+" '#general' 'the first'"))
	run(keys[1], "send --thread "+first+" --also '#general' 'the second'")
	run(keys[0], "send '#general' 'something else'")
	all := run(keys[0], "history --json '#general'")
	for _, want := range []string{`"replies":2`, `"thread":{"seq":`, `"also":false`, `"also":true`, "something else"} {
		if !strings.Contains(all, want) {
			t.Errorf("history has no %s:\n%s", want, all)
		}
	}
	thread := run(keys[0], "history --thread "+first+" '#general'")
	if !regexp.MustCompile(`(?s)the root.*the first.*the second`).MatchString(thread) || strings.Contains(thread, "something else") {
		t.Errorf("the thread has %s", thread)
	}
	if got := run(keys[0], "threads --unread"); !strings.Contains(got, "#general\t2\t2\t"+root) {
		t.Errorf("threads writes %q", got)
	}
	if got := run(keys[0], "unfollow "+root); !strings.Contains(got, "not followed") {
		t.Errorf("unfollow writes %q", got)
	}
	run(keys[0], "follow "+first)
	run(keys[1], "send --thread "+root+" '#general' 'the third'")
	if got := run(keys[0], "threads --unread"); !strings.Contains(got, "#general\t1\t3\t"+root+"\tann\tthe root\tfollowed") {
		t.Errorf("threads writes %q", got)
	}
	if got := run(keys[0], "read --thread "+root+" '#general'"); !strings.Contains(got, "#general\t0") {
		t.Errorf("read writes %q", got)
	}
	if got := run(keys[0], "threads --unread"); got != "" {
		t.Errorf("after read, threads writes %q", got)
	}
	if got := run(keys[0], "unfollow "+first); !strings.Contains(got, "not followed") {
		t.Errorf("unfollow writes %q", got)
	}
}
