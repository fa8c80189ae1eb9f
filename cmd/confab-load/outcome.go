package main

import (
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"
)

// unknown stands for a figure that this system cannot provide.
const unknown = "not known on this system"

// outcome is the result of a measurement, for people and for programs.
type outcome interface {
	// lines are the report.
	lines() []line
	// numbers has the same figures by names that include their units. Figures that
	// could not be measured are missing.
	numbers() map[string]any
	// good reports whether nothing went wrong.
	good() bool
}

// line is one figure of the report.
type line struct{ what, value string }

// report writes an outcome as a table, or as one JSON object.
func report(out io.Writer, o outcome, asJSON bool) error {
	if asJSON {
		n := o.numbers()
		n["good"] = o.good()
		e := json.NewEncoder(out)
		e.SetIndent("", "  ")
		return e.Encode(n)
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, line := range o.lines() {
		fmt.Fprintf(w, "%s\t%s\n", line.what, line.value)
	}
	return w.Flush()
}

// findings is an outcome that is built figure by figure.
type findings struct {
	report []line
	named  map[string]any
	failed bool
}

func (f *findings) lines() []line           { return f.report }
func (f *findings) numbers() map[string]any { return f.named }
func (f *findings) good() bool              { return !f.failed }

// tell adds a figure: its name for programs, and its description and value for
// people.
func (f *findings) tell(name, what, format string, value any) {
	if f.named == nil {
		f.named = map[string]any{}
	}
	f.named[name] = value
	f.report = append(f.report, line{what, fmt.Sprintf(format, value)})
}

// fail adds a failure.
func (f *findings) fail(what, format string, args ...any) {
	f.failed = true
	f.report = append(f.report, line{what, fmt.Sprintf(format, args...)})
}

// faulty adds the errors in the server's log.
func (f *findings) faulty(faults []string) {
	if len(faults) > 0 {
		f.fail("errors in the server's log", "%d, the first: %s", len(faults), faults[0])
	}
}

// lost adds the sessions that ended too early.
func (f *findings) lost(n int, why error) {
	if n > 0 {
		f.fail("sessions lost", "%d, one with: %v", n, why)
	}
}
