// Package chat says what the chat is: accounts, conversations, messages, markers and the
// other nouns, and the rules for them, of which [Decide] and its like decide who may do
// what. It changes nothing by itself: the use cases are in package service. It knows
// nothing of SQL, SSH or terminals.
//
// The file of each noun also declares the part of the database that keeps it, such as
// [MessageReader] and [MessageTx]. [Store] puts these parts together: it keeps everything
// that must survive a restart. [Blobs] keeps the contents of files, and [Live] knows who
// is connected. Several packages implement these interfaces or draw these values, and
// need nothing of the use cases.
//
// A commit is told to the open sessions as a list of values, each a [Change]. What
// reaches a session's [Mailbox] is an [Event]. A use case that refuses something returns
// a [Refusal], with a [Hint] about what to do next.
package chat
