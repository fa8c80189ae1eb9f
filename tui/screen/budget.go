package screen

import "time"

// What the keys of one session may cost, in time of the loop, however many there
// are and whatever they do: people need a hundredth of it. Keys beyond it wait in
// the client's window. So a flood of keys cannot take the server from the others,
// also where a key costs more than anybody thought.
const (
	// budgetShare is the part of the time that keys may take in the long run: one
	// in so many seconds.
	budgetShare = 20
	// budgetBurst is what they may take at once, for a paste or a page of keys.
	budgetBurst = 500 * time.Millisecond
	// budgetPause is the longest that keys wait for each other.
	budgetPause = time.Second
)

// budget is how much time has been spent on keys of late. The zero budget is
// whole.
type budget struct {
	owed time.Duration // spent, and not earned back
	at   time.Time     // by then
}

// spend notes that keys have been dealt with from one time to another, and gives
// how long the next ones have to wait.
func (b *budget) spend(from, to time.Time) time.Duration {
	b.owed = max(b.owed-to.Sub(b.at)/budgetShare, 0) + to.Sub(from)
	b.at = to
	return max(min((b.owed-budgetBurst)*budgetShare, budgetPause), 0)
}
