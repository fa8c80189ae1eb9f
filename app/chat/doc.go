// Package chat defines the nouns of the chat (accounts, conversations, messages, markers
// and more) and the rules for them. [Decide], [DecideServer] and [DecideContact] decide who
// may do what. The package changes nothing by itself: the use cases are in package service.
// It knows nothing of SQL, SSH or terminals.
//
// The file of each noun also declares the part of the database that keeps it, such as
// [MessageReader] and [MessageTx]. [Store] puts these parts together, and keeps everything
// that must survive a restart. [Blobs] keeps the contents of files, and [Live] knows who is
// connected. Other packages implement these interfaces and draw these values, without
// needing the use cases.
//
// The changes that a commit makes are a list of [Change] values. Open sessions learn of
// them as [Event] values, which arrive in the [Mailbox] of each session. A use case that
// refuses something returns a [Refusal], with a [Hint] about what to do next.
package chat
