package sshd

import (
	"net/netip"
	"sync"
	"time"

	"confab/app/chat"
	"confab/tui/screen"
)

// spender is whose keys share a budget: an account, or the strangers of a network.
type spender struct {
	user    chat.UserID
	network netip.Prefix
}

// budgets are what the keys of all screens may cost. A flood on many screens of one
// account costs no more than one on a single screen.
type budgets struct {
	mu sync.Mutex
	of map[spender]*shared
}

// shared is a budget and how many screens it is of.
type shared struct {
	*screen.Budget
	screens int
}

// share returns a budget for another screen, and what is called when that has ended.
func (b *budgets) share(who spender) (*screen.Budget, func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.of == nil {
		b.of = make(map[spender]*shared)
	}
	s := b.of[who]
	if s == nil {
		s = &shared{Budget: screen.NewBudget()}
		b.of[who] = s
	}
	s.screens++
	return s.Budget, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		s.screens--
	}
}

// forget forgets the budgets of those who have no screen. A budget of which something
// is spent stays: to connect again makes it no larger.
func (b *budgets) forget(now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for who, s := range b.of {
		if s.screens == 0 && s.Whole(now) {
			delete(b.of, who)
		}
	}
}
