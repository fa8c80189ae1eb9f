package sshd_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"golang.org/x/crypto/ssh"

	"confab/app/testkit"
	"confab/app/text"
	"confab/keys"
)

// schema reads the JSON schema in the documentation.
func schema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	s, err := c.Compile("../../docs/scripting.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// runs runs a command and returns its output.
func (h *host) runs(key ssh.Signer, line, stdin string) (out string, status int) {
	h.t.Helper()
	session, in, stdout, hangUp := h.command(key, line, -1, -1)
	defer hangUp()
	_, _ = io.WriteString(in, stdin)
	_ = in.Close()
	text, err := io.ReadAll(stdout)
	if err != nil {
		h.t.Fatal(err)
	}
	err = session.Wait()
	if exit, ok := errors.AsType[*ssh.ExitError](err); ok {
		return string(text), exit.ExitStatus()
	}
	if err != nil {
		h.t.Fatal(err)
	}
	return string(text), 0
}

// All JSON output matches the schema in the documentation, and some command writes each
// kind of line in the schema.
func TestOutputsAreAsTheSchemaSays(t *testing.T) {
	t.Parallel()
	compiled := schema(t)
	h := serve(t)
	ctx, stop := context.WithCancel(t.Context())
	watched := make(chan error, 1)
	go func() { watched <- h.service.TailChanges(ctx) }()
	ann, bob := h.member("ann"), h.member("bob")
	robot := testkit.Signer(t)
	public, err := keys.FromPublicKey(robot.PublicKey())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.service.Accounts().AddBot(testkit.AtOnce(t), "robot", []keys.Key{public}); err != nil {
		t.Fatal(err)
	}
	hostile := "\x1b]0;title\x07 \u009b31m \u202e \"quotes\" \\ \t tab <b>&amp; 👩‍👩‍👧 \u2028 end"
	seen := make(map[string]bool)
	check := func(key ssh.Signer, stdin string, words ...string) string {
		t.Helper()
		for i, w := range words {
			words[i] = "'" + w + "'"
		}
		out, status := h.runs(key, strings.Join(words, " "), stdin)
		for line := range strings.Lines(out) {
			v, err := jsonschema.UnmarshalJSON(strings.NewReader(line))
			if err != nil {
				t.Errorf("%q writes %q: %v", words, line, err)
				continue
			}
			if err := compiled.Validate(v); err != nil {
				t.Errorf("%q writes %s%v", words, line, err)
			}
			if o, ok := v.(map[string]any); ok {
				seen[fmt.Sprint(o["type"])] = true
			}
			if !text.IsClean(strings.TrimSuffix(line, "\n")) {
				t.Errorf("%q writes %q", words, line)
			}
		}
		if status > 1 {
			t.Errorf("%q ends with status %d", words, status)
		}
		return out
	}
	one, two := testkit.NewID(t).String(), testkit.NewID(t).String()
	check(ann, "", "whoami", "--json")
	check(ann, hostile, "send", "--json", "--id", one, "#general")
	check(bob, "", "send", "--json", "--id", two, "--reply", one, "#general", "an answer to it")
	check(bob, "", "send", "--json", "--thread", one, "#general", "an answer in its thread")
	check(bob, "", "send", "--json", "--thread", one, "--also", "#general", "another one")
	check(ann, "", "threads", "--json")
	check(ann, "", "history", "--json", "--thread", one, "#general")
	check(ann, "", "read", "--json", "--thread", one, "#general")
	check(ann, "", "unfollow", "--json", one)
	check(ann, "", "follow", "--json", one)
	check(ann, "first\n\n"+hostile+"\n", "send", "--json", "--lines", "#general")
	check(ann, "", "send", "--json", "@bob", "for you")
	check(ann, "", "new", "--json", "ops", "bob", "robot")
	check(bob, "", "invitations", "--json")
	check(bob, "", "accept", "--json", "#ops")
	check(ann, "", "new", "--json", "--public", "lunch")
	check(ann, "", "remove", "--json", "#ops", "bob")
	check(ann, "", "add", "--json", "#ops", "bob")
	check(bob, "", "decline", "--json", "#ops")
	check(ann, "", "silence", "--json", "--for", "2h", "--reason", "too loud", "robot")
	check(ann, "", "silence", "--json", "--for", "forever", "robot")
	check(ann, "", "unsilence", "--json", "robot")
	check(bob, "", "block", "--json", "robot")
	check(bob, "", "blocks", "--json")
	check(bob, "", "unblock", "--json", "robot")
	check(bob, "", "join", "--json", "#lunch")
	check(bob, "", "leave", "--json", "#lunch")
	if err := put(h.sftp(ann), "#lunch/menu.txt", "soup"); err != nil {
		t.Fatal(err)
	}
	check(ann, "", "history", "--json", "#lunch")
	h.service.Host().Programs().ServesWeb("https://chat.example.org")
	check(ann, "", "hooks", "add", "--json", "#lunch", "cook")
	check(ann, "", "hooks", "list", "--json", "#lunch")
	check(ann, "", "hooks", "revoke", "--json", "1")
	check(ann, "", "list", "--json")
	check(ann, "", "list", "--json", "--public")
	check(bob, "", "unread", "--json")
	check(bob, "", "edit", "--json", two, "another answer")
	check(ann, "", "settings", "--json", "#general", "mention-all", "everyone")
	check(ann, "", "settings", "--json")
	check(ann, "", "settings", "--json", "key.alt+x=switcher")
	check(ann, "", "send", "--json", "#general", "hello @all")
	check(bob, "", "mentions", "--json")
	check(bob, "", "notify", "--json", "deploy")
	check(bob, "", "notify", "--json")
	check(bob, "", "notify", "--json", "remove", "deploy")
	check(bob, "", "dnd", "--json", "for", "2h")
	check(bob, "", "dnd", "--json", "off")
	gone := testkit.NewID(t).String()
	check(ann, "", "send", "--json", "--id", gone, "#general", "not for long")
	check(ann, "", "delete", "--json", gone)
	check(bob, "", "react", "--json", one, ":tada:")
	check(ann, "", "pin", "--json", one)
	check(bob, "", "pins", "--json", "#general")
	check(bob, "", "save", "--json", one)
	check(bob, "", "saved", "--json")
	check(bob, "", "tail", "--json", "-n", "100", "#general", "@ann")
	check(ann, "", "history", "--json", "#ops")
	check(bob, "", "read", "--json", "#general")
	check(ann, "", "info", "--json", one)
	check(ann, "", "members", "--json", "#general")
	check(bob, "", "away", "--json", "--until", "in 2h", hostile)
	check(ann, "", "who", "--json")
	check(bob, "", "back", "--json")
	check(ann, "", "keys", "--json", "list")
	check(ann, "", "keys", "--json", "add")
	check(ann, "", "remind", "--json", "in 5m to", hostile)
	check(ann, "", "send", "--json", "--at", "tomorrow at 9", "#general", hostile)
	check(ann, "", "later", "--json")
	check(ann, "", "later", "--json", "cancel", "1")
	check(ann, "", "version", "--json")
	check(robot, `{"id":"0","run":["accept","ops"]}
{"id":"`+"\\u001b]0;x\\u0007\\u009b"+`1","run":["send","#ops"],"text":"\u001b[31mred"}
{"id":"2","run":["list"]}
{"id":"3","run":["dance","\u001b[31m\u009b"]}
nonsense `+hostile+`
{"id":"4","run":["help"]}
`, "bot", "--json", "--own", "--since", one)

	// The server ends a bot's connection.
	_, _, out, hangUp := h.command(robot, "bot --json", -1, -1)
	defer hangUp()
	first := make([]byte, 1)
	if _, err := out.Read(first); err != nil {
		t.Fatal(err)
	}
	if _, err := h.service.Accounts().RevokeKey(testkit.AtOnce(t), public.Fingerprint()); err != nil {
		t.Fatal(err)
	}
	rest, err := io.ReadAll(out)
	if err != nil {
		t.Fatal(err)
	}
	stop()
	if err := testkit.Within(t, "the watch to end", watched); err != nil {
		t.Error(err)
	}
	for line := range strings.Lines(string(first) + string(rest)) {
		v, err := jsonschema.UnmarshalJSON(strings.NewReader(line))
		if err != nil {
			t.Fatal(err)
		}
		if err := compiled.Validate(v); err != nil {
			t.Error(err)
		}
		seen[fmt.Sprint(v.(map[string]any)["type"])] = true
	}
	for _, s := range compiled.OneOf {
		kind := s.Ref.Location[strings.LastIndex(s.Ref.Location, "/")+1:]
		if !seen[kind] {
			t.Errorf("nothing writes a line of the type %s", kind)
		}
	}
}
