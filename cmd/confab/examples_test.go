//go:build unix

package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"confab/app/testkit"
)

// stockSSH makes a folder for PATH whose ssh is the stock one. It connects to the
// server whatever the host is called, with the key of that name in dir.
func (s *server) stockSSH(dir string) string {
	s.t.Helper()
	real := needs(s.t, "ssh")
	host, port, _ := strings.Cut(s.addr, ":")
	config := filepath.Join(dir, "config")
	lines := "Host *\nHostName " + host + "\nPort " + port + "\nIdentityFile " + filepath.Join(dir, "%n") + "\nIdentityAgent none\n" +
		"IdentitiesOnly yes\nBatchMode yes\nStrictHostKeyChecking no\nUserKnownHostsFile /dev/null\nLogLevel ERROR\n"
	bin := s.t.TempDir()
	script := fmt.Sprintf("#!/bin/sh\nexec '%s' -F '%s' \"$@\"\n", real, config)
	if os.WriteFile(config, []byte(lines), 0o600) != nil || os.WriteFile(filepath.Join(bin, "ssh"), []byte(script), 0o700) != nil {
		s.t.Fatal("the script for ssh cannot be written")
	}
	return bin
}

// needs returns the path of the last one of some programs. If one is not installed, it skips the
// test, or fails it where REQUIRE_EXAMPLES is set, as in CI.
func needs(t testing.TB, programs ...string) (path string) {
	t.Helper()
	for _, program := range programs {
		found, err := exec.LookPath(program)
		switch {
		case err != nil && os.Getenv("REQUIRE_EXAMPLES") != "":
			t.Fatalf("there is no %s here: %v", program, err)
		case err != nil:
			t.Skipf("there is no %s here", program)
		}
		path = found
	}
	return path
}

// keyFile makes a key with ssh-keygen.
func keyFile(t *testing.T, dir, name string) string {
	t.Helper()
	file := filepath.Join(dir, name)
	if out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", file).CombinedOutput(); err != nil {
		t.Skipf("ssh-keygen: %v %s", err, out)
	}
	return file + ".pub"
}

// annWithBot is a server with ann, a bot, and the stock ssh.
func annWithBot(t *testing.T, bot string, flags ...string) (s *server, dir, path string) {
	t.Helper()
	dir = t.TempDir()
	data := filepath.Join(dir, "data")
	if err := foundServer(t.Context(), data); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"users", "add", "--data", data, "ann", keyFile(t, dir, "ann")},
		{"users", "add", "--data", data, "--bot", bot, keyFile(t, dir, bot)},
	} {
		if _, said, status := confab(t, "", args...); status != 0 {
			t.Fatal(said)
		}
	}
	s = startServer(t, data, flags...)
	return s, dir, s.stockSSH(dir) + ":" + os.Getenv("PATH")
}

// asks runs the stock ssh as someone.
func asks(t *testing.T, path string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), testkit.Patience)
	defer cancel()
	ssh := exec.CommandContext(ctx, filepath.Join(strings.Split(path, ":")[0], "ssh"), args...)
	var said bytes.Buffer
	ssh.Stderr = &said
	out, err := ssh.Output()
	if err != nil {
		t.Fatalf("ssh %q: %v, %s", args, err, said.String())
	}
	return string(out)
}

// start runs an example, and kills it at the end with everything that it has
// started.
func start(t *testing.T, path string, in io.Reader, name string, args ...string) *exec.Cmd {
	t.Helper()
	c := exec.Command(name, args...)
	c.Env = append(os.Environ(), "PATH="+path)
	c.Stdin, c.Stderr = in, os.Stderr
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	return c
}

func kill(c *exec.Cmd) {
	_ = syscall.Kill(-c.Process.Pid, syscall.SIGKILL)
	_ = c.Wait()
}

// endsWith waits until an example ends, and checks its status.
func endsWith(t *testing.T, c *exec.Cmd, want int) {
	t.Helper()
	late := time.AfterFunc(testkit.Patience, func() { _ = syscall.Kill(-c.Process.Pid, syscall.SIGKILL) })
	defer late.Stop()
	err := c.Wait()
	if got := c.ProcessState.ExitCode(); got != want {
		t.Errorf("%q ends with status %d, want %d: %v", c.Args, got, want, err)
	}
}

// follow tails a conversation and returns a function that waits for a text in it.
func follow(t *testing.T, path string) func(text string) {
	t.Helper()
	tail := exec.Command(filepath.Join(strings.Split(path, ":")[0], "ssh"), "ann", "tail", "-f", "-n", "100", "'#general'")
	var out testkit.Log
	tail.Stdout = &out
	if err := tail.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tail.Process.Kill(); _ = tail.Wait() })
	return func(text string) {
		t.Helper()
		if !testkit.Soon(func() bool { return strings.Contains(out.String(), text) }) {
			t.Fatalf("waited in vain for %q in\n%s", text, out.String())
		}
	}
}

// exampleFile returns the path of a program in docs/examples.
func exampleFile(name string) string { return filepath.Join("..", "..", "docs", "examples", name) }

// hasPlace waits until a bot has written its place into a file.
func hasPlace(t *testing.T, place string) {
	t.Helper()
	testkit.Eventually(t, "the bot writes its place", func() bool { text, _ := os.ReadFile(place); return len(text) > 0 })
}

// saidBy checks that a bot has said each of some texts as often as it should.
func saidBy(t *testing.T, said, bot string, want map[string]int) {
	t.Helper()
	for text, want := range want {
		if got := strings.Count(said, "\t"+bot+"\t"+text+"\t"); got != want {
			t.Errorf("%s says %q %d times, want %d", bot, text, got, want)
		}
	}
}

func TestTheEchoBot(t *testing.T) {
	t.Parallel()
	needs(t, "bash", "jq")
	source, err := os.ReadFile(exampleFile("echo.sh"))
	if err != nil || bytes.Count(source, []byte("\n")) > 20 {
		t.Errorf("the example has %d lines, %v", bytes.Count(source, []byte("\n")), err)
	}
	_, dir, path := annWithBot(t, "parrot")
	asks(t, path, "ann", "send", "'#general'", "before")
	shows := follow(t, path)
	place := filepath.Join(dir, "place")
	first := start(t, path, nil, "bash", exampleFile("echo.sh"), "parrot", place)
	defer func() { kill(first) }()
	hasPlace(t, place)
	asks(t, path, "ann", "send", "'#general'", "polly")
	shows("\tparrot\tpolly\t")
	kill(first)
	// After an absence, the bot answers earlier messages, and none twice.
	asks(t, path, "ann", "send", "'#general'", "cracker")
	first = start(t, path, nil, "bash", exampleFile("echo.sh"), "parrot", place)
	shows("\tparrot\tcracker\t")
	asks(t, path, "ann", "send", "'#general'", "enough")
	shows("\tparrot\tenough\t")
	saidBy(t, asks(t, path, "ann", "history", "'#general'"), "parrot", map[string]int{"before": 0, "polly": 1, "cracker": 1, "enough": 1})
}

func TestTheDiceBot(t *testing.T) {
	t.Parallel()
	needs(t, "python3")
	_, dir, path := annWithBot(t, "croupier")
	asks(t, path, "ann", "send", "'#general'", "!roll 1d1") // before the bot is there
	shows := follow(t, path)
	place := filepath.Join(dir, "place")
	bot := start(t, path, nil, "python3", exampleFile("dice.py"), "croupier", place)
	defer func() { kill(bot) }()
	hasPlace(t, place)
	asks(t, path, "ann", "send", "'#general'", "!roll 2d1")
	shows("\tcroupier\t1 + 1 = 2\t")
	kill(bot)
	// What was written meanwhile is answered, also if the server has it before it reads a command.
	for range 20 {
		asks(t, path, "ann", "send", "'#general'", "!roll 5d1")
	}
	for _, nothing := range []string{"!roll 0d6", "!roll 2d6x", "!roll ²d6", "!roll 100d6", "roll 2d6"} {
		asks(t, path, "ann", "send", "'#general'", "'"+nothing+"'")
	}
	asks(t, path, "ann", "send", "'#general'", "!roll 3d1")
	bot = start(t, path, nil, "python3", exampleFile("dice.py"), "croupier", place)
	shows("\tcroupier\t1 + 1 + 1 = 3\t")
	kill(bot)
	bot = start(t, path, nil, "python3", exampleFile("dice.py"), "croupier", place)
	asks(t, path, "ann", "send", "'#general'", "!roll 4d1")
	shows("\tcroupier\t1 + 1 + 1 + 1 = 4\t")
	said := asks(t, path, "ann", "history", "'#general'", "--limit", "0")
	saidBy(t, said, "croupier", map[string]int{"1": 0, "1 + 1 = 2": 1, "1 + 1 + 1 + 1 + 1 = 5": 20, "1 + 1 + 1 = 3": 1, "1 + 1 + 1 + 1 = 4": 1})
	if got := strings.Count(said, "\tcroupier\t"); got != 23 {
		t.Errorf("the bot writes %d messages, want 23:\n%s", got, said)
	}
	// It ends if the server does not know the message that it remembers.
	gone := filepath.Join(dir, "gone")
	if err := os.WriteFile(gone, []byte("019b76da-0000-7000-8000-000000000000"), 0o600); err != nil {
		t.Fatal(err)
	}
	endsWith(t, start(t, path, nil, "python3", exampleFile("dice.py"), "croupier", gone), 4)
}

func TestTheStarBot(t *testing.T) {
	t.Parallel()
	needs(t, "node")
	_, _, path := annWithBot(t, "stars")
	asks(t, path, "ann", "new", "best", "stars")
	bot := start(t, path, nil, "node", exampleFile("stars.mjs"), "stars", "#best")
	defer func() { kill(bot) }()
	testkit.Eventually(t, "the bot joins", func() bool { return strings.Contains(asks(t, path, "ann", "members", "best"), "stars\tmember\tonline") })
	send := func(target, text string) (id string) {
		return strings.TrimSpace(asks(t, path, "ann", "send", target, "'"+text+"'"))
	}
	best := func() string { return asks(t, path, "ann", "history", "best", "--limit", "0") }
	good, private, other := send("general", "a good one\nin two lines"), send("@stars", "between us"), send("general", "another")
	for _, react := range [][]string{{good, ":star:"}, {"--remove", good, ":star:"}, {good, ":star:"}, {private, ":star:"}, {other, ":tada:"}} {
		asks(t, path, append([]string{"ann", "react"}, react...)...)
	}
	asks(t, path, "ann", "react", send("general", "the last"), ":star:")
	testkit.Eventually(t, "the last one is copied", func() bool { return strings.Contains(best(), "the last") })
	saidBy(t, best(), "stars", map[string]int{`ann in #general:\n> a good one\n> in two lines`: 1, `ann in #general:\n> the last`: 1})
	if said := best(); strings.Count(said, "\tstars\t") != 2 {
		t.Errorf("other messages are copied too:\n%s", said)
	}
}

func TestTheAlertBot(t *testing.T) {
	t.Parallel()
	bot := filepath.Join(t.TempDir(), "alertbot")
	build := exec.Command("go", "build", "-trimpath", "-o", bot, "confab/docs/examples/alertbot") // as releases are built
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building the example: %v, %s", err, out)
	}
	_, _, path := annWithBot(t, "alerts")
	shows := follow(t, path)
	in, alarm, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer alarm.Close()
	c := start(t, path, in, bot, "alerts", "#general")
	_ = in.Close()
	defer kill(c)
	for i := range 3 {
		if _, err := fmt.Fprintf(alarm, "disk %d is full\n\n", i); err != nil {
			t.Fatal(err)
		}
		shows(fmt.Sprintf("\talerts\tdisk %d is full\t", i))
	}
	_, _ = io.WriteString(alarm, "last\n")
	_ = alarm.Close()
	endsWith(t, c, 0)
	shows("\talerts\tlast\t")
	// What was refused is not a success.
	lines := filepath.Join(t.TempDir(), "lines")
	if err := os.WriteFile(lines, []byte("nobody gets this\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	refused, err := os.Open(lines)
	if err != nil {
		t.Fatal(err)
	}
	defer refused.Close()
	endsWith(t, start(t, path, refused, bot, "alerts", "#nowhere"), 1)
}
