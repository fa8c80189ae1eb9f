package disktest

import (
	"os"
	"strconv"
	"testing"
)

// Environment variables of the tests that cut the power.
const (
	CutsVariable = "CONFAB_POWER_CUTS" // how many power cuts to try
	SeedVariable = "CONFAB_POWER_SEED" // a seed, to repeat a failure
)

// Number returns the number in an environment variable. If the variable is not set, it
// returns the other number.
func Number(t *testing.T, variable string, otherwise uint64) uint64 {
	t.Helper()
	value := os.Getenv(variable)
	if value == "" {
		return otherwise
	}
	n, err := strconv.ParseUint(value, 10, 64)
	if err != nil {
		t.Fatalf("%s: %v", variable, err)
	}
	return n
}
