//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"confab/app/testkit"
	"confab/bot"
)

// nextMessage returns the next message of a bot.
func nextMessage(t *testing.T, ctx context.Context, b *bot.Bot) *bot.Message {
	t.Helper()
	for {
		e, err := b.Next(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if e.Message != nil {
			return e.Message
		}
	}
}

// A bot in Go gets each message once, also those posted while it was not connected, and its commands
// are answered even if it has not taken what came before.
func TestTheGoPackageLosesNothing(t *testing.T) {
	t.Parallel()
	_, dir, path := annWithBot(t, "helper")
	ctx, cancel := context.WithTimeout(t.Context(), testkit.Patience)
	defer cancel()
	ssh := filepath.Join(strings.Split(path, ":")[0], "ssh")
	pid, noted := filepath.Join(dir, "pid"), filepath.Join(dir, "noted")
	if err := os.WriteFile(noted, []byte("#!/bin/sh\necho $$ >'"+pid+"'\nexec '"+ssh+"' \"$@\"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	b := bot.Open(bot.Options{Host: "helper", SSH: []string{noted}})
	defer b.Close()
	if e, err := b.Next(ctx); err != nil || e.Ready == nil || e.Ready.Account.Name != "helper" {
		t.Fatalf("first comes %+v, %v", e, err)
	}
	const many = 500 // more than the bot holds
	var lines strings.Builder
	for i := range many {
		fmt.Fprintln(&lines, i)
	}
	send := exec.CommandContext(ctx, ssh, "ann", "send", "--lines", "'#general'")
	send.Stdin = strings.NewReader(lines.String())
	if out, err := send.CombinedOutput(); err != nil {
		t.Fatalf("%v, %s", err, out)
	}
	if err := b.Send(ctx, bot.Post{Target: "#general", Text: "I have not read yet"}); err != nil {
		t.Fatal(err)
	}
	_, err := b.Do(ctx, "", "send", "#nowhere", "hello")
	if refused, ok := errors.AsType[*bot.Refusal](err); !ok || refused.Status != 4 {
		t.Errorf("an unknown conversation gives %v", err)
	}
	for i := range many {
		if m := nextMessage(t, ctx, b); m.Text != strconv.Itoa(i) || m.Author.Name != "ann" || m.Conversation.Name != "#general" {
			t.Fatalf("message %d is %+v", i, m)
		}
	}
	// The connection breaks.
	text, err := os.ReadFile(pid)
	if err != nil {
		t.Fatal(err)
	}
	process, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(process, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	asks(t, path, "ann", "send", "'#general'", "ping")
	m := nextMessage(t, ctx, b)
	if m.Text != "ping" {
		t.Errorf("after the break comes %+v", m)
	}
	for range 2 { // as a bot does that has lost track
		if err := b.Send(ctx, bot.Post{ID: bot.AnswerID(m.ID), Target: m.Conversation.ID, ReplyTo: m.ID, Text: "pong"}); err != nil {
			t.Fatal(err)
		}
	}
	answers, err := b.Do(ctx, "", "history", "#general", "--limit", "2")
	if err != nil || len(answers) != 2 || answers[0].Message == nil || answers[0].Message.Text != "ping" || answers[1].Message.Text != "pong" {
		t.Errorf("the last messages are %+v, %v", answers, err)
	}
	b.Close()
	if _, err := b.Next(ctx); !errors.Is(err, bot.ErrClosed) {
		t.Errorf("a closed bot says %v", err)
	}
	lost := bot.Open(bot.Options{Host: "helper", SSH: []string{ssh}, Since: "019b76da-0000-7000-8000-000000000000"})
	defer lost.Close()
	if _, err := lost.Next(ctx); !errors.Is(err, bot.ErrSince) {
		t.Errorf("an unknown place gives %v", err)
	}
}
