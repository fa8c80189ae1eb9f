// Package chat is what chat is: users, conversations, messages, who may do
// what, and the use cases that change them. It knows nothing of SQL, SSH or
// terminals. It declares the interfaces that it needs: [Store] keeps what must
// survive a restart, [Blobs] keeps what is in files, and [Live] knows who is connected.
//
// [New] starts a [Service], on which sessions are opened. What a [Session] can do is in
// parts, such as [Session.Messages] and [Session.Groups]. What the host does is in
// [Service.Accounts], [Service.Joining] and [Service.Host].
//
// A message takes this way: [Messages.Send] cleans and checks it, the writer
// commits it together with whatever else waits (one transaction for all), [Live]
// puts the event into the [Mailbox] of every session of the conversation,
// and only then does Send return. So a message that a session shows as sent is on disk,
// and every session sees a conversation in the same order.
package chat
