package main

import (
	"context"
	"fmt"
	"slices"
	"time"
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

func (a *attacked) lines() []line {
	var lines []line
	for _, r := range a.rows {
		lines = append(lines, line{r.What, r.said()})
	}
	return lines
}

func (a *attacked) numbers() map[string]any { return map[string]any{"attacks": a.rows} }

func (a *attacked) good() bool {
	return !slices.ContainsFunc(a.rows, func(r verdict) bool { return !r.Met })
}

// attack tries everything that is known to have harmed a server, or could harm it.
// The short version leaves out the floods: they measure times and sizes, which mean
// nothing on a busy machine. only names one flood to try alone.
func attack(ctx context.Context, g *ground, short bool, only string) (outcome, error) {
	a := &attacked{short: short, only: only, say: g.say}
	parts := []func(context.Context, *ground) error{a.matrix, a.residue, a.files}
	switch {
	case only != "":
		parts = []func(context.Context, *ground) error{a.floods}
	case !short:
		parts = append(parts, a.handshakes, a.floods)
	}
	for _, part := range parts {
		began := time.Now()
		if err := part(ctx, g); err != nil {
			return nil, err
		}
		g.say(fmt.Sprintf("that took %s", time.Since(began).Round(time.Second)))
	}
	return a, nil
}
