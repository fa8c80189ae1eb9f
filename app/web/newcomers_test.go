package web_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"confab/app/chat"
	"confab/app/testkit"
	"confab/app/web"
	"confab/app/web/page"
	"confab/keys"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// site is a web page whose contents and clock a test sets.
type site struct {
	http.Handler
	about page.Server
	fails error
	made  int
	now   time.Time
	log   testkit.Log
}

func newSite(t *testing.T) *site {
	s := &site{now: time.Unix(1_800_000_000, 0), about: page.Server{
		Address:  keys.Address{Host: "chat.example.org", Port: "22"},
		HostKeys: []ssh.PublicKey{testkit.Signer(t).PublicKey()},
		Join:     chat.JoinOpen,
	}}
	s.Handler = web.New(web.Options{
		About: func(context.Context) (page.Server, error) { s.made++; return s.about, s.fails },
		Now:   func() time.Time { return s.now },
		Log:   slog.New(slog.NewTextHandler(&s.log, nil)),
	})
	return s
}

// ask sends a request, with header fields as names and values.
func (s *site) ask(method, path string, header ...string) *http.Response {
	r := httptest.NewRequest(method, "http://attacker.example"+path, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w.Result()
}

func textOf(r *http.Response) string {
	var b strings.Builder
	_ = r.Write(&b)
	return b.String()
}

func TestThePageHasStrictHeaders(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	r := s.ask(http.MethodGet, "/")
	for name, want := range map[string]string{
		"Content-Type":                 "text/html; charset=utf-8",
		"Content-Security-Policy":      page.Policy() + "; frame-ancestors 'none'",
		"Cache-Control":                "public, max-age=300",
		"X-Content-Type-Options":       "nosniff",
		"X-Frame-Options":              "DENY",
		"Referrer-Policy":              "no-referrer",
		"Cross-Origin-Opener-Policy":   "same-origin",
		"Cross-Origin-Resource-Policy": "same-origin",
		"Set-Cookie":                   "",
		"Server":                       "",
	} {
		if got := r.Header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if got := textOf(r); r.StatusCode != http.StatusOK || !strings.Contains(got, "<pre>ssh chat.example.org</pre>") || strings.Contains(got, "attacker") {
		t.Errorf("the page is\n%s", got)
	}
	if !strings.Contains(page.Policy(), "default-src 'none'") || strings.Contains(page.Policy(), "unsafe") {
		t.Errorf("the policy is %s", page.Policy())
	}
	for path, want := range map[string]int{"/index.html": 404, "/favicon.ico": 404, "//": 404, "/?a=b": 200, "/hooks/": 404, "/../etc/passwd": 404} {
		if got := s.ask(http.MethodGet, path).StatusCode; got != want && got != http.StatusTemporaryRedirect && got != http.StatusMovedPermanently {
			t.Errorf("GET %s is answered with %d, want %d", path, got, want)
		}
	}
	for method, want := range map[string]int{http.MethodHead: 200, http.MethodPost: 405, http.MethodPut: 405, http.MethodOptions: 405, "NONSENSE": 405} {
		if got := s.ask(method, "/").StatusCode; got != want {
			t.Errorf("%s is answered with %d, want %d", method, got, want)
		}
	}
}

// A browser that has the page gets it again only after it has changed. However many ask, the
// server makes it once a second.
func TestThePageIsCached(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	tag := s.ask(http.MethodGet, "/").Header.Get("ETag")
	if tag == "" {
		t.Fatal("the page has no entity tag")
	}
	for range 100 {
		if r := s.ask(http.MethodGet, "/", "If-None-Match", tag); r.StatusCode != http.StatusNotModified {
			t.Fatalf("the same page is answered with %d", r.StatusCode)
		}
	}
	if s.made != 1 {
		t.Errorf("the page was made %d times", s.made)
	}
	s.now = s.now.Add(time.Second)
	if r := s.ask(http.MethodGet, "/", "If-None-Match", tag); r.StatusCode != http.StatusNotModified || s.made != 2 {
		t.Errorf("a second later, the same page is answered with %d, made %d times", r.StatusCode, s.made)
	}
	s.about.Rules = "Be kind."
	s.now = s.now.Add(time.Second)
	if r := s.ask(http.MethodGet, "/", "If-None-Match", tag); r.StatusCode != http.StatusOK || !strings.Contains(textOf(r), "Be kind.") || r.Header.Get("ETag") == tag {
		t.Errorf("the new page is answered with %d", r.StatusCode)
	}
}

// Visitors do not learn the cause of a fault, which only the log has, and no cache keeps the answer.
func TestThePageTellsNoFaults(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.fails = errors.New("disk on fire")
	r := s.ask(http.MethodGet, "/")
	if got := textOf(r); r.StatusCode != http.StatusInternalServerError || strings.Contains(got, "fire") || r.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("a fault is answered with\n%s", got)
	}
	s.log.Has(t, "disk on fire")
	s.fails = nil
	if r := s.ask(http.MethodGet, "/"); r.StatusCode != http.StatusOK {
		t.Errorf("after the fault, the page is answered with %d", r.StatusCode)
	}
}
