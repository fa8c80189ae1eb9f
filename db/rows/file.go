package rows

import (
	"context"

	"confab/app/chat"
	"confab/db/sqlite/query"
)

// fileReader is chat.FileReader on the connection of q.
type fileReader struct{ q *query.Queries }

func (r fileReader) FilesAfter(ctx context.Context, conversation chat.ConversationID, after chat.Seq, limit int) ([]chat.File, error) {
	rows, err := r.q.FilesAfter(ctx, query.FilesAfterParams{
		ConversationID: int64(conversation), Seq: int64(after), Limit: int64(limit),
	})
	if err != nil {
		return nil, Failed("listing files", err)
	}
	return all(rows, func(row query.FilesAfterRow) (chat.File, error) {
		a, err := attachment(row.File.Name, row.File.Size, row.File.Sha256)
		if err != nil {
			return chat.File{}, err
		}
		return chat.File{
			Attachment: *a, Conversation: conversation, Seq: chat.Seq(row.File.Seq), AuthorName: shownName(row.AuthorName),
			SentAt: fromMillis(row.SentAt), Newest: row.Newest,
		}, nil
	})
}

func (r fileReader) LastFileNamed(ctx context.Context, conversation chat.ConversationID, name string) (chat.Seq, error) {
	seq, err := r.q.LastFileNamed(ctx, query.LastFileNamedParams{ConversationID: int64(conversation), Name: name})
	return chat.Seq(seq), Failed("finding a file", err)
}

func (r fileReader) BytesOf(ctx context.Context, user chat.UserID) (int64, error) {
	n, err := r.q.BytesOf(ctx, int64(user))
	return n, Failed("adding up an account's files", err)
}

func (r fileReader) BytesOfAll(ctx context.Context) (int64, error) {
	n, err := r.q.BytesOfAll(ctx)
	return n, Failed("adding up all files", err)
}

func (r fileReader) HasContent(ctx context.Context, sum chat.Sum) (bool, error) {
	has, err := r.q.HasContent(ctx, sum[:])
	return has, Failed("finding a content", err)
}

// fileTx is chat.FileTx in a transaction.
type fileTx struct{ fileReader }

func (t fileTx) InsertFile(ctx context.Context, m *chat.Message) error {
	return Failed("adding a file", t.q.InsertFile(ctx, query.InsertFileParams{
		ConversationID: int64(m.Conversation), Seq: int64(m.Seq), UserID: int64(m.Author),
		Name: m.File.Name, Size: m.File.Size, Sha256: m.File.Sum[:],
	}))
}

// attachment builds the file of a message from its columns. It returns nil if the
// message has none.
func attachment(name string, size int64, sum []byte) (*chat.Attachment, error) {
	if name == "" {
		return nil, nil
	}
	hash, err := chat.SumOf(sum)
	if err != nil {
		return nil, err
	}
	return &chat.Attachment{Name: name, Size: size, Sum: hash}, nil
}
