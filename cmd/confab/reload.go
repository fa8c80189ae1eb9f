package main

import (
	"context"
	"net"

	"confab/cmd/confab/machine"
)

// CheckSettings implements [settings.Server].
func (c *cli) CheckSettings(ctx context.Context) []error { return c.Serve.problems(ctx) }

// problems makes the checks of a start that need no running server, and returns all
// problems.
func (c *serveCmd) problems(context.Context) []error {
	var found []error
	check := func(err error) {
		if err != nil {
			found = append(found, err)
		}
	}
	check(machine.CheckAddress(c.Listen))
	if host, port, err := net.SplitHostPort(string(c.Metrics)); err == nil {
		if host == "" {
			host = "127.0.0.1" // as in serveMetrics
		}
		check(machine.CheckAddress(net.JoinHostPort(host, port)))
	}
	if c.Pprof != "" {
		if err := checkPprof(c.Pprof); err != nil {
			check(err)
		} else {
			check(machine.CheckAddress(c.Pprof))
		}
	}
	_, err := c.trustedCAs()
	check(err)
	_, err = c.ownerKeys()
	check(err)
	return found
}
