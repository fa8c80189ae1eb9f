package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"html"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"confab/app/testkit"
	"confab/cmd/confab/datafolder"
	"confab/keys"
)

// The page tells newcomers how to join now, and nothing of the people and the groups here.
func TestThePageForNewcomers(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	annKey := enrol(t, dir, "ann")
	s := startServer(t, dir, "--http", ":0", "--http-url", "https://chat.example.org")
	at := webOf(t, s)
	ann := s.connect(annKey)
	ann.say("/new secretgroup")
	ann.shows("secretgroup")
	ann.say("the launch is on monday")
	ann.shows("the launch is on monday")
	s.host("motd", "The door code is 4711.")
	shows := func(texts ...string) (page string) {
		t.Helper()
		testkit.Eventually(t, "the page has "+strings.Join(texts, " and "), func() bool {
			_, page = get(t, at+"/")
			page = html.UnescapeString(page)
			for _, text := range texts {
				if !strings.Contains(page, text) {
					return false
				}
			}
			return true
		})
		return page
	}
	_, port, _ := strings.Cut(s.addr, ":")
	shows("<pre>ssh -p "+port+" chat.example.org</pre>", "write a line about yourself", regexp.MustCompile(`SHA256:\S+`).FindString(s.said))
	s.host("join", "invite")
	shows("CODE@chat.example.org")
	s.host("rules", "Be kind & <brief>.")
	page := shows("Be kind & <brief>.")
	for _, private := range []string{"ann", "secretgroup", "general", "launch", "4711", dir} {
		if regexp.MustCompile(`\b` + regexp.QuoteMeta(private) + `\b`).MatchString(page) {
			t.Errorf("the page has %q:\n%s", private, page)
		}
	}
	s.stop()
}

// chromium is the browser, in which the page is looked at if it is installed. With this
// variable in the environment, as in CI, its absence is an error.
const chromium, requireChromium = "chromium", "REQUIRE_CHROMIUM"

// A real browser shows the page on a phone and on a wide window: nothing is wider than the
// window, the style applies, and nothing of the page is refused by its own policy.
func TestThePageInABrowser(t *testing.T) {
	browser, err := exec.LookPath(chromium)
	if err != nil {
		if os.Getenv(requireChromium) != "" {
			t.Fatal(err)
		}
		t.Skipf("%s is not installed", chromium)
	}
	dir := t.TempDir()
	enrol(t, dir, "ann")
	if _, err := keys.LoadOrCreateHostKey(filepath.Join(dir, datafolder.HostKeyFile), rand.Reader); err != nil {
		t.Fatal(err)
	}
	rules := strings.Repeat("Averylongwordwithoutanyspace", 30) + "\n<script>document.title='broken'</script>"
	if _, said, status := confab(t, "", "rules", "--data", dir, rules); status != 0 {
		t.Fatal(said)
	}
	page, said, status := confab(t, "", "page", "--data", dir, "--ssh-address", strings.Repeat("a-very-long-name.", 12)+"example.org:2222")
	if status != 0 {
		t.Fatal(said)
	}
	// The frames have the page as "confab page" writes it, whose own policy applies. A page
	// with scripts around them measures.
	pages := http.NewServeMux()
	pages.HandleFunc("GET /page", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(page)) })
	pages.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(measuring)) })
	web := httptest.NewServer(pages)
	defer web.Close()
	ctx, cancel := context.WithTimeout(t.Context(), testkit.Patience)
	defer cancel()
	look := exec.CommandContext(ctx, browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--user-data-dir="+filepath.Join(dir, "browser"), "--enable-logging=stderr", "--virtual-time-budget=5000", "--dump-dom", web.URL+"/")
	var log testkit.Log
	look.Stderr = &log
	dom, err := look.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, log.String())
	}
	found := regexp.MustCompile(`<output>(.*)</output>`).FindSubmatch(dom)
	if found == nil {
		t.Fatalf("the browser has not measured the page:\n%s\n%s", dom, log.String())
	}
	var measured []struct {
		Window, Width, Sections, Scripts, Loaded int
		Title, Select                            string
	}
	if err := json.Unmarshal(found[1], &measured); err != nil || len(measured) != 3 {
		t.Fatalf("%v in %s", err, found[1])
	}
	for _, m := range measured {
		if m.Width > m.Window {
			t.Errorf("in a window of %d pixels, the page is %d wide", m.Window, m.Width)
		}
		if m.Sections != 5 || m.Scripts != 0 || m.Loaded != 0 || !strings.HasPrefix(m.Title, "The chat at a-very-long-name.") || m.Select != "all" {
			t.Errorf("the browser sees %+v", m)
		}
	}
	if refused := regexp.MustCompile(`(?i).*content security policy.*`).FindString(log.String()); refused != "" {
		t.Errorf("the browser says %s", refused)
	}
}

// measuring is a page that shows the page for newcomers in windows of several widths, with
// everything unfolded, and writes down what the browser makes of it.
const measuring = `<!doctype html><output></output><script>
const widths = [320, 390, 1200], found = []
for (const width of widths) {
	const frame = document.createElement("iframe")
	frame.style = "border:0;height:800px;width:" + width + "px"
	frame.src = "/page"
	frame.onload = () => {
		const page = frame.contentDocument
		for (const part of page.querySelectorAll("details")) part.open = true
		found.push({
			Window: width, Width: page.documentElement.scrollWidth, Title: page.title,
			Sections: page.querySelectorAll("h2").length, Scripts: page.scripts.length,
			Loaded: frame.contentWindow.performance.getEntriesByType("resource").length,
			Select: frame.contentWindow.getComputedStyle(page.querySelector("pre")).userSelect,
		})
		if (found.length == widths.length) document.querySelector("output").textContent = JSON.stringify(found)
	}
	document.body.append(frame)
}
</script>`
