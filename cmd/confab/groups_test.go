package main

import (
	"slices"
	"strings"
	"testing"
)

// Direct messages look the same to both people. The other person sees the
// conversation once it has a message.
func TestDirectConversations(t *testing.T) {
	t.Parallel()
	s, keys, c := people(t, "ann", "bob", "eve")
	ann, bob, eve := c[0], c[1], c[2]
	ann.refuses("/dm nobody-here", "There is no account @nobody-here. Ctrl+K finds people.")
	ann.say("/dm bob")
	ann.isIn("@bob")
	ann.say("/add @eve") // not sent yet
	ann.shows("You can't add people to a direct message.")
	ann.press(keyCtrlU)
	ann.goes("#general")
	ann.say("now look")
	bob.shows("now look")
	for _, c := range []*client{ann, bob, s.connect(keys[1])} {
		if got := titles(c.text()); !slices.Equal(got, []string{"#general"}) {
			t.Errorf("before there is a message the list is %q", got)
		}
	}
	bob.say("/dm @Ann")
	bob.isIn("@ann")
	bob.say("from bob")
	ann.lists("@bob", "1")
	ann.goes("@bob")
	ann.say("from ann")
	bob.edge("from bob", "✔✔")
	bob.edge("from ann", "")
	if got := inOrder(ann.text(), []string{"from ann", "from bob"}); !slices.Equal(got, []string{"from bob", "from ann"}) {
		t.Errorf("ann sees %q", got)
	}
	// Direct messages stay between two people.
	ann.refuses("/leave", "You can't leave a direct message. /mute silences it.")
	ann.refuses("/rename couple", "That works in groups only, and this is a direct message.")
	ann.refuses("/remove @bob", "That works in groups only, and this is a direct message.")
	ann.refuses("/settings history on", "history is a setting of groups, and this is a direct message.")
	// To talk with a third person, make a group.
	ann.say("/add @eve")
	ann.shows("This makes a group with all of you")
	ann.shows("› /new NAME @bob @eve")
	ann.press("\x01", "\x1bf", "\x1bf", "\x17", "three", keyEnter) // Ctrl+A, Alt+F twice, Ctrl+W
	ann.isIn("#three")
	ann.shows("ann added bob") // they write to each other
	ann.shows("ann invited eve")
	bob.lists("#three", "new")
	eve.shows("@ann invites you to #three: /invitations answers.")
	s.connect(keys[2]).shows("1 invitation") // on a screen that opens later
	eve.say("/invitations")
	eve.shows("from @ann")
	eve.press("a")
	eve.isIn("#three")
	eve.lists("#three", "")
	if got := titles(eve.text()); slices.Contains(got, "@ann") || slices.Contains(got, "@bob") {
		t.Errorf("eve has %q", got)
	}
}

func TestPublicGroups(t *testing.T) {
	t.Parallel()
	_, _, c := people(t, "ann", "bob", "eve")
	ann, bob, eve := c[0], c[1], c[2]
	ann.say("/new crew @bob")
	ann.isIn("#crew")
	ann.shows("ann made this group")
	bob.joins("#crew")
	ann.shows("bob joined")
	bob.lists("#crew", "") // lines about the conversation are never unread
	ann.refuses("/new crew", "#crew exists already: choose another name.")
	ann.refuses("/new x @nobody-here", "There is no account @nobody-here. Ctrl+K finds people.")
	ann.refuses("/new two words", "Give the group one name, without spaces, and write @ before each member.")
	ann.refuses("/new x --secret", "/new has no option --secret. Its only option is --public.")
	ann.say("/new open --public")
	ann.isIn("#open")
	ann.say("/topic What everyone may read")
	ann.shows("ann set the topic: What everyone may read")
	eve.say("/list")
	eve.shows("Public groups")
	eve.shows("1 member; What everyone may read")
	if strings.Contains(eve.text(), "#crew") {
		t.Error("a private group is listed for those who are not in it")
	}
	eve.press("q")
	eve.refuses("/join #crew", "No public group has that name. /list shows the public groups.")
	eve.refuses("/join #nothing", "No public group has that name. /list shows the public groups.")
	eve.say("/join #open")
	eve.isIn("#open")
	eve.shows("eve joined")
	ann.shows("eve joined")
	eve.say("hello everyone")
	ann.shows("hello everyone")
	// The group is renamed on all screens.
	ann.say("/rename agora")
	for _, c := range []*client{ann, eve} {
		c.isIn("#agora")
		c.shows("ann renamed this group to #agora")
		c.shows(" #agora  What everyone may read")
		c.lists("#agora", "")
	}
	ann.refuses("/rename crew", "#crew exists already: choose another name.")
	ann.say("/topic")
	eve.shows("ann removed the topic")
	eve.hides(" #agora  What everyone may read")
	// The group is no longer public: members stay, and nobody else can join.
	ann.say("/settings public off")
	eve.shows("ann changed the settings: public is off")
	bob.refuses("/join #agora", "No public group has that name. /list shows the public groups.")
	eve.say("/leave")
	eve.isIn("#general")
	ann.shows("eve left")
	eve.shows("#agora")
	if _, ok := entryOf(eve.text(), "#agora"); ok {
		t.Errorf("eve has left and lists %q", titles(eve.text()))
	}
	eve.refuses("/leave", "You can't leave #general: everyone on this server is a member. /mute silences it.")
	// The last member can simply leave.
	ann.say("/leave")
	ann.shows("You have left #agora.")
}

// Permissions in a group, and the refusals of people without them.
func TestRoles(t *testing.T) {
	t.Parallel()
	_, _, c := people(t, "ann", "bob", "eve", "fay")
	ann, bob, eve, fay := c[0], c[1], c[2], c[3]
	ann.say("/new crew @bob @eve")
	ann.isIn("#crew")
	for _, c := range []*client{bob, eve} {
		c.joins("#crew")
		c.lists("#crew", "")
		c.goes("#crew")
	}
	const (
		managers = "Only owners and admins can do that here. Ask one of them: /members shows who they are."
		owners   = "Only an owner can change roles. Ask one of them: /members shows who they are."
	)
	bob.refuses("/add @fay", "Only owners and admins can add members here. Ask one of them: /members shows who they are.")
	bob.refuses("/remove @eve", managers)
	bob.refuses("/rename mine", managers)
	bob.refuses("/topic mine", managers)
	bob.refuses("/settings members-add on", managers)
	bob.refuses("/role @bob owner", owners)
	// A group can let its members add people.
	ann.say("/settings members-add on")
	bob.shows("ann changed the settings: members-add is on")
	bob.say("/add fay")
	bob.shows("bob invited fay")
	fay.joins("#crew")
	bob.shows("fay joined")
	bob.refuses("/add @fay", "Nobody was added: they are members already.")
	fay.lists("#crew", "")
	// An admin manages the members, but not their roles.
	ann.refuses("/role @bob king", "Unknown role \"king\". Choose owner, admin or member.")
	ann.say("/role @bob admin")
	bob.shows("ann made bob an admin")
	bob.say("/topic set by an admin")
	eve.shows("bob set the topic: set by an admin")
	bob.shows(" #crew  set by an admin")
	bob.say("/group")
	bob.setting("members-add", "on")
	bob.setting("history", "off")
	bob.press("q")
	bob.refuses("/role @eve admin", owners)
	bob.refuses("/remove @ann", "ann is an owner here, so only an owner can remove them.")
	bob.refuses("/remove @bob", "You can't remove yourself. /leave takes you out of the group.")
	bob.say("/remove @fay")
	eve.shows("bob removed fay")
	fay.until("#crew to be gone", func(screen string) bool { return !slices.Contains(titles(screen), "#crew") })
	bob.refuses("/remove @fay", "fay is not a member of #crew. /members shows who is.")
	ann.say("/members")
	ann.shows("Members of #crew")
	for _, want := range [][]string{{"ann", "owner, online"}, {"bob", "admin, online"}, {"eve", "online"}} {
		if row, _ := rowWith(ann.text(), "  "+want[0]+" "); !strings.HasSuffix(row, " "+want[1]) {
			t.Errorf("the members have %q, want %q", row, want)
		}
	}
	ann.press("q")
	ann.hides("Members of #crew")
	// There is always an owner.
	ann.refuses("/leave", "You are the last owner of #crew: make another member an owner first. /role @name owner does")
	ann.refuses("/role @ann member", "ann is the last owner of #crew: make somebody else an owner first.")
	ann.say("/role @bob owner")
	bob.shows("ann made bob an owner")
	ann.say("/leave")
	bob.shows("ann left")
	ann.isIn("#general")
	bob.say("/role @eve admin")
	eve.shows("bob made eve an admin")
}

// New members see earlier messages only if the group is set to show them.
func TestHistoryForThoseWhoComeLater(t *testing.T) {
	t.Parallel()
	_, _, c := people(t, "ann", "bob", "eve")
	ann, bob, eve := c[0], c[1], c[2]
	ann.say("/new crew")
	ann.isIn("#crew")
	ann.say("an old secret")
	ann.showsSent("an old secret")
	ann.say("/add @bob")
	bob.joins("#crew")
	bob.lists("#crew", "") // none of these are unread
	bob.goes("#crew")
	bob.shows("bob joined")
	bob.hides("an old secret")
	ann.say("/settings history on")
	bob.shows("ann changed the settings: history is on")
	ann.say("/add @eve")
	eve.joins("#crew")
	eve.lists("#crew", "")
	eve.goes("#crew")
	eve.shows("eve joined")
	eve.shows("an old secret")
	ann.edge("an old secret", "✓") // and she is not among its readers
}

// A removed member loses the conversation on all screens, whatever they show.
func TestRemovedOnAllScreens(t *testing.T) {
	t.Parallel()
	s, keys, c := people(t, "ann", "fay")
	ann, here := c[0], c[1]
	ann.say("/new crew @fay")
	ann.isIn("#crew")
	here.joins("#crew")
	ann.say("a secret")
	here.lists("#crew", "1")
	here.goes("#crew")
	here.shows("a secret")
	here.press("half a thought")
	elsewhere, covered := s.connect(keys[1]), s.connect(keys[1])
	covered.goes("#crew")
	covered.shows("a secret")
	covered.press(keyF1)
	covered.shows("Esc closes")
	ann.say("/remove @fay")
	for _, c := range []*client{here, covered} {
		c.isIn("#general")
		c.shows("You are no longer a member of #crew.")
		c.hides("a secret")
	}
	for _, c := range []*client{here, covered, elsewhere} {
		c.until("#crew to be gone", func(screen string) bool { return slices.Equal(titles(screen), []string{"#general"}) })
	}
	here.press(keyCtrlU)
	here.refuses("/join #crew", "No public group has that name. /list shows the public groups.")
	// They receive nothing from it.
	ann.say("among ourselves")
	ann.showsSent("among ourselves")
	ann.goes("#general")
	ann.say("in general")
	for _, c := range []*client{here, covered, elsewhere} {
		c.shows("in general")
		if strings.Contains(c.received(), "among ourselves") {
			t.Error("one who was removed is told what is said afterwards")
		}
	}
}

// If the author of a message is removed while it is being sent, either the message
// is posted first, or its author is told and still has it.
func TestASendThatRacesTheRemoval(t *testing.T) {
	t.Parallel()
	var ann, fay *client
	for tries, waited := 1, false; !waited && tries < 20; tries++ {
		s, _, c := people(t, "ann", "fay")
		ann, fay = c[0], c[1]
		ann.say("/new crew @fay")
		ann.isIn("#crew")
		fay.joins("#crew")
		fay.lists("#crew", "")
		fay.goes("#crew")
		fay.shows("fay joined")
		waited = whileLocked(t, s.dir, func() {
			ann.say("/remove @fay")
			ann.settled() // so it probably waits for the lock before the message does
			fay.say("wait for me")
			fay.shows("wait for me")
		})
	}
	fay.isIn("#general")
	ann.shows("ann removed fay")
	ann.settled()
	if strings.Contains(ann.text(), "wait for me") {
		return // the message was first
	}
	fay.shows("Ctrl+Y") // with what it does
	fay.press("\x19")
	fay.shows("› wait for me")
}

// An owner sets how long messages of a group are kept, and everybody sees that.
func TestAGroupsMessagesAreKeptForATime(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := startServer(t, dir, "--keep", "90d")
	ann := s.connect(enrol(t, dir, "ann"))
	ann.say("/new ops")
	ann.shows("ann made this group")
	ann.say("/settings keep 5m")
	ann.shows("is not a time to keep messages")
	ann.press(keyCtrlU)
	ann.say("/settings keep 30d")
	ann.shows("ann changed the settings: keep is 30d")
	ann.say("/group")
	ann.setting("keep", "30d")
}
