package testkit

import (
	"runtime"
	"testing"
)

// InParallel benchmarks a function that 64 goroutines call at once.
func InParallel(b *testing.B, do func() error) {
	b.Helper()
	b.SetParallelism((64 + runtime.GOMAXPROCS(0) - 1) / runtime.GOMAXPROCS(0))
	b.ReportAllocs()
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			if err := do(); err != nil {
				b.Error(err)
			}
		}
	})
}
