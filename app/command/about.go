package command

import "runtime/debug"

type versionCmd struct{}

func (*versionCmd) Run(c *call) error {
	return c.out.write(&versionRecord{newHead("version"), Version()})
}

type versionRecord struct {
	head
	Version string `json:"version"`
}

func (r *versionRecord) columns(*output) []string { return []string{r.Version} }

// Version returns the version in the build: the module version, or the commit for a
// build from a checkout.
func Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	return "confab " + info.Main.Version + " " + info.GoVersion
}

type helpCmd struct {
	Command []string `arg:"" optional:"" help:"The command to explain."`
}

func (h *helpCmd) Run(c *call) error {
	if status := c.run(append(h.Command, "--help")); status != Done {
		return statusError(status)
	}
	return nil
}
