package theme

import "sync"

// shelfLimit bounds the themes that are kept. There are few, unless terminals report widths
// of characters that no real terminal has.
const shelfLimit = 64

// Shelf shares themes among the screens of a server, because a theme has more than a
// kilobyte and most screens have the same. Several goroutines may use it. A nil Shelf makes
// a new theme each time.
type Shelf struct {
	mu     sync.Mutex
	themes map[shelved]*Theme
}

// shelved has everything that a theme depends on.
type shelved struct {
	Kind
	rgb, ascii, old bool
	measure         Measure
}

// Theme returns the theme for a terminal that measures text like this.
func (s *Shelf) Theme(t Terminal, m Measure) *Theme {
	if s == nil {
		return New(t).Remeasured(m)
	}
	key := shelved{t.Kind, t.RGB, t.ASCII, t.old, m}
	s.mu.Lock()
	defer s.mu.Unlock()
	if have := s.themes[key]; have != nil {
		return have
	}
	th := New(t).Remeasured(m)
	if s.themes == nil {
		s.themes = make(map[shelved]*Theme)
	}
	if len(s.themes) < shelfLimit {
		s.themes[key] = th
	}
	return th
}
