// Package chat has the rules of the chat: users, conversations, messages, permissions,
// and the use cases that change them. It knows nothing of SQL, SSH or terminals. It
// declares the interfaces that it needs: [Store] keeps everything that must survive a
// restart, [Blobs] keeps the contents of files, and [Live] knows who is connected.
//
// [New] starts a [Service], which opens sessions. The use cases of a [Session] are in
// parts, such as [Session.Messages] and [Session.Groups]. Those of the host are in
// [Service.Accounts], [Service.Joining] and [Service.Host].
//
// [Messages.Send] cleans and checks a message. The writer commits it, together with all
// other waiting changes, in one transaction. [Live] then puts the event into the
// [Mailbox] of every session of the conversation. Only then does Send return. So a
// message that a session shows as sent is on disk, and all sessions see a conversation
// in the same order.
package chat
