package chat

import (
	"context"
	"log/slog"
	"net/netip"
	"time"
)

// Live knows who is connected, and brings what happens to the open sessions. Package
// live has the one that servers use. All methods may be called from several goroutines.
type Live interface {
	// Start gives the live side what it needs of the service. The service calls it
	// once, before anything else.
	Start(Backing)
	// Open makes the live side of a session that began at a time. It takes no part in
	// anything before [LiveSession.Connect].
	Open(l Login, user User, opened time.Time) LiveSession
	// Sessions returns the sessions that are connected.
	Sessions() []LiveSession
	// Apply makes the open sessions see a change that is committed. The writer calls it in the order of the commits,
	// whichever process made the change. Applying a change again has no effect.
	Apply(c Change) error
	// Withdraw stops telling others what an account reads, ahead of the commit of the
	// same change.
	Withdraw(c ReceiptsSwitched)
	// Renew reads the members of open conversations from the store again.
	Renew(ctx context.Context) error
	// NoteNewest says that a conversation has messages up to this one.
	NoteNewest(id ConversationID, newest Seq)
	// Delivered says that a user has received a conversation up to a message.
	Delivered(id ConversationID, user UserID, to Seq)
	// Share replaces messages of a page by the same ones that are in memory already.
	Share(id ConversationID, page []*Message)
	// Presences returns the presence of each user.
	Presences(users []UserID) []Presence
	// NoteAway notices which users have left their screens alone for a while.
	NoteAway()
	// Stop ends all sessions, and all visits at the join screen, for a reason that
	// their users are shown. Sessions that are opened later end at once.
	Stop(reason string)
	// Stats counts what is connected and what was delivered.
	Stats() Stats

	// Markers are the markers on their way to the store.
	Markers() MarkerFlusher
	// JoinQueue is where strangers wait at the join screen.
	JoinQueue() JoinQueue
	// NetworkBans are the bans that are checked for each connection.
	NetworkBans() NetworkBans
}

// Backing is what a [Live] needs of the service that it works for.
type Backing struct {
	Now            func() time.Time
	Log            *slog.Logger
	General        ConversationID // the conversation that everybody is in
	Requests       int            // requests to join that wait
	Members        func(context.Context, ConversationID) ([]Member, error)
	AdvanceMarkers func(context.Context, []Advance) error // returns when they are on disk
	Purged         func()                                 // is called when files of a deleted account are to go; it must not wait
	// Doubt looks up each connection that matches, and ends it if it may no longer stay, whether or not a session runs
	// on it. Doubt does not wait for that.
	Doubt func(match func(Login, UserID) bool)
}

// LiveSession is the live side of one session of a user. Its methods may be called from
// several goroutines.
type LiveSession interface {
	// User returns the user of the session, and Login how the user logged in.
	User() UserID
	Login() Login
	// Handle is what the user is called now.
	Handle() string
	// SetHandle says what the user is called.
	SetHandle(name string)
	// Mailbox is where the session's events arrive.
	Mailbox() Mailbox

	// Connect registers the session, so that it ends when its account may not stay. It reports whether the user was
	// offline before. A script gets no events and does not make its user online, so for a script the result is false. A
	// later call without script turns it into an ordinary session.
	Connect(script bool) (came bool)
	// Follow makes a connected session get the events of these conversations; direct
	// are the direct ones among all. If the user came, others are told.
	Follow(came bool, all, direct []ConversationID)
	// Renew makes the session get the events of these conversations and no others, and
	// has it read everything again.
	Renew(all, direct []ConversationID)
	// End makes the session end for a reason that its user is shown.
	End(reason string)
	// Close unregisters the session. It may be called twice.
	Close()

	// Visit opens a conversation, of which the user is this member, and closes the one
	// that was open. [Visit.Unread] is for the caller to count.
	Visit(ctx context.Context, c Conversation, own Membership) (Visit, error)
	// MarkRead moves the user's own position forward in a conversation that the session gets the events of, and tells
	// the user's other sessions. While nobody has the conversation open, it makes the move in otherwise instead, if that
	// is not nil.
	MarkRead(id ConversationID, to Seq, otherwise *Advance)
	// ReadUpTo is MarkRead for any conversation, also for scripts.
	ReadUpTo(id ConversationID, to Seq, otherwise *Advance)
	// ShowsOwn says whether the screen shows messages of its own user in a conversation.
	ShowsOwn(id ConversationID, own bool)
	// Attend says that the user is at the screen.
	Attend()
	// Typing says that the user is writing. Wrote ends that, since the message was sent.
	Typing(id ConversationID)
	Wrote()

	// HasBlocked reports whether the user has blocked another one.
	HasBlocked(user UserID) bool
	// SetBlocked says whom the user has blocked. The set is not changed afterwards.
	SetBlocked(users map[UserID]struct{})
}

// MarkerFlusher writes the markers that moved to the store, in batches.
type MarkerFlusher interface {
	// Flush writes the waiting markers and returns when they are on disk.
	Flush(ctx context.Context) error
	// FlushForReading is Flush for callers that are about to read. If the disk is full, they read the older markers
	// instead of failing.
	FlushForReading(ctx context.Context) error
	// FlushAnd is Flush followed by do, before markers that move meanwhile are written.
	FlushAnd(ctx context.Context, do func() error) error
	// Stop writes the waiting markers for the last time.
	Stop()
}

// JoinQueue holds the strangers at the join screen, and limits what comes from one
// address. An IPv6 network of 64 bits counts as one address.
type JoinQueue interface {
	// Enter adds a stranger with a key. look is called when something may have changed
	// for it, and must not wait. The stranger calls leave at the end.
	Enter(fingerprint string, look func()) (leave func())
	// Closed returns why the server lets nobody in, or "" while it lets people in.
	Closed() string
	// MayJoin counts somebody who joins without being asked from an address, and
	// reports false if there were too many.
	MayJoin(from netip.Addr) bool
	// MayTryCode reports whether a code may be tried from an address.
	MayTryCode(from netip.Addr) bool
	// WrongCode counts a wrong code from an address.
	WrongCode(from netip.Addr)
	// Forget drops old counts.
	Forget()
}

// NetworkBans are the bans of networks, in memory.
type NetworkBans interface {
	// Of returns the ban of an address.
	Of(a netip.Addr) (Ban, bool)
	// Replace puts these bans in place of all earlier ones.
	Replace(bans []Ban) error
}

// Mailbox holds the events for one session until the session drains it. It never makes
// the sender wait, and its size is bounded. All methods may be called from several
// goroutines.
type Mailbox interface {
	// Wake returns the channel that receives when something waits. One receive stands
	// for everything that Drain then returns.
	Wake() <-chan struct{}
	// Drain removes and returns all waiting events. They are valid until the next call, which reuses their memory. Once
	// the session must end, every batch has the reason.
	Drain() Batch
	// Ended returns the channel that is closed when the session must end, for callers
	// that may be busy with something else. [Batch.Ended] says why it must.
	Ended() <-chan struct{}
	// OnEnd has f called, once and in a goroutine of its own, when the session must
	// end, or at once if it must already.
	OnEnd(f func())
}

// Batch is what waited in a mailbox, in order.
type Batch struct {
	Events []Event
	// Receipts are the latest receipts of the conversation that the session has open; nil if no marker has moved.
	Receipts *Receipts
	// Resync says that events were dropped before those in Events: the session
	// must read what it missed from the store.
	Resync bool
	// Ended is the reason why the session must end now, "" if it goes on. It is
	// a sentence for the user.
	Ended string
}

// Presence says whether somebody is there.
type Presence int

const (
	// Offline: the user has no open session.
	Offline Presence = iota
	// Away: the user has not used any of its open sessions for a few minutes.
	Away
	// Online: the user has an open session and uses it.
	Online
)

// TypingLasts is how long "is typing" holds unless it is said again. A screen
// says it again at most every [TypingEvery].
const (
	TypingLasts = 6 * time.Second
	TypingEvery = 3 * time.Second
)

// Stats is what a service is doing and has done since it was started.
type Stats struct {
	Sessions   int   // that get what happens: screens, and scripts that follow
	Scripts    int   // that only ask and do
	Accounts   int   // that are connected
	Posted     int64 // messages and system lines
	Deliveries int64 // events that were put into mailboxes
	Resyncs    int64 // mailboxes that were full and were emptied
	Waiting    int   // events in all mailboxes
	Deepest    int   // events in the fullest of them
	Writing    int   // changes that wait for the database
}

// Connection is the connection of a client, with or without a session on it.
type Connection interface {
	// Proved returns the login that the client has proved so far, and the account that
	// the login opens, or 0 if it opens no account.
	Proved() (Login, UserID)
	// End closes the connection for a reason, which its user sees. It does not wait.
	End(reason string)
}

// Login is how somebody has proved who it is.
type Login struct {
	Key string // fingerprint of the key that signed
	// Authority is the fingerprint of the authority that has certified the key for the
	// account User, or "" for a key of the account itself. The caller has checked the
	// certificate.
	Authority string
	User      UserID
	From      netip.Addr // the client's address
}
