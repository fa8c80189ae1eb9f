package command

type unreadCmd struct{}

func (*unreadCmd) Run(c *call) error {
	list, err := c.Chat.Groups().Conversations(c.ctx)
	if err != nil {
		return err
	}
	any := false
	for _, l := range list {
		if l.Unread == 0 {
			continue
		}
		any = true
		if err := c.out.write(conversationOf(l)); err != nil {
			return err
		}
	}
	if !any {
		return statusError(Refused)
	}
	return nil
}
