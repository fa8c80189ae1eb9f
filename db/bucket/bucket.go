// Package bucket stores the contents of posted files in a bucket of S3, or of a service that
// speaks its protocol. Each content is an object with the name of its SHA-256, ab/cdef…, as in a
// folder of files (package blobs).
package bucket

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"confab/app/chat"
	"confab/db/blobs"
)

// How long the service may take. An upload or a download gets as much more as it takes at the
// slowest speed.
const (
	connectTime  = 3 * time.Second
	answerTime   = 20 * time.Second
	slowestSpeed = 64 << 10 // bytes a second
	tries        = 2
)

// mostAtOnce is the size of the largest object that the service copies in one request.
const mostAtOnce = 5 << 30

// trash begins the names of contents that a sweep has removed. The hash and the time follow, in
// milliseconds.
const trash = "trash/"

// Store is chat.Blobs in a bucket. Contents that are being received are in a local folder, in
// which their parts may come in any order. Keep copies them to the bucket. All methods that
// change something first make sure that the bucket belongs to this server. If the service cannot
// be reached or refuses something, their errors are [chat.ErrUnreachable].
type Store struct {
	*blobs.Store // the folder
	at           Address
	client       *minio.Client
	transport    *http.Transport
	server       func(context.Context) (string, error) // its id
	mine         atomic.Bool
}

var _ chat.Blobs = (*Store)(nil)

// Open returns the contents of a server in a bucket. The id of the server is asked for when it is
// first needed. Open connects to nothing. Contents are received in a folder, which need not
// outlast the process. The caller must call Close at the end.
func Open(at Address, folder string, server func(context.Context) (string, error)) (*Store, error) {
	endpoint, err := url.Parse(at.endpoint)
	if err != nil {
		return nil, fmt.Errorf("opening the bucket %s: %w", at, err)
	}
	connections := transport()
	client, err := minio.New(endpoint.Host, &minio.Options{
		Creds: credentials.NewChainCredentials([]credentials.Provider{
			&credentials.EnvAWS{}, &credentials.FileAWSCredentials{}, &credentials.IAM{},
		}),
		Secure: endpoint.Scheme == "https", Region: at.region, Transport: connections, MaxRetries: tries,
	})
	if err != nil {
		return nil, fmt.Errorf("opening the bucket %s: %w", at, err)
	}
	local, err := blobs.Open(folder)
	if err != nil {
		return nil, err
	}
	return &Store{Store: local, at: at, client: client, transport: connections, server: server}, nil
}

// String returns the bucket and the prefix.
func (s *Store) String() string { return s.at.String() }

// transport returns the connections to the service. They give up early, because people wait.
func transport() *http.Transport {
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: connectTime}).DialContext,
		TLSHandshakeTimeout:   connectTime,
		ResponseHeaderTimeout: answerTime,
		IdleConnTimeout:       time.Minute,
		MaxIdleConnsPerHost:   16,
		DisableCompression:    true,
		ForceAttemptHTTP2:     true,
	}
}

// Close closes the store. Contents that it has opened stay open.
func (s *Store) Close() error {
	s.transport.CloseIdleConnections()
	return s.Store.Close()
}

// within returns a context for a request that moves so many bytes.
func within(bytes int64) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), 2*answerTime+time.Duration(bytes/slowestSpeed)*time.Second)
}

// name returns the name of the object with a content.
func (s *Store) name(sum chat.Sum) string { return s.at.prefix + blobs.Path(sum) }

// Keep implements chat.Blobs.
func (s *Store) Keep(received chat.Blob, sum chat.Sum) error {
	has := func() error { _, err := s.size(sum); return err }
	return s.PassOn(received, sum, has, func(content *os.File) error {
		info, err := content.Stat()
		if err != nil {
			return failed("keeping", err)
		}
		ctx, cancel := within(info.Size())
		defer cancel()
		if err := s.Claim(ctx, false); err != nil {
			return err
		}
		// An object of another size is damaged, and is replaced.
		if have, err := s.size(sum); err == nil && have == info.Size() {
			return nil
		} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		_, err = s.client.PutObject(ctx, s.at.bucket, s.name(sum), content, info.Size(), putting("application/octet-stream"))
		return failed("keeping", err)
	})
}

// putting returns the options for an object of a type. The service compares it with a hash.
func putting(contentType string) minio.PutObjectOptions {
	return minio.PutObjectOptions{ContentType: contentType, SendContentMd5: true, DisableContentSha256: true}
}

// size returns the size of a content.
func (s *Store) size(sum chat.Sum) (int64, error) {
	ctx, cancel := within(0)
	defer cancel()
	info, err := s.client.StatObject(ctx, s.at.bucket, s.name(sum), minio.StatObjectOptions{})
	return info.Size, failed("looking for", err)
}

// Remove implements chat.Blobs.
func (s *Store) Remove(sum chat.Sum) error { return s.remove(s.name(sum)) }

func (s *Store) remove(name string) error {
	ctx, cancel := within(0)
	defer cancel()
	if err := s.Claim(ctx, false); err != nil {
		return err
	}
	return failed("removing", s.client.RemoveObject(ctx, s.at.bucket, name, minio.RemoveObjectOptions{}))
}

// move gives an object another name.
func (s *Store) move(from, name string) error {
	ctx, cancel := within(0)
	defer cancel()
	if err := s.Claim(ctx, false); err != nil {
		return err
	}
	to, of := minio.CopyDestOptions{Bucket: s.at.bucket, Object: name}, minio.CopySrcOptions{Bucket: s.at.bucket, Object: from}
	info, err := s.client.StatObject(ctx, s.at.bucket, from, minio.StatObjectOptions{})
	switch {
	case err != nil:
	case info.Size > mostAtOnce:
		_, err = s.client.ComposeObject(ctx, to, of)
	default:
		_, err = s.client.CopyObject(ctx, to, of)
	}
	if err != nil {
		return failed("moving", err)
	}
	return s.remove(from)
}

// Trash implements chat.Blobs.
func (s *Store) Trash(sum chat.Sum, at time.Time) error {
	return s.move(s.name(sum), s.trashed(sum)+strconv.FormatInt(at.UnixMilli(), 10))
}

// trashed begins the name of a content in the trash.
func (s *Store) trashed(sum chat.Sum) string { return s.at.prefix + trash + sum.String() + "-" }

// Untrash implements chat.Blobs.
func (s *Store) Untrash(sum chat.Sum) error {
	return s.each(s.trashed(sum), func(o minio.ObjectInfo) error { return s.move(o.Key, s.name(sum)) })
}

// Empty implements chat.Blobs.
func (s *Store) Empty(sum chat.Sum) error {
	return s.each(s.trashed(sum), func(o minio.ObjectInfo) error { return s.remove(o.Key) })
}

// EachTrashed implements chat.Blobs. It skips objects whose names the store would not give.
func (s *Store) EachTrashed(do func(chat.Sum, time.Time) error) error {
	return s.each(s.at.prefix+trash, func(o minio.ObjectInfo) error {
		digits, since, _ := strings.Cut(strings.TrimPrefix(o.Key, s.at.prefix+trash), "-")
		at, err := strconv.ParseInt(since, 10, 64)
		if sum, ok := sumOf(digits); ok && err == nil {
			return do(sum, time.UnixMilli(at))
		}
		return nil
	})
}

// Each implements chat.Blobs. It skips objects whose names the store would not give.
func (s *Store) Each(do func(chat.Sum) error) error {
	return s.eachSized(func(sum chat.Sum, _ int64) error { return do(sum) })
}

// Total counts the contents, and adds up their sizes.
func (s *Store) Total() (n int, bytes int64, err error) {
	err = s.eachSized(func(_ chat.Sum, size int64) error {
		n, bytes = n+1, bytes+size
		return nil
	})
	return n, bytes, err
}

func (s *Store) eachSized(do func(chat.Sum, int64) error) error {
	return s.each(s.at.prefix, func(o minio.ObjectInfo) error {
		folder, rest, _ := strings.Cut(strings.TrimPrefix(o.Key, s.at.prefix), "/")
		if sum, ok := sumOf(folder + rest); ok && len(folder) == 2 {
			return do(sum, o.Size)
		}
		return nil
	})
}

// sumOf reads a hash from a name. In a bucket, the same digits in capitals name another object.
func sumOf(digits string) (chat.Sum, bool) {
	sum, ok := chat.ParseSum(digits)
	return sum, ok && digits == sum.String()
}

// each calls do for each object whose name begins with a prefix, until do returns an error.
func (s *Store) each(prefix string, do func(minio.ObjectInfo) error) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	for o := range s.client.ListObjectsIter(ctx, s.at.bucket, minio.ListObjectsOptions{Prefix: prefix, Recursive: true}) {
		if o.Err != nil {
			return failed("listing", o.Err)
		}
		if err := do(o); err != nil {
			return err
		}
	}
	return nil
}

// failed adds context to an error of the client. It wraps fs.ErrNotExist if there is no such
// content, and [chat.ErrUnreachable] if the service has not done what it was asked for.
func failed(doing string, err error) error {
	switch code := minio.ToErrorResponse(err).Code; {
	case err == nil:
		return nil
	case code == minio.NoSuchKey:
		return fmt.Errorf("%s a content: %w", doing, fs.ErrNotExist)
	default:
		return fmt.Errorf("%s a content in the bucket: %w (%w)", doing, chat.ErrUnreachable, err)
	}
}
