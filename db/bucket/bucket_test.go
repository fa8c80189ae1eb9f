package bucket_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"confab/app/chat"
	"confab/db/bucket"
	"confab/db/storetest"
)

// service starts an S3 server with an empty bucket, and returns the server and the address of a
// prefix in the bucket.
func service(t *testing.T) (server *httptest.Server, address string) {
	t.Helper()
	t.Setenv("AWS_ACCESS_KEY_ID", "key")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	stored := s3mem.New()
	if err := stored.CreateBucket("chat"); err != nil {
		t.Fatal(err)
	}
	server = httptest.NewServer(gofakes3.New(stored).Server())
	t.Cleanup(server.Close)
	return server, "s3://chat/team/files?region=us-east-1&endpoint=" + server.URL
}

// open opens a bucket for the server with an id.
func open(t *testing.T, address, id string) *bucket.Store {
	t.Helper()
	at, err := bucket.ParseAddress(address)
	if err != nil {
		t.Fatal(err)
	}
	s, err := bucket.Open(at, filepath.Join(t.TempDir(), "incoming"), func(context.Context) (string, error) { return id, nil })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// It passes the tests that every store of contents must pass.
func TestContract(t *testing.T) {
	storetest.RunBlobs(t, func(t *testing.T) chat.Blobs {
		_, address := service(t)
		return open(t, address, "one")
	})
}

// A content of several blocks and of several parts of an upload comes back as it was, wherever it
// is read.
func TestALargeContent(t *testing.T) {
	_, address := service(t)
	s := open(t, address, "one")
	whole := make([]byte, 17<<20+5)
	for i := range whole {
		whole[i] = byte(i * i >> 7)
	}
	sum := storetest.Keep(t, s, string(whole))
	content, err := s.Open(sum)
	if err != nil {
		t.Fatal(err)
	}
	defer content.Close()
	for _, off := range []int64{0, 128<<10 - 7, 16 << 20, int64(len(whole)) - 3, int64(len(whole))} {
		part := make([]byte, 300<<10)
		n, err := content.ReadAt(part, off)
		want := whole[off:min(int64(len(whole)), off+int64(len(part)))]
		if !bytes.Equal(part[:n], want) || (err == io.EOF) != (n < len(part)) {
			t.Errorf("at %d there are %d bytes, want %d (%v)", off, n, len(want), err)
		}
	}
	if n, size, err := s.Total(); n != 1 || size != int64(len(whole)) || err != nil {
		t.Errorf("there are %d contents of %d bytes, %v", n, size, err)
	}
}

// A bucket belongs to the first server that uses it. A server that has used it refuses it empty,
// and nobody takes one that has something else in it.
func TestABucketBelongsToOneServer(t *testing.T) {
	_, address := service(t)
	one := open(t, address, "one")
	storetest.Keep(t, one, "content")
	if err := open(t, address, "one").Claim(t.Context(), true); err != nil {
		t.Error(err)
	}
	other := open(t, address, "two")
	if err := other.Claim(t.Context(), false); !errors.Is(err, bucket.ErrForeign) {
		t.Errorf("another server takes it: %v", err)
	}
	sum := storetest.Keep(t, one, "another content")
	if err := other.Remove(sum); !errors.Is(err, bucket.ErrForeign) {
		t.Errorf("another server removes a content: %v", err)
	}
	if content, err := one.Open(sum); err != nil {
		t.Error(err)
	} else if err := content.Close(); err != nil {
		t.Error(err)
	}
	if err := other.Mark(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	if err := other.Claim(t.Context(), false); err != nil {
		t.Errorf("after the host has decided so: %v", err)
	}
	beside := strings.Replace(address, "team/files", "team", 1)
	if err := open(t, beside, "three").Claim(t.Context(), false); !errors.Is(err, bucket.ErrForeign) {
		t.Errorf("a prefix with other objects: %v", err)
	}
	empty := strings.Replace(address, "team/files", "empty", 1)
	if err := open(t, empty, "one").Claim(t.Context(), true); !errors.Is(err, bucket.ErrLost) {
		t.Errorf("a bucket that has lost everything: %v", err)
	}
}

// While the service is away, errors say so, and a content counts neither as missing nor as kept.
func TestUnreachable(t *testing.T) {
	server, address := service(t)
	s := open(t, address, "one")
	sum := storetest.Keep(t, s, "content")
	server.Close()
	received, other := storetest.Receive(t, s, "another content")
	_, opened := s.Open(sum)
	for doing, err := range map[string]error{
		"keeping": s.Keep(received, other), "opening": opened, "removing": s.Remove(sum),
		"listing": s.Each(func(chat.Sum) error { return nil }), "moving": s.Trash(sum, time.Now()),
		"claiming": open(t, address, "one").Claim(t.Context(), true),
	} {
		if !errors.Is(err, chat.ErrUnreachable) || errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: %v", doing, err)
		}
	}
	if err := received.Discard(); err != nil {
		t.Error(err)
	}
}

func TestParseAddress(t *testing.T) {
	t.Setenv("AWS_ENDPOINT_URL", "")
	for in, want := range map[string]string{
		"s3://chat":                       "s3://chat",
		"s3://chat/":                      "s3://chat",
		"s3://chat/a/b/":                  "s3://chat/a/b",
		"s3://chat/a?endpoint=http://h:9": "s3://chat/a",
	} {
		if got, err := bucket.ParseAddress(in); err != nil || got.String() != want {
			t.Errorf("%s is %q, %v", in, got, err)
		}
	}
	for in, why := range map[string]string{
		"":                              "s3://BUCKET",
		"chat":                          "s3://BUCKET",
		"https://s3.amazonaws.com/chat": "s3://BUCKET",
		"s3://key:secret@chat":          "AWS_ACCESS_KEY_ID",
		"s3://chat?secret=x":            "endpoint and region",
		"s3://chat?region=a&region=b":   "each once",
		"s3://chat?endpoint=h:9":        "https://HOST",
		"s3://chat?endpoint=http://h/a": "https://HOST",
		"s3://chat?endpoint=ftp://h":    "https://HOST",
		"s3://chat:99":                  "s3://BUCKET",
	} {
		if got, err := bucket.ParseAddress(in); err == nil || !strings.Contains(err.Error(), why) || strings.Contains(err.Error(), "key:secret") {
			t.Errorf("%s is %v, %v, want %q", in, got, err, why)
		}
	}
}
