package machine

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"time"

	"github.com/KimMachineGun/automemlimit/memlimit"
)

const (
	// trimInterval is how often the server checks whether it has become quiet.
	trimInterval = 3 * time.Second
	// trimQuiet is how many bytes a quiet server allocates in an interval at most:
	// a few frames.
	trimQuiet = 1 << 20
	// trimWorth is the least amount of unused memory that is worth returning, in
	// bytes.
	trimWorth = 8 << 20
	// growth is how many percent the heap grows between two collections: half of Go's
	// default. Sessions that connect leave garbage between the objects that they keep, and the
	// collector cannot return these gaps. With 1,000 sessions, half the garbage is 10 KB less
	// memory a session, and a delivery costs no more that could be measured
	// (docs/performance.md).
	growth = 50
)

// LimitMemory makes the garbage collector run more often than by default. GOGC in the
// environment takes precedence.
//
// It also tells the garbage collector the memory limit of the process's control
// group, as systemd's MemoryMax or a container sets it. The collector then runs
// more often before the kernel would kill the process. GOMEMLIMIT in the
// environment takes precedence.
func LimitMemory(log *slog.Logger) {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(growth)
	}
	// A tenth is left for memory that the runtime does not know about, such as
	// SQLite's maps.
	if limit, err := memlimit.SetGoMemLimitWithOpts(memlimit.WithRatio(0.9)); err != nil && !errors.Is(err, memlimit.ErrCgroupsNotSupported) && !errors.Is(err, memlimit.ErrNoCgroup) {
		log.Warn("could not read the memory limit of the control group", "err", err)
	} else if limit > 0 {
		log.Info("memory is limited", "bytes", limit)
	}
}

// TrimMemory returns the memory of a burst of work to the operating system once the
// server is quiet again. The heap of an idle server does not double, so by itself
// the collector would run only every two minutes, and return memory slowly. This
// costs two collections after a burst, and nothing while nothing happens. It returns
// when ctx ends.
func TrimMemory(ctx context.Context) {
	ticker := time.NewTicker(trimInterval)
	defer ticker.Stop()
	samples := []metrics.Sample{
		{Name: "/gc/heap/allocs:bytes"},
		{Name: "/memory/classes/heap/objects:bytes"},
		{Name: "/gc/heap/live:bytes"},
		{Name: "/memory/classes/heap/free:bytes"},
	}
	var before uint64
	trimmed := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		metrics.Read(samples)
		allocated, objects := samples[0].Value.Uint64(), samples[1].Value.Uint64()
		live, free := samples[2].Value.Uint64(), samples[3].Value.Uint64()
		quiet := allocated-before < trimQuiet
		before = allocated
		switch {
		case !quiet:
			trimmed = false
		case !trimmed && objects-min(live, objects)+free > trimWorth:
			// Each collection halves the stacks of waiting goroutines that use little of
			// them, so a second one returns more.
			runtime.GC()
			debug.FreeOSMemory()
			trimmed = true
		}
	}
}
