package soak

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"confab/cmd/confab-load/report"
	"confab/cmd/confab-load/testbed"
)

// sample is what a server holds while nobody does anything.
type sample struct {
	heap       float64 // bytes that are live after a garbage collection, with stacks
	goroutines float64
	files      float64 // open descriptors
	wal        float64 // bytes of the write-ahead log
}

func (s sample) String() string {
	return fmt.Sprintf("%.1f MB live, %.0f goroutines, %.0f descriptors, log of %.1f MB", s.heap/1e6, s.goroutines, s.files, s.wal/1e6)
}

func (s sample) tell(f *report.Findings) {
	f.Tell("live_mb", "memory that is live at the end", "%.1f MB", s.heap/1e6)
	f.Tell("goroutines", "goroutines at the end", "%.0f", s.goroutines)
	f.Tell("descriptors", "descriptors at the end", "%.0f", s.files)
	f.Tell("wal_mb", "write-ahead log at the end", "%.1f MB", s.wal/1e6)
}

// kinds are the figures of a sample, and the growth that is allowed in a life: a part of
// what there was at first, or an amount if that is more. The amounts are several times what
// the figures of a server without faults vary by.
var kinds = []struct {
	what string
	of   func(sample) float64
	part float64
	most float64
}{
	{"live memory in MB", func(s sample) float64 { return s.heap / 1e6 }, 0.15, 4},
	{"goroutines", func(s sample) float64 { return s.goroutines }, 0.1, 15},
	{"open descriptors", func(s sample) float64 { return s.files }, 0.1, 10},
	{"write-ahead log in MB", func(s sample) float64 { return s.wal / 1e6 }, 0.1, 8},
}

// warm is how many samples of a life don't count, because the server's buffers and caches
// are still filling.
const warm = 3

// grown returns what has grown in a life by more than is allowed.
func grown(samples []sample) (wrong []string) {
	if len(samples) <= warm {
		return nil
	}
	for _, k := range kinds {
		var values []float64
		for _, s := range samples[warm:] {
			values = append(values, k.of(s))
		}
		if by := growth(values); by > max(k.most, k.part*values[0]) {
			wrong = append(wrong, fmt.Sprintf("%s: from %.1f to %.1f", k.what, values[0], values[len(values)-1]))
		}
	}
	return wrong
}

// growth returns by how much values at equal distances grow, along the line that fits them
// best (least squares).
func growth(values []float64) float64 {
	n := float64(len(values))
	var sum, squares, products float64
	middle := (n - 1) / 2
	for _, v := range values {
		sum += v
	}
	for i, v := range values {
		x := float64(i) - middle
		squares += x * x
		products += x * (v - sum/n)
	}
	if squares == 0 {
		return 0
	}
	return products / squares * (n - 1)
}

// restTime bounds the wait until a server has no more to do.
const restTime = 5 * time.Second

// take samples a server. The connections of the last moment are still being closed, so it
// first waits until the number of goroutines no longer changes.
func take(ctx context.Context, server *testbed.Server, profiles, data string) (s sample, err error) {
	for began := time.Now(); ; {
		n, err := server.Metric(ctx, "go_goroutines")
		if err != nil {
			return s, err
		}
		if n == s.goroutines || time.Since(began) > restTime {
			break
		}
		s.goroutines = n
		if err := testbed.Sleep(ctx, testbed.SampleEvery); err != nil {
			return s, err
		}
	}
	heap, err := testbed.HeapOf(ctx, profiles)
	if err != nil {
		return s, err
	}
	files, _ := testbed.OpenFiles(server.Cmd.Process.Pid)
	s.heap, s.files = float64(heap), float64(files)
	switch log, err := os.Stat(filepath.Join(data, testbed.DatabaseFile+"-wal")); {
	case err == nil:
		s.wal = float64(log.Size())
	case !errors.Is(err, os.ErrNotExist):
		return s, err
	}
	return s, nil
}

// markers are the markers of all members at the last look.
type markers map[[2]int64][2]int64

// moved looks at the markers in the database of a running server, and returns those that
// have gone back since the last look.
func (m *markers) moved(ctx context.Context, data string) (wrong []string) {
	failed := func(err error) []string { return append(wrong, "reading the markers: "+err.Error()) }
	raw, err := sql.Open("sqlite", "file:"+filepath.Join(data, testbed.DatabaseFile)+"?mode=ro&_pragma=busy_timeout(10000)")
	if err != nil {
		return failed(err)
	}
	defer raw.Close()
	rows, err := raw.QueryContext(ctx, "SELECT conversation_id, user_id, delivered, read FROM memberships")
	if err != nil {
		return failed(err)
	}
	defer rows.Close()
	if *m == nil {
		*m = markers{}
	}
	for rows.Next() {
		var of [2]int64
		var at [2]int64
		if err := rows.Scan(&of[0], &of[1], &at[0], &at[1]); err != nil {
			return failed(err)
		}
		if was := (*m)[of]; at[0] < was[0] || at[1] < was[1] || at[1] > at[0] {
			wrong = append(wrong, fmt.Sprintf("user %d has conversation %d delivered and read up to %v, and had %v before", of[1], of[0], at, was))
		}
		(*m)[of] = at
	}
	if err := rows.Err(); err != nil {
		return failed(err)
	}
	return wrong
}
