//go:build unix

package bot_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"confab/bot"
)

// The tests that need a server are in cmd/confab. These are about what no server does at will.

// ssh makes a script that stands for ssh and returns it with a context in which it must be enough.
func ssh(t *testing.T, script string) (context.Context, []string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "ssh")
	if err := os.WriteFile(file, []byte("cd \"$(dirname \"$0\")\"\n"+script), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	return ctx, []string{"sh", file}
}

const ready = `echo '{"type":"ready","account":{"id":"1","name":"helper","bot":true}}'` + "\n"

func TestNextReturnsLinesOfTypesThatAreNew(t *testing.T) {
	t.Parallel()
	ctx, command := ssh(t, ready+`echo '{"type":"weather","message":7}'; cat`)
	b := bot.Open(bot.Options{Host: "h", SSH: command})
	defer b.Close()
	for _, want := range []string{"ready", "weather"} {
		if e, err := b.Next(ctx); err != nil || e.Type != want || len(e.Raw) == 0 {
			t.Errorf("%+v comes, %v, want %s", e, err, want)
		}
	}
}

// The first connection breaks with the command unanswered, and the second one answers.
func TestSendRepeatsWhatWasNotAcknowledged(t *testing.T) {
	t.Parallel()
	ctx, command := ssh(t, ready+`read -r line; printf '%s\n' "$line" >>lines
[ "$(wc -l <lines)" = 2 ] || exit 255
id=${line#*'"id":"'}; echo '{"type":"ack","status":0,"for":"'"${id%%'"'*}"'"}'; cat`)
	var mu sync.Mutex
	var said bytes.Buffer
	b := bot.Open(bot.Options{Host: "h", SSH: command, SendOnly: true, Log: slog.New(slog.NewTextHandler(locked{&mu, &said}, nil))})
	defer b.Close()
	if err := b.Send(ctx, bot.Post{Target: "#ops", Text: "a\n\"b\"", ReplyTo: "r"}); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(filepath.Dir(command[1]), "lines"))
	if err != nil {
		t.Fatal(err)
	}
	first, second, _ := strings.Cut(strings.TrimSpace(string(text)), "\n")
	run := func(line string) string { _, run, _ := strings.Cut(line, `"run"`); return run }
	if run(first) == "" || run(first) != run(second) || !strings.Contains(first, `"--reply","r","--","#ops"],"text":"a\n\"b\""`) {
		t.Errorf("these are sent:\n%s\n%s", first, second)
	}
	mu.Lock()
	defer mu.Unlock()
	if !strings.Contains(said.String(), "the connection has ended") {
		t.Errorf("the log says %q", said.String())
	}
}

func TestDoSaysIfTheConnectionEnds(t *testing.T) {
	t.Parallel()
	ctx, command := ssh(t, ready+`read -r line; echo '{"type":"end","reason":"stopped"}'`)
	b := bot.Open(bot.Options{Host: "h", SSH: command})
	defer b.Close()
	if _, err := b.Do(ctx, "", "new", "team"); !errors.Is(err, bot.ErrDisconnected) {
		t.Errorf("the command gives %v", err)
	}
}

func TestABotEndsIfConnectingAgainDoesNotHelp(t *testing.T) {
	t.Parallel()
	ctx, command := ssh(t, `echo 'Unknown flag.' >&2; exit 2`)
	b := bot.Open(bot.Options{Host: "h", SSH: command})
	defer b.Close()
	if refused, ok := errors.AsType[*bot.Refusal](nextError(ctx, b)); !ok || refused.Text != "Unknown flag." {
		t.Errorf("the refusal is %+v", refused)
	}
	none := bot.Open(bot.Options{Host: "h", SSH: []string{"no-such-program-for-a-bot"}})
	defer none.Close()
	if err := nextError(ctx, none); err == nil || ctx.Err() != nil {
		t.Errorf("without ssh, the error is %v", err)
	}
}

// nextError returns why there is no event.
func nextError(ctx context.Context, b *bot.Bot) error {
	_, err := b.Next(ctx)
	return err
}

// locked is a writer for several goroutines.
type locked struct {
	mu  *sync.Mutex
	out *bytes.Buffer
}

func (l locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.out.Write(p)
}
