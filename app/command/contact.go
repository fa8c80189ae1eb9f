package command

import (
	"fmt"
	"strconv"

	"confab/app/chat"
)

type invitationsCmd struct{}

func (*invitationsCmd) Run(c *call) error {
	list, older, err := c.Chat.Groups().Invitations(c.ctx)
	if err != nil {
		return err
	}
	for _, in := range list {
		if err := c.out.write(invitationOf(in)); err != nil {
			return err
		}
	}
	if older > 0 && !c.bot {
		c.say(c.Err, fmt.Sprintf("There are %d older invitations. You can accept and decline them by name; they are listed once you have answered some of these.", older))
	}
	return nil
}

// invitationRecord is a group that the user is invited to.
type invitationRecord struct {
	head
	Conversation conversationRef `json:"conversation"`
	From         userRef         `json:"from"`
	InvitedAt    string          `json:"invited_at"`
	Members      int             `json:"members"` // of the group
}

func invitationOf(in chat.GroupInvitation) *invitationRecord {
	return &invitationRecord{
		newHead("invitation"), invitedTo(in),
		*refOf(in.From), stamp(in.At), in.Members,
	}
}

func invitedTo(in chat.GroupInvitation) conversationRef {
	return refTo(chat.ConversationSummary{Conversation: in.Conversation})
}

func (r *invitationRecord) columns(*output) []string {
	return []string{r.Conversation.Name, r.From.Name, r.InvitedAt, strconv.Itoa(r.Members), r.Conversation.ID}
}

type acceptCmd struct {
	Target string `arg:"" help:"The group: #name or an id, as invitations shows it."`
}

func (a *acceptCmd) Run(c *call) error {
	if _, err := c.Chat.Groups().AcceptInvitation(c.ctx, a.Target); err != nil {
		return err
	}
	return c.show(a.Target)
}

type declineCmd struct {
	Target string `arg:"" help:"The group: #name or an id, as invitations shows it."`
}

func (d *declineCmd) Run(c *call) error {
	in, err := c.Chat.Groups().DeclineInvitation(c.ctx, d.Target)
	if err != nil {
		return err
	}
	return c.out.write(&declinedRecord{newHead("declined"), invitedTo(in)})
}

// declinedRecord says that the user has declined an invitation.
type declinedRecord struct {
	head
	Conversation conversationRef `json:"conversation"`
}

func (r *declinedRecord) columns(*output) []string { return []string{"declined", r.Conversation.Name} }

type blocksCmd struct{}

func (*blocksCmd) Run(c *call) error {
	list, err := c.Chat.Contacts().Blocked(c.ctx)
	if err != nil {
		return err
	}
	for _, b := range list {
		if err := c.out.write(&blockRecord{newHead("block"), *refOf(b.User), true, stamp(b.At)}); err != nil {
			return err
		}
	}
	return nil
}

// blockRecord says whether the user has blocked someone.
type blockRecord struct {
	head
	User      userRef `json:"user"`
	Blocked   bool    `json:"blocked"`
	BlockedAt string  `json:"blocked_at,omitempty"` // in a list
}

func (r *blockRecord) columns(*output) []string {
	state := "unblocked"
	if r.Blocked {
		state = "blocked"
	}
	return []string{r.User.Name, state, r.BlockedAt}
}

type blockCmd struct {
	Name string `arg:"" help:"The person to block."`
}

func (b *blockCmd) Run(c *call) error {
	user, err := c.Chat.Contacts().Block(c.ctx, b.Name)
	if err != nil {
		return err
	}
	return c.out.write(&blockRecord{newHead("block"), *refOf(user), true, ""})
}

type unblockCmd struct {
	Name string `arg:"" help:"The person to unblock."`
}

func (u *unblockCmd) Run(c *call) error {
	user, err := c.Chat.Contacts().Unblock(c.ctx, u.Name)
	if err != nil {
		return err
	}
	return c.out.write(&blockRecord{newHead("block"), *refOf(user), false, ""})
}
