package web

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"net/http"
	"sync"
	"time"

	"confab/app/web/page"
)

const (
	// pageAge is how long the server sends the same page, so that many requests cost as
	// little as one.
	pageAge = time.Second
	// pageCache is how long browsers and proxies may keep it.
	pageCache = 5 * time.Minute
)

// newcomers serves the page for people who are not here yet. Several goroutines may use it.
type newcomers struct {
	Options

	mu   sync.Mutex
	made time.Time
	html []byte
	tag  string // the entity tag of html
}

func (n *newcomers) get(w http.ResponseWriter, r *http.Request) {
	html, tag, err := n.current(r.Context())
	if err != nil {
		n.Log.Error("making the page for newcomers", "err", err)
		w.Header().Set("Cache-Control", "no-store")
		http.Error(w, "The server could not make this page: its log says why.", http.StatusInternalServerError)
		return
	}
	for name, value := range map[string]string{
		"Content-Type":            "text/html; charset=utf-8",
		"Content-Security-Policy": page.Policy() + "; frame-ancestors 'none'",
		"Cache-Control":           fmt.Sprintf("public, max-age=%d", int(pageCache.Seconds())),
		"ETag":                    tag,
	} {
		w.Header().Set(name, value)
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(html))
}

// current returns the page as it is now, and its entity tag.
func (n *newcomers) current(ctx context.Context) (html []byte, tag string, err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	now := n.Now()
	if n.html != nil && now.Sub(n.made) < pageAge {
		return n.html, n.tag, nil
	}
	about, err := n.About(context.WithoutCancel(ctx)) // others wait for the result too
	if err != nil {
		return nil, "", err
	}
	made, err := about.HTML()
	if err != nil {
		return nil, "", err
	}
	sum := sha256.Sum256(made)
	n.html, n.tag, n.made = made, fmt.Sprintf(`"%x"`, sum[:16]), now
	return n.html, n.tag, nil
}
