package command

import (
	"strconv"

	"confab/app/chat"
)

type threadsCmd struct {
	Unread bool `help:"Only threads with unread replies."`
}

func (t *threadsCmd) Run(c *call) error {
	list, err := c.Chat.Threads().Followed(c.ctx, !t.Unread)
	if err != nil {
		return err
	}
	for _, f := range list {
		if err := c.thread(f.Root, f.Unread, true); err != nil {
			return err
		}
	}
	return nil
}

type followCmd struct {
	ID string `arg:"" help:"The id of a message: the one that began the thread, or a reply."`
}

func (f *followCmd) Run(c *call) error { return c.followThread(f.ID, true) }

type unfollowCmd struct {
	ID string `arg:"" help:"The id of a message of the thread."`
}

func (u *unfollowCmd) Run(c *call) error { return c.followThread(u.ID, false) }

func (c *call) followThread(message string, on bool) error {
	m, l, err := c.messageByID(message)
	if err != nil {
		return err
	}
	if err := c.Chat.Threads().FollowThread(c.ctx, l.ID, m.Seq, on); err != nil {
		return err
	}
	page, err := c.Chat.Messages().After(c.ctx, l.ID, m.Root()-1, 1)
	if err != nil {
		return err
	}
	if len(page) > 0 {
		m = page[0]
	}
	v, err := c.Chat.Threads().VisitThread(c.ctx, l.ID, m.Root())
	if err != nil {
		return err
	}
	return c.thread(m, v.Unread, v.Following)
}

// thread writes a thread. The root may be in any of the conversations.
func (c *call) thread(root *chat.Message, unread int, following bool) error {
	_, l, err := c.Chat.Messages().Message(c.ctx, root.ID)
	if err != nil {
		return err
	}
	return c.out.write(&threadRecord{
		newHead("thread"), refTo(l), quoteRef{root.ID.String(), root.AuthorName, chat.QuoteText(root.Body)},
		root.Replies, stamp(root.LastReplyAt), unread, following,
	})
}

// threadRecord is a thread as one of the members sees it.
type threadRecord struct {
	head
	Conversation conversationRef `json:"conversation"`
	Root         quoteRef        `json:"root"`
	Replies      int             `json:"replies"`
	LastReplyAt  string          `json:"last_reply_at,omitempty"`
	Unread       int             `json:"unread"`
	Following    bool            `json:"following"`
}

func (r *threadRecord) columns(*output) []string {
	state := "followed"
	if !r.Following {
		state = "not followed"
	}
	return []string{r.Conversation.Name, strconv.Itoa(r.Unread), strconv.Itoa(r.Replies), r.Root.ID, r.Root.Author, clean(r.Root.Text), state}
}

// threadRef says in which thread a message is a reply.
type threadRef struct {
	Seq  int64 `json:"seq"`  // of the message that began the thread
	Also bool  `json:"also"` // the conversation shows the reply too
}

// readThread marks a thread as read.
func (c *call) readThread(l chat.ConversationSummary, message string) error {
	id, err := parseID("--thread", message)
	if err != nil {
		return err
	}
	m, err := c.messageIn(l, id)
	if err != nil {
		return err
	}
	if err := c.Chat.Threads().MarkThreadRead(c.ctx, l.ID, m.Root(), l.LastSeq); err != nil {
		return err
	}
	v, err := c.Chat.Threads().VisitThread(c.ctx, l.ID, m.Root())
	if err != nil {
		return err
	}
	return c.out.write(&readRecord{newHead("read"), refTo(l), v.Unread})
}
