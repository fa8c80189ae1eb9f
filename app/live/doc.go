// Package live knows who is connected, and brings what happens to the open sessions.
// A [Hub] implements [chat.Live]: package chat commits a change and calls [Hub.Apply],
// which puts events into the mailboxes of the sessions that the change is about.
//
// Each conversation in which something happens is a live conversation here: the
// sessions that get its events, and while a session has it open, how far each member
// has read. Read markers that move are kept in memory, told to the sessions that have
// the conversation open, and written to the store a moment later, all in one
// transaction.
//
// Nothing here waits for a session. A mailbox that is full is emptied, and its session
// reads from the store what it missed. An event is one value for all sessions that get
// it, and delivering it allocates nothing.
package live
