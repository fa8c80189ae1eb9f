package files_test

import (
	"io"
	"slices"
	"strings"
	"testing"
)

// Each case has the bytes of a client, the answers that it gets and the exit status.
func TestSCPProtocol(t *testing.T) {
	t.Parallel()
	h := serve(t)
	ann := h.member("ann")
	if err := put(h.sftp(ann), "#general/a b", "content"); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		command, sends, gets string
		status               int
	}{
		{"scp -t '#general'", "C0644 2 x\nhi\x00", "\x00\x00\x00", 0},
		{"scp -v -p -d -t general", "T1 0 1 0\nC0644 2 x\nhi\x00C0600 0 empty\n\x00", "\x00\x00\x00\x00\x00\x00", 0},
		{`scp -t -- "#general/as \"this\""`, "C0644 2 x\nhi\x00", "\x00\x00\x00", 0},
		{"scp -t '#general'", "", "\x00", 0},
		{"scp -t '#general'", "\x01scp: no such file\n", "\x00", 1},
		{"scp -t '#general'", "C0644 2 x\nhi\x01scp: read error\n", "\x00\x00\x01scp: The file did not arrive complete, so it was not posted. Copy it again.\n", 1},
		{"scp -t '#general'", "C0644 100001 x\nC0644 1 y\ny\x00", "\x00\x01scp: The file is too large: the limit is 97.7 KiB.\n\x00\x00", 1},
		{"scp -t '#general'", "C0644 2 ...\n", "\x00\x01scp: This cannot be a file's name: give it one with letters or digits.\n", 1},
		{"scp -t '#general'", "D0755 0 dir\nC0644 1 y\ny\x00", "\x00\x01scp: Folders cannot be copied or made here. Copy the files alone, without -r.\n\x00\x00", 1},
		{"scp -t '#general'", "C0644 2 ../x\n", "\x00\x01scp: Your client sent a file name that is not valid. Rename the file and copy it again.\n", 1},
		{"scp -t '#general'", "C0644 2 ..\n", "\x00\x01scp: Your client sent a file name that is not valid. Rename the file and copy it again.\n", 1},
		{"scp -t '#general'", "C0644 -2 x\n", "\x00\x01scp: Your client sent something that is not in the scp protocol.\n", 1},
		{"scp -t '#general'", "C0644 99999999999999999999 x\n", "\x00\x01scp: Your client sent something that is not in the scp protocol.\n", 1},
		{"scp -t '#general'", "hello\n", "\x00\x01scp: Your client sent something that is not in the scp protocol.\n", 1},
		{"scp -t '#general'", "\n", "\x00\x01scp: Your client sent something that is not in the scp protocol.\n", 1},
		{"scp -t '#general'", "\x02fatal\n", "\x00\x01scp: Your client sent something that is not in the scp protocol.\n", 1},
		{"scp -t '#general'", "C0644 1 " + strings.Repeat("x", 10000) + "\n", "\x00", 1},
		{"scp -t '#general'", strings.Repeat("C", 100000), "\x00", 1},
		{"scp -t -d '#general/x'", "", "\x01scp: #general/x is not a folder. Copy several files to a conversation, such as #ops.\n", 1},
		{"scp -t .", "", "\x01scp: Name a conversation to copy to: scp FILE HOST:'#ops'.\n", 1},
		{"scp -t ../../etc/passwd", "", "\x01scp: There is no such conversation, or you are not a member of it.\n", 1},
		{"scp -r -t '#general'", "", "\x01scp: Folders cannot be copied or made here. Copy the files alone, without -r.\n", 1},
		{"scp -t -f '#general'", "", "\x01scp: This server does not know these options of scp. Use -t or -f, and one path.\n", 1},
		{"scp -x -t '#general'", "", "\x01scp: This server does not know these options of scp. Use -t or -f, and one path.\n", 1},
		{"scp -t '#general", "", "\x01scp: This server does not know these options of scp. Use -t or -f, and one path.\n", 1},
		{"scp", "", "\x01scp: This server does not know these options of scp. Use -t or -f, and one path.\n", 1},

		{"scp -f '#general/a b'", "\x00\x00\x00", "C0644 7 a b\ncontent\x00", 0},
		{`scp -f #general/a\ b`, "\x00\x00\x00", "C0644 7 a b\ncontent\x00", 0},
		{"scp -f #general/a b", "\x00\x00\x00", "C0644 7 a b\ncontent\x00", 0},
		{"scp -f '#general/~1'", "\x00\x00\x00", "C0644 7 ~1\ncontent\x00", 0},
		{"scp -f '#general/a b~1'", "\x00\x01scp: no room\n", "C0644 7 a b~1\n", 1},
		{"scp -f '#general/a b'", "", "", 1},
		{"scp -f '#general/a b'", "\x02", "", 1},
		{"scp -f '#general/none'", "\x00", "\x01scp: There is no file \"none\" here.\n", 1},
		{"scp -f '#general'", "\x00", "\x01scp: #general is a folder. Name a file in it.\n", 1},
		{"scp -f /", "\x00", "\x01scp: / is a folder. Name a file in it.\n", 1},
		{"scp -r -f '#general'", "\x00", "\x01scp: Folders cannot be copied or made here. Copy the files alone, without -r.\n", 1},
		{"scp -f '#general/../../../etc/passwd'", "\x00", "\x01scp: There is no such conversation, or you are not a member of it.\n", 1},
	} {
		s := h.scp(ann, c.command)
		go func() {
			_, _ = io.WriteString(s.in, c.sends)
			_ = s.in.Close()
		}()
		got, err := io.ReadAll(s)
		if status := s.status(t); string(got) != c.gets || err != nil || status != c.status {
			t.Errorf("%s with %.80q gets %q, %v, and ends with %d; want %q and %d", c.command, c.sends, got, err, status, c.gets, c.status)
		}
	}
	want := []string{"a b", "as -this-", "empty", "x", "x~2", "y", "y~6"}
	if got := names(t, h.sftp(ann), "#general"); !slices.Equal(got, want) {
		t.Errorf("there are %q, want %q", got, want)
	}
	h.keeps(4) // content, hi, the empty one, y
}

// A file that exceeds the account's limit is refused before it is sent. If other uploads
// use up the limit while it is sent, the server still reads the file to its end, so that
// client and server stay in step.
func TestSCPStaysInStep(t *testing.T) {
	t.Parallel()
	h := serve(t)
	ann := h.member("ann")
	s := h.scp(ann, "scp -t '#general'")
	s.expect("\x00")
	part := strings.Repeat("x", maxFile-1)
	for range 10 {
		s.send("C0644 99999 most\n")
		s.expect("\x00")
		s.send(part + "\x00")
		s.expect("\x00")
	}
	const noRoom = "\x01scp: The file does not fit: all your files together can have 976.6 KiB. Delete some of them first.\n"
	s.send("C0644 50000 more\n")
	s.expect(noRoom)
	s.send("C0644 11 more\n")
	s.expect(noRoom)
	other := h.sftp(ann)
	f, err := other.Create("#general/other")
	if err != nil {
		t.Fatal(err)
	}
	s.send("C0644 10 more\n")
	s.expect("\x00")
	if _, err := io.WriteString(f, "12345"); err != nil {
		t.Fatal(err)
	}
	s.send("1234567890\x00")
	s.expect(noRoom)
	_ = other.Close()
	s.send("C0644 10 last\n")
	s.expect("\x00")
	s.send("1234567890\x00")
	s.expect("\x00")
	_ = s.in.Close()
	if status := s.status(t); status != 1 {
		t.Errorf("it ends with %d", status)
	}
	h.keeps(2)
}
