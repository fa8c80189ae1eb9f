package command

type openCmd struct {
	Target string `arg:"" help:"The conversation: #name, @name or an id."`
}

func (o *openCmd) Run(c *call) error {
	switch {
	case c.bot:
		return usage("A bot has no screen.")
	case !c.Terminal:
		return usage("The chat needs a terminal: connect with ssh -t.")
	}
	l, err := c.findOrBegin(o.Target)
	if err != nil {
		return err
	}
	if err := c.Chat.Follow(c.ctx); err != nil {
		return err
	}
	return statusError(c.Screen(c.ctx, l.ID))
}
