package main

// mutants are the faults. Some of them once survived the tests.
var mutants = []mutant{
	{
		area: "receipts", fault: "an older read replaces a newer one when waiting markers are merged",
		file: "app/live/flusher.go", code: "if have.Read >= a.Read {", instead: "if have.Read == a.Read {",
		tests: "^TestAnOlderMarkerReplacesNoNewerOne$",
	},
	{
		area: "receipts", fault: "a marker that waits to be written undoes \"mark unread\"",
		file: "app/live/conversation.go", code: "	c.hub.flusher.unsee(c.id, user)\n", instead: "",
		in: "app/service", tests: "^TestMarkingUnreadHoldsAgainstReadsThatWait$",
	},
	{
		area: "durability", fault: "commits do not wait for the disk",
		file: "db/sqlite/store.go", code: "_pragma=synchronous(FULL)", instead: "_pragma=synchronous(OFF)",
		tests: "^TestEachCommitWaitsForTheDisk$",
	},
	{
		area: "durability", fault: "a power cut undoes commits that were acknowledged",
		file: "db/sqlite/store.go", code: "_pragma=synchronous(FULL)", instead: "_pragma=synchronous(NORMAL)",
		in: "db/sqlite/disktest", tests: "^TestAPowerCutLosesNothingAcknowledged$",
	},
	{
		area: "files", fault: "a posted file is not flushed to the disk",
		file: "db/blobs/blob.go", code: "errors.Join(b.store.flush(b.file), b.file.Close())", instead: "errors.Join(b.file.Close())",
		tests: "^TestAContentIsFlushedBeforeItIsKept$",
	},
	{
		area: "backup", fault: "the copy of the database in a backup is not checked",
		file: "cmd/confab/datafolder/archive.go", code: "if err := upkeep.Check(ctx, b.database); err != nil {", instead: "if err := error(nil); err != nil {",
		in: "cmd/confab", tests: "^TestScripts$/^damaged$",
	},
	{
		area: "fan-out", fault: "tail -f does not notice a gap in the numbers",
		file: "app/command/follow/follower.go", code: "case again || m.Seq > p.At+1:", instead: "case again:",
		tests: "^TestAFollowerReadsWhatIsMissing$",
	},
	{
		area: "moderation", fault: "a kick also ends sessions that were opened after it",
		file: "app/live/apply.go", code: "return s.user == c.User && !s.opened.After(c.At)", instead: "return s.user == c.User",
		in: "app/service", tests: "^TestAKickEndsWhatWasOpenBefore$",
	},
	{
		area: "permissions", fault: "anyone can join a group that is not public",
		file: "app/chat/permission.go", code: "c.Kind == KindGroup && c.Public {", instead: "c.Kind == KindGroup {",
		tests: "^(TestDecide|TestDecideContact|TestDecideServer|TestASilenceEnds)$",
	},
	{
		area: "permissions", fault: "members write in a read-only group",
		file: "app/chat/permission.go", code: "if c.ReadOnly && !m.moderates(c) {", instead: "if c.ReadOnly && !m.Member() {",
		tests: "^(TestDecide|TestDecideContact|TestDecideServer|TestASilenceEnds)$",
	},
	{
		area: "permissions", fault: "members do what only owners and admins may",
		file: "app/chat/permission.go", code: "case m.mayManage(), action != ActionOpen && m.moderates(c):", instead: "case m.Member():",
		tests: "^(TestDecide|TestDecideContact|TestDecideServer|TestASilenceEnds)$",
	},
	{
		area: "permissions", fault: "admins of a group change roles",
		file: "app/chat/permission.go", code: "case action == ActionSetRole:", instead: "case action == ActionSetRole && !m.mayManage():",
		tests: "^(TestDecide|TestDecideContact|TestDecideServer|TestASilenceEnds)$",
	},
	{
		area: "permissions", fault: "admins of the server act on its owners",
		file: "app/chat/permission.go", code: "actor.Role == RoleAdmin && target.Role != RoleMember:", instead: "actor.Role == RoleAdmin && target.Role == RoleAdmin:",
		tests: "^(TestDecide|TestDecideContact|TestDecideServer|TestASilenceEnds)$",
	},
	{
		area: "permissions", fault: "a disabled owner of the server acts",
		file: "app/chat/permission.go", code: "case actor.Disabled || ", instead: "case ",
		tests: "^(TestDecide|TestDecideContact|TestDecideServer|TestASilenceEnds)$",
	},
	{
		area: "permissions", fault: "a person who is blocked writes to the one who blocks",
		file: "app/chat/permission.go", code: "case k.Blocked && action != ActionAdd:", instead: "case k.Blocked && action == ActionLeave:",
		tests: "^(TestDecide|TestDecideContact|TestDecideServer|TestASilenceEnds)$",
	},
	{
		area: "permissions", fault: "a silence keeps nobody from writing",
		file: "app/chat/permission.go", code: "\treturn writes(action)\n}\n\n// writes", instead: "\treturn writes(action) && action != ActionPost\n}\n\n// writes",
		tests: "^(TestDecide|TestDecideContact|TestDecideServer|TestASilenceEnds)$",
	},
	{
		area: "receipts", fault: "read markers that were withdrawn are written",
		file: "app/chat/receipts.go", code: "a.Read, a.ReadAt, a.ReadFrom = 0, time.Time{}, max(a.ReadFrom, a.Seen)", instead: "a.ReadFrom = max(a.ReadFrom, a.Seen)",
		in: "app/live", tests: "^TestWithdrawnReadsAreNotWritten$",
	},
	{
		area: "fan-out", fault: "a mailbox that overflows loses events without a resync",
		file: "app/live/mailbox.go", code: "\t\tm.events = nil\n\t\tm.resync = true\n", instead: "\t\tm.events = nil\n",
		tests: "^TestMailboxThatOverflowsAsksForAResync$",
	},
	{
		area: "cluster", fault: "a server does not read what others have committed before its own commit",
		file: "app/writer/record.go", code: "	found, err := hole(ctx, w.o.Store, r.at, r.seen, now.Before(r.own), r.shared)\n", instead: "	found, err := earlier{}, error(nil)\n",
		in: "app/bus", tests: "^TestTheBusOnlyWakes$",
	},
	{
		area: "cluster", fault: "a server that is woken takes the clock and reads nothing",
		file: "app/writer/record.go", code: "	return hole(ctx, w.o.Store, w.o.Now(), w.LastSeen(), now, w.o.Bus != nil)\n", instead: "	return earlier{at: now}, nil\n",
		in: "app/bus", tests: "^TestTheBusOnlyWakes$",
	},
	{
		area: "cluster", fault: "what is said on the bus is no reason to look into the database",
		file: "app/writer/record.go", code: "if said.Possible() && before.Reached(said) {", instead: "if said.Possible() {",
		tests: "^TestWhatServersSayIsOnlyAReasonToLook$",
	},
	{
		area: "cluster", fault: "the bus shows people as typing who are not connected to another server",
		file: "app/roster/roster.go", code: "k.there[t.User] == chat.Offline || ", instead: "",
		tests: "^TestTheBusIsNotBelieved$",
	},
}
