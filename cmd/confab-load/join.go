package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/crypto/ssh"

	"confab/app/chat"
	"confab/app/service"
	"confab/cmd/confab-load/clients"
	"confab/cmd/confab-load/report"
	"confab/cmd/confab-load/testbed"
	"confab/db/sqlite"
)

const (
	// joins is how often someone joins the group, and leaves it again.
	joins = 20
	// joinPart of the members are in the smaller group of the comparison.
	joinPart = 10
	// importConnected is how many people are connected while accounts are imported.
	importConnected = 200
	importAccounts  = 1000
)

// measureJoin measures what it costs that someone joins a large group whose members are
// all connected, and that the host imports accounts meanwhile.
func measureJoin(ctx context.Context, g *testbed.Ground, l load, _ int) (report.Outcome, error) {
	f := &report.Findings{}
	large, err := joinGroup(ctx, g, f, "large", l.sessions)
	if err != nil {
		return nil, err
	}
	part := max(2, l.sessions/joinPart)
	small, err := joinGroup(ctx, g, f, "small", part)
	if err != nil {
		return nil, err
	}
	imported, err := importMany(ctx, g, f, min(l.sessions, importConnected))
	if err != nil {
		return nil, err
	}
	f.Tell("members", "members of the group, all connected", "%d", l.sessions)
	if !large.known || !small.known {
		f.Note("CPU", report.Unknown)
		return f, nil
	}
	each := func(c joinCost, n int) float64 { return 1000 * report.Milliseconds(c.open-c.closed) / float64(joins*n) }
	f.Tell("join_closed_ms", "CPU a join and leave, nobody has the group open", "%.2f ms", report.Milliseconds(large.closed)/joins)
	f.Tell("join_closed_small_ms", fmt.Sprintf("the same, with %d members", part), "%.2f ms", report.Milliseconds(small.closed)/joins)
	f.Tell("join_open_ms", "the same, all have it open", "%.2f ms", report.Milliseconds(large.open)/joins)
	f.Tell("join_open_small_ms", fmt.Sprintf("the same, with %d members", part), "%.2f ms", report.Milliseconds(small.open)/joins)
	f.Tell("join_session_us", "more CPU for each session that has it open", "%.1f µs", each(large, l.sessions))
	if s := each(small, part); s > 0 {
		f.Tell("join_ratio", fmt.Sprintf("relative to the group of %d", part), "%.2f", each(large, l.sessions)/s)
	}
	f.Tell("tool_cpu_percent", "the load tool's share of CPU for the joins", "%.0f %%", large.toolShare())
	f.Tell("import_s", fmt.Sprintf("CPU of the server for the import of %d accounts, %d connected", importAccounts, min(l.sessions, importConnected)), "%.2f s", imported.Seconds())
	return f, nil
}

// joinCost is the CPU time of the server for all joins, when nobody has the group open and
// when all members have.
type joinCost struct {
	known        bool
	closed, open time.Duration
	tool         time.Duration // of the tool meanwhile
}

// toolShare returns the tool's part, in percent, of the CPU time that it and the server used.
func (c joinCost) toolShare() float64 {
	return 100 * c.tool.Seconds() / max(c.tool+c.closed+c.open, 1).Seconds()
}

// joinGroup connects the members of a group, and has one more account join and leave it.
func joinGroup(ctx context.Context, g *testbed.Ground, f *report.Findings, name string, members int) (cost joinCost, err error) {
	s, err := g.Site(ctx, name, members+1, func(ctx context.Context, store *sqlite.Store, service *service.Service, accounts []testbed.Account) error {
		ids, err := testbed.Groups(ctx, store, service, accounts[:members], 1)
		if err != nil {
			return err
		}
		owner, err := service.Open(ctx, accounts[0].Fingerprint)
		if err != nil {
			return err
		}
		defer owner.Close()
		return owner.Groups().Configure(ctx, ids[0], chat.SettingPublic, true)
	})
	if err != nil {
		return cost, err
	}
	faults, err := s.Serve(ctx, func(server *testbed.Server) error {
		s.Say(fmt.Sprintf("connecting %d clients", members))
		t := clients.NewTally(clients.NewSchedule(members, 1, 1, time.Second))
		all, err := clients.Gather(ctx, server.Addr, s.HostKey, s.Accounts[:members], t)
		if err != nil {
			return err
		}
		defer all.Leave()
		comer, err := clients.Login(ctx, server.Addr, s.HostKey, s.Accounts[members])
		if err != nil {
			return err
		}
		defer comer.HangUp()
		j := joiner{all, comer, server}
		s.Say("someone joins and leaves")
		tool := testbed.UsageOf(os.Getpid())
		if cost.closed, cost.known, err = j.comeAndGo(ctx); err != nil {
			return err
		}
		for _, c := range all.Clients {
			if err := c.Press(clients.KeyNext); err != nil {
				return err
			}
		}
		if cost.open, _, err = j.comeAndGo(ctx); err != nil {
			return err
		}
		cost.tool = testbed.UsageOf(os.Getpid()).CPU - tool.CPU
		f.Lost(all.Lost())
		return nil
	}, unlimited, "--max-members=0")
	f.Faulty(faults)
	return cost, err
}

// joiner is someone who joins and leaves a group, and its members.
type joiner struct {
	all    *clients.Crowd
	comer  *clients.Client
	server *testbed.Server
}

// comeAndGo joins and leaves, and returns the CPU time of the server until all screens are
// at rest.
func (j joiner) comeAndGo(ctx context.Context) (cpu time.Duration, known bool, err error) {
	if err := j.all.Rest(ctx); err != nil {
		return 0, false, err
	}
	before := testbed.UsageOf(j.server.Cmd.Process.Pid)
	group := fmt.Sprintf("'#"+testbed.GroupName+"'", 0)
	for range joins {
		for _, command := range []string{"join ", "leave "} {
			if err := runCommand(j.comer.Conn, command+group); err != nil {
				return 0, false, err
			}
		}
	}
	if err := j.all.Rest(ctx); err != nil {
		return 0, false, err
	}
	after := testbed.UsageOf(j.server.Cmd.Process.Pid)
	return after.CPU - before.CPU, before.Known && after.Known, nil
}

// runCommand runs a command over a connection.
func runCommand(conn *ssh.Client, command string) error {
	session, err := conn.NewSession()
	if err != nil {
		return err
	}
	defer session.Close()
	if said, err := session.CombinedOutput(command); err != nil {
		return fmt.Errorf("%s: %w: %s", command, err, said)
	}
	return nil
}

// importMany imports accounts while people are connected, and returns the CPU time of the
// server.
func importMany(ctx context.Context, g *testbed.Ground, f *report.Findings, connected int) (cpu time.Duration, err error) {
	s, err := g.Site(ctx, "import", connected, nil)
	if err != nil {
		return 0, err
	}
	var list bytes.Buffer
	for i := range importAccounts {
		a, _, err := testbed.NewAccount(connected + i)
		if err != nil {
			return 0, err
		}
		fmt.Fprintf(&list, "%s %s\n", bytes.TrimSpace(ssh.MarshalAuthorizedKey(a.Signer.PublicKey())), a.Name)
	}
	path := filepath.Join(g.Dir, "team")
	if err := os.WriteFile(path, list.Bytes(), 0o600); err != nil {
		return 0, err
	}
	faults, err := s.Serve(ctx, func(server *testbed.Server) error {
		all, err := clients.Gather(ctx, server.Addr, s.HostKey, s.Accounts, clients.NewTally(clients.NewSchedule(max(connected, 2), 1, 1, time.Second)))
		if err != nil {
			return err
		}
		defer all.Leave()
		if err := all.Rest(ctx); err != nil {
			return err
		}
		s.Say(fmt.Sprintf("importing %d accounts", importAccounts))
		before := testbed.UsageOf(server.Cmd.Process.Pid)
		if _, err := s.Host(ctx, "keys", "import", path); err != nil {
			return err
		}
		if err := testbed.Sleep(ctx, importSettles); err != nil { // the server looks for the changes of commands
			return err
		}
		if err := all.Rest(ctx); err != nil {
			return err
		}
		cpu = testbed.UsageOf(server.Cmd.Process.Pid).CPU - before.CPU
		f.Lost(all.Lost())
		return nil
	})
	f.Faulty(faults)
	return cpu, err
}

// importSettles is the time in which the server has noticed the import.
const importSettles = 2 * time.Second
