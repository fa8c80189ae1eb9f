package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	gossh "golang.org/x/crypto/ssh"

	"confab/app/testkit"
)

// get returns the server's answer over HTTP.
func get(t *testing.T, url string) (status int, body string) {
	t.Helper()
	client := http.Client{Timeout: testkit.Patience, Transport: &http.Transport{DisableKeepAlives: true}}
	r, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r.StatusCode, string(text)
}

// metric returns the value of a metric as Prometheus gets it.
func metric(t *testing.T, body, name string) float64 {
	t.Helper()
	m := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(name) + ` (\S+)$`).FindStringSubmatch(body)
	if m == nil {
		t.Fatalf("there is no %s in:\n%s", name, body)
	}
	v, err := strconv.ParseFloat(m[1], 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	annKey, bobKey := enrol(t, dir, "ann"), enrol(t, dir, "bob")
	s := startServer(t, dir, "--metrics", ":0")
	at := regexp.MustCompile(`metrics +(http://127\.0\.0\.1:\d+)/metrics`).FindStringSubmatch(s.said)
	if at == nil {
		t.Fatalf("where the metrics are is not said:\n%s", s.said)
	}
	if status, body := get(t, at[1]+"/healthz"); status != http.StatusOK {
		t.Errorf("it is not healthy: %d %s", status, body)
	}
	testkit.Eventually(t, "the server to be ready", func() bool { // a slow disk may take too long at first
		status, _ := get(t, at[1]+"/readyz")
		return status == http.StatusOK
	})
	ann, bob := s.connect(annKey), s.connect(bobKey)
	for i := range 3 {
		ann.say(fmt.Sprintf("number %d", i))
		ann.showsSent(fmt.Sprintf("number %d", i))
	}
	bob.shows("number 2")
	_, body := get(t, at[1]+"/metrics")
	for name, want := range map[string]float64{
		"confab_sessions": 2, "confab_accounts_connected": 2, "confab_messages_posted_total": 3, "confab_resyncs_total": 0,
	} {
		if got := metric(t, body, name); got != want {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	}
	if got := metric(t, body, "confab_deliveries_total"); got < 6 {
		t.Errorf("there are %v deliveries", got)
	}
	if got := metric(t, body, `confab_store_seconds_count{operation="update"}`); got < 3 {
		t.Errorf("there were %v transactions", got)
	}
	if strings.Contains(body, "number 2") || strings.Contains(body, `"ann"`) {
		t.Error("the metrics tell what was said, or by whom")
	}
	metric(t, body, "go_goroutines")
	if status := s.stop(); status != 0 {
		t.Errorf("exit status %d", status)
	}
}

// No log line has text that people write, search for, use as file names or draft,
// whatever way it comes. Each line about a connection has the session's id.
func TestLogsHaveNoText(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	key := enrol(t, dir, "ann")
	s := startServer(t, dir)
	ann := s.connect(key)
	ann.say("zanzibar one")
	ann.showsSent("zanzibar one")
	ann.say("/nosuch zanzibar two")
	ann.shows("nosuch")
	ann.press(keyCtrlU)
	ann.paste("zanzibar three\nlines")
	ann.settled()
	for _, command := range []string{
		"send '#general' 'zanzibar four'", "send '#zanzibar' five", "zanzibar six", "search zanzibar", "history '#general' --zanzibar",
		"scp -t '#general/zanzibar'", "send '#general' --reply-to zanzibar eight",
	} {
		c := s.ssh(options{keys: []gossh.Signer{key}, noPTY: true, exec: command})
		_ = c.in.Close()
		c.status()
	}
	ann.press(keyCtrlC, keyCtrlC)
	ann.status()
	stranger := s.ssh(options{keys: []gossh.Signer{testkit.Signer(t)}})
	stranger.shows("About you")
	stranger.press(keyTab, "zanzibar nine", keyEnter)
	stranger.shows("You have asked to be let in")
	stranger.press(keyCtrlC)
	stranger.status()
	if status := s.stop(); status != 0 {
		t.Errorf("exit status %d", status)
	}
	log := s.log.String()
	if strings.Contains(log, "zanzibar") {
		t.Errorf("the log has what was written")
	}
	sessions := 0
	for line := range strings.Lines(log) {
		if !strings.HasPrefix(line, "{") {
			t.Errorf("a line that is no JSON: %s", line)
		}
		switch {
		case strings.Contains(line, `"session":"`):
			sessions++
		case strings.Contains(line, `"msg":"stopping"`):
		case strings.Contains(line, `"msg":"a change took long"`): // the server's own, on a slow disk
		default:
			t.Errorf("a line without a session: %s", line)
		}
	}
	if sessions < 10 {
		t.Errorf("%d lines are of sessions", sessions)
	}
}

// headed is a connection that begins with this text.
func headed(head string) func(addr string) (net.Conn, error) {
	return func(addr string) (net.Conn, error) {
		conn, err := net.DialTimeout("tcp", addr, testkit.Patience)
		if err == nil {
			_, err = io.WriteString(conn, head)
		}
		return conn, err
	}
}

const proxyHeader = "PROXY TCP4 192.0.2.7 192.0.2.1 4711 22\r\n"

func TestALoadBalancerSaysWhomItConnects(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	key := enrol(t, dir, "ann")
	s := startServer(t, dir, "--proxy-protocol", "127.0.0.0/8,::1/128")
	// A connection that sends nothing delays nobody.
	silent, err := net.Dial("tcp", s.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	c := s.ssh(options{keys: []gossh.Signer{key}, dial: headed(proxyHeader)})
	c.shows("#general")
	c.press(keyCtrlD)
	c.status()
	s.logs(`"remote":"192.0.2.7:4711"`) // the address that the load balancer said
	// Each connection must have a header.
	ends(t, s.addr, "SSH-2.0-someone\r\n")
}

func TestAHeaderFromElsewhereIsRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	key := enrol(t, dir, "ann")
	s := startServer(t, dir, "--proxy-protocol", "198.51.100.0/24")
	c := s.connect(key)
	c.press(keyCtrlD)
	c.status()
	s.logs(`"remote":"127.0.0.1:`) // the client's own address
	ends(t, s.addr, proxyHeader+"SSH-2.0-someone\r\n")
	ends(t, s.addr, "\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c\xc0\x00\x02\x07\xc0\x00\x02\x01\x12\x67\x00\x16SSH-2.0-someone\r\n")
}

// ends checks that a server ends a connection that begins with this text, without a
// key exchange.
func ends(t *testing.T, addr, head string) {
	t.Helper()
	conn, err := headed(head)(addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(testkit.Patience)); err != nil {
		t.Fatal(err)
	}
	said, _ := io.ReadAll(conn)
	if strings.Contains(string(said), "curve25519") {
		t.Errorf("after %q the server goes on: %q", head, said)
	}
}
