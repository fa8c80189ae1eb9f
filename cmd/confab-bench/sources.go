package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
)

// figures are what was measured, by where it is from and what it is there:
// "chat.p99_ms". What could not be measured is not in it.
type figures map[string]float64

// profile runs confab-load and adds what it finds, under a name. That something
// went wrong there is told and is a figure too, and no error.
func (b *bench) profile(f figures, name string, args ...string) error {
	fmt.Fprintf(os.Stderr, "== confab-load %s\n", strings.Join(args, " "))
	out, err := b.output(b.load, append([]string{"--json", "--confab", b.confab}, args...)...)
	if _, exited := errors.AsType[*exec.ExitError](err); err != nil && (!exited || len(out) == 0) {
		return fmt.Errorf("confab-load %s: %w", strings.Join(args, " "), err)
	}
	return f.addJSON(name, out)
}

func (f figures) addJSON(name string, object []byte) error {
	var found map[string]any
	if err := json.Unmarshal(object, &found); err != nil {
		return fmt.Errorf("what confab-load says of %s: %w", name, err)
	}
	for key, value := range found {
		switch v := value.(type) {
		case float64:
			f[name+"."+key] = v
		case bool:
			f[name+"."+key] = map[bool]float64{true: 1}[v]
		}
	}
	return nil
}

// benchLine is a line of go test -bench: the name, with the number of cores
// after it, and the time an operation takes.
var benchLine = regexp.MustCompile(`^Benchmark(\S+?)(?:-\d+)?\s+\d+\s+([\d.]+) ns/op`)

// benchmark runs benchmarks of a package and adds how many operations there are
// in a second, under the benchmark's name.
func (b *bench) benchmark(f figures, pkg, pattern, time string) error {
	fmt.Fprintf(os.Stderr, "== go test %s -bench %s\n", pkg, pattern)
	out, err := b.output("go", "test", pkg, "-run", "^$", "-bench", pattern, "-benchtime", time)
	if err != nil {
		return fmt.Errorf("go test %s -bench %s: %w\n%s", pkg, pattern, err, out)
	}
	return f.addBench(out)
}

func (f figures) addBench(out []byte) error {
	lines := bufio.NewScanner(bytes.NewReader(out))
	for lines.Scan() {
		m := benchLine.FindStringSubmatch(lines.Text())
		if m == nil {
			continue
		}
		ns, err := strconv.ParseFloat(m[2], 64)
		if err != nil {
			return err
		}
		f["bench."+m[1]] = 1e9 / ns
	}
	return lines.Err()
}
