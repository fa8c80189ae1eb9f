package main

import (
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"confab/app/testkit"
)

// webOf returns where a server accepts webhooks.
func webOf(t *testing.T, s *server) string {
	t.Helper()
	at := regexp.MustCompile(`web +(https?://127\.0\.0\.1:\d+)\n`).FindStringSubmatch(s.said)
	if at == nil {
		t.Fatalf("the server does not say where it accepts webhooks:\n%s", s.said)
	}
	return at[1]
}

// posts posts a body to a webhook.
func posts(t *testing.T, to, content string, header ...string) (status int, answer string, headers http.Header) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, to, strings.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	client := http.Client{Timeout: testkit.Patience, Transport: &http.Transport{DisableKeepAlives: true}}
	got, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer got.Body.Close()
	text, err := io.ReadAll(got.Body)
	if err != nil {
		t.Fatal(err)
	}
	return got.StatusCode, string(text), got.Header
}

// The owner of a group makes a webhook on the screen, another program posts to it, and
// everybody sees the message of the bot. A delivery that is repeated is posted once, and a
// webhook that was revoked works no longer.
func TestWebhooks(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	annKey, bobKey := enrol(t, dir, "ann"), enrol(t, dir, "bob")
	s := startServer(t, dir, "--http", ":0")
	at := webOf(t, s)
	ann, bob := s.connect(annKey), s.connect(bobKey)
	bob.say("/hooks add github")
	bob.shows("Only owners and admins can do that here.")
	ann.say("/hooks add ann")
	ann.shows("ann is the account of a person")
	ann.press(keyCtrlU)
	ann.say("/hooks add github")
	ann.shows("which is shown only now")
	address := regexp.MustCompile(`http://\S+/hooks/[\w-]{43}`).FindString(ann.text())
	if !strings.HasPrefix(address, at+"/hooks/") {
		t.Fatalf("the address of the webhook is %q on this screen:\n%s", address, ann.text())
	}
	token := strings.TrimPrefix(address, at+"/hooks/")
	ann.press("q")
	push := `{"ref":"refs/heads/main","commits":[{"id":"1234567890","message":"Fix the login"}],"repository":{"full_name":"acme/api"},"pusher":{"name":"ann"}}`
	for range 2 { // GitHub repeats a delivery that it believes to be lost
		if status, said, _ := posts(t, address, push, "Content-Type", "application/json", "X-GitHub-Event", "push", "X-GitHub-Delivery", "72d3162e-cc78"); status != http.StatusOK || said != "ok\n" {
			t.Fatalf("the push is answered with %d %s", status, said)
		}
	}
	if status, _, _ := posts(t, address, `{"action":"created"}`, "X-GitHub-Event", "star"); status != http.StatusNoContent {
		t.Errorf("a star is answered with %d", status)
	}
	posts(t, address, "the disk is full, \x1b[31m@bob\x1b[0m")
	for _, c := range []*client{ann, bob} {
		c.shows("acme/api")
		c.shows("Fix the login")
		c.shows("the disk is full, @bob")
	}
	if n := strings.Count(bob.text(), "Fix the login"); n != 1 {
		t.Errorf("the push is there %d times:\n%s", n, bob.text())
	}
	ann.say("/hooks")
	ann.shows("1 github")
	ann.press("q")
	if _, said, status := confab(t, "", "hooks", "revoke", "--data", dir, "--yes", "1"); status != 0 {
		t.Fatal(said)
	}
	if status, _, _ := posts(t, address, "too late"); status != http.StatusGone {
		t.Errorf("a webhook that was revoked answers %d", status)
	}
	if status, _, _ := posts(t, at+"/hooks/"+strings.Repeat("x", 43), "a guess"); status != http.StatusNotFound {
		t.Errorf("a wrong token is answered with %d", status)
	}
	out, _, _ := confab(t, "", "audit", "--data", dir)
	for _, line := range []string{"ann  hook.make github: webhook 1 in #general", "host  hook.revoke github: webhook 1 in #general"} {
		if !strings.Contains(out, line) {
			t.Errorf("the audit log does not have %q:\n%s", line, out)
		}
	}
	s.logs(`"reason":"hook","webhook":1,"bot":"github"`)
	s.stop()
	if log := s.log.String(); strings.Contains(log, token) || strings.Contains(log, token[:10]) {
		t.Errorf("the log has the token:\n%s", log)
	}
}

// A webhook is for what a program has to say now and then: no large bodies, and only POST.
// TestAWebhookIsPaced, which has a clock of its own, is about floods.
func TestWebhooksAreBounded(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	enrol(t, dir, "ann")
	path, said, status := confab(t, "", "hooks", "add", "--data", dir, "general", "ci")
	if status != 0 || !regexp.MustCompile(`^/hooks/[\w-]{43}\n$`).MatchString(path) {
		t.Fatalf("hooks add says %q, %s", path, said)
	}
	s := startServer(t, dir, "--http", ":0", "--metrics", ":0")
	address := webOf(t, s) + strings.TrimSpace(path)
	if status, _ := get(t, address); status != http.StatusMethodNotAllowed {
		t.Errorf("GET is answered with %d", status)
	}
	if status, _, _ := posts(t, address, strings.Repeat("x", 1<<20+1)); status != http.StatusRequestEntityTooLarge {
		t.Errorf("more than 1 MiB is answered with %d", status)
	}
	if status, said, _ := posts(t, address, " \n"); status != http.StatusBadRequest || !strings.Contains(said, "no text") {
		t.Errorf("nothing is answered with %d %s", status, said)
	}
	metrics := regexp.MustCompile(`metrics +(http://\S+)`).FindStringSubmatch(s.said)[1]
	_, body := get(t, metrics)
	if metric(t, body, `confab_refusals_total{reason="hook"}`) != 2 {
		t.Error("the refusals are not counted")
	}
	if status, _ := get(t, webOf(t, s)+"/metrics"); status != http.StatusNotFound {
		t.Errorf("the metrics are public: %d", status)
	}
	s.stop()
}
