package files

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"path"

	"confab/app/chat"
	"confab/app/service"
	"confab/app/text"
)

// scpBuffer is how much of a file is in memory at a time, in bytes.
const scpBuffer = 32 << 10

// errSCPEnded says that the client has ended the transfer, or that the server cannot continue it.
var errSCPEnded = errors.New("the client ended the transfer")

// scpRun is one run of the remote side of scp, in the protocol of rcp. OpenSSH's scp uses
// this protocol with -O, and always before version 9.
type scpRun struct {
	*tree
	in     *bufio.Reader
	out    io.Writer
	errors int
}

// SCP serves a command for which [IsSCP] is true, and returns the exit status.
func SCP(ctx context.Context, s Session, command string) int {
	return serve(ctx, s, func(t *tree) int {
		r := &scpRun{tree: t, in: bufio.NewReaderSize(s, scpBuffer), out: s}
		if err := r.run(command); err != nil {
			if errors.Is(err, errSCPEnded) {
				t.Log.Debug("scp ended", "err", err)
				return 1
			}
			r.complain(t.sentence("scp", err))
		}
		if r.errors > 0 {
			return 1
		}
		return 0
	})
}

func (r *scpRun) run(command string) error {
	cmd, err := parseSCP(command)
	if err != nil {
		return err
	}
	p, err := r.resolve(cmd.path)
	if err != nil {
		return err
	}
	if cmd.sink {
		if cmd.folder && p.name != "" {
			return chat.Refuse(text.ErrInvalid, "%s is not a folder. Copy several files to a conversation, such as #ops.", cleanPath(cmd.path))
		}
		return r.receive(p)
	}
	return r.send(cmd, p)
}

// complain reports an error to the client, which continues with the next file.
func (r *scpRun) complain(sentence string) {
	r.errors++
	_, _ = fmt.Fprintf(r.out, "\x01scp: %s\n", text.CleanLine(sentence, scpMaxLine))
}

func (r *scpRun) acknowledge() error {
	if _, err := r.out.Write([]byte{0}); err != nil {
		return errors.Join(errSCPEnded, err)
	}
	return nil
}

// acknowledged waits for the client's answer, and reports whether it is positive.
func (r *scpRun) acknowledged() (bool, error) {
	b, err := r.in.ReadByte()
	if err != nil {
		return false, errors.Join(errSCPEnded, err)
	}
	switch b {
	case 0:
		return true, nil
	case 1: // the client has shown the reason to its user
		_, err := r.line()
		r.errors++
		return false, err
	default:
		return false, errSCPEnded
	}
}

// line reads a line without its end.
func (r *scpRun) line() (string, error) {
	line, err := r.in.ReadSlice('\n')
	if err != nil || len(line) > scpMaxLine {
		return "", errors.Join(errSCPEnded, err)
	}
	return string(line[:len(line)-1]), nil
}

// receive serves "scp -t": the client sends files, each after a record that announces it.
func (r *scpRun) receive(p node) error {
	if p.root {
		return chat.Refuse(text.ErrInvalid, "Name a conversation to copy to: scp FILE HOST:'#ops'.")
	}
	if err := r.acknowledge(); err != nil {
		return err
	}
	for {
		if _, err := r.in.Peek(1); errors.Is(err, io.EOF) {
			return nil
		}
		line, err := r.line()
		if err != nil {
			return err
		}
		record, err := parseRecord(line)
		if err != nil {
			r.complain(chat.UserText(err))
			return errSCPEnded
		}
		switch record.kind {
		case recordError:
			r.errors++
		case recordTimes:
			err = r.acknowledge() // the server ignores times
		case recordFolder:
			r.complain(refuseFolders().Error())
		case recordFile:
			err = r.receiveFile(p, record)
		}
		if err != nil {
			return err
		}
	}
}

// receiveFile receives one file. It reports most errors to the client. An error that it
// returns ends the transfer.
func (r *scpRun) receiveFile(p node, record scpRecord) error {
	const doing = "receiving a file"
	if p.name == "" {
		p.name = record.name
	}
	closed, err := r.Chat.Files().Hold()
	if err != nil {
		r.complain(r.sentence(doing, err))
		return nil
	}
	defer closed()
	up, _, err := r.upload(p)
	if err != nil {
		r.complain(r.sentence(doing, err))
		return nil
	}
	defer r.discard(up)
	if err := up.Announce(record.size); err != nil {
		r.complain(r.sentence(doing, err))
		return nil
	}
	if err := r.acknowledge(); err != nil {
		return err
	}
	if err := r.content(up, record.size); err != nil {
		return err
	}
	whole, err := r.acknowledged()
	switch {
	case err != nil:
		return err
	case !whole: // the client could not read all of the file, and sent something else
		r.complain("The file did not arrive complete, so it was not posted. Copy it again.")
		return nil
	}
	m, err := up.Commit(r.ctx)
	if err != nil {
		r.complain(r.sentence(doing, err))
		return nil
	}
	r.tellRenamed(p.name, m.File.Name)
	return r.acknowledge()
}

// content receives the content of a file. After a part was refused it skips the rest, which
// the client sends in any case. [service.Upload.Commit] then returns the reason.
func (r *scpRun) content(up *service.Upload, size int64) error {
	buf := make([]byte, scpBuffer)
	refused := false
	for off := int64(0); off < size; {
		n, err := r.in.Read(buf[:min(int64(len(buf)), size-off)])
		if n > 0 && !refused {
			_, failed := up.WriteAt(buf[:n], off)
			refused = failed != nil
		}
		off += int64(n)
		if err != nil && off < size {
			return errors.Join(errSCPEnded, err)
		}
	}
	return nil
}

// send serves "scp -f": it sends one file.
func (r *scpRun) send(cmd scpCommand, p node) error {
	if ok, err := r.acknowledged(); err != nil || !ok {
		return err
	}
	if p.root || p.name == "" {
		return chat.Refuse(text.ErrInvalid, "%s is a folder. Name a file in it.", cleanPath(cmd.path))
	}
	closed, err := r.Chat.Files().Hold()
	if err != nil {
		return err
	}
	defer closed()
	f, content, err := r.Chat.Files().Open(r.ctx, p.conversation.ID, p.name)
	if err != nil {
		return err
	}
	defer content.Close()
	if cmd.times {
		if ok, err := r.announce("T%d 0 %d 0\n", f.SentAt.Unix(), f.SentAt.Unix()); err != nil || !ok {
			return err
		}
	}
	// Clients reject another name than the one that they asked for.
	name := p.name
	if text.CleanLine(name, scpMaxLine) != name {
		name = f.Unique()
	}
	if ok, err := r.announce("C%04o %d %s\n", fileMode, f.Size, name); err != nil || !ok {
		return err
	}
	n, err := io.CopyBuffer(r.out, io.NewSectionReader(content, 0, f.Size), make([]byte, scpBuffer))
	if err != nil || n != f.Size {
		return errors.Join(errSCPEnded, err)
	}
	if err := r.acknowledge(); err != nil {
		return err
	}
	_, err = r.acknowledged()
	return err
}

// announce sends a record and waits for the answer.
func (r *scpRun) announce(format string, args ...any) (bool, error) {
	if _, err := fmt.Fprintf(r.out, format, args...); err != nil {
		return false, errors.Join(errSCPEnded, err)
	}
	return r.acknowledged()
}

// cleanPath makes a path fit to be shown.
func cleanPath(p string) string {
	if p = path.Clean("/" + p); p != "/" {
		p = p[1:]
	}
	return text.CleanLine(p, 80)
}
