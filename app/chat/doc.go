// Package chat is what chat is: users, conversations, messages, who may do
// what, and the use cases that change them. It knows nothing of SQL, SSH or
// terminals: it declares the [Store] that it needs and hands events to
// whoever opened a [Session].
//
// A message takes this way: [Messages.Send] cleans and checks it, the writer
// commits it together with whatever else waits (one transaction for all), the
// hub puts the event into the [Mailbox] of every session of the conversation,
// and only then does Send return. So what a session shows as sent is on disk,
// and every session sees a conversation in the same order.
package chat
