//go:build unix

package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"confab/app/testkit"
)

// The program of the host is run for direct messages and mentions of members who are away and
// want that, and for nothing else. It gets the text only if the member allows that.
func TestTellingPeopleWhoAreAway(t *testing.T) {
	t.Parallel()
	dir, out := t.TempDir(), filepath.Join(t.TempDir(), "out")
	annKey, bobKey, carlKey, danKey := enrol(t, dir, "ann"), enrol(t, dir, "bob"), enrol(t, dir, "carl"), enrol(t, dir, "dan")
	tell := filepath.Join(t.TempDir(), "tell")
	rewrite(t, tell, "#!/bin/sh\ncat >> '"+out+"'\n")
	if err := os.Chmod(tell, 0o700); err != nil {
		t.Fatal(err)
	}
	s := startServer(t, dir, "--notify-command", tell)
	does := func(command string) {
		t.Helper()
		if said, status := s.script(annKey, command); status != 0 {
			t.Fatalf("%s says %q, status %d", command, said, status)
		}
	}
	bobs := func(command string) {
		t.Helper()
		if said, status := s.script(bobKey, command); status != 0 {
			t.Fatalf("%s says %q, status %d", command, said, status)
		}
	}
	read := 0
	// heard waits for the next notices.
	heard := func(want ...string) {
		t.Helper()
		var lines []string
		if !testkit.Soon(func() bool {
			text, _ := os.ReadFile(out)
			lines = strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
			return len(lines) >= read+len(want) && string(text) != ""
		}) {
			t.Fatalf("waited in vain for %q after %q", want, lines)
		}
		for i, w := range want {
			line := lines[read+i]
			compiler := jsonschema.NewCompiler()
			compiler.AssertFormat()
			value, err := jsonschema.UnmarshalJSON(strings.NewReader(line))
			if err == nil {
				err = compiler.MustCompile("../../docs/away.schema.json").Validate(value)
			}
			var n struct{ To, From, Reason, Conversation, Text string }
			if bad := json.Unmarshal([]byte(line), &n); bad != nil || err != nil {
				t.Fatalf("the program gets %q: %v, %v", line, bad, err)
			}
			if got := strings.Join([]string{n.To, n.From, n.Reason, n.Conversation, n.Text}, " "); got != w {
				t.Errorf("the program gets %q, want %q", got, w)
			}
		}
		read += len(want)
	}
	if said, status := s.script(danKey, "settings notify-away=on"); status != 0 {
		t.Fatalf("the setting says %q, status %d", said, status)
	}
	// tellsNobody sends something of which nobody is told. The server looks at the settings of
	// people a little later, but at one message after the other. So a notice of the next message
	// shows that it is done with this one.
	tellsNobody := func(command string) {
		t.Helper()
		does(command)
		does("send @dan next")
		heard("dan ann direct @ann ")
	}
	tellsNobody("send @bob nobody has asked for this")
	bobs("settings notify-away=on")
	does("send @bob a secret")
	heard("bob ann direct @ann ")
	bobs("settings notify-away=text")
	does("send '#general' 'hello @bob and @carl; $(id)'")
	heard("bob ann mention #general hello @bob and @carl; $(id)")
	does("send '#general' nothing for anybody")
	bobs("dnd on")
	tellsNobody("send @bob not now")
	bobs("dnd off")
	bobs("block ann")
	tellsNobody("send '#general' 'hello @bob again'")
	bobs("unblock ann")
	carl := s.connect(carlKey)
	carl.say("/settings notify-away text")
	carl.shows("notify-away is text.")
	tellsNobody("send @carl you are here")
	does("send @bob the end")
	heard("bob ann direct @ann the end")
	s.stop()
	if text, _ := os.ReadFile(out); strings.Count(string(text), "\n") != read {
		t.Errorf("the program was run too often:\n%s", text)
	}
}

// The program does not run for people who are connected to another server.
func TestPeopleOnAnotherServerAreNotAway(t *testing.T) {
	onPostgres(t)
	dir, out := t.TempDir(), filepath.Join(t.TempDir(), "out")
	annKey, bobKey := enrol(t, dir, "ann"), enrol(t, dir, "bob")
	tell := filepath.Join(t.TempDir(), "tell")
	rewrite(t, tell, "#!/bin/sh\ncat >> '"+out+"'\n")
	if err := os.Chmod(tell, 0o700); err != nil {
		t.Fatal(err)
	}
	s := twoServers(t, dir, "--notify-command", tell)
	ann, bob := s[0].connect(annKey), s[1].connect(bobKey)
	bob.say("/settings notify-away text")
	bob.shows("notify-away is text.")
	ann.header("#general", "2 members, here: you, bob")
	ann.say("/dm bob you are here")
	ann.header("@bob", "● online")
	ann.say("still here")
	bob.lists("@ann", "2")
	bob.hangUp()
	ann.header("@bob", "○ offline")
	ann.say("gone")
	var text []byte
	if !testkit.Soon(func() bool { text, _ = os.ReadFile(out); return strings.HasSuffix(string(text), "\n") }) || strings.Count(string(text), "\n") != 1 || !strings.Contains(string(text), `"gone"`) {
		t.Errorf("the program gets %q", text)
	}
}

// The examples tell ntfy, a mail server and a webhook.
func TestAwayExamples(t *testing.T) {
	t.Parallel()
	for _, tool := range []string{"curl", "jq", "awk"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("there is no %s here", tool)
		}
	}
	posted := make(chan string, 1)
	web := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		posted <- r.URL.Path + "\n" + r.Header.Get("Title") + "\n" + string(body)
	}))
	defer web.Close()
	dir := t.TempDir()
	addresses, mail, sendmail := filepath.Join(dir, "addresses"), filepath.Join(dir, "mail"), filepath.Join(dir, "sendmail")
	rewrite(t, addresses, "ann ann-topic\nbob bob@example.org\n")
	rewrite(t, sendmail, "#!/bin/sh\necho \"$@\" > '"+mail+"'\ncat >> '"+mail+"'\n")
	if err := os.Chmod(sendmail, 0o700); err != nil {
		t.Fatal(err)
	}
	run := func(example, notice string) {
		t.Helper()
		c := exec.Command("../../docs/examples/away/" + example)
		c.Stdin = strings.NewReader(notice + "\n")
		c.Env = append(os.Environ(), "NTFY="+web.URL, "WEBHOOK="+web.URL+"/hook", "ADDRESSES="+addresses, "SENDMAIL="+sendmail)
		if said, err := c.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v, %s", example, err, said)
		}
	}
	const secret = `{"v":1,"type":"message","to":"ann","from":"carl","reason":"mention","conversation":"#ops"}`
	const open = `{"v":1,"type":"message","to":"bob","from":"carl","reason":"direct","conversation":"@carl","text":"grüße; $(id)"}`
	run("ntfy.sh", secret)
	if got, want := <-posted, "/ann-topic\ncarl in #ops\nA message came while you were away.\n"; got != want {
		t.Errorf("ntfy gets %q, want %q", got, want)
	}
	run("ntfy.sh", `{"to":"carl"}`) // has no topic
	run("webhook.sh", open)
	if got, want := <-posted, "/hook\n\n"+open+"\n"; got != want {
		t.Errorf("the webhook gets %q, want %q", got, want)
	}
	run("mail.sh", open)
	got, err := os.ReadFile(mail)
	if want := "-i -- bob@example.org\nTo: bob@example.org\nSubject: [confab] carl in @carl\n"; err != nil || !strings.HasPrefix(string(got), want) || !strings.HasSuffix(string(got), "\n\ngrüße; $(id)\n") {
		t.Errorf("the mail is %q, %v", got, err)
	}
}
