package timeline

import (
	"math"
	"slices"
	"time"

	"confab/app/chat"
	"confab/tui/outbox"
)

const (
	// pageSize is how many messages are read from the store at a time: a few more than a
	// tall screen shows.
	pageSize = 64
	// windowLimit is how many messages around the place stay in memory. Others are read
	// again when the user scrolls to them.
	windowLimit = 8 * pageSize
)

// newest reads the newest messages, if it is given as the number to read before.
const newest = chat.Seq(math.MaxInt64)

// conversation holds the messages of one conversation around the place that is shown: a
// window of them without gaps. It does no I/O: the timeline asks it which page it needs,
// reads that page, and passes it on.
type conversation struct {
	id     chat.ConversationID
	thread chat.Seq // the root of the thread that is shown, 0 for the conversation itself

	window  []*chat.Message // ascending, without gaps in what is shown
	latest  chat.Seq        // the newest message that is known to exist and may be shown
	heard   chat.Seq        // the newest message that an event or the list has mentioned, shown here or not
	loaded  bool            // the first page is there
	atStart bool            // the window begins with the first message
	reading bool            // a page is being read
	pages   int             // counts how often the window was replaced; pages that were asked for before are dropped
	resyncs int             // counts how often events were dropped
	synced  int             // up to which of these the window has caught up
	stale   bool            // messages in the window may have been edited since they were read

	meanwhile []*chat.Message // messages that were edited or deleted while a page was read

	outbox *outbox.Outbox // has the messages that are not known to be on disk

	// The place is the end, which the view then follows, or the row at the bottom of the
	// screen, as the number of its message and its index among that message's rows.
	following  bool
	bottomSeq  chat.Seq
	bottomLine int
	bottomOf   int      // how many rows the message had then, 0 if that is not known
	unseen     int      // messages that arrived below the place
	cleared    chat.Seq // the last message that /clear hides while the view follows the end, 0 for none

	// Reading. The visit begins when the chat has answered it.
	visit    int // its number among all of the session
	visited  bool
	untold   bool     // the chat could not be told that it is open
	seen     chat.Seq // the user's own position
	line     chat.Seq // the unread line is drawn before this message; 0 for none
	seek     bool     // the place is to be the unread line, once it is there
	wrote    bool     // the user has written during the visit, or before the chat has answered it
	target   chat.Seq // the place is to be this message, once it is there; 0 for none
	settle   bool     // the user has returned to the place, which may be the end
	receipts *chat.Receipts
	own      bool // the chat knows that messages of the user's own are shown
	follows  bool // the user follows the thread

	placed  placement
	rows    rowCache
	drawing drawing
	picture *picture // nil if none is shown
	widest  widest
}

// contextAbove is how many messages are read above the unread line.
const contextAbove = 16

func newConversation(id chat.ConversationID, o *outbox.Outbox) *conversation {
	return &conversation{id: id, outbox: o, following: true}
}

// enter begins a visit. A line separates the unread messages. It is the place if they fill more
// than a screen, or if it would otherwise be the last row, with no unread message in view.
func (t *conversation) enter(v chat.Visit) {
	t.visited, t.seen, t.receipts = true, v.Seen, v.Receipts
	read := t.bottomSeq == v.Seen || t.bottomSeq == v.Seen+1
	if t.following = t.following || read && t.target == 0 && v.Unread > 0; !t.following {
		t.unseen = v.Unread
	}
	if v.Unread > 0 && !t.wrote {
		t.line = v.Seen + 1
		t.seek = t.following
	}
}

// close ends a visit. The place is kept.
func (t *conversation) close() {
	t.visited, t.untold, t.line, t.seek, t.wrote, t.target, t.settle, t.receipts, t.own = false, false, 0, false, false, 0, false, nil, false
	t.placed, t.rows, t.drawing, t.cleared, t.picture = placement{}, rowCache{}, drawing{}, 0, nil
	t.widest = widest{}
	t.drop()
}

// drop empties the window. A page that is being read is dropped when it arrives.
func (t *conversation) drop() {
	t.window, t.loaded, t.reading, t.atStart, t.stale, t.meanwhile = nil, false, false, false, false, nil
	t.pages++
}

// again has the window around the unread line read from the store again.
func (t *conversation) again() {
	t.following, t.seek = true, true
	t.drop()
}

// Counts reports whether a message counts as unread until self has seen it.
func Counts(m *chat.Message, self chat.UserID) bool { return m.Author != self && m.Counts() }

// atEnd reports whether the window ends with the newest message.
func (t *conversation) atEnd() bool {
	return t.loaded && t.synced == t.resyncs && t.lastOrZero() >= t.latest
}

func (t *conversation) last() chat.Seq  { return t.window[len(t.window)-1].Seq }
func (t *conversation) first() chat.Seq { return t.window[0].Seq }

// posted handles a committed message, from an event or from the answer to a send.
func (t *conversation) posted(m *chat.Message) {
	if m.Seq <= t.heard {
		return // known already, by the other way
	}
	gap := m.Seq != t.heard+1
	if t.heard = m.Seq; !t.shows(m) {
		if gap { // messages may be missing that belong to the view
			t.latest = max(t.latest, m.Seq)
		}
		return
	}
	if m.Seq <= t.latest {
		return // a page had it
	}
	joins := t.loaded && !gap && t.atEnd()
	t.latest = m.Seq
	if !t.following {
		t.unseen++
	}
	if joins {
		t.window = append(t.window, m)
		t.trim()
	}
}

// need describes a page to read from the store.
type need struct {
	conversation chat.ConversationID
	thread       chat.Seq
	before       chat.Seq // messages below this, if after is 0
	after        chat.Seq // messages above this
	reset        bool     // the page replaces the window
	resyncs      int      // as it was when the reading began
	visit, pages int      // likewise
	latest       chat.Seq // likewise
}

// needs returns the page that has to be read now for a screen of this height, if any.
func (t *conversation) needs(height int) (need, bool) {
	n := need{conversation: t.id, thread: t.thread, resyncs: t.resyncs, visit: t.visit, pages: t.pages, latest: t.latest}
	anew := !t.loaded || t.stale
	switch {
	case t.reading:
		return n, false
	case !t.loaded && !t.visited:
		return n, false
	case anew && t.seek:
		n.after, n.reset = max(t.line-1-contextAbove, 0), true
	case anew && !t.following:
		n.after, n.reset = max(t.bottomSeq-pageSize/2, 0), true
	case anew:
		n.before, n.reset = newest, true
	case t.following && !t.seek && !t.atEnd():
		// The window is behind after a resync or a jump to the end. Then a screenful is
		// enough, wherever the window was.
		if t.latest-t.lastOrZero() > pageSize {
			n.before, n.reset = newest, true
		} else {
			n.after = t.lastOrZero()
		}
	case !t.atStart && len(t.window) > 0 && t.nearTop(height):
		n.before = t.first()
	case (!t.following || t.seek) && !t.atEnd() && t.nearEnd(height):
		n.after = t.last()
	default:
		return n, false
	}
	t.reading = true
	return n, true
}

func (t *conversation) lastOrZero() chat.Seq {
	if len(t.window) == 0 {
		return 0
	}
	return t.last()
}

// end is the newest message in the window that somebody wrote and nobody deleted, 0
// if there is none.
func (t *conversation) end() chat.Seq {
	for i := len(t.window) - 1; i >= 0; i-- {
		if t.window[i].Counts() {
			return t.window[i].Seq
		}
	}
	return 0
}

// nearTop and nearEnd report whether the place is close to an end of the window. They count
// messages, because each has at least one row.
func (t *conversation) nearTop(height int) bool {
	if t.following {
		return len(t.window) < height
	}
	return t.indexOfBottom() < 2*height
}

func (t *conversation) nearEnd(height int) bool {
	return len(t.window)-t.indexOfBottom() < 2*height
}

func (t *conversation) indexOfBottom() int {
	if t.following || len(t.window) == 0 {
		return len(t.window) - 1
	}
	i, _ := t.index(t.bottomSeq)
	return min(i, len(t.window)-1)
}

// read takes the page that was asked for. If it could not be read, ok is false, and it is
// asked for again after the next event, or when the screen reads everything again.
func (t *conversation) read(n need, page []*chat.Message, ok bool) {
	if n.visit != t.visit || n.pages != t.pages {
		return // it belongs to an earlier visit or window
	}
	t.reading, t.drawing = false, drawing{}
	late := t.meanwhile
	t.meanwhile = nil
	if !ok {
		return
	}
	for _, m := range late {
		replace(page, m)
	}
	if n.reset && n.resyncs == t.resyncs {
		t.stale = false
	}
	t.placed = placement{}
	read := len(page)
	if read > 0 {
		t.latest = max(t.latest, page[len(page)-1].Seq)
		if n.before == 0 || n.before == newest {
			t.heard = max(t.heard, page[len(page)-1].Seq)
		}
	}
	if n.reset {
		t.widest = widest{} // the names may be others
	}
	switch {
	case n.reset && n.before > 0:
		t.window, t.loaded = page, true
		t.atStart = len(page) < pageSize
		t.synced = n.resyncs
	case n.reset:
		t.window, t.loaded = page, true
		t.atStart = n.after == 0
		if len(page) < pageSize {
			t.synced = n.resyncs
		}
	case n.before == 0:
		if len(page) < pageSize { // there was no more
			t.synced = n.resyncs
		}
		// Events may have brought some of its messages meanwhile.
		page = slices.DeleteFunc(page, func(m *chat.Message) bool { return m.Seq <= t.lastOrZero() })
		t.window = append(t.window, page...)
	default:
		t.atStart = len(page) < pageSize
		if len(t.window) > 0 && n.before == t.first() {
			t.window = append(page, t.window...)
		}
	}
	// A message that was sent before the connection broke, or while events were
	// dropped, is on disk if it is in a page.
	for _, m := range page {
		t.outbox.Confirm(t.id, m.ID)
	}
	if n.latest == t.latest && (n.before == newest || n.before == 0 && read < pageSize) {
		// The store has no more that this user may see, even if the list says so.
		// New members of a group see nothing from before they joined.
		t.latest = t.lastOrZero()
	}
	t.trim()
}

// trim keeps the window bounded. It drops the messages farthest from the place.
func (t *conversation) trim() {
	defer t.checkPicture()
	over := len(t.window) - windowLimit
	if over < pageSize { // not one at a time
		return
	}
	at := t.indexOfBottom()
	if t.seek {
		at = 0
	}
	if at >= len(t.window)/2 {
		t.window = slices.Clone(t.window[over:])
		t.atStart = false
	} else {
		t.window = slices.Clone(t.window[:windowLimit])
	}
}

// resync is called when events were dropped. Then only the store knows where the end is,
// and which messages in the window have changed. A page that is being read may be older
// than that.
func (t *conversation) resync() { t.resyncs, t.stale = t.resyncs+1, t.loaded || t.reading }

// follow goes to the end.
func (t *conversation) follow() {
	t.following, t.seek, t.target, t.unseen = true, false, 0, 0
}

// goTo moves the place to a message. If the message is not in the window, the messages
// around it are read.
func (t *conversation) goTo(seq chat.Seq) {
	t.target, t.seek, t.cleared = seq, false, 0
	if len(t.window) > 0 && t.first() <= seq && seq <= t.last() {
		return
	}
	t.following, t.bottomSeq, t.bottomLine, t.bottomOf = false, seq, 0, 0
	t.drop()
}

// altered handles a message that was edited or deleted. A page that is being read may still
// have its old state.
func (t *conversation) altered(m *chat.Message) {
	if t.reading {
		t.meanwhile = append(t.meanwhile, m)
	}
	replace(t.window, m)
	t.placed, t.drawing = placement{}, drawing{}
	t.checkPicture()
}

// replace puts a later state of a message into the window, and into the quotes of it.
func replace(window []*chat.Message, m *chat.Message) {
	for i, o := range window {
		switch {
		case o.Seq == m.Seq && m.Newer(o):
			window[i] = m
		case o.ReplyTo != nil && o.ReplyTo.Seq == m.Seq:
			window[i] = quoting(o, m.Body)
		}
	}
}

// purge removes the text of messages, and of their quotes, whose author's account was
// deleted with all its messages.
func (t *conversation) purge(user chat.UserID, at time.Time) {
	if t.reading {
		t.resync() // the page may be from before
	}
	for i, m := range t.window {
		if m.ReplyTo != nil && m.ReplyTo.Author == user {
			t.window[i] = quoting(m, "")
		}
	}
	for _, m := range t.window {
		if m.Author == user && !m.System() && !m.Deleted() {
			gone := *m
			gone.Body, gone.File, gone.ReplyTo, gone.Reactions, gone.DeletedAt = "", nil, nil, nil, at
			t.altered(&gone)
		}
	}
}

// countUnread counts the messages that self has not seen. It knows the number only if all
// of them are in the window.
func (t *conversation) countUnread(self chat.UserID) (n int, ok bool) {
	if !t.atEnd() || len(t.window) == 0 || t.first() > t.seen+1 && !t.atStart {
		return 0, false
	}
	for i := len(t.window) - 1; i >= 0 && t.window[i].Seq > t.seen && n < chat.UnreadLimit; i-- {
		if Counts(t.window[i], self) {
			n++
		}
	}
	return n, true
}
