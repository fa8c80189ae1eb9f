package slack_test

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"

	"confab/app/importing"
	"confab/app/importing/slack"
	"confab/app/testkit"
)

// export makes a zip file.
func export(t testing.TB, files map[string]string) *bytes.Reader {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, files[name]); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return bytes.NewReader(b.Bytes())
}

// read returns the items of an export as lines.
func read(t testing.TB, files map[string]string) []string {
	t.Helper()
	r := export(t, files)
	e, err := slack.Open(r, r.Size(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return lines(t, e)
}

func lines(t testing.TB, e *slack.Export) []string {
	t.Helper()
	var out []string
	err := e.Read(context.Background(), func(i importing.Item) error {
		switch i := i.(type) {
		case importing.Account:
			out = append(out, fmt.Sprintf("account %s %q %q bot=%v", i.Key, i.Name, i.Display, i.Bot))
		case importing.Conversation:
			out = append(out, fmt.Sprintf("conversation %s %q direct=%v public=%v %v by %q: %q", i.Key, i.Name, i.Direct, i.Public, i.Members, i.Creator, i.Topic))
		case importing.Message:
			body := i.Text
			if i.Render != nil {
				body = i.Render(func(key string) string { return map[string]string{"U1": "ann", "U2": "ben"}[key] })
			}
			line := fmt.Sprintf("%s %s: %q", i.Key, i.Author, body)
			if i.Author == "" || i.AuthorBot {
				line += fmt.Sprintf(" (%s, bot=%v)", i.AuthorName, i.AuthorBot)
			}
			if i.Notice != "" {
				line += " notice=" + string(i.Notice)
			}
			if i.Thread != "" {
				line += fmt.Sprintf(" thread=%s also=%v", i.Thread, i.Also)
			}
			if !i.EditedAt.IsZero() {
				line += " edited=" + i.EditedAt.Format("15:04:05")
			}
			for _, f := range i.Files {
				line += fmt.Sprintf(" file=%s here=%v", f.Name, f.Open != nil)
			}
			for _, r := range i.Reactions {
				line += " " + r.Emoji + "=" + r.By
			}
			out = append(out, line)
		case importing.Fault:
			out = append(out, "fault "+i.Place+": "+i.Reason)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

const (
	users = `[
{"id":"U1","name":"ann","profile":{"display_name":"Ann A.","real_name":"Ann"}},
{"id":"U2","name":"ben","real_name":"Ben","is_restricted":true,"profile":null},
{"id":"U3","name":"robot","is_bot":true,"profile":{"display_name":"","real_name":"Robot"}}]`
	channels = `[{"id":"C1","name":"general","created":1500000000,"creator":"U1","members":["U1","U2"],"topic":{"value":"News","creator":"U1","last_set":1},"purpose":{"value":"All"}}]`
)

func TestAnExport(t *testing.T) {
	got := read(t, map[string]string{
		"users.json":    users,
		"channels.json": channels,
		"dms.json":      `[{"id":"D1","created":1500000000,"members":["U1","U2"]}]`,
		"mpims.json":    `[{"id":"G1","name":"mpdm-ann--ben--robot-1","members":["U1","U2","U3"]}]`,
		"general/2024-01-02.json": `[
{"type":"message","user":"U1","ts":"1704153600.000100","text":"Hi <@U2> and <@U9|eve>, see <#C1|general>, <https://x.example/a?b=1&amp;c=2|the plan> &lt;b&gt; &amp;lt; <!here> *now* :tada:"},
{"type":"message","user":"U2","ts":"1704153601.000200","text":"root","thread_ts":"1704153601.000200","reply_count":2,"edited":{"user":"U2","ts":"1704153700.000000"},
 "reactions":[{"name":"+1::skin-tone-3","users":["U1","U3"],"count":2}]},
{"type":"message","user":"U1","ts":"1704153602.000300","text":"reply","thread_ts":"1704153601.000200","parent_user_id":"U2"},
{"type":"message","subtype":"thread_broadcast","user":"U1","ts":"1704153603.000300","text":"for all","thread_ts":"1704153601.000200","root":{"text":"root"}},
{"type":"message","subtype":"bot_message","bot_id":"B1","username":"Builds","ts":"1704153604.000000","text":"","attachments":[{"fallback":"f","title":"Build 7","title_link":"https://ci.example/7","text":"failed"}]},
{"type":"message","subtype":"me_message","user":"U1","ts":"1704153605.000000","text":"waves"},
{"type":"message","subtype":"channel_join","user":"U2","ts":"1704153606.000000","text":"<@U2> has joined the channel"},
{"type":"message","subtype":"channel_topic","user":"U1","ts":"1704153607.000000","topic":"News","text":"x"},
{"type":"message","subtype":"pinned_item","user":"U1","ts":"1704153608.000000","text":"pinned"},
{"type":"message","subtype":"tombstone","user":"USLACKBOT","ts":"1704153609.000000","text":"This message was deleted."}
]`,
		"general/2024-01-03.json":           `[{"user":"U1","ts":"1704240000.000001","text":"","files":[{"id":"F1","name":"plan.txt","url_private":"https://files.slack.com/x"},{"id":"F2","name":"gone.png"},{"id":"F3","mode":"tombstone"}]}]`,
		"__uploads/F1/plan.txt":             "the plan",
		"D1/2024-01-02.json":                `[{"user":"U1","ts":"1704153600.000000","text":"psst"}]`,
		"lost/2024-01-02.json":              `[{"user":"U1","ts":"1704153600.000000","text":"no list names this channel"}]`,
		"canvas_in_the_conversation/x.html": "<p>",
	})
	testkit.Lines(t, got,
		`account U1 "ann" "Ann A." bot=false`,
		`account U2 "ben" "Ben" bot=false`,
		`account U3 "robot" "Robot" bot=true`,
		`conversation D1 "D1" direct=true public=false [U1 U2] by "": ""`,
		`1704153600.000000 U1: "psst"`,
		`conversation G1 "mpdm-ann--ben--robot-1" direct=false public=false [U1 U2 U3] by "": ""`,
		`conversation C1 "general" direct=false public=true [U1 U2] by "U1": "News"`,
		`1704153600.000100 U1: "Hi @ben and @eve, see #general, the plan (https://x.example/a?b=1&c=2) <b> &lt; @here *now* 🎉"`,
		`1704153601.000200 U2: "root" thread=1704153601.000200 also=false edited=00:01:40 +1=U1 +1=U3`,
		`1704153602.000300 U1: "reply" thread=1704153601.000200 also=false`,
		`1704153603.000300 U1: "for all" thread=1704153601.000200 also=true`,
		`1704153604.000000 B1: "Build 7\nhttps://ci.example/7\nfailed" (Builds, bot=true)`,
		`1704153605.000000 U1: "/me waves"`,
		`1704153606.000000 U2: "" notice=joined`,
		`1704153607.000000 U1: "News" notice=topic`,
		`fault general/2024-01-02.json, entry 9: a system line of a kind that this chat does not have`,
		`fault general/2024-01-02.json, entry 10: the message was deleted in Slack`,
		`1704240000.000001 U1: "" file=plan.txt here=true file=gone.png here=false`,
		`conversation lost "lost" direct=false public=false [] by "": ""`,
		`1704153600.000000 U1: "no list names this channel"`,
	)
}

// A bad item is named and left out, and everything else comes.
// Two messages with one ts are the same message, or the export is damaged. Then both come,
// under the same keys in each import.
func TestMessagesWithOneTime(t *testing.T) {
	damaged := map[string]string{
		"users.json": "[]",
		"general/2024-01-02.json": `[{"user":"U1","ts":"1704153600.000100","text":"one","thread_ts":"1704153600.000100"},
{"user":"U1","ts":"1704153600.000100","text":"one","thread_ts":"1704153600.000100","reactions":[{"name":"tada","users":["U2"]}]},
{"user":"U2","ts":"1704153600.000100","text":"one","thread_ts":"1704153600.000100"},
{"user":"U1","ts":"1704153600.000100","text":"two"},
{"user":"U2","ts":"1704153601.000000","text":"reply","thread_ts":"1704153600.000100"}]`,
		"general/2024-01-03.json": `[{"user":"U1","ts":"1704153600.000100","text":"two"}, {"user":"U1","ts":"1704153600.000100","files":[{"id":"F1","name":"x"}]}]`,
	}
	for range 2 {
		testkit.Lines(t, read(t, damaged),
			`conversation general "general" direct=false public=false [] by "": ""`,
			"fault general/2024-01-02.json, entry 2: the export has the same message twice",
			`1704153600.000100 U1: "one" thread=1704153600.000100 also=false`,
			`1704153600.000100 #2 U2: "one" thread=1704153600.000100 #2 also=false`,
			`1704153600.000100 #3 U1: "two"`,
			`1704153601.000000 U2: "reply" thread=1704153600.000100 also=false`,
			"fault general/2024-01-03.json, entry 1: the export has the same message twice",
			`1704153600.000100 #4 U1: "" file=x here=false`,
		)
	}
}

func TestBadItems(t *testing.T) {
	got := read(t, map[string]string{
		"old/users.json":    `[null, [], "x", 7, {"id":null}, {"id":{"a":1}}, {"id":"U1","name":["a"],"profile":[]}]`,
		"old/channels.json": `[{"id":"C1","name":"general","members":null,"topic":[],"purpose":false,"created":"soon"}, {"name":"nameless"}]`,
		"old/groups.json":   `{"id":"G1"}`,
		"old/general/2024-01-02.json": `[
null, [], {"user":"U1","text":"no time"}, {"user":"U1","ts":"yesterday"}, {"user":"U1","ts":"1704153600.00.1"}, {"user":"U1","ts":"99999999999999999999.0"},
{"user":"U1","ts":1704153600.000100,"text":"a number keeps its digits"},
{"user":null,"ts":"1704153601.1","text":"by nobody","edited":[],"reactions":{"name":"tada","users":null},"files":null,"attachments":[null,1]},
{"user":{"id":"U1"},"ts":"1704153602.1","text":["a","list"]},
{"user":"U1","ts":"1704153599.000001","text":"out of order <@U1","thread_ts":"1704153900.1"},
{"user":"U1","ts":"1704153603.1","text":"and then`,
		"old/general/2024-01-03.json":         `{"ok":false}`,
		"old/general/2024-01-04.json":         "",
		"old/general/2024-01-05.json":         `[{"user":"U1","ts":"1704412800.000000","text":"still here"}]`,
		"old/../../etc/2024-01-05.json":       `[{"user":"U1","ts":"1704412800.000000","text":"a path that climbs"}]`,
		"__uploads/../../../../tmp/x/evil.sh": "x",
	})
	testkit.Lines(t, got,
		`fault old/users.json, entry 1: it is no object`,
		`fault old/users.json, entry 2: it is no object`,
		`fault old/users.json, entry 3: it is no object`,
		`fault old/users.json, entry 4: it is no object`,
		`fault old/users.json, entry 5: the user has no id`,
		`fault old/users.json, entry 6: the user has no id`,
		`account U1 "U1" "" bot=false`,
		`fault old/channels.json, entry 2: the channel has no id`,
		`fault old/groups.json: the file in the export is no list`,
		`conversation C1 "general" direct=false public=true [] by "": ""`,
		`fault old/general/2024-01-02.json, entry 1: it is no object`,
		`fault old/general/2024-01-02.json, entry 2: it is no object`,
		`fault old/general/2024-01-02.json, entry 3: the message has no valid time (ts)`,
		`fault old/general/2024-01-02.json, entry 4: the message has no valid time (ts)`,
		`fault old/general/2024-01-02.json, entry 5: the message has no valid time (ts)`,
		`fault old/general/2024-01-02.json, entry 6: the message has no valid time (ts)`,
		`fault old/general/2024-01-02.json, after entry 10: the file in the export is damaged: the rest of it does not come`,
		`1704153599.000001 U1: "out of order <@U1" thread=1704153900.1 also=false`,
		`1704153600.000100 U1: "a number keeps its digits"`,
		`1704153601.1 : "by nobody" (, bot=true)`,
		`1704153602.1 : "" (, bot=true)`,
		`fault old/general/2024-01-03.json: the file in the export is no list`,
		`fault old/general/2024-01-04.json, after entry 0: the file in the export is damaged: the rest of it does not come`,
		`1704412800.000000 U1: "still here"`,
	)
}

// A file that unpacks to far more than it says, or to far more than a day can have, ends at
// the limit, and the import goes on.
func TestAZipBomb(t *testing.T) {
	got := read(t, map[string]string{
		"channels.json":           channels,
		"general/2024-01-02.json": `[{"user":"U1","ts":"1704153600.1","text":"` + strings.Repeat("A", 65<<20) + `"}]`,
		"general/2024-01-03.json": `[{"user":"U1","ts":"1704240000.1","text":"` + strings.Repeat(`\u0000`, 10) + `NUL"}]`,
		"general/2024-01-04.json": strings.Repeat("[", 100_000),
	})
	testkit.Lines(t, got,
		`conversation C1 "general" direct=false public=true [U1 U2] by "U1": "News"`,
		`fault general/2024-01-02.json, after entry 0: the file in the export is too large: the rest of it does not come`,
		`1704240000.1 U1: "`+strings.Repeat(`\x00`, 10)+`NUL"`,
		`fault general/2024-01-04.json, after entry 0: the file in the export is damaged: the rest of it does not come`,
	)
}

func TestOtherFilesAreRefused(t *testing.T) {
	for content, wanted := range map[string]string{"": "no zip file", "PK\x03\x04 and then nothing": "no zip file"} {
		if _, err := slack.Open(strings.NewReader(content), int64(len(content)), nil); err == nil || !strings.Contains(err.Error(), wanted) {
			t.Errorf("a file with %q gives the error %v, want %q", content, err, wanted)
		}
	}
	r := export(t, map[string]string{"readme.txt": "x"})
	if _, err := slack.Open(r, r.Size(), nil); err == nil || !strings.Contains(err.Error(), "no export of Slack") {
		t.Errorf("another zip file gives the error %v", err)
	}
}

// Whatever a day of an export contains, it is read to its end without an error.
func FuzzDay(f *testing.F) {
	f.Add(`[{"user":"U1","ts":"1704153600.000100","text":"<@U1> &lt; <https://x|y>","thread_ts":"1704153600.000100","files":[{}],"reactions":[{"name":"a","users":["U1"]}]}]`)
	f.Add(`[null,[],{"ts":1.5},{"ts":"1","edited":[],"attachments":{"text":"<"}}]`)
	f.Fuzz(func(t *testing.T, day string) {
		read(t, map[string]string{"users.json": users, "channels.json": channels, "general/2024-01-02.json": day})
	})
}
