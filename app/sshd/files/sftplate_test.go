package files_test

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"confab/app/sshd/files"
)

// lateRounds is how many files are sent with writes after their end.
const lateRounds = 300

// rawSFTP speaks SFTP packet by packet, as no well-behaved client does.
type rawSFTP struct {
	t   *testing.T
	in  io.Writer
	out io.Reader
}

func (h *host) rawSFTP(of account) rawSFTP {
	h.t.Helper()
	conn := h.connect(of, files.SFTP)
	c := rawSFTP{h.t, conn, conn}
	c.send(packet(1, uint32(3)))
	if kind, _ := c.answer(); kind != 2 {
		h.t.Fatalf("the server answers with the packet %d", kind)
	}
	return c
}

// packet makes a packet of numbers and strings.
func packet(kind byte, fields ...any) []byte {
	body := []byte{kind}
	for _, f := range fields {
		switch f := f.(type) {
		case uint32:
			body = binary.BigEndian.AppendUint32(body, f)
		case uint64:
			body = binary.BigEndian.AppendUint64(body, f)
		case string:
			body = append(binary.BigEndian.AppendUint32(body, uint32(len(f))), f...)
		}
	}
	return append(binary.BigEndian.AppendUint32(nil, uint32(len(body))), body...)
}

func (c rawSFTP) send(packets ...[]byte) {
	c.t.Helper()
	var all []byte
	for _, p := range packets {
		all = append(all, p...)
	}
	if _, err := c.in.Write(all); err != nil {
		c.t.Fatal(err)
	}
}

func (c rawSFTP) answer() (kind byte, body []byte) {
	c.t.Helper()
	var length uint32
	if err := binary.Read(c.out, binary.BigEndian, &length); err != nil {
		c.t.Fatal(err)
	}
	body = make([]byte, length)
	if _, err := io.ReadFull(c.out, body); err != nil {
		c.t.Fatal(err)
	}
	return body[0], body[1:]
}

// A WRITE after the CLOSE of its file never changes content that has a hash, however soon
// after it arrives.
func TestNoWriteBehindTheClose(t *testing.T) {
	t.Parallel()
	h := serve(t)
	c := h.rawSFTP(h.member("ann"))
	for i := range lateRounds {
		good := fmt.Sprintf("good %04d", i)
		c.send(packet(3, uint32(1), "/general/x", uint32(0x02|0x08|0x10), uint32(0)))
		kind, body := c.answer()
		if kind != 102 {
			t.Fatalf("opening a file: the packet %d, %q", kind, body)
		}
		handle := string(body[8:])
		write := packet(6, uint32(2), handle, uint64(0), good)
		more := packet(6, uint32(4), handle, uint64(len(good)), "evil")
		c.send(write, packet(4, uint32(3), handle), more, more, more)
		for range 5 {
			c.answer()
		}
	}
	found := 0
	for _, name := range h.contents() {
		if receiving(name) {
			continue
		}
		found++
		matches, err := filepath.Glob(filepath.Join(h.dir, "files", "*", name))
		if err != nil || len(matches) != 1 {
			t.Fatalf("looking for %s: %q, %v", name, matches, err)
		}
		content, err := os.ReadFile(matches[0])
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(content)
		if want := filepath.Base(filepath.Dir(matches[0])) + name; hex.EncodeToString(sum[:]) != want {
			t.Errorf("%q is kept as %s", content, want)
		}
	}
	if found < lateRounds/2 {
		t.Errorf("only %d of %d files were posted", found, lateRounds)
	}
}
