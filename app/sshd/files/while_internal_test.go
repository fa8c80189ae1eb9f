package files

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
)

// Requests that wait in a channel are not read once its session has ended.
func TestNothingIsReadAfterTheSession(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	in := while{struct {
		io.Reader
		io.WriteCloser
	}{strings.NewReader("requests"), nil}, ctx}
	buf := make([]byte, 4)
	if n, err := in.Read(buf); n != 4 || err != nil {
		t.Errorf("while it is open: %d, %v", n, err)
	}
	cancel()
	if n, err := in.Read(buf); n != 0 || !errors.Is(err, context.Canceled) {
		t.Errorf("after it has ended: %d, %v", n, err)
	}
	h := &sftpServer{tree: &tree{ctx: ctx}}
	if err := h.enter(); err == nil {
		t.Error("what waited is carried out")
	}
}
