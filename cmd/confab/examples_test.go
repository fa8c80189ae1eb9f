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
	real, err := exec.LookPath("ssh")
	if err != nil {
		s.t.Skip("there is no ssh here")
	}
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
func annWithBot(t *testing.T, bot string) (s *server, dir, path string) {
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
	s = startServer(t, data)
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

func TestTheEchoBot(t *testing.T) {
	t.Parallel()
	for _, tool := range []string{"bash", "jq"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("there is no %s here", tool)
		}
	}
	example := filepath.Join("..", "..", "docs", "examples", "echo.sh")
	source, err := os.ReadFile(example)
	if err != nil || bytes.Count(source, []byte("\n")) > 20 {
		t.Errorf("the example has %d lines, %v", bytes.Count(source, []byte("\n")), err)
	}
	_, dir, path := annWithBot(t, "parrot")
	asks(t, path, "ann", "send", "'#general'", "before")
	shows := follow(t, path)
	place := filepath.Join(dir, "place")
	first := start(t, path, nil, "bash", example, "parrot", place)
	defer func() { kill(first) }()
	if !testkit.Soon(func() bool { text, _ := os.ReadFile(place); return len(text) > 0 }) {
		t.Fatal("the bot is not there")
	}
	asks(t, path, "ann", "send", "'#general'", "polly")
	shows("\tparrot\tpolly\t")
	kill(first)
	// After an absence, the bot answers earlier messages, and none twice.
	asks(t, path, "ann", "send", "'#general'", "cracker")
	first = start(t, path, nil, "bash", example, "parrot", place)
	shows("\tparrot\tcracker\t")
	asks(t, path, "ann", "send", "'#general'", "enough")
	shows("\tparrot\tenough\t")
	said := asks(t, path, "ann", "history", "'#general'")
	for text, want := range map[string]int{"before": 0, "polly": 1, "cracker": 1, "enough": 1} {
		if got := strings.Count(said, "\tparrot\t"+text+"\t"); got != want {
			t.Errorf("%q is answered %d times, want %d", text, got, want)
		}
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
	late := time.AfterFunc(testkit.Patience, func() { _ = syscall.Kill(-c.Process.Pid, syscall.SIGKILL) })
	defer late.Stop()
	if err := c.Wait(); err != nil {
		t.Errorf("the bot ends with %v", err)
	}
	shows("\talerts\tlast\t")
}
