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

// figures are the measured values by source and name, such as "chat.p99_ms". Values
// that could not be measured are missing.
type figures map[string]float64

// profile runs confab-load and adds its figures, under a name. If confab-load
// reports a failure, that is printed and becomes a figure too. It is not an error.
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
		return fmt.Errorf("the report of confab-load on %s: %w", name, err)
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

// benchLine is a line of go test -bench: the name, with the number of cores after
// it, and the time of an operation.
var benchLine = regexp.MustCompile(`^Benchmark(\S+?)(?:-\d+)?\s+\d+\s+([\d.]+) ns/op`)

// benchmark runs benchmarks of a package, and adds their operations a second under
// the benchmark's name.
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
