package rows

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"confab/app/chat"
	"confab/db/sqlite/query"
)

// reactionReader is chat.ReactionReader on the connection of q.
type reactionReader struct{ q *query.Queries }

func (r reactionReader) Reactors(ctx context.Context, conversation chat.ConversationID, seq chat.Seq) ([]chat.Reactor, error) {
	rows, err := r.q.Reactors(ctx, query.ReactorsParams{ConversationID: int64(conversation), Seq: int64(seq)})
	if err != nil {
		return nil, Failed("reading reactions", err)
	}
	return all(rows, func(row query.ReactorsRow) (chat.Reactor, error) {
		uid, err := uuid.FromBytes(row.Uid)
		return chat.Reactor{
			Emoji: row.Emoji, User: chat.UserID(row.UserID), UID: uid, Name: shownName(row.Name), DisplayName: row.DisplayName, Bot: row.Bot != 0, At: fromMillis(row.ReactedAt),
		}, Failed("reading a reaction", err)
	})
}

func (r reactionReader) OwnReactions(ctx context.Context, user chat.UserID) ([]chat.OwnReaction, error) {
	rows, err := r.q.OwnReactions(ctx, int64(user))
	if err != nil {
		return nil, Failed("reading an account's reactions", err)
	}
	return all(rows, func(row query.OwnReactionsRow) (chat.OwnReaction, error) {
		id, err1 := uuid.FromBytes(row.ID)
		in, err2 := uuid.FromBytes(row.Uid)
		return chat.OwnReaction{Message: id, Conversation: in, Emoji: row.Emoji, At: fromMillis(row.ReactedAt)},
			Failed("reading a reaction", errors.Join(err1, err2))
	})
}

// reactionTx is chat.ReactionTx in a transaction.
type reactionTx struct{ reactionReader }

func (t reactionTx) InsertReaction(ctx context.Context, m *chat.Message, emoji string, user chat.UserID, at time.Time) (bool, error) {
	in, seq := int64(m.Conversation), int64(m.Seq)
	next, err := t.q.NextReaction(ctx, m.Position)
	if err != nil {
		return false, Failed("adding a reaction", err)
	}
	place, err := t.q.ReactionPlace(ctx, query.ReactionPlaceParams{ConversationID: in, Seq: seq, Emoji: emoji})
	if errors.Is(err, sql.ErrNoRows) { // it is the first of its kind
		place, err = next, nil
	}
	if err != nil {
		return false, Failed("adding a reaction", err)
	}
	added, err := t.q.InsertReaction(ctx, query.InsertReactionParams{
		ConversationID: in, Seq: seq, Emoji: emoji, UserID: int64(user), Place: place, Position: next, ReactedAt: Millis(at),
	})
	if err != nil || added == 0 {
		return false, Failed("adding a reaction", err)
	}
	return true, Failed("adding a reaction", t.q.CountReacted(ctx, m.Position))
}

func (t reactionTx) DeleteReaction(ctx context.Context, m *chat.Message, emoji string, user chat.UserID) (bool, error) {
	return t.deleteReaction(ctx, query.DeleteReactionParams{
		ConversationID: int64(m.Conversation), Seq: int64(m.Seq), Emoji: emoji, UserID: int64(user),
	}, m.Position)
}

func (t reactionTx) deleteReaction(ctx context.Context, one query.DeleteReactionParams, message int64) (bool, error) {
	removed, err := t.q.DeleteReaction(ctx, one)
	if err != nil || removed == 0 {
		return false, Failed("deleting a reaction", err)
	}
	return true, Failed("deleting a reaction", t.q.CountReacted(ctx, message))
}

func (t reactionTx) EraseReactions(ctx context.Context, user chat.UserID, limit int) (int, error) {
	rows, err := t.q.ReactionsOf(ctx, query.ReactionsOfParams{UserID: int64(user), Limit: int64(limit)})
	if err != nil {
		return 0, Failed("reading an account's reactions", err)
	}
	for _, row := range rows {
		_, err := t.deleteReaction(ctx, query.DeleteReactionParams{
			ConversationID: row.ConversationID, Seq: row.Seq, Emoji: row.Emoji, UserID: int64(user),
		}, row.RowID)
		if err != nil {
			return 0, err
		}
	}
	return len(rows), nil
}

func (t reactionTx) GiveReactions(ctx context.Context, from, to chat.UserID, limit int) (int, error) {
	rows, err := t.q.ReactionsOf(ctx, query.ReactionsOfParams{UserID: int64(from), Limit: int64(limit)})
	if err != nil {
		return 0, Failed("reading an account's reactions", err)
	}
	for _, row := range rows {
		given, err := t.q.GiveReaction(ctx, query.GiveReactionParams{
			NewUser: int64(to), ConversationID: row.ConversationID, Seq: row.Seq, Emoji: row.Emoji, OldUser: int64(from),
		})
		switch {
		case err != nil:
		case given == 0:
			_, err = t.deleteReaction(ctx, query.DeleteReactionParams{
				ConversationID: row.ConversationID, Seq: row.Seq, Emoji: row.Emoji, UserID: int64(from),
			}, row.RowID)
		default:
			err = t.q.CountReacted(ctx, row.RowID)
		}
		if err != nil {
			return 0, Failed("giving a reaction", err)
		}
	}
	return len(rows), nil
}

// reactions reads the column of message_view with the reactions to a message.
func reactions(version int64, column string) (*chat.Reactions, error) {
	if version == 0 {
		return nil, nil
	}
	var rows []reactionRow
	for line := range strings.SplitSeq(column, "\n") {
		if line == "" {
			break
		}
		row, err := reactionOf(line)
		if err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	slices.SortFunc(rows, func(a, b reactionRow) int {
		return cmp.Or(cmp.Compare(a.place, b.place), cmp.Compare(a.position, b.position))
	})
	found := &chat.Reactions{Version: version}
	for i, one := range rows {
		if i == 0 || rows[i-1].place != one.place {
			found.Kinds = append(found.Kinds, chat.Reaction{Emoji: one.emoji})
		}
		kind := &found.Kinds[len(found.Kinds)-1]
		kind.Users = append(kind.Users, chat.UserID(one.user))
	}
	return found, nil
}

type reactionRow struct {
	place, position, user int64
	emoji                 string
}

func reactionOf(line string) (reactionRow, error) {
	parts := strings.SplitN(line, " ", 4)
	if len(parts) < 4 {
		return reactionRow{}, fmt.Errorf("a reaction is stored as %q", line)
	}
	place, err1 := strconv.ParseInt(parts[0], 10, 64)
	position, err2 := strconv.ParseInt(parts[1], 10, 64)
	user, err3 := strconv.ParseInt(parts[2], 10, 64)
	return reactionRow{place, position, user, parts[3]}, errors.Join(err1, err2, err3)
}
