package attack

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync/atomic"

	"golang.org/x/crypto/ssh"

	"confab/cmd/confab-load/clients"
	"confab/cmd/confab-load/testbed"
)

const (
	// lateEach is how many writes are sent after a file was closed and before the
	// answer to that has come. With more of them, some arrive in time and leave a
	// hole, and the server refuses the file.
	lateEach = 1
	// uploaders is the number of connections, and filesOf the number of files of
	// each in one session. With more files the server would refuse them for their
	// quota.
	uploaders = 8
	// evil is the text of the late writes.
	evil = "evil"
)

// These packets of SFTP (draft-ietf-secsh-filexfer-02) are sent by hand, because no
// client sends them in this order.
const (
	sftpInit   = 1
	sftpOpen   = 3
	sftpClose  = 4
	sftpWrite  = 6
	sftpHandle = 102
	writing    = 0x02 | 0x08 | 0x10 // SSH_FXF_WRITE, CREAT, TRUNC
)

// files writes to files after they were closed, and checks that the server's
// contents match their names.
func (a *attacked) files(ctx context.Context, g *testbed.Ground) error {
	attempts := 100_000
	if a.short {
		attempts = 2_000
	}
	s, err := g.Site(ctx, "written", uploaders, nil)
	if err != nil {
		return err
	}
	g.Say(fmt.Sprintf("writing %d times after the end of a file", attempts))
	server, err := testbed.StartServer(ctx, s.Confab, s.Data, s.LogFile, "--max-requests=0", "--max-input=0", "--max-file-input=0")
	if err != nil {
		return err
	}
	var made, taken atomic.Int64
	err = testbed.Each(ctx, uploaders, uploaders, func(ctx context.Context, i int) error {
		c, err := clients.Login(ctx, server.Addr, s.HostKey, s.Accounts[i])
		if err != nil {
			return err
		}
		defer c.HangUp()
		w, err := newLateWriter(c.Conn)
		if err != nil {
			return err
		}
		for n := made.Add(lateEach); n <= int64(attempts); n = made.Add(lateEach) {
			late, err := w.upload(fmt.Sprintf("good %09d", n))
			if err != nil {
				return fmt.Errorf("upload %d: %w", n/lateEach, err)
			}
			taken.Add(int64(late))
			if ctx.Err() != nil {
				return ctx.Err()
			}
		}
		return nil
	})
	if stopped := server.Stop(); err == nil {
		err = stopped
	}
	if err != nil {
		return err
	}
	kept, wrong, err := wrongContents(filepath.Join(s.Data, "files"))
	if err != nil {
		return err
	}
	a.add(wrong == 0 && kept > 0, fmt.Sprintf("%d writes after the end of a file: contents that do not match their hash", attempts),
		"none", "%d of %d stored contents (%d writes were in time)", wrong, kept, taken.Load())
	a.faulty(server.Faults())
	return nil
}

// lateWriter is one SFTP session.
type lateWriter struct {
	in  io.Writer
	out io.Reader
	id  uint32
}

func newLateWriter(conn *ssh.Client) (*lateWriter, error) {
	s, err := conn.NewSession()
	if err != nil {
		return nil, err
	}
	w := &lateWriter{}
	if w.in, err = s.StdinPipe(); err != nil {
		return nil, err
	}
	if w.out, err = s.StdoutPipe(); err != nil {
		return nil, err
	}
	if err := s.RequestSubsystem("sftp"); err != nil {
		return nil, err
	}
	if _, err := w.in.Write([]byte{0, 0, 0, 5, sftpInit, 0, 0, 0, 3}); err != nil {
		return nil, err
	}
	_, _, err = w.answer()
	return w, err
}

// packet returns a request with the next id.
func (w *lateWriter) packet(kind byte, fields ...any) []byte {
	w.id++
	body := binary.BigEndian.AppendUint32([]byte{kind}, w.id)
	for _, f := range fields {
		switch f := f.(type) {
		case string:
			body = append(binary.BigEndian.AppendUint32(body, uint32(len(f))), f...)
		case uint32:
			body = binary.BigEndian.AppendUint32(body, f)
		case uint64:
			body = binary.BigEndian.AppendUint64(body, f)
		}
	}
	return append(binary.BigEndian.AppendUint32(nil, uint32(len(body))), body...)
}

// answer reads the next answer, and returns its kind and the bytes after its id.
func (w *lateWriter) answer() (kind byte, body []byte, err error) {
	var size [4]byte
	if _, err := io.ReadFull(w.out, size[:]); err != nil {
		return 0, nil, err
	}
	n := binary.BigEndian.Uint32(size[:])
	if n < 5 || n > 1<<20 {
		return 0, nil, fmt.Errorf("an answer of %d bytes", n)
	}
	all := make([]byte, n)
	if _, err := io.ReadFull(w.out, all); err != nil {
		return 0, nil, err
	}
	return all[0], all[5:], nil
}

// upload posts a file and writes to it after it is closed, without waiting for an
// answer. It returns how many of these writes the server reported as done.
func (w *lateWriter) upload(content string) (late int, err error) {
	if _, err := w.in.Write(w.packet(sftpOpen, "general/late", uint32(writing), uint32(0))); err != nil {
		return 0, err
	}
	kind, body, err := w.answer()
	if err != nil {
		return 0, err
	}
	if kind != sftpHandle || len(body) < 4 {
		return 0, fmt.Errorf("the file was not opened: %q", body)
	}
	handle := string(body[4:])
	all := w.packet(sftpWrite, handle, uint64(0), content)
	all = append(all, w.packet(sftpClose, handle)...)
	for i := range lateEach { // after the present end, because nothing may be written twice
		all = append(all, w.packet(sftpWrite, handle, uint64(len(content)+len(evil)*i), evil)...)
	}
	if _, err := w.in.Write(all); err != nil {
		return 0, err
	}
	for i := range 2 + lateEach {
		_, body, err := w.answer()
		if err != nil {
			return late, err
		}
		if i >= 2 && bytes.HasPrefix(body, make([]byte, 4)) { // SSH_FX_OK
			late++
		}
	}
	return late, nil
}

// wrongContents counts the contents in a folder of files, and those that do not
// match their names.
func wrongContents(dir string) (kept, wrong int, err error) {
	err = filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || len(e.Name()) != 2*sha256.Size-2 {
			return err
		}
		content, err := os.ReadFile(path)
		sum := sha256.Sum256(content)
		kept++
		if name := filepath.Base(filepath.Dir(path)) + e.Name(); !bytes.HasSuffix([]byte(name), []byte(hex.EncodeToString(sum[:]))) {
			wrong++
		}
		return err
	})
	return kept, wrong, err
}
