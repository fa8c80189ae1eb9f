package bucket

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/minio/minio-go/v7"

	"confab/app/chat"
)

// mark is the object with the id of the server to which a bucket belongs. A folder of files has
// such a file too, so a copy of the folder is a bucket of the same server.
const mark = "server-id"

// maxMark is how many bytes of it are read.
const maxMark = 100

// ErrForeign says that a bucket belongs to another server, or has something else in it.
var ErrForeign = errors.New("the bucket is not this server's")

// ErrLost says that a bucket has nothing of a server that has kept files there.
var ErrLost = errors.New("the bucket has lost the files of this server")

// Claim makes sure that the bucket belongs to the server, and takes an empty one for it, unless
// the server has used it before: then it is [ErrLost]. A bucket of another server, or with
// anything else in it, is [ErrForeign]. Two servers must not share one, because each would remove
// the contents of the other. Other errors are [chat.ErrUnreachable].
func (s *Store) Claim(ctx context.Context, used bool) error {
	if s.mine.Load() {
		return nil
	}
	id, err := s.server(ctx)
	if err != nil {
		return err
	}
	has, err := s.owner(ctx)
	if err == nil && has == "" {
		if has, err = s.take(ctx, used); err != nil {
			return err
		}
	}
	switch {
	case err != nil:
		return err
	case has != id:
		return fmt.Errorf("%w: %s has the files of another", ErrForeign, s.at)
	}
	s.mine.Store(true)
	return nil
}

// take puts the id of the server into a bucket that has none, and returns the id that it has
// then.
func (s *Store) take(ctx context.Context, used bool) (string, error) {
	for o := range s.client.ListObjectsIter(ctx, s.at.bucket, minio.ListObjectsOptions{Prefix: s.at.prefix, Recursive: true, MaxKeys: 1}) {
		if o.Err != nil {
			return "", unreachable(s.at, o.Err)
		}
		if !used {
			return "", fmt.Errorf("%w: %s has other objects in it", ErrForeign, s.at)
		}
		break
	}
	if used {
		return "", fmt.Errorf("%w: %s has no %s", ErrLost, s.at, mark)
	}
	if err := s.Mark(ctx, true); err != nil {
		return "", err
	}
	return s.owner(ctx)
}

// Mark puts the id of the server into the bucket, whatever it has. If fresh, it leaves an id that
// another server has written in the meantime.
func (s *Store) Mark(ctx context.Context, fresh bool) error {
	id, err := s.server(ctx)
	if err != nil {
		return err
	}
	options := putting("text/plain")
	if fresh {
		options.SetMatchETagExcept("*")
	}
	_, err = s.client.PutObject(ctx, s.at.bucket, s.at.prefix+mark, strings.NewReader(id+"\n"), int64(len(id)+1), options)
	if minio.ToErrorResponse(err).Code == minio.PreconditionFailed {
		return nil
	}
	return unreachable(s.at, err)
}

// owner returns the id in the bucket, or "" if it has none.
func (s *Store) owner(ctx context.Context) (string, error) {
	body, _, _, err := minio.Core{Client: s.client}.GetObject(ctx, s.at.bucket, s.at.prefix+mark, minio.GetObjectOptions{})
	if minio.ToErrorResponse(err).Code == minio.NoSuchKey {
		return "", nil
	}
	if err != nil {
		return "", unreachable(s.at, err)
	}
	defer body.Close()
	id, err := io.ReadAll(io.LimitReader(body, maxMark))
	return strings.TrimSpace(string(id)), unreachable(s.at, err)
}

// unreachable adds context to an error of the client.
func unreachable(at Address, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("using the bucket %s: %w (%w)", at, chat.ErrUnreachable, err)
}
