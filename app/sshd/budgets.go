package sshd

import (
	"net/netip"
	"sync"
	"time"

	"confab/app/chat"
	"confab/tui/screen"
)

// spender identifies the screens that share a budget: those of an account, or those
// of the strangers in a network.
type spender struct {
	user    chat.UserID
	network netip.Prefix
}

// budgets bound the cost of key presses. All screens of an account share one budget, so
// flooding many of them costs no more than flooding one.
type budgets struct {
	mu sync.Mutex
	of map[spender]*shared
}

// shared is a budget, and the number of screens that share it.
type shared struct {
	*screen.Budget
	screens int
}

// share returns a budget for another screen, and a function to call when the screen
// has ended.
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

// forget removes the budgets of spenders without a screen. It keeps a budget that
// is partly spent, so that connecting again does not refill it.
func (b *budgets) forget(now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for who, s := range b.of {
		if s.screens == 0 && s.Whole(now) {
			delete(b.of, who)
		}
	}
}
