// Command confab-bench makes all the measurements in docs/performance.md, and
// writes them there: the table of goals and figures, and the charts.
//
//	go run ./cmd/confab-bench table docs/performance.md
//	go run ./cmd/confab-bench charts docs
//	go run ./cmd/confab-bench attack docs/security.md
//
// It builds confab and confab-load, runs the profiles of confab-load one after the
// other, and runs benchmarks with go test. Run it inside confab's source code, on
// an idle machine.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/alecthomas/kong"
)

// cli is the command line.
type cli struct {
	Table  tableCmd  `cmd:"" help:"Measure all figures that have goals, and write them into a document between its marks."`
	Attack attackCmd `cmd:"" help:"Attack a server, and write the results into a document between its marks."`
	Charts chartsCmd `cmd:"" help:"Measure how figures grow, and draw charts into a folder."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	var c cli
	k := kong.Parse(&c, kong.Name("confab-bench"), kong.UsageOnError(),
		kong.Description("Measures all figures of docs/performance.md, and writes them there."))
	err := onBench(ctx, func(b *bench) error { return k.Run(b) })
	if err != nil {
		fmt.Fprintln(os.Stderr, "confab-bench:", err)
		os.Exit(1)
	}
}

// bench has the programs that are run.
type bench struct {
	ctx          context.Context
	load, confab string
}

// onBench builds the programs and calls do.
func onBench(ctx context.Context, do func(*bench) error) (err error) {
	dir, err := os.MkdirTemp("", "confab-bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	b := &bench{ctx: ctx}
	for to, name := range map[*string]string{&b.load: "confab-load", &b.confab: "confab"} {
		*to = filepath.Join(dir, name+".exe") // Windows needs this extension; other systems ignore it
		cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", *to, "confab/cmd/"+name)
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		if said, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("building %s (%w); run this inside confab's source code:\n%s", name, err, said)
		}
	}
	return do(b)
}

// output runs a program and returns its standard output. Its standard error goes to
// the user.
func (b *bench) output(program string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(b.ctx, program, args...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) } // the program cleans up
	cmd.Stderr = io.Writer(os.Stderr)
	return cmd.Output()
}
