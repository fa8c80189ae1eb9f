// Package report has the results of measurements, and writes them for people and for
// programs.
package report

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"text/tabwriter"
	"time"
)

// Unknown stands for a figure that this system cannot provide.
const Unknown = "not known on this system"

// Outcome is the result of a measurement, for people and for programs.
type Outcome interface {
	// lines are the report.
	Lines() []Line
	// numbers has the same figures by names that include their units. Figures that
	// could not be measured are missing.
	Numbers() map[string]any
	// good reports whether nothing went wrong.
	Good() bool
}

// Line is one figure of the report.
type Line struct{ What, Value string }

// Write writes an outcome as a table, or as one JSON object.
func Write(out io.Writer, o Outcome, asJSON bool) error {
	if asJSON {
		n := o.Numbers()
		n["good"] = o.Good()
		e := json.NewEncoder(out)
		e.SetIndent("", "  ")
		return e.Encode(n)
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, line := range o.Lines() {
		fmt.Fprintf(w, "%s\t%s\n", line.What, line.Value)
	}
	return w.Flush()
}

// Findings is an outcome that is built figure by figure.
type Findings struct {
	report []Line
	named  map[string]any
	Failed bool
}

// Lines implements [Outcome].
func (f *Findings) Lines() []Line { return f.report }

// Numbers implements [Outcome].
func (f *Findings) Numbers() map[string]any { return f.named }

// Good implements [Outcome].
func (f *Findings) Good() bool { return !f.Failed }

// Tell adds a figure: its name for programs, and its description and value for
// people.
func (f *Findings) Tell(name, what, format string, value any) {
	if f.named == nil {
		f.named = map[string]any{}
	}
	f.named[name] = value
	f.report = append(f.report, Line{what, fmt.Sprintf(format, value)})
}

// Note adds a line that is only for people.
func (f *Findings) Note(what, value string) {
	f.report = append(f.report, Line{what, value})
}

// Fail adds a failure.
func (f *Findings) Fail(what, format string, args ...any) {
	f.Failed = true
	said := Line{what, fmt.Sprintf(format, args...)}
	f.report = append(f.report, said)
	if f.named == nil {
		f.named = map[string]any{}
	}
	wrong, _ := f.named["wrong"].([]string)
	f.named["wrong"] = append(wrong, said.What+": "+said.Value)
}

// Faulty adds the errors in the server's log.
func (f *Findings) Faulty(faults []string) {
	if len(faults) > 0 {
		f.Fail("errors in the server's log", "%d, the first: %s", len(faults), faults[0])
	}
}

// Lost adds the sessions that ended too early.
func (f *Findings) Lost(n int, why error) {
	if n > 0 {
		f.Fail("sessions lost", "%d, one with: %v", n, why)
	}
}

// Percentile returns the least value that p percent of the values do not exceed
// (nearest rank), or 0 if there are none. The values must be ascending.
func Percentile(ascending []time.Duration, p float64) time.Duration {
	if len(ascending) == 0 {
		return 0
	}
	rank := int(math.Ceil(p / 100 * float64(len(ascending))))
	return ascending[min(max(rank, 1), len(ascending))-1]
}

// Milliseconds converts a duration for a report.
func Milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
