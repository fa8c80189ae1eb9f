package main

import (
	"context"
	"errors"
	"log/slog"
	"runtime/debug"
	"runtime/metrics"
	"time"

	"github.com/KimMachineGun/automemlimit/memlimit"
)

const (
	// trimInterval is how often the server looks whether it has become quiet.
	trimInterval = 3 * time.Second
	// trimQuiet is how much is allocated meanwhile at most, in bytes, by a server
	// that is quiet: a few frames.
	trimQuiet = 1 << 20
	// trimWorth is how much there must be to give back, in bytes.
	trimWorth = 8 << 20
)

// limitMemory tells the garbage collector how much memory the control group of
// the process may use, as systemd's MemoryMax or a container sets it, so that
// it collects more often before the kernel ends the process. GOMEMLIMIT in the
// environment takes precedence. Where there is no such limit nothing changes.
func limitMemory(log *slog.Logger) {
	// A tenth is left for what the runtime does not know of, such as SQLite's maps.
	if limit, err := memlimit.SetGoMemLimitWithOpts(memlimit.WithRatio(0.9)); err != nil && !errors.Is(err, memlimit.ErrCgroupsNotSupported) && !errors.Is(err, memlimit.ErrNoCgroup) {
		log.Warn("the memory limit of the control group is not known", "err", err)
	} else if limit > 0 {
		log.Info("memory is limited", "bytes", limit)
	}
}

// trimMemory gives the memory that a burst of work has left behind back to the
// operating system, once it is quiet again: on an idle server
// the heap does not double, so the collector runs every two minutes only, and gives
// memory back slowly. This costs one collection after a burst, and nothing while nothing happens. It returns when
// ctx ends.
func trimMemory(ctx context.Context) {
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
			debug.FreeOSMemory()
			trimmed = true
		}
	}
}
