package web_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"confab/app/chat"
	"confab/app/hook"
	"confab/app/refusal"
	"confab/app/service"
	"confab/app/testkit"
	"confab/app/web"
)

// inbox is a server with a webhook of #general, and a clock that a test sets.
type inbox struct {
	http.Handler
	t       *testing.T
	service *service.Service
	reader  *service.Session
	in      chat.ConversationID
	address string
	log     testkit.Log

	mu  sync.Mutex
	now time.Time
}

func newInbox(t *testing.T) *inbox {
	t.Helper()
	i := &inbox{t: t, now: time.Unix(1_800_000_000, 0)}
	store := testkit.OpenStore(t, t.TempDir())
	i.service = testkit.Serve(t, store, store, service.Options{Now: i.clock})
	i.reader = testkit.Connect(t, i.service, testkit.Enrol(t, i.service, "ann", 1))
	i.in = testkit.General(t, i.reader)
	_, address, err := hook.OfHost(i.service).Make(t.Context(), i.in, "ci")
	if err != nil {
		t.Fatal(err)
	}
	i.address = address
	i.Handler = web.New(web.Options{Inbox: hook.NewInbox(i.service), Now: i.clock, Log: slog.New(slog.NewTextHandler(&i.log, nil)), Refusals: i.service.Refusals()})
	return i
}

func (i *inbox) clock() time.Time {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.now
}

func (i *inbox) later(by time.Duration) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.now = i.now.Add(by)
}

// post posts a body with header fields as names and values.
func (i *inbox) post(address, body string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, address, strings.NewReader(body))
	for n := 0; n < len(header); n += 2 {
		r.Header.Set(header[n], header[n+1])
	}
	w := httptest.NewRecorder()
	i.ServeHTTP(w, r)
	return w
}

// texts returns the texts of the bot's messages, oldest first.
func (i *inbox) texts() (texts []string) {
	i.t.Helper()
	page, err := i.reader.Messages().After(i.t.Context(), i.in, 0, 100)
	if err != nil {
		i.t.Fatal(err)
	}
	for _, m := range page {
		if m.AuthorName == "ci" && m.Notice == "" {
			texts = append(texts, m.Body)
		}
	}
	return texts
}

// A webhook may post 30 times at once, and then once a second. Further posts are refused and
// counted.
func TestAWebhookIsPaced(t *testing.T) {
	t.Parallel()
	i := newInbox(t)
	for n := range 30 {
		if w := i.post(i.address, "again", "Idempotency-Key", "one"); w.Code != http.StatusOK {
			t.Fatalf("post %d is answered with %d %s", n, w.Code, w.Body)
		}
	}
	for range 3 {
		if w := i.post(i.address, "too much"); w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") != "1" {
			t.Errorf("one post too many is answered with %d, Retry-After %q", w.Code, w.Header().Get("Retry-After"))
		}
	}
	if n := i.service.Refusals().Count(refusal.HookPace); n != 3 {
		t.Errorf("%d posts too many are counted, not 3", n)
	}
	i.later(time.Second)
	if w := i.post(i.address, "later"); w.Code != http.StatusOK {
		t.Errorf("a second later, a post is answered with %d", w.Code)
	}
	if w := i.post(i.address, "too much"); w.Code != http.StatusTooManyRequests {
		t.Errorf("the second post of that second is answered with %d", w.Code)
	}
	testkit.Lines(t, i.texts(), "again", "later")
	// a webhook that has rested may post as much again
	i.later(time.Hour)
	for n := range 30 {
		if w := i.post(i.address, "rested", "Idempotency-Key", "two"); w.Code != http.StatusOK {
			t.Fatalf("after an hour, post %d is answered with %d", n, w.Code)
		}
	}
}

// Every kind of answer, without a server around it. Senders keep none of them, and learn
// nothing but what they have to do.
func TestAnswersToSenders(t *testing.T) {
	t.Parallel()
	i := newInbox(t)
	guess := hook.Path + strings.Repeat("x", 43)
	for _, c := range []struct {
		address, body string
		header        []string
		status        int
		says          string
	}{
		{i.address, "the disk is full", nil, 200, "ok\n"},
		{i.address, `{"text":"*3* tests fail"}`, []string{"Content-Type", "application/json"}, 200, "ok\n"},
		{i.address, `{"action":"created"}`, []string{"X-GitHub-Event", "star"}, 204, ""},
		{i.address, " \n", nil, 400, "no text"},
		{i.address, `{"text":`, []string{"Content-Type", "application/json"}, 400, ""},
		{i.address, strings.Repeat("x", 1<<20+1), nil, 413, "The body is larger than 1 MiB."},
		{guess, "a guess", nil, 404, "There is no webhook at this address"},
		{i.address + "x", "nearly", nil, 404, "There is no webhook at this address"},
		{i.address + "/", "more", nil, 404, ""},
		{hook.Path, "nothing", nil, 404, ""},
	} {
		w := i.post(c.address, c.body, c.header...)
		if w.Code != c.status || !strings.Contains(w.Body.String(), c.says) || c.says == "" && c.status == 204 && w.Body.Len() > 0 {
			t.Errorf("%.40q is answered with %d %q, want %d %q", c.body, w.Code, w.Body, c.status, c.says)
		}
		if c.status != 404 && (w.Header().Get("Cache-Control") != "no-store" || w.Header().Get("X-Content-Type-Options") != "nosniff") {
			t.Errorf("%.40q is answered with the header %v", c.body, w.Header())
		}
	}
	testkit.Lines(t, i.texts(), "the disk is full", "*3* tests fail")
	w := httptest.NewRecorder()
	if i.ServeHTTP(w, httptest.NewRequest(http.MethodGet, i.address, nil)); w.Code != http.StatusMethodNotAllowed {
		t.Errorf("GET is answered with %d", w.Code)
	}
	if _, err := hook.OfHost(i.service).Revoke(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	if w := i.post(i.address, "late"); w.Code != http.StatusGone {
		t.Errorf("a revoked webhook answers %d", w.Code)
	}
	if n := i.service.Refusals().Count(refusal.Hook); n != 6 {
		t.Errorf("%d refused requests are counted, not 6", n)
	}
	if log := i.log.String(); log != "" {
		t.Errorf("the mistakes of senders are faults in the log:\n%s", log)
	}
}
