package chat

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"confab/app/text"
)

// Sum is the SHA-256 of a file's content.
type Sum [32]byte

// String returns the sum in hexadecimal digits, as sha256sum prints it.
func (s Sum) String() string { return hex.EncodeToString(s[:]) }

// SumOf converts the bytes of a hash, as a store keeps them. It returns an error if they
// are not 32.
func SumOf(raw []byte) (Sum, error) {
	if len(raw) != len(Sum{}) {
		return Sum{}, fmt.Errorf("reading a file: its hash has %d bytes", len(raw))
	}
	return Sum(raw), nil
}

// ParseSum reads what [Sum.String] returns. It returns false for any other text.
func ParseSum(digits string) (Sum, bool) {
	raw, err := hex.DecodeString(digits)
	if err != nil {
		return Sum{}, false
	}
	sum, err := SumOf(raw)
	return sum, err == nil
}

// Attachment is the file of a message.
type Attachment struct {
	Name string // cleaned, see [text.CleanFileName]
	Size int64  // bytes
	Sum  Sum
}

// sumShown is how many digits of a hash are shown beside a file's name. They are enough
// to tell the versions of a file apart.
const sumShown = 8

// Describe describes a message's file in one line: its name, its size, the beginning of
// its hash followed by ellipsis, and its id in the conversation, by which users can
// fetch it.
func (m *Message) Describe(ellipsis string) string {
	f := m.File
	return f.Name + "  " + SizeText(f.Size) + "  sha256 " + f.Sum.String()[:sumShown] + ellipsis + "  " + text.FileID(int64(m.Seq))
}

// FetchCommand returns the command line that copies a message's file to its reader's
// machine. place is the title of the conversation. The command names the file by its id, so
// it still fetches this file after a newer one of the same name was posted.
func (m *Message) FetchCommand(place string) string {
	quote := func(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
	name := m.File.Name
	return "scp HOST:" + quote(place+"/"+name+text.FileID(int64(m.Seq))) + " " + quote("./"+name)
}

// File is a file of a conversation.
type File struct {
	Attachment
	Conversation ConversationID
	Seq          Seq // of the message that it was posted with
	AuthorName   string
	SentAt       time.Time
	Newest       bool // the newest file of this name in its conversation
}

// Unique returns a name that no other file of the conversation has now. For the newest
// file of a name it is the name itself. For an older one it is the name with the file's
// id after it.
func (f File) Unique() string {
	if f.Newest {
		return f.Name
	}
	return f.Name + text.FileID(int64(f.Seq))
}

// SizeText formats a number of bytes for people, in units of 1024.
func SizeText(n int64) string {
	if n < 1<<10 {
		return strconv.FormatInt(n, 10) + " B"
	}
	const units = "KMGTPE"
	size, unit := float64(n)/(1<<10), 0
	// A size that would be rounded to 1024.0 is written as 1 of the next unit.
	for size >= 1023.95 && unit < len(units)-1 {
		size /= 1 << 10
		unit++
	}
	return strings.TrimSuffix(strconv.FormatFloat(size, 'f', 1, 64), ".0") + " " + units[unit:unit+1] + "iB"
}

// Blobs keeps the contents of files outside the [Store], under their hashes. It keeps equal
// contents only once. Several goroutines may call its methods at once, except the methods
// that move or remove content.
type Blobs interface {
	// Create begins to receive content. Nobody can open it before [Blobs.Keep].
	Create() (Blob, error)
	// Keep makes sealed content available to [Blobs.Open], and returns when it is durable.
	// If there is such content already, that copy stays.
	Keep(b Blob, sum Sum) error
	// Open opens content that was kept. The caller closes it.
	Open(sum Sum) (Content, error)
	// Remove deletes content that no file has.
	Remove(sum Sum) error
	// Trash moves content that no file seems to have to the trash. at is the time of the move.
	Trash(sum Sum, at time.Time) error
	// Untrash brings content back from the trash.
	Untrash(sum Sum) error
	// EachTrashed calls do for everything in the trash, with the time of its move, until do
	// returns an error.
	EachTrashed(do func(sum Sum, at time.Time) error) error
	// Empty removes content from the trash for good.
	Empty(sum Sum) error
	// Clear removes contents that are being received. The caller makes sure that an earlier
	// process has left them, because it would also remove those of this one.
	Clear() error
	// Each calls do for each kept content, until do returns an error. All other methods
	// may be called meanwhile, also by do. Each may or may not visit contents that are
	// kept or removed meanwhile.
	Each(do func(Sum) error) error
}

// Blob is content that is being received. Several goroutines may call its methods.
type Blob interface {
	io.WriterAt
	// Seal ends the writing. It makes what was written durable and returns its
	// hash and its size.
	Seal() (Sum, int64, error)
	// Discard drops the content, unless it was kept. Callers must call it once, and may
	// call it again.
	Discard() error
}

// Content is the content of a file, open for reading. The caller closes it.
type Content interface {
	io.ReaderAt
	io.Closer
}

// FileReader is the part of [Reader] about files.
type FileReader interface {
	// FilesAfter returns the oldest files that were posted to a conversation after a
	// message, at most limit, in ascending order.
	FilesAfter(ctx context.Context, conversation ConversationID, after Seq, limit int) ([]File, error)
	// LastFileNamed returns the number of the newest message with a file of this name in
	// a conversation, or 0 without one.
	LastFileNamed(ctx context.Context, conversation ConversationID, name string) (Seq, error)
	// BytesOf adds up the sizes of all files that an account has posted.
	BytesOf(ctx context.Context, user UserID) (int64, error)
	// BytesOfAll adds up the sizes of all files that anybody has posted.
	BytesOfAll(ctx context.Context) (int64, error)
	// HasContent reports whether a file has this content.
	HasContent(ctx context.Context, sum Sum) (bool, error)
}

// FileTx is the part of [Tx] about files.
type FileTx interface {
	// InsertFile adds the file of a message that is already in the store.
	InsertFile(ctx context.Context, m *Message) error
}
