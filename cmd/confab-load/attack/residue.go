package attack

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"

	"confab/app/chat"
	"confab/app/service"
	"confab/cmd/confab-load/clients"
	"confab/cmd/confab-load/testbed"
	"confab/db/blobs"
	"confab/db/sqlite"
)

// tidyTime is how long deleted data may stay in the database of a running server
// (docs/operating.md), and a little more.
const tidyTime = 90 * time.Second

// gone are the words that must not remain, by the way in which they were deleted.
// stays is a word that is kept. The index leaves out the letters that a word shares
// with the one before it, so only the end of each word is searched for.
var gone = map[string]string{
	"deleted": "qorblaxedq", "edited away": "jumfitzedj", "a deleted file's name": "vandrusfilev", "a deleted file's content": "brokkelstufb",
	"purged with its account": "zwimmerlykz", "a purged file's name": "fnordelpakf", "expired": "xylexpungedx", "an expired file's name": "wyvernruckw",
}

const stays = "keptwordk"

// residue looks for deleted words in the bytes of everything that a server stores.
func (a *attacked) residue(ctx context.Context, g *testbed.Ground) error {
	s, err := g.Site(ctx, "deleted", 2, func(ctx context.Context, store *sqlite.Store, _ *service.Service, accounts []testbed.Account) error {
		file, err := keepContent(filepath.Join(g.Dir, "deleted", "files"))
		if err != nil {
			return err
		}
		return store.Update(ctx, func(tx chat.Tx) error { return longAgo(ctx, tx, accounts[0], file) })
	})
	if err != nil {
		return err
	}
	g.Say("looking for deleted words")
	server, err := testbed.StartServer(ctx, s.Confab, s.Data, s.LogFile, "--keep=1d")
	if err != nil {
		return err
	}
	archive, exported := filepath.Join(s.Dir, "backup.tar"), filepath.Join(s.Dir, "export.jsonl")
	err = deleteAll(ctx, s, server)
	left, took := []string{"everything"}, time.Duration(0)
	for began := time.Now(); err == nil && len(left) > 0 && took < tidyTime; took = time.Since(began) {
		if err = testbed.Sleep(ctx, 500*time.Millisecond); err == nil {
			left, err = leftIn(filepath.Join(s.Data, testbed.DatabaseFile), filepath.Join(s.Data, testbed.DatabaseFile+"-wal"))
		}
	}
	if err == nil {
		_, err = s.Host(ctx, "backup", archive)
	}
	if err == nil {
		var all []byte
		all, err = s.Host(ctx, "export")
		err = errors.Join(err, os.WriteFile(exported, all, 0o600))
	}
	if stopped := server.Stop(); err == nil {
		err = stopped
	}
	if err != nil {
		return err
	}
	const what = "deleted, edited, purged or expired text is in "
	a.add(len(left) == 0, what+"the database and its WAL after a minute and a half", "nothing", "%s", orNothing(left, fmt.Sprintf(" after %.0f s", took.Seconds())))
	for name, path := range map[string]string{"a backup": archive, "an export": exported} {
		left, err := leftIn(path)
		if err != nil {
			return err
		}
		a.add(len(left) == 0, what+name, "nothing", "%s", orNothing(left, ""))
	}
	a.faulty(server.Faults())
	return nil
}

func orNothing(left []string, more string) string {
	if len(left) == 0 {
		return "nothing" + more
	}
	return strings.Join(left, ", ")
}

// longAgo puts expired messages into the store.
func longAgo(ctx context.Context, tx chat.Tx, who testbed.Account, posted *chat.Attachment) error {
	author, err := tx.UserByName(ctx, who.Name)
	if err != nil {
		return err
	}
	in, err := tx.ConversationByName(ctx, chat.GeneralName)
	if err != nil {
		return err
	}
	at := time.Now().AddDate(0, 0, -3)
	old := &chat.Message{ID: uuid.New(), Conversation: in.ID, Author: author.ID, Body: gone["expired"] + " and others", SentAt: at}
	file := &chat.Message{ID: uuid.New(), Conversation: in.ID, Author: author.ID, Body: gone["an expired file's name"], SentAt: at, File: posted}
	_, err1 := tx.InsertMessage(ctx, old)
	_, err2 := tx.InsertMessage(ctx, file)
	return errors.Join(err1, err2, tx.InsertFile(ctx, file))
}

// keepContent puts the content of the expired file into a folder.
func keepContent(dir string) (_ *chat.Attachment, err error) {
	store, err := blobs.Open(dir)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	b, err := store.Create()
	if err != nil {
		return nil, err
	}
	content := []byte("content")
	_, err1 := b.WriteAt(content, 0)
	sum, size, err2 := b.Seal()
	if err := errors.Join(err1, err2); err != nil {
		return nil, err
	}
	return &chat.Attachment{Name: gone["an expired file's name"], Size: size, Sum: sum}, errors.Join(store.Keep(b, sum), b.Discard())
}

// deleteAll posts messages and files, and deletes them.
func deleteAll(ctx context.Context, s *testbed.Site, server *testbed.Server) error {
	var people [2]*ssh.Client
	for i := range people {
		c, err := clients.Login(ctx, server.Addr, s.HostKey, s.Accounts[i])
		if err != nil {
			return err
		}
		defer c.HangUp()
		people[i] = c.Conn
	}
	must := func(conn *ssh.Client, line string) string {
		out, status, err := command(conn, line)
		if err != nil || status != 0 {
			panic(fmt.Errorf("%s: status %d, %w", line, status, err))
		}
		return strings.TrimSpace(out)
	}
	return caught(func() error {
		for range 50 {
			must(people[0], "send general "+stays+" and others")
		}
		must(people[0], "delete "+must(people[0], "send general "+gone["deleted"]+" and others"))
		must(people[0], "edit "+must(people[0], "send general "+gone["edited away"]+" and others")+" something else")
		must(people[1], "send general "+gone["purged with its account"]+" and others")
		for i, name := range []string{gone["a deleted file's name"], gone["a purged file's name"]} {
			c, err := sftp.NewClient(people[i])
			if err != nil {
				return err
			}
			f, err := c.Create("general/" + name)
			if err != nil {
				return err
			}
			_, err = f.Write([]byte(gone["a deleted file's content"]))
			if err := errors.Join(err, f.Close()); err != nil {
				return err
			}
			if i == 0 {
				last := must(people[0], "tail -n 1 general")
				must(people[0], "delete "+strings.Split(last, "\t")[4])
			}
		}
		_, err := s.Host(ctx, "users", "delete", s.Accounts[1].Name, "--purge", "--yes")
		return err
	})
}

// caught calls do and returns the error with which it panics, if any.
func caught(do func() error) (err error) {
	defer func() {
		if p, ok := recover().(error); ok {
			err = p
		}
	}()
	return do()
}

// command runs a command over a connection. An error means that the connection
// broke.
func command(conn *ssh.Client, line string) (out string, status int, err error) {
	s, err := conn.NewSession()
	if err != nil {
		return "", 0, err
	}
	defer s.Close()
	said, err := s.Output(line)
	if exit, ok := errors.AsType[*ssh.ExitError](err); ok {
		return string(said), exit.ExitStatus(), nil
	}
	return string(said), 0, err
}

// leftIn returns the deleted words that files contain. It also requires the kept
// words, because otherwise the search would prove nothing.
func leftIn(paths ...string) (left []string, err error) {
	var all []byte
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, err
		}
		all = append(all, text...)
	}
	if !bytes.Contains(all, []byte(stays)) {
		left = append(left, "the kept words are missing")
	}
	for how, word := range gone {
		if bytes.Contains(all, []byte(word[3:])) {
			left = append(left, how)
		}
	}
	slices.Sort(left)
	return left, nil
}
