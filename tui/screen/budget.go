package screen

import (
	"time"

	tea "charm.land/bubbletea/v2"
	"golang.org/x/time/rate"
)

const (
	// budgetShare is the part of the time that keys may take in the long run: one
	// in so many seconds.
	budgetShare = 20
	// budgetBurst is what they may take at once. A paste of 60 KB takes a tenth of it.
	budgetBurst = 100 * time.Millisecond
	// keyMost and pasteMost are the most that counts for a key and for a paste. What
	// they take beyond that, they spend waiting for a machine that is busy with others.
	keyMost   = 2 * time.Millisecond
	pasteMost = 40 * time.Millisecond
)

// Budget is what keys may cost, in time of the loop, however many there are and
// whatever they do: people need a hundredth of it. Keys beyond it wait in the client's
// window. So a flood of keys cannot take the server from others, even if a key
// costs more than anybody thought. Sessions may share a budget, as those of one account
// do. It may be used by several goroutines.
type Budget struct{ left *rate.Limiter } // in microseconds

// NewBudget returns a budget of which nothing is spent.
func NewBudget() *Budget {
	return &Budget{rate.NewLimiter(rate.Limit(time.Second.Microseconds()/budgetShare), int(budgetBurst.Microseconds()))}
}

// Whole reports whether all of the budget is there.
func (b *Budget) Whole(now time.Time) bool {
	return b.left.TokensAt(now) >= float64(b.left.Burst())
}

// spend notes what keys have cost, and returns how long the next ones of the same
// session have to wait: until that, and what others have spent before, is earned back.
func (b *Budget) spend(now time.Time, cost time.Duration) time.Duration {
	return b.left.ReserveN(now, int(min(cost, budgetBurst).Microseconds())).DelayFrom(now)
}

// costOf is what counts of the time that messages took.
func costOf(msgs []tea.Msg, took time.Duration) time.Duration {
	most := time.Duration(len(msgs)) * keyMost
	for _, msg := range msgs {
		if _, paste := msg.(tea.PasteMsg); paste {
			most += pasteMost
		}
	}
	return min(took, most)
}
