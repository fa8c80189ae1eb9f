package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"confab/app/testkit"
)

// Each way to leave ends ssh with status 0 and leaves the terminal as it was.
func TestWaysOut(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	key, bobKey := enrol(t, dir, "ann"), enrol(t, dir, "bob")
	post(t, dir, "bob", numbered("earlier", 100)...)
	readByAll(t, dir)
	s := startServer(t, dir)
	for _, way := range []struct {
		name  string
		leave func(c *client)
	}{
		{"Ctrl+D in an empty composer", func(c *client) {
			c.press("x", keyCtrlD) // deletes the character right of the cursor: nothing
			c.settled()
			c.press(keyBackspace, keyCtrlD)
		}},
		{"Ctrl+C twice", func(c *client) {
			c.press(keyCtrlC)
			c.shows("Press Ctrl+C again to leave.")
			c.press(keyCtrlC)
		}},
		{"Ctrl+C twice in a row", func(c *client) {
			c.press(keyCtrlC, "x", keyCtrlC) // these are not
			c.shows("Press Ctrl+C again to leave.")
			c.settled()
			c.press(keyCtrlU) // it would be kept as a draft
			c.press(keyCtrlC, keyCtrlC)
		}},
		{"/quit", func(c *client) { c.say("/quit") }},
		{"from the help", func(c *client) {
			c.press(keyF1)
			c.shows("Esc closes")
			c.press(keyCtrlC, keyCtrlC)
		}},
		{"with the mouse captured", func(c *client) {
			c.press(keyAltM)
			c.shows("The wheel scrolls now")
			c.press(keyCtrlD)
		}},
		{"while scrolled up", func(c *client) {
			c.press(keyPageUp, keyPageUp)
			c.hides("earlier 100")
			c.press(keyCtrlD)
		}},
		{"on a screen that is too small", func(c *client) {
			c.resize(19, 5)
			c.shows("confab needs 20x6")
			c.press(keyCtrlD)
		}},
		{"while a draft and a notice are shown", func(c *client) {
			c.say("/nonsense")
			c.shows("There is no command /nonsense")
			c.paste(strings.Join(numbered("line", 50), "\n"))
			c.shows("line 050")
			c.press(keyCtrlC, keyCtrlC)
		}},
		{"the end of the input", func(c *client) {
			if err := c.in.Close(); err != nil {
				t.Fatal(err)
			}
		}},
	} {
		c := s.connect(key)
		way.leave(c)
		if status := c.status(); status != 0 {
			t.Errorf("%s: exit status %d", way.name, status)
		}
		c.isRestored()
		if rest := strings.TrimSpace(c.text()); rest != shellPrompt {
			t.Errorf("%s: the screen shows:\n%s", way.name, rest)
		}
		if t.Failed() {
			t.Fatalf("%s: the terminal was not restored", way.name)
		}
	}
	s.connect(bobKey).say("they have all gone")
}

func TestAStopTellsEverybody(t *testing.T) {
	t.Parallel()
	for _, sig := range []os.Signal{syscall.SIGTERM, syscall.SIGINT} {
		s, ann, bob := twoPeople(t)
		ann.say("see you")
		ann.showsSent("see you")
		bob.press(keyF1) // wherever the user is
		bob.shows("Esc closes")
		s.signal(sig)
		for _, c := range []*client{ann, bob} {
			if status := c.status(); status != 1 {
				t.Errorf("%v: a client exits %d", sig, status)
			}
			c.isRestored()
			if rest := strings.TrimSpace(strings.TrimPrefix(c.text(), shellPrompt)); rest != stoppingReason {
				t.Errorf("%v: the screen shows:\n%s", sig, rest)
			}
		}
		if status := s.exitStatus(); status != 0 {
			t.Errorf("%v: exit status %d", sig, status)
		}
		if got := stored(t, s.dir); !slices.Equal(got, []string{"see you"}) {
			t.Errorf("stored: %q", got)
		}
	}
}

// With other machines in the same chat, a stop sends people there in parts. It takes no new
// connections, /readyz says so at once, and those who are still there can go on and lose nothing.
func TestAStopThatSendsPeopleToAnotherMachine(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	annKey := enrol(t, dir, "ann")
	s := startServer(t, dir, "--metrics", ":0", "--drain-time", "8s")
	metrics := regexp.MustCompile(`http://[0-9.:]+`).FindString(s.said)
	screens := make([]*client, 4)
	for i := range screens {
		screens[i] = s.connect(annKey)
	}
	s.signal(syscall.SIGTERM)
	testkit.Eventually(t, "/readyz to answer 503", func() bool {
		status, body := get(t, metrics+"/readyz")
		return status == http.StatusServiceUnavailable && strings.Contains(body, "stopping")
	})
	testkit.Eventually(t, "the server to take no connections", func() bool {
		conn, err := net.DialTimeout("tcp", s.addr, testkit.Patience)
		if err == nil {
			_ = conn.Close()
		}
		return err != nil
	})
	ended := make(chan time.Time, len(screens))
	for _, c := range screens {
		go func() { <-c.ended; ended <- time.Now() }()
	}
	first := <-ended
	for i, c := range screens {
		_, _ = io.WriteString(c.in, fmt.Sprintf("number %d\r", i)) // one of them is gone
	}
	last := first
	for range screens[1:] {
		last = <-ended
	}
	if last.Sub(first) < time.Second {
		t.Errorf("all were ended together, within %s", last.Sub(first))
	}
	for _, c := range screens {
		c.isRestored()
		if !strings.Contains(c.text(), movingReason) {
			t.Errorf("the screen shows:\n%s", c.text())
		}
	}
	if status := s.exitStatus(); status != 0 {
		t.Errorf("exit status %d", status)
	}
	if got := stored(t, s.dir); len(got) == 0 {
		t.Errorf("nobody could write while others were sent away: %q", got)
	}
}

// While another program holds the database, a stop cannot commit anything. It
// waits, lets nobody in, and loses nothing.
func TestAStopCommitsWhatWasAccepted(t *testing.T) {
	t.Parallel()
	for tries := 1; ; tries++ {
		s, ann, bob := twoPeople(t)
		waited := whileLocked(t, s.dir, func() {
			ann.say("my last words")
			ann.until("the message to be on its way", func(screen string) bool {
				row, _ := rowWith(screen, "my last words")
				return strings.HasSuffix(row, "…")
			})
			s.signal(syscall.SIGTERM)
			for _, c := range []*client{ann, bob} {
				if status := c.status(); status != 1 {
					t.Errorf("a client exits %d", status)
				}
				c.isRestored()
			}
			testkit.Eventually(t, "the server to take no connections", func() bool {
				conn, err := net.DialTimeout("tcp", s.addr, testkit.Patience)
				if err == nil {
					_ = conn.Close()
				}
				return err != nil
			})
		})
		if status := s.exitStatus(); status != 0 {
			t.Errorf("exit status %d", status)
		}
		if !waited && tries < 20 {
			continue
		}
		if got := stored(t, s.dir); !slices.Equal(got, []string{"my last words"}) {
			t.Errorf("stored: %q", got)
		}
		return
	}
}

// A client that is still logging in does not delay a stop either.
func TestAStopDuringAHandshake(t *testing.T) {
	t.Parallel()
	s, ann, _ := twoPeople(t)
	conn, err := net.DialTimeout("tcp", s.addr, testkit.Patience)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if greeting, err := bufio.NewReader(conn).ReadString('\n'); err != nil || greeting != "SSH-2.0-confab\r\n" {
		t.Errorf("the server greets with %q, %v", greeting, err)
	}
	if _, err := conn.Write([]byte("SSH-2.0-half\r\n")); err != nil {
		t.Fatal(err)
	}
	s.signal(syscall.SIGTERM)
	if status := ann.status(); status != 1 {
		t.Errorf("a client exits %d", status)
	}
	ann.isRestored()
	if status := s.exitStatus(); status != 0 {
		t.Errorf("exit status %d", status)
	}
}
