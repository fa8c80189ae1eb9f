// Package testkit has helpers for the tests of several packages: a service on a new
// database with members and sessions, keys, deadlines, golden screens, and a check for
// goroutines that the tests leave behind. Only tests import it.
package testkit

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// outlives lists the goroutines that may outlive the tests for a while: the timers of a
// screen, and the clock of the regular expressions that highlight code.
func outlives() []goleak.Option {
	return []goleak.Option{
		goleak.IgnoreAnyFunction("charm.land/bubbletea/v2.Tick.func1"),
		goleak.IgnoreAnyFunction("github.com/dlclark/regexp2/v2.runClock"),
	}
}

// Main runs the tests of a package and fails if they leave goroutines behind.
func Main(m *testing.M) {
	status := m.Run()
	if status == 0 {
		if err := Leaks(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			status = 1
		}
	}
	os.Exit(status)
}

// Leaks returns an error if goroutines are left behind, for packages that cannot use
// [Main]. On a busy machine, the last goroutines need some time to end.
func Leaks() (err error) {
	Soon(func() bool {
		err = goleak.Find(outlives()...)
		return err == nil
	})
	return err
}

// Patience is how long a test waits for something that should happen at once. It is so long
// that even on a busy machine only failing tests reach it.
const Patience = 2 * time.Minute

// Within receives from a channel. It fails the test if nothing comes within [Patience].
func Within[T any](t testing.TB, what string, from <-chan T) (got T) {
	t.Helper()
	select {
	case got = <-from:
	case <-time.After(Patience):
		t.Fatalf("waited in vain for %s", what)
	}
	return got
}

// Eventually calls ok until it returns true. It fails the test after [Patience].
func Eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	if !Soon(ok) {
		t.Fatalf("waited in vain for %s", what)
	}
}

// Soon is [Eventually] for tests with a failure message of their own. It reports whether ok
// has returned true.
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

// AtOnce returns a context that ends after [Patience].
func AtOnce(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), Patience)
	t.Cleanup(cancel)
	return ctx
}
