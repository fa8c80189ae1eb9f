package sshd

import (
	"confab/app/service"
	"confab/tui"
	"confab/tui/command"
)

// BackendOf wires a screen to a session. It is here because the packages of the screen know
// the chat only by the small interfaces that they declare.
func BackendOf(s *service.Session) tui.Backend {
	messages, groups, receipts := s.Messages(), s.Groups(), s.Receipts()
	account, contacts, admission := s.Account(), s.Contacts(), s.Admission()
	return tui.Backend{
		Mailbox:  s.Mailbox(),
		Lister:   groups,
		Counter:  receipts,
		Blocker:  contacts,
		Messages: messages,
		Receipts: struct {
			*service.Session
			service.ReadReceipts
		}{s, receipts},
		Edits:  messages,
		Drafts: messages,
		Typing: messages,
		Outbox: struct {
			*service.Session
			service.Messages
		}{s, messages},
		Directory: contacts,
		Completion: struct {
			service.Contacts
			service.Groups
		}{contacts, groups},
		Search:      messages,
		Keys:        account,
		Requests:    admission,
		Invitations: groups,
		Commands: command.Chat{
			Groups: groups, Contacts: contacts, Receipts: receipts, Account: account, Admission: admission,
			Moderation: func() command.Moderation { return s.Moderation() },
		},
		Selected: struct {
			service.Messages
			service.ReadReceipts
		}{messages, receipts},
		Preferences: account,
	}
}
