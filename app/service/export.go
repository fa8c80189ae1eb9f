package service

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/google/uuid"

	"confab/app/chat"
)

// exportPage is how many messages are read at once for an export.
const exportPage = 500

// exported has an account's own data, without its messages, which may be many.
type exported struct {
	Format        string                 `json:"format"`
	ExportedAt    time.Time              `json:"exported_at"`
	Profile       exportedProfile        `json:"profile"`
	Keys          []exportedKey          `json:"keys"`
	Preferences   map[string]string      `json:"preferences"`
	Conversations []exportedConversation `json:"conversations"`
	Blocked       []exportedBlock        `json:"blocked,omitempty"`
}

type exportedProfile struct {
	ID          uuid.UUID      `json:"id"`
	Name        string         `json:"name"`
	DisplayName string         `json:"display_name,omitempty"`
	Role        chat.Role      `json:"role"`
	CreatedAt   time.Time      `json:"created_at"`
	ReceiptsOff bool           `json:"receipts_off"`
	FormerNames []exportedName `json:"former_names,omitempty"`
}

type exportedName struct {
	Name  string    `json:"name"`
	Until time.Time `json:"until"`
}

type exportedKey struct {
	Fingerprint string     `json:"fingerprint"`
	Key         string     `json:"key"`
	AddedAt     time.Time  `json:"added_at"`
	LastUsedAt  *time.Time `json:"last_used_at,omitempty"`
}

type exportedBlock struct {
	Name  string    `json:"name"`
	Since time.Time `json:"since"`
}

type exportedConversation struct {
	ID       uuid.UUID `json:"id"`
	Title    string    `json:"title"`
	Kind     chat.Kind `json:"kind"`
	Role     chat.Role `json:"role"`
	ReadUpTo chat.Seq  `json:"read_up_to"`
	Draft    string    `json:"draft,omitempty"`
}

type exportedMessage struct {
	ID           uuid.UUID `json:"id"`
	Conversation uuid.UUID `json:"conversation"`
	Seq          chat.Seq  `json:"seq"`
	SentAt       time.Time `json:"sent_at"`
	Body         string    `json:"body"`
}

// Export writes the data of the session's account as one JSON object: the profile, the
// keys, the preferences, the conversations, the blocked users, and the messages that
// the account wrote. It leaves out the messages of others.
func (s Account) Export(ctx context.Context, w io.Writer) error {
	if err := s.ask(ctx, costSearch); err != nil {
		return err
	}
	return s.service.export(ctx, s.user.ID, w, func(rows int) error {
		s.owe(rows)
		return s.ask(ctx, costPage)
	})
}

// Export is [Account.Export] for the host.
func (s Accounts) Export(ctx context.Context, name string, w io.Writer) error {
	user, err := userNamed(ctx, s.store, name)
	if err != nil {
		return err
	}
	return s.export(ctx, user.ID, w, func(int) error { return nil })
}

// export writes an account's data. It calls took after each page that it reads, and took
// may wait before the next page.
func (s *service) export(ctx context.Context, id chat.UserID, to io.Writer, took func(rows int) error) error {
	head, err := s.exportHead(ctx, id)
	if err != nil {
		return err
	}
	text, err := json.MarshalIndent(head, "", "  ")
	if err != nil {
		return fmt.Errorf("writing an export: %w", err)
	}
	w := bufio.NewWriter(to)
	// The messages come as the last member, one a line.
	fmt.Fprintf(w, "%s,\n  \"messages\": [", text[:len(text)-len("\n}")])
	separator := "\n    "
	for after := int64(0); ; {
		page, err := s.store.OwnMessages(ctx, id, after, exportPage)
		if err != nil {
			return err
		}
		for _, m := range page {
			line, err := json.Marshal(exportedMessage{m.ID, m.Conversation, m.Seq, m.SentAt.UTC(), m.Body})
			if err != nil {
				return fmt.Errorf("writing an export: %w", err)
			}
			if _, err := fmt.Fprintf(w, "%s%s", separator, line); err != nil {
				return fmt.Errorf("writing an export: %w", err) // the reader has gone
			}
			separator, after = ",\n    ", m.Row
		}
		if len(page) < exportPage {
			break
		}
		if err := took(len(page)); err != nil {
			return err
		}
	}
	fmt.Fprint(w, "\n  ]\n}\n")
	if err := w.Flush(); err != nil {
		return fmt.Errorf("writing an export: %w", err)
	}
	return nil
}

func (s *service) exportHead(ctx context.Context, id chat.UserID) (exported, error) {
	if err := s.live.Markers().Flush(ctx); err != nil {
		return exported{}, err
	}
	user, err := s.store.UserByID(ctx, id)
	if err != nil {
		return exported{}, err
	}
	held, err1 := s.store.Keys(ctx, user.Name)
	set, err2 := s.store.Preferences(ctx, id)
	list, err3 := s.store.ListOf(ctx, id)
	former, err4 := s.store.FormerNames(ctx, id)
	blocks, err5 := s.store.Blocks(ctx, id)
	out := exported{
		Format: "confab account 1", ExportedAt: s.timestamp().UTC(),
		Profile: exportedProfile{
			ID: user.UID, Name: user.Name, DisplayName: user.DisplayName, Role: user.Role,
			CreatedAt: user.CreatedAt.UTC(), ReceiptsOff: user.ReceiptsOff,
		},
		Keys: []exportedKey{}, Preferences: set, Conversations: []exportedConversation{},
	}
	for _, n := range former {
		out.Profile.FormerNames = append(out.Profile.FormerNames, exportedName{n.Name, n.EndedAt.UTC()})
	}
	for _, b := range blocks {
		out.Blocked = append(out.Blocked, exportedBlock{b.User.Name, b.At.UTC()})
	}
	for _, k := range held {
		one := exportedKey{Fingerprint: k.Fingerprint, Key: k.Line, AddedAt: k.AddedAt.UTC()}
		if !k.LastUsedAt.IsZero() {
			used := k.LastUsedAt.UTC()
			one.LastUsedAt = &used
		}
		out.Keys = append(out.Keys, one)
	}
	for _, l := range list {
		out.Conversations = append(out.Conversations, exportedConversation{
			ID: l.UID, Title: l.Title(), Kind: l.Kind, Role: l.Mine.Role, ReadUpTo: l.Mine.Seen, Draft: l.Draft,
		})
	}
	return out, errors.Join(err1, err2, err3, err4, err5)
}
