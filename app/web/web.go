// Package web answers requests over HTTP: it accepts what other programs post to webhooks, and
// serves the page for newcomers. It has no sessions, sets no cookies and calls nobody.
package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net"
	"net/http"
	"strconv"
	"time"

	"confab/app/chat"
	"confab/app/hook"
	"confab/app/hook/body"
	"confab/app/refusal"
	"confab/app/text"
	"confab/app/web/page"
)

const (
	// maxBody is the largest body of a request, in bytes.
	maxBody = 1 << 20
	// maxReading is how many bodies are read at the same time, which bounds the memory.
	maxReading = 16
	// maxKey is the longest key of a delivery that is heeded, in bytes.
	maxKey = 256
)

// Options are what the handler needs.
type Options struct {
	Inbox    *hook.Inbox
	About    func(context.Context) (page.Server, error) // what the page for newcomers says now
	Now      func() time.Time
	Log      *slog.Logger // gets the faults that the sender must not see
	Refusals *refusal.Log // may be nil
}

// New returns the handler of all requests.
func New(o Options) http.Handler {
	h := &hooks{o, make(chan struct{}, maxReading)}
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+hook.Path+"{token}", h.post)
	mux.HandleFunc("GET /{$}", (&newcomers{Options: o}).get)
	return safe(mux)
}

// safe adds the headers with which a browser does nothing but show an answer.
func safe(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for name, value := range map[string]string{
			"Content-Security-Policy":      "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
			"X-Content-Type-Options":       "nosniff",
			"X-Frame-Options":              "DENY",
			"Referrer-Policy":              "no-referrer",
			"Cross-Origin-Opener-Policy":   "same-origin",
			"Cross-Origin-Resource-Policy": "same-origin",
		} {
			w.Header().Set(name, value)
		}
		h.ServeHTTP(w, r)
	})
}

// hooks accepts what is posted to webhooks.
type hooks struct {
	Options
	reading chan struct{} // holds a token for each body that is being read
}

// answer is an answer to a sender: a status and a sentence.
type answer struct {
	status int
	words  string
	wait   time.Duration // after which to try again
}

func (h *hooks) post(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	found, err := h.Inbox.Find(r.Context(), r.PathValue("token"))
	who, about := fmt.Sprintf("webhook %d", found.Number), []any{"webhook", found.Number, "bot", found.BotName}
	var a answer
	switch {
	case err != nil:
		who, _, _ = net.SplitHostPort(r.RemoteAddr)
		about = []any{"address", who}
		a = h.failed(err)
	case found.Revoked:
		a = answer{status: http.StatusGone, words: "This webhook was revoked: ask for a new one."}
	default:
		a = h.deliver(w, r, found)
	}
	switch {
	case a.status == http.StatusTooManyRequests:
		h.Refusals.Note(refusal.Refusal{Reason: refusal.HookPace, Who: who, Why: "it is used more often than a webhook may post", Do: "send less, or make a second webhook", About: about})
	case a.status >= http.StatusBadRequest && a.status != http.StatusServiceUnavailable:
		h.Refusals.Note(refusal.Refusal{Reason: refusal.Hook, Who: who, Why: a.words, Do: "correct the sender, or revoke the webhook", About: about})
	}
	if a.wait > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(a.wait.Seconds()))))
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(a.status)
	if a.words != "" {
		_, _ = io.WriteString(w, a.words+"\n")
	}
}

// deliver posts what a request to a webhook contains.
func (h *hooks) deliver(w http.ResponseWriter, r *http.Request, to chat.Hook) answer {
	if r.ContentLength > maxBody {
		return tooLarge(r)
	}
	if wait := h.Inbox.Pace(to); wait > 0 {
		return answer{http.StatusTooManyRequests, "This webhook is used too often: wait and send less.", wait}
	}
	select {
	case h.reading <- struct{}{}:
		defer func() { <-h.reading }()
	default:
		return answer{http.StatusServiceUnavailable, "The server is busy: try again in a second.", time.Second}
	}
	content, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return tooLarge(r)
	}
	if err != nil {
		return answer{status: http.StatusBadRequest, words: "The body did not arrive."}
	}
	words, err := body.Read(r.Header, content)
	if errors.Is(err, body.ErrIgnored) {
		return answer{status: http.StatusNoContent}
	}
	if err == nil {
		err = h.Inbox.Post(r.Context(), to, keyOf(r.Header), words)
	}
	if err != nil {
		return h.failed(err)
	}
	return answer{status: http.StatusOK, words: "ok"}
}

// tooLarge first reads some of the rest. A sender that is still sending when the connection
// is closed may see a broken connection instead of the answer.
func tooLarge(r *http.Request) answer {
	_, _ = io.CopyN(io.Discard, r.Body, maxBody)
	return answer{status: http.StatusRequestEntityTooLarge, words: "The body is larger than 1 MiB."}
}

// keyOf returns the key by which a sender marks the repetition of a delivery, or "".
func keyOf(header http.Header) string {
	for _, name := range []string{"Idempotency-Key", "X-Gitea-Delivery", "X-Forgejo-Delivery", "X-Github-Delivery"} {
		if key := header.Get(name); key != "" && len(key) <= maxKey {
			return key
		}
	}
	return ""
}

// slowWait is after how long a sender tries again in a group in slow mode.
const slowWait = 30 * time.Second

// failed returns the answer for an error.
func (h *hooks) failed(err error) answer {
	a := answer{words: chat.UserText(err)}
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, chat.ErrClosed), errors.Is(err, chat.ErrFull), errors.Is(err, chat.ErrNoDatabase):
		return answer{http.StatusServiceUnavailable, "The server can't accept this now: try again later.", time.Minute}
	case !chat.IsRefusal(err):
		h.Log.Error("posting for a webhook", "err", err)
		return answer{status: http.StatusInternalServerError, words: "The server could not do this: its log says why."}
	case errors.Is(err, chat.ErrNotFound):
		a.status = http.StatusNotFound
	case errors.Is(err, chat.ErrTooFast):
		a.status, a.wait = http.StatusTooManyRequests, slowWait
	case errors.Is(err, chat.ErrNotAllowed):
		a.status = http.StatusForbidden
	case errors.Is(err, chat.ErrConflict):
		a.status = http.StatusConflict
	case errors.Is(err, chat.ErrTooLarge):
		a.status = http.StatusRequestEntityTooLarge
	case errors.Is(err, text.ErrInvalid):
		a.status = http.StatusBadRequest
	default:
		a.status = http.StatusUnprocessableEntity
	}
	return a
}
