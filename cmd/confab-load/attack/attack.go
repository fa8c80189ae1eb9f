// Package attack tries everything that is known to have harmed a server, or could
// harm it.
package attack

import (
	"context"
	"fmt"
	"slices"
	"time"

	"confab/cmd/confab-load/report"
	"confab/cmd/confab-load/testbed"
)

// attacked is the result of the attacks on a server: a verdict for each bound.
type attacked struct {
	short bool
	only  string // the name of a flood, "" for all
	say   func(string)
	rows  []verdict
}

// verdict is one figure with its bound.
type verdict struct {
	What     string `json:"what"`
	Goal     string `json:"goal"`
	Measured string `json:"measured"`
	Met      bool   `json:"met"`
}

func (v verdict) said() string {
	if v.Met {
		return v.Measured + " (met: " + v.Goal + ")"
	}
	return v.Measured + " (MISSED: " + v.Goal + ")"
}

func (a *attacked) add(met bool, what, goal, measured string, args ...any) {
	r := verdict{what, goal, fmt.Sprintf(measured, args...), met}
	a.rows = append(a.rows, r)
	a.say(what + ": " + r.said())
}

// Lines implements [report.Outcome].
func (a *attacked) Lines() []report.Line {
	var lines []report.Line
	for _, r := range a.rows {
		lines = append(lines, report.Line{What: r.What, Value: r.said()})
	}
	return lines
}

// Numbers implements [report.Outcome].
func (a *attacked) Numbers() map[string]any { return map[string]any{"attacks": a.rows} }

// Good implements [report.Outcome].
func (a *attacked) Good() bool {
	return !slices.ContainsFunc(a.rows, func(r verdict) bool { return !r.Met })
}

// Run makes all attacks, each on a server of its own, and returns the verdicts.
// The short version leaves out the floods: they measure times and sizes, which mean
// nothing on a busy machine. only names one flood to try alone.
func Run(ctx context.Context, g *testbed.Ground, short bool, only string) (report.Outcome, error) {
	a := &attacked{short: short, only: only, say: g.Say}
	parts := []func(context.Context, *testbed.Ground) error{a.matrix, a.residue, a.files}
	switch {
	case only != "":
		parts = []func(context.Context, *testbed.Ground) error{a.floods}
	case !short:
		parts = append(parts, a.handshakes, a.floods)
	}
	for _, part := range parts {
		began := time.Now()
		if err := part(ctx, g); err != nil {
			return nil, err
		}
		g.Say(fmt.Sprintf("that took %s", time.Since(began).Round(time.Second)))
	}
	return a, nil
}
