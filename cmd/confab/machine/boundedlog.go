package machine

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"
)

// maxLogLines is how many lines the log accepts in a minute; as many may come at
// once. Strangers can cause lines, so without a bound they could fill the disk. A
// busy server with a thousand members writes a few tens of lines a minute.
const maxLogLines = 1200

// boundedLog drops log lines beyond [maxLogLines]. The next line that it accepts
// says how many were dropped. Several goroutines may use it.
type boundedLog struct {
	slog.Handler
	now     func() time.Time
	lines   *rate.Limiter
	dropped *atomic.Int64 // since the last accepted line
}

// NewBoundedLog returns a handler that passes at most [maxLogLines] lines a minute on.
func NewBoundedLog(to slog.Handler, now func() time.Time) slog.Handler {
	return boundedLog{to, now, rate.NewLimiter(rate.Every(time.Minute/maxLogLines), maxLogLines), new(atomic.Int64)}
}

// Handle implements slog.Handler.
func (b boundedLog) Handle(ctx context.Context, line slog.Record) error {
	if !b.lines.AllowN(b.now(), 1) {
		b.dropped.Add(1)
		return nil
	}
	if n := b.dropped.Swap(0); n > 0 {
		note := slog.NewRecord(line.Time, slog.LevelWarn, "log lines were dropped: too many in a minute", 0)
		note.AddAttrs(slog.Int64("lines", n))
		if err := b.Handler.Handle(ctx, note); err != nil {
			return err
		}
	}
	return b.Handler.Handle(ctx, line)
}

// WithAttrs implements slog.Handler.
func (b boundedLog) WithAttrs(attrs []slog.Attr) slog.Handler {
	b.Handler = b.Handler.WithAttrs(attrs)
	return b
}

// WithGroup implements slog.Handler.
func (b boundedLog) WithGroup(name string) slog.Handler {
	b.Handler = b.Handler.WithGroup(name)
	return b
}
