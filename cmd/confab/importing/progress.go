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

// lineEvery is how often a program or a log gets a line about the progress.
const lineEvery = 10 * time.Second

// progress shows how far an import is: with a bar on a terminal, and with a line now and
// then elsewhere.
type progress struct {
	bar   *progressbar.ProgressBar // nil without a terminal
	to    io.Writer
	what  string
	total int // 0 if it is not known
	told  time.Time
}

func newProgress(out console.Streams, what string, total int) *progress {
	p := &progress{to: out.Err, what: what, total: total, told: time.Now()}
	if f, ok := out.Err.(*os.File); ok && isatty.IsTerminal(f.Fd()) {
		if total == 0 {
			total = -1 // a bar without an end
		}
		p.bar = progressbar.NewOptions(total,
			progressbar.OptionSetWriter(out.Err), progressbar.OptionSetDescription(what), progressbar.OptionShowCount(), progressbar.OptionShowIts(),
			progressbar.OptionSetItsString("messages"), progressbar.OptionThrottle(200*time.Millisecond), progressbar.OptionClearOnFinish(),
			progressbar.OptionSetPredictTime(total > 0),
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
