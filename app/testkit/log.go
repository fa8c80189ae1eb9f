package testkit

import (
	"slices"
	"strings"
	"sync"
	"testing"
)

// Log collects the output of a server. Several goroutines may use it.
type Log struct {
	mu   sync.Mutex
	text strings.Builder
}

// Write implements io.Writer.
func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

// String returns the output so far.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// Has waits until the log has a line with all of these texts.
func (l *Log) Has(t testing.TB, texts ...string) {
	t.Helper()
	logged := Soon(func() bool {
		for line := range strings.Lines(l.String()) {
			if !slices.ContainsFunc(texts, func(text string) bool { return !strings.Contains(line, text) }) {
				return true
			}
		}
		return false
	})
	if !logged {
		t.Fatalf("no line of the log has %q:\n%s", texts, l)
	}
}
