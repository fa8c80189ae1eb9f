// Command ircbridge connects a group with a channel on IRC:
//
//	ircbridge -place FILE HOST '#ops' irc.example.org:6697 '#ops'
//
// People on each side see what the others write. docs/bridges.md describes it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"golang.org/x/time/rate"

	"confab/bot"
)

func main() {
	place := flag.String("place", "", "the `FILE` that remembers the last message that IRC has received; without it, messages are lost while the bridge does not run")
	nick := flag.String("nick", "confab", "the bridge's `NAME` on IRC")
	account := flag.String("account", "", "the bridge's `NAME` with NickServ")
	plain := flag.Bool("plaintext", false, "connect to IRC without TLS")
	flag.Usage = func() {
		fmt.Fprint(os.Stderr, "usage: ircbridge [FLAGS] HOST GROUP SERVER:PORT CHANNEL\n\n"+
			"The password of the IRC server, if it has one, is in the variable IRC_PASSWORD. That of -account is in IRC_ACCOUNT_PASSWORD.\n\n")
		flag.PrintDefaults()
	}
	flag.Parse()
	if flag.NArg() != 4 {
		flag.Usage()
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	irc := newClient(flag.Arg(2), flag.Arg(3), *nick)
	irc.plain, irc.password = *plain, os.Getenv("IRC_PASSWORD")
	irc.account, irc.secret = *account, os.Getenv("IRC_ACCOUNT_PASSWORD")
	if err := run(ctx, flag.Arg(0), flag.Arg(1), *place, irc); err != nil && ctx.Err() == nil {
		fmt.Fprintln(os.Stderr, "ircbridge:", err)
		os.Exit(1)
	}
}

// run carries messages in both directions, until ctx ends or the chat server cannot serve the bridge.
func run(ctx context.Context, host, group, place string, irc *client) error {
	since, err := remembered(place)
	if err != nil {
		return err
	}
	b := bot.Open(bot.Options{Host: host, Since: since})
	defer b.Close()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go irc.run(ctx)
	go toGroup(ctx, b, group, irc)
	return toIRC(ctx, b, group, place, irc)
}

// toGroup posts what people write on IRC.
func toGroup(ctx context.Context, b *bot.Bot, group string, irc *client) {
	for {
		select {
		case <-ctx.Done():
			return
		case line := <-irc.heard:
			if lost := irc.lost.Swap(0); lost > 0 {
				line += fmt.Sprintf("\n(%d lines from IRC are missing here: the bridge could not post them in time.)", lost)
			}
			if err := b.Send(ctx, bot.Post{Target: group, Text: line}); err != nil && ctx.Err() == nil {
				slog.Warn("a line from IRC was not posted", "error", err)
			}
		}
	}
}

// toIRC passes on what people write in the group.
func toIRC(ctx context.Context, b *bot.Bot, group, place string, irc *client) error {
	for {
		e, err := b.Next(ctx)
		if err != nil {
			return err
		}
		switch {
		case e.Ready != nil && e.Ready.Cursor != "":
			if err := remember(place, e.Ready.Cursor); err != nil {
				return err
			}
		case e.Invitation != nil && e.Invitation.Conversation.Name == group:
			if _, err := b.Do(ctx, "", "accept", e.Invitation.Conversation.ID); err != nil {
				slog.Warn("the invitation to the group was not accepted", "error", err)
			}
		case e.Message != nil:
			m := e.Message
			if m.Conversation.Name == group || m.Conversation.ID == group {
				if err := irc.deliver(ctx, m.ID, linesOf(m)); err != nil {
					return err
				}
			}
			if err := remember(place, m.ID); err != nil {
				return err
			}
		}
	}
}

// linesOf returns a message as lines for IRC. Lines about the group have none.
func linesOf(m *bot.Message) (lines []string) {
	if m.Change != "" || m.DeletedAt != nil {
		return nil
	}
	if m.File != nil {
		return []string{fmt.Sprintf("<%s> (posted the file %s)", m.Author.Name, m.File.Name)}
	}
	if action, ok := strings.CutPrefix(m.Text, "/me "); ok {
		return []string{fmt.Sprintf("* %s %s", m.Author.Name, action)}
	}
	for line := range strings.Lines(m.Text) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, fmt.Sprintf("<%s> %s", m.Author.Name, line))
		}
	}
	return lines
}

// remembered reads the place, which is "" the first time.
func remembered(place string) (string, error) {
	if place == "" {
		return "", nil
	}
	text, err := os.ReadFile(place)
	if errors.Is(err, os.ErrNotExist) {
		return "", nil
	}
	return strings.TrimSpace(string(text)), err
}

// remember writes the place, so that a crash leaves the old one or the new one.
func remember(place, id string) error {
	if place == "" {
		return nil
	}
	if err := os.WriteFile(place+".new", []byte(id+"\n"), 0o600); err != nil {
		return err
	}
	return os.Rename(place+".new", place)
}

// newClient makes a client of an IRC server. Servers disconnect clients that write faster.
func newClient(server, channel, nick string) *client {
	return &client{
		server: server, channel: channel, nick: nick, pause: 10 * time.Second,
		pace:  rate.NewLimiter(rate.Every(2*time.Second), 5),
		heard: make(chan string, 500), sessions: make(chan *session),
	}
}
