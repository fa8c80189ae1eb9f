package main

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"confab/app/bus/natsbus/natstest"
	"confab/app/testkit"
)

// Two servers wake each other over NATS. While that is away, they work on, say so, and find it
// again by themselves.
func TestTwoServersOverNATS(t *testing.T) {
	onPostgres(t)
	bus := natstest.WithUser("chat", "se:cret")
	start := func() {
		t.Helper()
		if err := bus.Start(); err != nil {
			t.Fatal(err)
		}
	}
	start()
	t.Cleanup(bus.Stop)
	address := url.URL{Scheme: "nats", Host: bus.Addr(), User: url.UserPassword("chat", "se:cret")}
	t.Setenv("CONFAB_BUS", address.String())
	first := t.TempDir()
	annKey, bobKey := enrol(t, first, "ann"), enrol(t, first, "bob")
	servers := twoServers(t, first, "--metrics", ":0")
	ann, bob := servers[0].connect(annKey), servers[1].connect(bobKey)
	ann.header("#general", "2 members, here: you, bob")
	sees := func(text string) { // only the bus says who is typing
		t.Helper()
		bob.typesUntil("ann to see it", func() bool { return strings.Contains(ann.text(), "bob is typing…") })
		bob.press(keyCtrlU)
		bob.say(text)
		ann.shows(text)
		ann.say("to " + text)
		bob.shows("to " + text)
	}
	sees("over NATS")
	down := func(want float64) {
		t.Helper()
		for _, s := range servers {
			at := regexp.MustCompile(`metrics +(http://127\.0\.0\.1:\d+/metrics)`).FindStringSubmatch(s.said)[1]
			testkit.Eventually(t, fmt.Sprintf("the bus to be down: %v", want), func() bool {
				_, body := get(t, at)
				return metric(t, body, "confab_bus_down") == want
			})
		}
	}
	down(0)
	bus.Stop()
	down(1)
	ann.say("is anybody there?")
	bob.shows("is anybody there?")
	bob.say("yes")
	ann.shows("yes")
	// A server that is started meanwhile works too.
	bob.hangUp()
	if status := servers[1].stop(); status != 0 {
		t.Errorf("exit status %d", status)
	}
	servers[1] = startServer(t, servers[1].dir, "--metrics", ":0")
	down(1)
	bob = servers[1].connect(bobKey)
	bob.say("here again")
	ann.shows("here again")
	start()
	down(0)
	sees("over NATS again")
	for _, s := range servers {
		s.logs("the bus to the other servers works again")
		log := s.log.String()
		if strings.Count(log, "listening for other servers") != 1 || strings.Count(log, "the bus to the other servers works again") != 1 || strings.Contains(log, "se:cret") || strings.Contains(log, "se%3Acret") {
			t.Errorf("the log is\n%s", log)
		}
	}
}

// What cannot work is said before the server starts.
func TestSettingsOfTheBusAreChecked(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	enrol(t, dir, "ann")
	wrong := filepath.Join(t.TempDir(), "wrong")
	if err := os.WriteFile(wrong, []byte("nothing of use\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	const database = "database: postgres:///none?host=/nowhere\n"
	for settings, want := range map[string]string{
		"bus: nats://localhost:4222\n":                                            "--bus is for several servers on one PostgreSQL database",
		"bus-ca: " + wrong + "\n":                                                 "--bus-credentials and --bus-ca are for NATS",
		database + "bus: redis://localhost:4222\n":                                "line 2: bus: an address of NATS is nats://HOST:PORT",
		database + "bus: localhost:4222\n":                                        "an address of NATS is",
		database + "bus: nats://ann:sesame@a:4222,nats://:4222\n":                 "an address of NATS is",
		database + "bus: nats://a:4222,tls://b\nbus-credentials: " + wrong + "\n": "reading the credentials for NATS from " + wrong,
		database + "bus: tls://a\nbus-ca: " + wrong + "\n":                        "reading the certificates for NATS",
		database + "bus: tls://a\nbus-credentials: " + wrong + ".none\n":          "reading the credentials for NATS",
	} {
		file := filepath.Join(t.TempDir(), "confab.yaml")
		if err := os.WriteFile(file, []byte(settings), 0o600); err != nil {
			t.Fatal(err)
		}
		_, stderr, status := confab(t, "", "config", "check", "--data", dir, file)
		if status == 0 || !strings.Contains(stderr, want) || strings.Contains(stderr, "sesame") {
			t.Errorf("%q: status %d, want %q:\n%s", settings, status, want, stderr)
		}
		if _, stderr, status := confab(t, "", "serve", "--data", dir, "--config", file, "--listen", "127.0.0.1:0"); status == 0 || strings.Contains(stderr, "sesame") {
			t.Errorf("with %q, the server starts: status %d\n%s", settings, status, stderr)
		}
	}
}
