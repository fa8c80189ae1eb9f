package command

type helpCmd struct {
	Command []string `arg:"" optional:"" help:"The command to explain."`
}

func (h *helpCmd) Run(c *call) error {
	if status := c.run(append(h.Command, "--help")); status != Done {
		return statusError(status)
	}
	return nil
}
