package screen

import (
	"time"

	tea "charm.land/bubbletea/v2"
	"golang.org/x/time/rate"
)

const (
	// budgetShare is the part of the time that keys may take in the long run: one second in
	// so many.
	budgetShare = 20
	// budgetBurst is the time that keys may take at once. A paste of 60 KB takes a tenth of
	// it.
	budgetBurst = 100 * time.Millisecond
	// keyMost and pasteMost are the longest times that count for a key and for a paste. If
	// they take longer, they are waiting for a machine that is busy with other work.
	keyMost   = 2 * time.Millisecond
	pasteMost = 40 * time.Millisecond
)

// Budget bounds the time that the loop spends on keys, however many there are and whatever
// they do. People need a hundredth of it. Keys beyond it wait in the client's window. So a
// flood of keys cannot slow down other sessions, even if a key costs more than anybody
// expected. Sessions can share a budget, as those of one account do. Several goroutines may
// use it.
type Budget struct{ left *rate.Limiter } // in microseconds

// NewBudget returns a full budget.
func NewBudget() *Budget {
	return &Budget{rate.NewLimiter(rate.Limit(time.Second.Microseconds()/budgetShare), int(budgetBurst.Microseconds()))}
}

// Whole reports whether the budget is full.
func (b *Budget) Whole(now time.Time) bool {
	return b.left.TokensAt(now) >= float64(b.left.Burst())
}

// spend charges the cost of keys, and returns how long the next keys of the same session
// have to wait: until the budget is no longer overdrawn.
func (b *Budget) spend(now time.Time, cost time.Duration) time.Duration {
	return b.left.ReserveN(now, int(min(cost, budgetBurst).Microseconds())).DelayFrom(now)
}

// costOf returns how much of the time that messages took is charged.
func costOf(msgs []tea.Msg, took time.Duration) time.Duration {
	most := time.Duration(len(msgs)) * keyMost
	for _, msg := range msgs {
		if _, paste := msg.(tea.PasteMsg); paste {
			most += pasteMost
		}
	}
	return min(took, most)
}
