package main

import (
	"net/http/httptest"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
	"github.com/rogpeppe/go-internal/testscript"
)

// bucket is the script command "bucket NAME": it starts an S3 server with an empty bucket,
// and puts its URL into the environment as S3.
func bucket(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: bucket NAME")
	}
	stored := s3mem.New()
	ts.Check(stored.CreateBucket(args[0]))
	server := httptest.NewServer(gofakes3.New(stored).Server())
	ts.Defer(server.Close)
	ts.Setenv("S3", server.URL)
}
