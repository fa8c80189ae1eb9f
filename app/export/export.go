// Package export writes a copy of everything that a server stores about an account, for the
// account's user.
package export

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"time"

	"github.com/google/uuid"

	"confab/app/chat"
)

// pageSize is how many messages an export reads at once.
const pageSize = 500

// data has everything about an account except its messages, of which there may be many.
type data struct {
	Format        string            `json:"format"`
	ExportedAt    time.Time         `json:"exported_at"`
	Profile       profile           `json:"profile"`
	Keys          []key             `json:"keys"`
	Preferences   map[string]string `json:"preferences"`
	Conversations []conversation    `json:"conversations"`
	Blocked       []block           `json:"blocked,omitempty"`
	Later         []later           `json:"later,omitempty"`
	Reactions     []reaction        `json:"reactions,omitempty"`
	Saved         []saved           `json:"saved,omitempty"`
	Threads       []thread          `json:"threads,omitempty"`
}

type profile struct {
	ID          uuid.UUID `json:"id"`
	Name        string    `json:"name"`
	DisplayName string    `json:"display_name,omitempty"`
	Role        chat.Role `json:"role"`
	CreatedAt   time.Time `json:"created_at"`
	ReceiptsOff bool      `json:"receipts_off"`
	FormerNames []name    `json:"former_names,omitempty"`

	Status      string    `json:"status,omitempty"`
	StatusUntil time.Time `json:"status_until,omitzero"`
	LastSeenAt  time.Time `json:"last_seen_at,omitzero"`
}

type name struct {
	Name  string    `json:"name"`
	Until time.Time `json:"until"`
}

type key struct {
	Fingerprint string     `json:"fingerprint"`
	Key         string     `json:"key"`
	AddedAt     time.Time  `json:"added_at"`
	LastUsedAt  *time.Time `json:"last_used_at,omitempty"`
}

type block struct {
	Name  string    `json:"name"`
	Since time.Time `json:"since"`
}

type reaction struct {
	Message      uuid.UUID `json:"message"`
	Conversation uuid.UUID `json:"conversation"`
	Emoji        string    `json:"emoji"`
	At           time.Time `json:"at"`
}

type saved struct {
	Message      uuid.UUID `json:"message"`
	Conversation uuid.UUID `json:"conversation"`
	At           time.Time `json:"at"`
}

// later is a reminder, or a message to be posted in a conversation.
type later struct {
	ID           uuid.UUID `json:"id"`
	Conversation string    `json:"conversation,omitempty"` // its title
	At           time.Time `json:"at"`
	TimeZone     string    `json:"time_zone"`
	Body         string    `json:"body"`
}

// thread is a thread that the account follows.
type thread struct {
	Conversation uuid.UUID `json:"conversation"`
	Seq          chat.Seq  `json:"seq"` // of the message that began it
	ReadUpTo     chat.Seq  `json:"read_up_to"`
}

type conversation struct {
	ID       uuid.UUID `json:"id"`
	Title    string    `json:"title"`
	Kind     chat.Kind `json:"kind"`
	Role     chat.Role `json:"role"`
	ReadUpTo chat.Seq  `json:"read_up_to"`
	Draft    string    `json:"draft,omitempty"`
}

type message struct {
	ID           uuid.UUID `json:"id"`
	Conversation uuid.UUID `json:"conversation"`
	Seq          chat.Seq  `json:"seq"`
	SentAt       time.Time `json:"sent_at"`
	Body         string    `json:"body"`
	ReplyTo      uuid.UUID `json:"reply_to,omitzero"`
	Thread       chat.Seq  `json:"thread,omitempty"`
}

// Write writes the data of an account as one JSON object: the profile, keys, preferences,
// conversations, blocked users, reminders, reactions, saved messages, followed threads, and
// the messages that the account wrote. It leaves out messages of others. at is the time of
// the export. Write calls took after each page of messages, and took may wait, so that an
// export does not slow down the server.
func Write(ctx context.Context, store chat.Reader, id chat.UserID, at time.Time, to io.Writer, took func(rows int) error) error {
	head, err := readHead(ctx, store, id, at)
	if err != nil {
		return err
	}
	text, err := json.MarshalIndent(head, "", "  ")
	if err != nil {
		return fmt.Errorf("writing an export: %w", err)
	}
	w := bufio.NewWriter(to)
	// The messages are the last member of the object, one on each line.
	fmt.Fprintf(w, "%s,\n  \"messages\": [", text[:len(text)-len("\n}")])
	separator := "\n    "
	for after := int64(0); ; {
		page, err := store.OwnMessages(ctx, id, after, pageSize)
		if err != nil {
			return err
		}
		for _, m := range page {
			line, err := json.Marshal(message{m.ID, m.Conversation, m.Seq, m.SentAt.UTC(), m.Body, m.ReplyTo, m.Thread})
			if err != nil {
				return fmt.Errorf("writing an export: %w", err)
			}
			if _, err := fmt.Fprintf(w, "%s%s", separator, line); err != nil {
				return fmt.Errorf("writing an export: %w", err) // the reader has gone
			}
			separator, after = ",\n    ", m.Row
		}
		if len(page) < pageSize {
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

// readHead reads everything about an account except its messages.
func readHead(ctx context.Context, store chat.Reader, id chat.UserID, at time.Time) (data, error) {
	user, err := store.UserByID(ctx, id)
	if err != nil {
		return data{}, err
	}
	held, err1 := store.Keys(ctx, user.Name)
	set, err2 := store.Preferences(ctx, id)
	list, err3 := store.ListOf(ctx, id)
	former, err4 := store.FormerNames(ctx, id)
	blocks, err5 := store.Blocks(ctx, id)
	reactions, err6 := store.OwnReactions(ctx, id)
	laters, err8 := store.Laters(ctx, id)
	marked, err7 := store.Saved(ctx, id)
	threads, err9 := store.ThreadsOf(ctx, id, true, math.MaxInt32)
	seen, _, err10 := store.LastSeen(ctx, id)
	out := data{
		Format: "confab account 1", ExportedAt: at.UTC(),
		Profile: profile{
			ID: user.UID, Name: user.Name, DisplayName: user.DisplayName, Role: user.Role,
			CreatedAt: user.CreatedAt.UTC(), ReceiptsOff: user.ReceiptsOff,
			Status: user.Status.Text, StatusUntil: user.Status.Until.UTC(), LastSeenAt: seen.UTC(),
		},
		Keys: []key{}, Preferences: set, Conversations: []conversation{},
	}
	for _, n := range former {
		out.Profile.FormerNames = append(out.Profile.FormerNames, name{n.Name, n.EndedAt.UTC()})
	}
	for _, b := range blocks {
		out.Blocked = append(out.Blocked, block{b.User.Name, b.At.UTC()})
	}
	for _, r := range reactions {
		out.Reactions = append(out.Reactions, reaction{r.Message, r.Conversation, r.Emoji, r.At.UTC()})
	}
	for _, k := range held {
		one := key{Fingerprint: k.Fingerprint, Key: k.Line, AddedAt: k.AddedAt.UTC()}
		if !k.LastUsedAt.IsZero() {
			used := k.LastUsedAt.UTC()
			one.LastUsedAt = &used
		}
		out.Keys = append(out.Keys, one)
	}
	uids := make(map[chat.ConversationID]uuid.UUID, len(list))
	titles := make(map[chat.ConversationID]string, len(list))
	for _, l := range list {
		uids[l.ID], titles[l.ID] = l.UID, l.Title()
		out.Conversations = append(out.Conversations, conversation{
			ID: l.UID, Title: l.Title(), Kind: l.Kind, Role: l.Mine.Role, ReadUpTo: l.Mine.Seen, Draft: l.Draft,
		})
	}
	for _, l := range laters {
		out.Later = append(out.Later, later{l.ID, titles[l.Conversation], l.At.UTC(), l.Zone, l.Body})
	}
	for _, o := range marked {
		out.Saved = append(out.Saved, saved{o.Message.ID, uids[o.Message.Conversation], o.At.UTC()})
	}
	for _, f := range threads {
		if i := slices.IndexFunc(list, func(l chat.ConversationSummary) bool { return l.ID == f.Conversation }); i >= 0 {
			out.Threads = append(out.Threads, thread{list[i].UID, f.Root, f.Seen})
		}
	}
	return out, errors.Join(err1, err2, err3, err4, err5, err6, err7, err8, err9, err10)
}
