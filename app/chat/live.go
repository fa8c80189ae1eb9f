package chat

import (
	"context"
	"log/slog"
	"net/netip"
	"time"
)

// Live knows who is connected, and tells the open sessions what happens. Package live
// implements it. Several goroutines may call all methods.
type Live interface {
	// Start gives the live side what it needs from the service. The service calls it once,
	// before any other method.
	Start(Backing)
	// Open makes the live side of a session that began at a time. The session has no effect
	// and gets no events before [LiveSession.Connect].
	Open(l Login, user User, opened time.Time) LiveSession
	// Sessions returns the sessions that are connected.
	Sessions() []LiveSession
	// Apply applies a committed change to the open sessions. The writer calls it in the
	// order of the commits, also for changes of other processes. Applying a change again
	// has no effect.
	Apply(c Change) error
	// Withdraw hides at once what an account reads, before the change is committed. Apply
	// follows after the commit.
	Withdraw(c ReceiptsSwitched)
	// Renew reads the members of open conversations from the store again.
	Renew(ctx context.Context) error
	// Rewind ends all sessions, whose users see the reason, and forgets what they have seen. It
	// is for a store that has lost messages.
	Rewind(reason string)
	// NoteNewest says that a conversation has messages up to this one.
	NoteNewest(id ConversationID, newest Seq)
	// Delivered says that a user has received a conversation up to a message.
	Delivered(id ConversationID, user UserID, to Seq)
	// Share replaces messages of a page by the same ones that are in memory already.
	Share(id ConversationID, page []*Message)
	// Words returns what the host tells everybody.
	Words() *Words
	// Presences returns the presence of each user.
	Presences(users []UserID) []Presence
	// Others returns at most so many other users who have a screen open, and how many more there
	// are. Of those here it returns a session each; the others are connected to other servers.
	Others(than UserID, most int) (some []LiveSession, there []UserID, more int)
	// NoteAway notices which users have left their screens alone for a while.
	NoteAway()
	// Stop ends all sessions, and all visits at the join screen, for a reason that
	// their users are shown. Sessions that are opened later end at once.
	Stop(reason string)
	// Stats counts what is connected and what was delivered.
	Stats() Stats

	// Markers returns the flusher that writes moved markers to the store.
	Markers() MarkerFlusher
	// Elsewhere returns what the live side exchanges with other servers.
	Elsewhere() Elsewhere
	// JoinQueue returns the queue of strangers at the join screen.
	JoinQueue() JoinQueue
	// NetworkBans returns the bans that are checked for each connection.
	NetworkBans() NetworkBans
}

// Backing is what a [Live] needs from the service that it works for.
type Backing struct {
	Now      func() time.Time
	Log      *slog.Logger
	General  ConversationID // the conversation that everybody is in
	Requests int            // requests to join that nobody has decided
	Words    *Words         // what the host tells everybody
	Posted   func(*Message) // called for each message that this process has committed; it must not block
	Members  func(context.Context, ConversationID) ([]Member, error)
	// AdvanceMarkers returns when the markers are on disk. It asks for them when the changes of
	// earlier commits are applied, which may have taken some of them back.
	AdvanceMarkers func(context.Context, func() []Advance) error
	Left           func(UserID, time.Time) // called when a user's last session ends or is left alone for a while, with the time when the user was there; it must not block
	Purged         func()                  // called when files of a deleted account must be removed; it must not block
	// Doubt looks up each connection that matches, and ends it if it may no longer stay,
	// whether or not a session runs on it. It returns before that is done.
	Doubt func(match func(Login, UserID) bool)
}

// LiveSession is the live side of one session of a user. Several goroutines may call its methods.
type LiveSession interface {
	// User returns the user of the session.
	User() UserID
	// Login says how the user logged in.
	Login() Login
	// Names returns the present handle and display name of the user.
	Names() (handle, display string)
	// SetNames replaces the handle and the display name. The service calls it when the user
	// has changed one of them.
	SetNames(handle, display string)
	// Mailbox returns the mailbox in which the session's events arrive.
	Mailbox() Mailbox

	// Connect registers the session, so that it ends when its account may no longer stay.
	// It reports whether the user came online by it. A script gets no events and does not
	// make its user online, so for a script the result is false. A later call without
	// script turns it into an ordinary session.
	Connect(script bool) (came bool)
	// Follow makes a connected session get the events of these conversations. The list
	// direct has the direct ones among all. If came is true, others are told that the user
	// is online.
	Follow(came bool, all, direct []ConversationID)
	// Renew makes the session get the events of these conversations and no others, and
	// makes it read everything again.
	Renew(all, direct []ConversationID)
	// End makes the session end. Its user is shown the reason.
	End(reason string)
	// Close unregisters the session. It may be called twice.
	Close()

	// Visit opens a conversation, in which own is the user's membership, and closes the one
	// that was open. The caller counts [Visit.Unread].
	Visit(ctx context.Context, c Conversation, own Membership) (Visit, error)
	// MarkRead moves the user's own position forward in a conversation whose events the
	// session gets, and tells the user's other sessions. If nobody has the conversation
	// open, it applies otherwise instead, unless that is nil.
	MarkRead(id ConversationID, to Seq, otherwise *Advance)
	// ReadUpTo is MarkRead for any conversation, also for scripts.
	ReadUpTo(id ConversationID, to Seq, otherwise *Advance)
	// ShowsOwn says whether the screen shows messages of its own user in a conversation.
	ShowsOwn(id ConversationID, own bool)
	// Attend says that the user is at the screen.
	Attend()
	// Typing says that the user is writing in a conversation.
	Typing(id ConversationID)
	// Sending says how much of a file of the user's has arrived for a conversation. The
	// user's own screens are told too.
	Sending(id ConversationID, sent string)
	// Wrote says that the user is no longer writing, because the message was sent.
	Wrote()

	// HasBlocked reports whether the user has blocked another one.
	HasBlocked(user UserID) bool
	// SetBlocked says whom the user has blocked. The caller does not change the set afterwards.
	SetBlocked(users map[UserID]struct{})
}

// MarkerFlusher writes the markers that have moved to the store, in batches.
type MarkerFlusher interface {
	// Flush writes the waiting markers and returns when they are on disk.
	Flush(ctx context.Context) error
	// FlushForReading is Flush for callers that are about to read. If the disk is full,
	// they read the older markers instead of failing.
	FlushForReading(ctx context.Context) error
	// FlushAnd is Flush followed by do, before markers that move meanwhile are written.
	FlushAnd(ctx context.Context, do func() error) error
	// Stop writes the waiting markers for the last time.
	Stop()
}

// Elsewhere is what the live side tells other servers that share its database, and what it
// learns from them. Without other servers nobody calls it.
type Elsewhere interface {
	// Here returns the presence of all users who are connected to this server.
	Here() map[UserID]Presence
	// Changed returns the channel that receives when Here may have changed.
	Changed() <-chan struct{}
	// Replace says who is connected to other servers, and returns the users for whom that has
	// changed. The caller does not change the map afterwards.
	Replace(there map[UserID]Presence) (changed []UserID)
	// Tell tells the presence of a user to the members of the user's direct conversations.
	Tell(user UserID, direct []ConversationID)
	// Writing returns the channel that receives who is typing here. Some may be missing.
	Writing() <-chan Typing
	// Sees reports whether people here would see it if a user typed in a conversation on another
	// server.
	Sees(id ConversationID, user UserID) bool
	// Typed tells the screens here who is typing on another server.
	Typed(t Typing)
}

// Connected says who is connected to a server, or to several.
type Connected struct {
	Presence    map[UserID]Presence // of people with a screen
	Connections map[UserID]int      // how many each account has, also without a screen
}

// Roster knows who is connected to which of several servers that share a database.
type Roster interface {
	// Meet says who is connected to this server, and returns who is connected to the others. A
	// server that has not called it for [RosterLease], by the clock of the database, counts as
	// ended.
	Meet(ctx context.Context, here Connected) (there Connected, err error)
	// Leave says that nobody is connected to this server any more.
	Leave(ctx context.Context) error
}

// The times of a [Roster].
const (
	RosterEvery = 2 * time.Second
	RosterLease = 10 * time.Second
)

// JoinQueue holds the strangers at the join screen, and applies the limits for each address
// (see [Vicinity]).
type JoinQueue interface {
	// Enter adds a stranger with a key. look is called when something may have changed for
	// the stranger, and must not block. The caller calls leave when the stranger goes.
	Enter(fingerprint string, look func()) (leave func())
	// Closed returns why the server lets nobody in, or "" while it lets people in.
	Closed() string
	// MayJoin counts an account that an address makes in the mode [JoinOpen]. It reports
	// false if there were too many.
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
	// Replace puts these bans in place of all earlier ones. It also takes over the silences,
	// so that nobody sees silenced users type.
	Replace(bans []Ban) error
}

// Mailbox holds the events for one session until the session drains it. It never makes
// the sender wait, and its size is bounded. All methods may be called from several
// goroutines.
type Mailbox interface {
	// Wake returns the channel that receives when events wait. One receive stands for
	// everything that Drain then returns.
	Wake() <-chan struct{}
	// Drain removes and returns all waiting events. They are valid until the next call,
	// which reuses their memory. When the session must end, every batch has the reason.
	Drain() Batch
	// Ended returns a channel that is closed when the session must end, for callers that
	// may be busy with something else. [Batch.Ended] has the reason.
	Ended() <-chan struct{}
	// OnEnd calls f once, in a goroutine of its own, when the session must end. If it must
	// end already, that is at once.
	OnEnd(f func())
}

// Batch is what [Mailbox.Drain] takes from a mailbox.
type Batch struct {
	Events []Event
	// Receipts are the latest receipts of the conversation that the session has open; nil
	// if no marker has moved.
	Receipts *Receipts
	// Resync says that events were dropped before those in Events. The session must read
	// from the store what it missed.
	Resync bool
	// Ended is the reason why the session must end now, as a sentence for the user, or ""
	// if it goes on.
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

// TypingLasts is how long a user is shown as typing after an event. While the user writes,
// the screen sends the event again at most every [TypingEvery].
const (
	TypingLasts = 6 * time.Second
	TypingEvery = 3 * time.Second
)

// Stats counts what a service is doing, and what it has done since it started.
type Stats struct {
	Sessions   int   // that get events: screens, and scripts that follow conversations
	Scripts    int   // other sessions of scripts, which get no events
	Accounts   int   // that are connected
	Posted     int64 // messages and system lines
	Deliveries int64 // events that were put into mailboxes
	Resyncs    int64 // mailboxes that were full and were emptied
	Waiting    int   // events in all mailboxes
	Deepest    int   // events in the fullest mailbox
	Writing    int   // changes that wait for the database
	Requests   int   // people who have asked to be let in and wait for an answer

	// MarkerLag is for how long the oldest moved marker has waited to be written.
	MarkerLag time.Duration

	Bus BusStats // zero without other servers

	ExpiryRuns      int64 // how often the server has looked for expired messages
	ExpiredMessages int64 // messages and system lines that it has deleted since
	ExpiredFiles    int64 // files of those messages
}

// Connection is the connection of a client, with or without a session on it.
type Connection interface {
	// Proved returns the login that the client has proved so far, and the account that
	// the login opens, or 0 if it opens no account.
	Proved() (Login, UserID)
	// End closes the connection. Its user sees the reason. End does not wait for that.
	End(reason string)
}

// Login says how a client has proved its identity.
type Login struct {
	Key string // fingerprint of the key that signed
	// Authority is the fingerprint of the authority that has certified the key for the
	// account User, or "" for a key of the account itself. The caller has checked the
	// certificate.
	Authority string
	User      UserID
	From      netip.Addr // the client's address
}
