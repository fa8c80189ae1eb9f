package main

// mutants are the faults. Each has once been made by mistake in a program like this one, or
// survived the tests of this one.
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
}
