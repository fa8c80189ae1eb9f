// Package service has the use cases of the chat: what people, programs and the host can do
// with the nouns of package chat, by its rules. It keeps everything in a [chat.Store],
// the contents of files in [chat.Blobs], and tells open sessions through a [chat.Live].
//
// [New] starts a [Service], which opens sessions. The use cases of a [Session] are in
// parts, such as [Session.Messages] and [Session.Groups]. Those of the host are in
// [Service.Accounts], [Service.Joining] and [Service.Host].
//
// [Messages.Send] cleans and checks a message. The writer commits it, together with all
// other waiting changes, in one transaction. [chat.Live] then puts the event into the
// [chat.Mailbox] of every session of the conversation. Only then does Send return. So a
// message that a session shows as sent is on disk, and all sessions see a conversation
// in the same order.
package service
