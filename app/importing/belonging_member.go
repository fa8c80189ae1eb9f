package importing

import (
	"context"
	"math"
	"slices"
	"time"

	"confab/app/chat"
	"confab/app/text"
)

// Group has what a conversation has besides its name.
type Group struct {
	Conversation string
	Settings     chat.Conversation
}

func (i Group) restore(ctx context.Context, w *work, tx chat.Tx) (bool, error) {
	s, err := w.where(ctx, i.Conversation)
	if err != nil || s == nil {
		return false, err
	}
	set := i.Settings
	s.Topic, s.MembersAdd, s.OpenHistory, s.ReadOnly = text.CleanLine(set.Topic, maxTopic), set.MembersAdd, set.OpenHistory, set.ReadOnly
	s.Slow = max(0, set.Slow)
	if right, err := chat.ParseMentionRight(string(set.MentionAll)); err == nil {
		s.MentionAll = right
	}
	if err := tx.UpdateConversation(ctx, s.Conversation); err != nil {
		return false, err
	}
	// Only the server of the export knows what a later import may add here. It says so with this
	// setting.
	upTo := ""
	if s.General() { // it has another id than there, so a later import knows it by this
		upTo = "restored"
	}
	if err := tx.SetSetting(ctx, w.byKey[i.Conversation].importedSetting(), upTo); err != nil {
		return false, err
	}
	return true, tx.SetKeep(ctx, s.ID, max(0, set.Keep))
}

// Member is a member of a conversation. [Markers] comes later.
type Member struct {
	Conversation, User, AddedBy string
	Membership                  chat.Membership
}

func (i Member) restore(ctx context.Context, w *work, tx chat.Tx) (bool, error) {
	c, user, ok, err := w.both(ctx, i.Conversation, i.User)
	if !ok {
		return false, err
	}
	m := i.Membership
	m.Conversation, m.User, m.AddedBy = c.ID, user, w.user(i.AddedBy)
	m.Joined = min(w.number(i.Conversation, m.Joined), c.LastSeq)
	m.Markers = chat.Markers{}
	if m.Role, err = chat.ParseRole(string(m.Role)); err != nil {
		return false, nil
	}
	if err := tx.InsertMembership(ctx, m); err != nil {
		return false, err
	}
	if m.ReceiptsOff {
		if err := tx.WithdrawRead(ctx, c.ID, user, true); err != nil {
			return false, err
		}
	}
	if m.Pinned {
		if err := tx.SetPinned(ctx, c.ID, user, true); err != nil {
			return false, err
		}
	}
	if m.MutedUntil.IsZero() {
		return true, nil
	}
	return true, tx.SetMutedUntil(ctx, c.ID, user, m.MutedUntil)
}

// MarkerMove is the time of a receipt.
type MarkerMove struct {
	Conversation, User string
	Read               bool // else it is about what was delivered
	Past, Seq          chat.Seq
	At                 time.Time
}

func (i MarkerMove) restore(ctx context.Context, w *work, tx chat.Tx) (bool, error) {
	c, user, ok, err := w.both(ctx, i.Conversation, i.User)
	if !ok {
		return false, err
	}
	past, to := w.number(i.Conversation, i.Past), w.number(i.Conversation, i.Seq)
	if to > c.LastSeq || past >= to {
		return false, nil
	}
	// The store notes where a marker was before it moves.
	before, move := chat.Advance{Conversation: c.ID, User: user}, chat.Advance{Conversation: c.ID, User: user}
	if i.Read {
		before.Read, move.Read, move.ReadAt = past, to, i.At
	} else {
		before.Delivered, move.Delivered, move.DeliveredAt = past, to, i.At
	}
	if err := tx.AdvanceMarkers(ctx, before); err != nil {
		return false, err
	}
	return true, tx.AdvanceMarkers(ctx, move)
}

// Markers are the positions of a member, which come after their times.
type Markers struct {
	Conversation, User string
	Markers            chat.Markers
}

func (i Markers) restore(ctx context.Context, w *work, tx chat.Tx) (bool, error) {
	c, user, ok, err := w.both(ctx, i.Conversation, i.User)
	if !ok {
		return false, err
	}
	here := func(n chat.Seq) chat.Seq { return min(w.number(i.Conversation, n), c.LastSeq) }
	m := i.Markers
	return true, tx.AdvanceMarkers(ctx, chat.Advance{
		Conversation: c.ID, User: user, Delivered: here(m.Delivered), Read: here(m.Read), ReadFrom: here(m.ReadFrom), Seen: here(m.Seen),
	})
}

// SlowPost is when a member last wrote in slow mode.
type SlowPost struct {
	Conversation, User string
	At                 time.Time
}

func (i SlowPost) restore(ctx context.Context, w *work, tx chat.Tx) (bool, error) {
	c, user, ok, err := w.both(ctx, i.Conversation, i.User)
	if !ok {
		return false, err
	}
	return true, tx.NoteSlowPost(ctx, c.ID, user, i.At)
}

// Departure is when an account left a group.
type Departure struct {
	Conversation, User string
	At                 time.Time
}

func (i Departure) restore(ctx context.Context, w *work, tx chat.Tx) (bool, error) {
	c, user, ok, err := w.both(ctx, i.Conversation, i.User)
	if !ok {
		return false, err
	}
	return true, tx.InsertDeparture(ctx, c.ID, user, i.At)
}

// Invitation is an invitation to a group.
type Invitation struct {
	Conversation, User, From string
	At                       time.Time
	Hidden                   bool
}

func (i Invitation) restore(ctx context.Context, w *work, tx chat.Tx) (bool, error) {
	c, user, ok, err := w.both(ctx, i.Conversation, i.User)
	from, here := w.who(i.From)
	if !ok || !here {
		return false, err
	}
	return true, tx.InsertInvitation(ctx, c.ID, user, from, i.At, i.Hidden)
}

// Block says that the user of one account has blocked another account.
type Block struct {
	User, Blocked string
	At            time.Time
}

func (i Block) restore(ctx context.Context, w *work, tx chat.Tx) (bool, error) {
	user, ok1 := w.who(i.User)
	other, ok2 := w.who(i.Blocked)
	if !ok1 || !ok2 {
		return false, nil
	}
	return true, tx.InsertBlock(ctx, user, other, i.At)
}

// Follower is an account that follows a thread, or has stopped.
type Follower struct {
	Conversation, User string
	Root, Seen         chat.Seq
	Following          bool
}

func (i Follower) restore(ctx context.Context, w *work, tx chat.Tx) (bool, error) {
	c, user, ok, err := w.both(ctx, i.Conversation, i.User)
	if !ok {
		return false, err
	}
	root := w.number(i.Conversation, i.Root)
	if root == 0 || root > c.LastSeq {
		return false, nil
	}
	if err := tx.SetFollowing(ctx, c.ID, root, user, i.Following, min(w.number(i.Conversation, i.Seen), c.LastSeq)); err != nil {
		return false, err
	}
	return true, w.replied(ctx, tx, c.ID, root)
}

// replied notes the last replies of a thread for its followers. Their own do not count, so
// the last one of somebody else is noted before the last one.
func (w *work) replied(ctx context.Context, tx chat.Tx, in chat.ConversationID, root chat.Seq) error {
	last, err := tx.PageBefore(ctx, in, root, root, math.MaxInt64, 100)
	if err != nil || len(last) == 0 {
		return err
	}
	slices.Reverse(last)
	newest := last[0]
	other := slices.IndexFunc(last, func(m *chat.Message) bool { return m.Author != newest.Author })
	if other > 0 {
		if err := tx.NoteReply(ctx, in, root, last[other].Author, last[other].Seq); err != nil {
			return err
		}
	}
	return tx.NoteReply(ctx, in, root, newest.Author, newest.Seq)
}

// Pin is a pinned message.
type Pin struct {
	Conversation, User string
	Seq                chat.Seq
	At                 time.Time
}

func (i Pin) restore(ctx context.Context, w *work, tx chat.Tx) (bool, error) {
	m, err := w.at(ctx, i.Conversation, i.Seq)
	user := w.user(i.User) // a deleted account may have pinned it
	if err != nil || m == nil || user == 0 {
		return false, err
	}
	return true, tx.InsertPin(ctx, m, user, i.At)
}

// Saved is a message that an account has saved.
type Saved struct {
	Conversation, User string
	Seq                chat.Seq
	At                 time.Time
}

func (i Saved) restore(ctx context.Context, w *work, tx chat.Tx) (bool, error) {
	m, user, ok, err := w.seenBy(ctx, i.Conversation, i.Seq, i.User)
	if !ok {
		return false, err
	}
	return true, tx.InsertSaved(ctx, m, user, i.At)
}

// Mention is a mention of an account.
type Mention struct {
	Conversation, User string
	Seq                chat.Seq
	Done               bool
}

func (i Mention) restore(ctx context.Context, w *work, tx chat.Tx) (bool, error) {
	m, user, ok, err := w.seenBy(ctx, i.Conversation, i.Seq, i.User)
	if !ok {
		return false, err
	}
	if err := tx.InsertMention(ctx, m.Conversation, user, m.Seq); err != nil || !i.Done {
		return true, err
	}
	return true, tx.ReadMention(ctx, m.Conversation, user, m.Seq)
}
