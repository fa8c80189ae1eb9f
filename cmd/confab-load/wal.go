package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"

	"confab/app/service"
	"confab/cmd/confab-load/clients"
	"confab/cmd/confab-load/report"
	"confab/cmd/confab-load/testbed"
	"confab/db/sqlite"
)

const (
	// walWriters send messages at the same time, each over a connection of its own.
	walWriters = 32
	// walBefore is how many messages there are for the readers: more than fit into the pipes
	// and the windows between them and the server.
	walBefore = 20_000
	// walLook is how often the tool looks at the size of the log.
	walLook = 20 * time.Millisecond
)

// measureWAL writes messages while readers of each kind have stopped taking what they asked
// for, and looks how large the write-ahead log becomes.
func measureWAL(ctx context.Context, g *testbed.Ground, _ load, messages int) (report.Outcome, error) {
	s, err := g.Site(ctx, "data", walWriters, func(ctx context.Context, store *sqlite.Store, service *service.Service, accounts []testbed.Account) error {
		ids, err := testbed.Groups(ctx, store, service, accounts, 1)
		if err != nil {
			return err
		}
		who, err := testbed.Users(ctx, store, accounts[:1])
		if err != nil {
			return err
		}
		return testbed.Fill(ctx, store, walBefore, smallTalk(ids[0], who[0].ID))
	})
	if err != nil {
		return nil, err
	}
	f := &report.Findings{}
	faults, err := s.Serve(ctx, func(server *testbed.Server) error {
		r := &readers{site: s, server: server}
		defer r.end()
		if err := r.stall(ctx); err != nil {
			return err
		}
		s.Say(fmt.Sprintf("sending %d messages", messages))
		sizes := watchSize(filepath.Join(s.Data, testbed.DatabaseFile+"-wal"))
		began := time.Now()
		err := sendAll(ctx, s, server, messages)
		largest, last := sizes()
		if err != nil {
			return err
		}
		f.Tell("messages", "messages", "%d", messages)
		f.Tell("messages_per_s", "a second", "%.0f", float64(messages)/time.Since(began).Seconds())
		f.Tell("stalled", "readers that took nothing meanwhile", "%d", len(r.names))
		f.Tell("wal_mb", "the write-ahead log at its largest", "%.1f MB", float64(largest)/(1<<20))
		f.Tell("wal_last_mb", "and at the end", "%.1f MB", float64(last)/(1<<20))
		if gone := r.gone(); gone != "" {
			f.Fail("a reader ended, so it was not stalled", "%s", gone)
		}
		return nil
	}, unlimited)
	f.Faulty(faults)
	return f, err
}

// readers ask for more than they take.
type readers struct {
	site   *testbed.Site
	server *testbed.Server
	names  []string
	ended  []chan struct{}
	stop   []func()
}

// stall starts the readers, and returns when each has received something: commands of the host
// whose output nobody takes, and clients of a member that read nothing.
func (r *readers) stall(ctx context.Context) error {
	for _, args := range [][]string{{"export"}, {"backup", "-"}} {
		if err := r.command(append(args, "--data", r.site.Data)); err != nil {
			return err
		}
	}
	group := fmt.Sprintf("'#"+testbed.GroupName+"'", 0)
	for _, line := range []string{"export", "history --json --limit 0 " + group} {
		if err := r.client(ctx, line); err != nil {
			return err
		}
	}
	return nil
}

func (r *readers) add(name string, ended chan struct{}, stop func()) {
	r.names, r.ended, r.stop = append(r.names, name), append(r.ended, ended), append(r.stop, stop)
}

// command runs a command of the host whose output is not taken.
func (r *readers) command(args []string) error {
	cmd := exec.Command(r.site.Confab, args...) // without a context, because cmd.Wait is not called
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("confab %s: %w", args[0], err)
	}
	ended := make(chan struct{})
	go func() {
		_, _ = cmd.Process.Wait() // unlike cmd.Wait, this leaves the pipe open
		close(ended)
	}()
	r.add("confab "+args[0], ended, func() {
		_ = cmd.Process.Kill()
		<-ended
		_ = out.Close()
	})
	return someOf(out, "confab "+args[0])
}

// client runs a command over SSH, and takes nothing of its output after the first bytes.
func (r *readers) client(ctx context.Context, line string) error {
	c, err := clients.Login(ctx, r.server.Addr, r.site.HostKey, r.site.Accounts[0])
	if err != nil {
		return err
	}
	ended := make(chan struct{})
	r.add("ssh HOST "+line, ended, c.HangUp)
	session, err := c.Conn.NewSession()
	if err != nil {
		return err
	}
	out, err := session.StdoutPipe()
	if err != nil {
		return err
	}
	if err := session.Start(line); err != nil {
		return err
	}
	if err := someOf(out, "ssh HOST "+line); err != nil {
		return err
	}
	go func() {
		_ = session.Wait()
		close(ended)
	}()
	return nil
}

// someOf waits for the first byte of an output.
func someOf(out io.Reader, name string) error {
	if _, err := io.ReadFull(out, make([]byte, 1)); err != nil {
		return fmt.Errorf("%s wrote nothing: %w", name, err)
	}
	return nil
}

// gone returns the name of a reader that has ended, or "".
func (r *readers) gone() string {
	for i, ended := range r.ended {
		select {
		case <-ended:
			return r.names[i]
		default:
		}
	}
	return ""
}

func (r *readers) end() {
	for _, stop := range r.stop {
		stop()
	}
}

// watchSize looks at the size of a file until the returned function is called, which returns
// the largest size and the last one.
func watchSize(path string) (sizes func() (largest, last int64)) {
	stop, done := make(chan struct{}), make(chan struct{})
	var largest, last int64
	go func() {
		defer close(done)
		look := time.NewTicker(walLook)
		defer look.Stop()
		for {
			if info, err := os.Stat(path); err == nil {
				last = info.Size()
				largest = max(largest, last)
			}
			select {
			case <-look.C:
			case <-stop:
				return
			}
		}
	}()
	return func() (int64, int64) {
		close(stop)
		<-done
		return largest, last
	}
}

// sendAll sends messages from all accounts at once, and returns when all are acknowledged.
func sendAll(ctx context.Context, s *testbed.Site, server *testbed.Server, messages int) error {
	line := fmt.Sprintf("send --lines '#"+testbed.GroupName+"'", 0)
	return testbed.Each(ctx, len(s.Accounts), len(s.Accounts), func(ctx context.Context, i int) error {
		c, err := clients.Login(ctx, server.Addr, s.HostKey, s.Accounts[i])
		if err != nil {
			return err
		}
		defer c.HangUp()
		session, err := c.Conn.NewSession()
		if err != nil {
			return err
		}
		in, err1 := session.StdinPipe()
		out, err2 := session.StdoutPipe()
		wrong, err3 := session.StderrPipe()
		if err := errors.Join(err1, err2, err3, session.Start(line)); err != nil {
			return err
		}
		var said []byte
		var reading sync.WaitGroup
		reading.Go(func() { _, _ = io.Copy(io.Discard, out) })
		reading.Go(func() { said, _ = io.ReadAll(io.LimitReader(wrong, 1<<10)) })
		for n := i; n < messages; n += len(s.Accounts) {
			if _, err := io.WriteString(in, clients.Words(n%clients.MaxTokens)+"\n"); err != nil || ctx.Err() != nil {
				break // the command's own error says more
			}
		}
		err = in.Close()
		reading.Wait()
		if err := errors.Join(ctx.Err(), session.Wait()); err != nil {
			return fmt.Errorf("%s: %w: %s", line, err, said)
		}
		return err
	})
}
