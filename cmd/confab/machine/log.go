package machine

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"charm.land/log/v2"
	"github.com/mattn/go-isatty"
)

// LogFlags say how the server writes its log.
type LogFlags struct {
	LogLevel  slog.Level `help:"Least severe lines to log: debug, info, warn or error." default:"info" env:"CONFAB_LOG_LEVEL" placeholder:"LEVEL"`
	LogFormat LogFormat  `help:"Format of the log: console, for people; json, for programs; text, which is logfmt; or auto, which is console on a terminal and json elsewhere." default:"auto" env:"CONFAB_LOG_FORMAT" placeholder:"FORMAT"`
}

// LogFormat is the form in which the log is written.
type LogFormat string

// The forms.
const (
	autoLog    LogFormat = "auto"
	consoleLog LogFormat = "console"
	jsonLog    LogFormat = "json"
	textLog    LogFormat = "text"
)

// UnmarshalText implements encoding.TextUnmarshaler.
func (f *LogFormat) UnmarshalText(text []byte) error {
	switch *f = LogFormat(text); *f {
	case autoLog, consoleLog, jsonLog, textLog:
		return nil
	}
	return fmt.Errorf("%q is not a form of the log: write console, json, text or auto", text)
}

// Log is the log of a server.
type Log struct {
	*slog.Logger
	Level *slog.LevelVar // can be changed while the server runs
	JSON  bool           // each line is a JSON object
}

// New returns a log that writes to out. Nobody can make it write more than [maxLogLines]
// lines a minute.
func (f LogFlags) New(out io.Writer) Log {
	level := new(slog.LevelVar)
	level.Set(f.LogLevel)
	format := f.LogFormat
	if file, ok := out.(*os.File); format == autoLog || format == "" {
		format = jsonLog
		if ok && isatty.IsTerminal(file.Fd()) {
			format = consoleLog
		}
	}
	all := &slog.HandlerOptions{Level: slog.LevelDebug} // the level is checked before
	var lines slog.Handler
	switch format {
	case consoleLog:
		lines = log.NewWithOptions(out, log.Options{Level: log.DebugLevel, ReportTimestamp: true, TimeFormat: time.DateTime})
	case textLog:
		lines = slog.NewTextHandler(out, all)
	default:
		lines = slog.NewJSONHandler(out, all)
	}
	return Log{slog.New(leveled{NewBoundedLog(lines, time.Now), level}), level, format == jsonLog}
}

// leveled drops lines below a level.
type leveled struct {
	slog.Handler
	least slog.Leveler
}

// Enabled implements slog.Handler.
func (l leveled) Enabled(_ context.Context, level slog.Level) bool { return level >= l.least.Level() }

// WithAttrs implements slog.Handler.
func (l leveled) WithAttrs(attrs []slog.Attr) slog.Handler {
	return leveled{l.Handler.WithAttrs(attrs), l.least}
}

// WithGroup implements slog.Handler.
func (l leveled) WithGroup(name string) slog.Handler {
	return leveled{l.Handler.WithGroup(name), l.least}
}
