package app

import (
	"sync"
	"sync/atomic"
)

// lobby is the strangers who are at the join screen.
type lobby struct {
	told atomic.Int64 // how many requests the staff knows of

	mu      sync.Mutex
	waiting map[*Stranger]struct{}
	stopped string // why nobody is let in any more
}

func newLobby() *lobby { return &lobby{waiting: make(map[*Stranger]struct{})} }

func (l *lobby) enter(v *Stranger) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waiting[v] = struct{}{}
}

func (l *lobby) leave(v *Stranger) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.waiting, v)
}

// wake has those with a key look where they stand; all for "".
func (l *lobby) wake(fingerprint string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for v := range l.waiting {
		if fingerprint != "" && v.key.Fingerprint() != fingerprint {
			continue
		}
		v.look()
	}
}

// stop sends all away, for a reason that they are shown.
func (l *lobby) stop(reason string) {
	l.mu.Lock()
	l.stopped = reason
	l.mu.Unlock()
	l.wake("")
}

func (l *lobby) closed() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.stopped
}
