package importing

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/mattn/go-isatty"
	"github.com/schollz/progressbar/v3"

	"confab/cmd/confab/console"
)

// lineEvery is how often a terminal that cannot redraw a line gets another one.
const lineEvery = 10 * time.Second

// progress shows how far an import is: with a bar on a terminal, with a line now and then on a
// terminal that cannot redraw one (TERM=dumb), and not at all to programs and in logs.
type progress struct {
	bar   *progressbar.ProgressBar // nil if there is none
	to    io.Writer                // for lines
	what  string
	total int // 0 if it is not known
	told  time.Time
}

func newProgress(out console.Streams, what string, total int) *progress {
	p := &progress{to: io.Discard, what: what, total: total, told: time.Now()}
	f, ok := out.Err.(*os.File)
	switch {
	case !ok || !isatty.IsTerminal(f.Fd()):
	case os.Getenv("TERM") == "dumb":
		p.to = out.Err
	default:
		if total == 0 {
			total = -1 // a bar without an end
		}
		p.bar = progressbar.NewOptions(total,
			progressbar.OptionSetWriter(out.Err), progressbar.OptionSetDescription(what), progressbar.OptionShowCount(), progressbar.OptionShowIts(),
			progressbar.OptionSetItsString("messages"), progressbar.OptionThrottle(200*time.Millisecond), progressbar.OptionClearOnFinish(),
			progressbar.OptionSetPredictTime(total > 0), progressbar.OptionSetTheme(progressbar.ThemeASCII),
		)
	}
	return p
}

// at shows how many messages have been looked at.
func (p *progress) at(n int) {
	if p.bar != nil {
		_ = p.bar.Set(n)
		return
	}
	if time.Since(p.told) < lineEvery {
		return
	}
	p.told = time.Now()
	if p.total > 0 {
		fmt.Fprintf(p.to, "%s: %d of %d messages\n", p.what, n, p.total)
	} else {
		fmt.Fprintf(p.to, "%s: %d messages\n", p.what, n)
	}
}

// end removes the bar.
func (p *progress) end() {
	if p.bar != nil {
		_ = p.bar.Finish()
	}
}
