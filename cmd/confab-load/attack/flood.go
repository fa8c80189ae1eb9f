package attack

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"syscall"
	"time"

	"github.com/google/uuid"
	"golang.org/x/crypto/ssh"

	"confab/app/chat"
	"confab/app/service"
	"confab/cmd/confab-load/clients"
	"confab/cmd/confab-load/report"
	"confab/cmd/confab-load/testbed"
	"confab/db/sqlite"
)

// A flood has these people: some chat, and some attack.
const (
	chatters  = 12
	attackers = 2
	// othersThere is the number of further accounts. Looking up people must not
	// depend on it.
	othersThere = 5000
	// floodTime is how long each flood lasts, and how long it is quiet before.
	floodTime = 15 * time.Second
	// chatEvery is the time between two messages. It is long enough for the
	// server's own limits. Each message appears on all screens but its author's, so
	// the p99 of each part is of 3,300 deliveries.
	chatEvery = 50 * time.Millisecond
)

// These are the bounds of a flood.
const (
	mostSlower = 2.0 // p99 of the others, compared with the same server without the flood
	// unnoticed is a p99 that nobody notices, whatever it is without the flood.
	unnoticed = 25 * time.Millisecond
	mostAfter = 500 * time.Millisecond // of CPU time, in the second after a ban
	banTime   = time.Second            // from a ban until the whole flood has ended
	endTime   = 5 * time.Second        // from SIGTERM until the server has ended
	mostMore  = 2.0                    // highest RSS, compared in the same way
	mostFiles = 1024                   // open files: the usual limit of a process
	// overTime bounds the waits for these.
	overTime = 30 * time.Second
)

// target describes a flood to its process. The flood comes from a separate process.
// The kernel gives it the processor time that the server and the chat leave, as if
// it were on another machine.
type target struct {
	Addr    string
	HostKey []byte
	Members []attacker
}

// attacker is an account that a flood uses.
type attacker struct {
	Name string
	Key  []byte // ed25519
}

// floods measures each flood on a server of its own.
func (a *attacked) floods(ctx context.Context, g *testbed.Ground) error {
	s, err := g.Site(ctx, "flooded", chatters+attackers, func(ctx context.Context, store *sqlite.Store, _ *service.Service, accounts []testbed.Account) error {
		return store.Update(ctx, func(tx chat.Tx) error {
			owner, err := tx.UserByName(ctx, accounts[0].Name)
			if err != nil {
				return err
			}
			return errors.Join(tx.SetUserRole(ctx, owner.ID, chat.RoleOwner), crowdIn(ctx, tx, othersThere))
		})
	})
	if err != nil {
		return err
	}
	for _, f := range floods() {
		if a.only != "" && f.name != a.only {
			continue
		}
		if err := a.flood(ctx, s, f); err != nil {
			a.add(false, f.does, "measured", "%v", err)
		}
	}
	return nil
}

// crowdIn creates accounts that nobody uses.
func crowdIn(ctx context.Context, tx chat.Tx, n int) error {
	for i := range n {
		_, err := tx.InsertUser(ctx, chat.User{UID: uuid.New(), Name: fmt.Sprintf("other%05d", i), Role: chat.RoleMember, CreatedAt: time.Now()})
		if err != nil {
			return err
		}
	}
	return nil
}

// flood lets some people chat, first in quiet and then during the flood. It bans
// the attackers, and stops the server in the middle of the next flood.
func (a *attacked) flood(ctx context.Context, s *testbed.Site, f flooding) (err error) {
	s.Say("flood: " + f.does)
	server, err := testbed.StartServer(ctx, s.Confab, s.Data, s.LogFile, append(usualLimits(), "--proxy-protocol", "127.0.0.0/8")...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Stop()) }()
	const part = int(floodTime / chatEvery) // messages
	t := clients.NewTally(clients.Schedule{Sessions: chatters, Senders: chatters, Messages: 2 * part, Interval: chatEvery})
	all, err := clients.GatherBy(ctx, from("192.0.2.1"), server.Addr, s.HostKey, s.Accounts[:chatters], t)
	if err != nil {
		return err
	}
	defer all.Leave()
	pid := server.Cmd.Process.Pid
	calm := testbed.WatchMemory(pid)
	defer calm.Stop()
	if _, err := all.SendAndSettle(ctx, 0, part); err != nil {
		return err
	}
	calm.Stop()
	_, sockets := testbed.OpenFiles(pid)
	memory := testbed.WatchMemory(pid)
	defer memory.Stop()
	flooder, err := unleash(ctx, s, server, f)
	if err != nil {
		return err
	}
	defer flooder.kill()
	if _, err := all.SendAndSettle(ctx, part, 2*part); err != nil {
		return err
	}
	open, _ := testbed.OpenFiles(pid)
	if f.members {
		took, after, err := a.ban(ctx, s, all.Clients[0], server, flooder, sockets)
		if err != nil {
			return err
		}
		a.add(took <= banTime, f.does+": a ban has ended it", "≤ 1 s", "%.2f s", took.Seconds())
		a.add(after <= mostAfter, f.does+": CPU time of the server in the second after it", "≤ 0.5 s", "%.2f s", after.Seconds())
	}
	flooder.kill()
	memory.Stop()
	if f.members {
		if err := unban(ctx, s); err != nil {
			return err
		}
	}
	if flooder, err = unleash(ctx, s, server, f); err != nil {
		return err
	}
	defer flooder.kill()
	began := time.Now()
	if err := server.Cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	select {
	case <-server.Exited:
		a.add(time.Since(began) <= endTime, f.does+": SIGTERM has ended the server", "≤ 5 s", "%.2f s", time.Since(began).Seconds())
	case <-time.After(overTime):
		a.add(false, f.does+": SIGTERM has ended the server", "≤ 5 s", "not in %s", overTime)
		server.Kill()
	}
	all.Leave()
	quiet, flooded := t.Latencies(0, part), t.Latencies(part, 2*part)
	was, is := report.Percentile(quiet, 99), report.Percentile(flooded, 99)
	missing := part*(chatters-1) - len(flooded)
	a.add(missing == 0 && (is <= unnoticed || is.Seconds() <= mostSlower*was.Seconds()), f.does+": p99 of others", "≤ 2x of quiet, or 25 ms", "%.1f ms, %.1fx of %.1f ms%s",
		report.Milliseconds(is), is.Seconds()/was.Seconds(), report.Milliseconds(was), lostOf(missing))
	a.add(memory.Peak <= int64(mostMore*float64(calm.Peak)), f.does+": memory", "≤ 2x of quiet", "%.0f MB at most, %.1fx of %.0f MB",
		float64(memory.Peak)/(1<<20), float64(memory.Peak)/float64(max(calm.Peak, 1)), float64(calm.Peak)/(1<<20))
	if f.files {
		a.add(open <= mostFiles, f.does+": files that the server has open", "≤ 1,024", "%d", open)
	}
	return nil
}

func lostOf(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(", %d not delivered", n)
}

// ban has the owner ban all attackers. It returns the time until the server had closed
// all of their connections and did no more work for them, and the CPU time that it used
// in the second after that. sockets is how many the server has open without the flood.
func (a *attacked) ban(ctx context.Context, s *testbed.Site, owner *clients.Client, server *testbed.Server, f *flooder, sockets int) (took, after time.Duration, err error) {
	select {
	case <-f.ended:
		return 0, 0, errors.New("the flood ended by itself")
	default:
	}
	began := time.Now()
	for _, who := range s.Accounts[chatters:] {
		if err := owner.Press("/ban @" + who.Name + " 2h flooding" + clients.KeyEnter); err != nil {
			return 0, 0, err
		}
	}
	pid := server.Cmd.Process.Pid
	if !f.over(pid, sockets) {
		return overTime, 0, nil
	}
	const window = 100 * time.Millisecond
	for last := testbed.UsageOf(pid); time.Since(began) < overTime; {
		at := time.Now()
		if err := testbed.Sleep(ctx, window); err != nil {
			return 0, 0, err
		}
		now := testbed.UsageOf(pid)
		if now.CPU-last.CPU <= window/4 {
			err := testbed.Sleep(ctx, time.Second-window)
			return at.Sub(began), testbed.UsageOf(pid).CPU - last.CPU, err
		}
		last = now
	}
	return overTime, 0, nil
}

// over waits until the flood's connections have ended, on either side: in the process of
// the flood, or in the server pid, which then has no more than this many sockets. It
// reports false if neither happens in time.
func (f *flooder) over(pid, sockets int) bool {
	late := time.After(overTime)
	look := time.NewTicker(5 * time.Millisecond)
	defer look.Stop()
	for {
		if _, open := testbed.OpenFiles(pid); open > 0 && open <= sockets {
			return true
		}
		select {
		case <-f.ended:
			return true
		case <-late:
			return false
		case <-look.C:
		}
	}
}

// unban lifts the bans of the attackers.
func unban(ctx context.Context, s *testbed.Site) error {
	for _, who := range s.Accounts[chatters:] {
		if _, err := s.Host(ctx, "bans", "remove", "@"+who.Name); err != nil {
			return err
		}
	}
	return nil
}

// flooder is a process that floods.
type flooder struct {
	cmd   *exec.Cmd
	ended chan struct{} // closed when all its connections have ended
}

func (f *flooder) kill() {
	_ = f.cmd.Process.Kill()
	<-f.ended
}

// unleash starts a flood and returns when it has begun.
func unleash(ctx context.Context, s *testbed.Site, server *testbed.Server, f flooding) (*flooder, error) {
	t := target{Addr: server.Addr, HostKey: s.HostKey.Marshal()}
	for _, who := range s.Accounts[chatters:] {
		t.Members = append(t.Members, attacker{who.Name, who.Private})
	}
	told, err := json.Marshal(t)
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	args := []string{self, "--flood", f.name}
	if nice, err := exec.LookPath("nice"); err == nil {
		args = append([]string{nice, "-n", "19"}, args...)
	}
	one := &flooder{cmd: exec.CommandContext(ctx, args[0], args[1:]...), ended: make(chan struct{})}
	one.cmd.Stderr = os.Stderr
	in, err := one.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := one.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := one.cmd.Start(); err != nil {
		return nil, err
	}
	begun := make(chan bool, 1)
	go func() {
		defer close(one.ended)
		lines := bufio.NewScanner(out)
		begun <- lines.Scan()
		for lines.Scan() {
		}
		_ = one.cmd.Wait()
	}()
	if _, err := in.Write(append(told, '\n')); err != nil {
		one.kill()
		return nil, err
	}
	select {
	case ok := <-begun:
		if ok {
			return one, nil
		}
	case <-time.After(2 * overTime):
	case <-ctx.Done():
	}
	one.kill()
	return nil, errors.Join(errors.New("the flood did not begin"), ctx.Err())
}

// from dials like a client behind a load balancer, with its own address. The
// server's limits on addresses do not apply to its own machine.
func from(address string) clients.Dialer {
	return func(ctx context.Context, addr string) (net.Conn, error) {
		conn, err := clients.DialTCP(ctx, addr)
		if err != nil {
			return nil, err
		}
		_, err = fmt.Fprintf(conn, "PROXY TCP4 %s 127.0.0.1 1000 22\r\n", address)
		return conn, err
	}
}

// usualLimits restores the limits that startServer lifts.
func usualLimits() []string {
	return []string{"--max-messages=120", "--max-bytes=524288", "--max-requests=500"}
}

// handshakes measures the cost of a handshake, with strangers who connect one after
// the other.
func (a *attacked) handshakes(ctx context.Context, g *testbed.Ground) error {
	const n = 300
	s, err := g.Site(ctx, "shaken", 1, nil)
	if err != nil {
		return err
	}
	faults, err := s.Serve(ctx, func(server *testbed.Server) error {
		pid := server.Cmd.Process.Pid
		before := testbed.UsageOf(pid)
		for range n {
			c, err := ssh.Dial("tcp", server.Addr, &ssh.ClientConfig{User: "nobody", HostKeyCallback: ssh.FixedHostKey(s.HostKey), Auth: []ssh.AuthMethod{noAnswers()}})
			if err != nil {
				return err
			}
			_ = c.Close()
		}
		after := testbed.UsageOf(pid)
		each := (after.CPU - before.CPU) / n
		a.add(each <= 3*time.Millisecond, "a handshake, of the server's core", "≤ 3 ms", "%.2f ms", report.Milliseconds(each))
		return nil
	})
	a.faulty(faults)
	return err
}

// faulty notes the errors in the server's log.
func (a *attacked) faulty(faults []string) {
	if len(faults) > 0 {
		a.add(false, "errors in the server's log", "none", "%d, the first: %s", len(faults), faults[0])
	}
}
