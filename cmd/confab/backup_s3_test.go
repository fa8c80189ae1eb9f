package main

import (
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
	"github.com/rogpeppe/go-internal/testscript"

	"confab/db/postgres/pgtest"
)

// bucket is the script command "bucket NAME": it starts an S3 server with an empty bucket,
// and puts its URL into the environment as S3.
func bucket(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: bucket NAME")
	}
	s, err := newS3(args[0])
	ts.Check(err)
	ts.Defer(s.server.Close)
	ts.Setenv("S3", s.server.URL)
}

// s3 is an S3 server with a bucket.
type s3 struct {
	server *httptest.Server
	stored *s3mem.Backend
	away   atomic.Bool // it answers nothing but errors

	cluster *pgtest.Cluster // for the databases beside the bucket, if a test has any
}

// newS3 starts an S3 server with an empty bucket. The caller must close the server.
func newS3(name string) (*s3, error) {
	s := &s3{stored: s3mem.New()}
	handler := gofakes3.New(s.stored).Server()
	s.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.away.Load() {
			http.Error(w, "away", http.StatusServiceUnavailable)
			return
		}
		handler.ServeHTTP(w, r)
	}))
	return s, s.stored.CreateBucket(name)
}

// address returns the setting for a prefix of the bucket chat.
func (s *s3) address(prefix string) string {
	return "s3://chat/" + prefix + "?region=us-east-1&endpoint=" + s.server.URL
}

// objects returns the names of the objects in the bucket chat.
func (s *s3) objects(t *testing.T) (names []string) {
	t.Helper()
	list, err := s.stored.ListBucket("chat", nil, gofakes3.ListBucketPage{})
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range list.Contents {
		names = append(names, o.Key)
	}
	return names
}
