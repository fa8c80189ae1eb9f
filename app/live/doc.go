// Package live knows who is connected, and sends events to the open sessions. A
// [Hub] implements [chat.Live]: after each commit, the writer calls [Hub.Apply], which
// puts events into the mailboxes of the sessions that the change concerns.
//
// Each active conversation is a live conversation here. It has the sessions that
// get its events and, while a session has it open, the markers of its members.
// Markers move in memory first. The hub then tells the sessions that have the
// conversation open. A moment later it writes all moved markers to the store in one
// transaction.
//
// Nothing here waits for a session. A full mailbox is emptied, and its session
// reads the missed events from the store. All sessions share one value for an
// event, and delivering it allocates nothing.
package live
