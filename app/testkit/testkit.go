// Package testkit has what tests of several packages need: a service on a new
// database with members and sessions, keys, deadlines, accepted screens, and the check
// that nothing goes on after the tests. It is below app because the service is the
// centre of it. Only tests import it.
package testkit

import (
	"context"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// outlives is what may go on after the tests for a while: the timers of a screen, and
// the clock of the expressions that highlight code.
func outlives() []goleak.Option {
	return []goleak.Option{
		goleak.IgnoreAnyFunction("charm.land/bubbletea/v2.Tick.func1"),
		goleak.IgnoreAnyFunction("github.com/dlclark/regexp2/v2.runClock"),
	}
}

// Main runs the tests of a package and fails if they leave goroutines behind.
func Main(m *testing.M) { goleak.VerifyTestMain(m, outlives()...) }

// Leaks is an error if goroutines go on, for tests that cannot use [Main].
func Leaks() error { return goleak.Find(outlives()...) }

// Patience is how long a test waits for what should happen at once. Only a test that
// waits in vain reaches it, even on a busy machine.
const Patience = 2 * time.Minute

// Within waits for what should come at once.
func Within[T any](t testing.TB, what string, from <-chan T) (got T) {
	t.Helper()
	select {
	case got = <-from:
	case <-time.After(Patience):
		t.Fatalf("waited in vain for %s", what)
	}
	return got
}

// Eventually asks again and again until the answer is yes.
func Eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	if !Soon(ok) {
		t.Fatalf("waited in vain for %s", what)
	}
}

// Soon is [Eventually] for tests that say themselves what they waited for: it reports
// whether the answer came to be yes.
func Soon(ok func() bool) bool {
	again := time.NewTicker(10 * time.Millisecond)
	defer again.Stop()
	for late := time.After(Patience); !ok(); {
		select {
		case <-again.C:
		case <-late:
			return false
		}
	}
	return true
}

// AtOnce is a context for what should be done at once.
func AtOnce(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), Patience)
	t.Cleanup(cancel)
	return ctx
}
