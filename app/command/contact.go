package command

import (
	"fmt"
	"strconv"
	"strings"

	"confab/app/chat"
	"confab/app/text"
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

// forever is how long something lasts that does not end by itself.
const forever = "forever"

type silenceCmd struct {
	For    string `help:"How long: 30m, 2h, 7d, 4w, or forever. Without it, a first silence lasts until it is lifted, and a second one ends when the first would have ended." placeholder:"TIME"`
	Reason string `help:"The reason, which the silenced person sees. Without it, a second silence keeps the first one's." placeholder:"TEXT"`
	Name   string `arg:"" help:"The person to silence."`
}

func (s *silenceCmd) Run(c *call) error {
	span := chat.SameSpan
	if s.For != "" {
		var ok bool
		if span, ok = chat.ParseSpan(s.For); !ok {
			return usage("--for must be a time such as 30m, 2h, 7d or 4w, or forever, not \"%s\".", text.CleanLine(s.For, 20))
		}
	}
	b, err := c.Chat.Moderation().Silence(c.ctx, s.Name, span, s.Reason)
	if err != nil {
		return err
	}
	r := &silenceRecord{head: newHead("silence"), Name: b.UserName, Silenced: true, Until: stamp(b.EndsAt), Reason: b.Reason}
	if was := b.Before; was != nil {
		r.WasReason, r.WasUntil = was.Reason, forever
		if !was.EndsAt.IsZero() {
			r.WasUntil = stamp(was.EndsAt)
		}
	}
	return c.out.write(r)
}

type unsilenceCmd struct {
	Name string `arg:"" help:"The person who may write again."`
}

func (u *unsilenceCmd) Run(c *call) error {
	if err := c.Chat.Moderation().Unsilence(c.ctx, u.Name); err != nil {
		return err
	}
	return c.out.write(&silenceRecord{head: newHead("silence"), Name: text.Lower(strings.TrimPrefix(strings.TrimSpace(u.Name), "@"))})
}

// silenceRecord says whether someone is silenced.
type silenceRecord struct {
	head
	Name      string `json:"name"`
	Silenced  bool   `json:"silenced"`
	Until     string `json:"until,omitempty"`
	Reason    string `json:"reason,omitempty"`
	WasUntil  string `json:"was_until,omitempty"` // if they were silenced already
	WasReason string `json:"was_reason,omitempty"`
}

func (r *silenceRecord) columns(*output) []string {
	if !r.Silenced {
		return []string{r.Name, "can write"}
	}
	columns := []string{r.Name, "silenced", r.Until, r.Reason}
	if r.Until == "" {
		columns[2] = forever
	}
	if r.WasUntil != "" {
		columns = append(columns, "before: "+strings.TrimSpace(r.WasUntil+" "+r.WasReason))
	}
	return columns
}
