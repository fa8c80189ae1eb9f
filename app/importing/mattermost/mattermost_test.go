package mattermost_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"confab/app/importing"
	"confab/app/importing/mattermost"
	"confab/app/testkit"
)

func read(t testing.TB, export string, files importing.Folder) []string {
	t.Helper()
	var out []string
	err := mattermost.Open(strings.NewReader(export), int64(len(export)), files).Read(context.Background(), func(i importing.Item) error {
		switch i := i.(type) {
		case importing.Account:
			out = append(out, fmt.Sprintf("account %s %q bot=%v", i.Name, i.Display, i.Bot))
		case importing.Conversation:
			out = append(out, fmt.Sprintf("conversation %q direct=%v public=%v %v authors=%v: %q", i.Name, i.Direct, i.Public, i.Members, i.AuthorsJoin, i.Topic))
		case importing.Message:
			body := i.Text
			if i.Render != nil {
				body = i.Render(func(key string) string { return key + "-here" })
			}
			line := fmt.Sprintf("%d %s: %q", i.At.UnixMilli(), i.Author, body)
			if i.Notice != "" {
				line += " notice=" + string(i.Notice)
			}
			if i.Thread != "" {
				line += fmt.Sprintf(" thread=%q", i.Thread)
			}
			if !i.EditedAt.IsZero() {
				line += " edited"
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

func TestAnExport(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "data", "x"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "data", "x", "a.txt"), []byte("a"), 0o600); err != nil {
		t.Fatal(err)
	}
	files, closer, err := importing.OpenFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer closer.Close()
	testkit.Lines(t, read(t, `{"type":"version","version":1,"info":{"generator":"mattermost-server"}}
{"type":"team","team":{"name":"eng","display_name":"Eng"}}
{"type":"channel","channel":{"team":"eng","name":"ops","display_name":"Ops","type":"O","header":"All about ops","purpose":"p"}}
{"type":"channel","channel":{"team":"eng","name":"secret","display_name":"Secret","type":"P"}}
{"type":"user","user":{"username":"ann","nickname":"","first_name":"Ann","last_name":"A.","teams":[{"name":"eng","channels":[{"name":"ops"},{"name":"secret"}]}]}}
{"type":"user","user":{"username":"ben","nickname":"Benny","teams":[{"name":"eng","channels":[{"name":"ops"}]}]}}
{"type":"bot","bot":{"username":"builds","owner":"ann","display_name":"Builds"}}
{"type":"post","post":{"team":"eng","channel":"ops","user":"ben","message":"later, @ann. And @nobody","create_at":1704153602000,"edit_at":1704153605000}}
{"type":"post","post":{"team":"eng","channel":"ops","user":"ann","message":"root","create_at":1704153600000,"edit_at":0,
"reactions":[{"user":"ben","create_at":1704153601500,"emoji_name":"tada"}],"replies":[{"user":"ben","message":"reply","create_at":1704153601000,"attachments":[{"path":"data/x/a.txt"},{"path":"../../etc/passwd"}]}]}}
`+strings.ReplaceAll(`{"type":"post","post":{"team":"eng","channel":"ops","user":"ann","message":"root","create_at":1704153600000,
"reactions":[{"user":"ben","create_at":1704153601500,"emoji_name":"tada"}],"replies":[{"user":"ben","message":"reply","create_at":1704153601000,"attachments":[{"path":"data/x/a.txt"},{"path":"../../etc/passwd"}]}]}}`, "\n", "")+`
{"type":"post","post":{"team":"eng","channel":"ops","user":"ben","type":"system_join_channel","message":"ben joined","create_at":1704153603000}}
{"type":"post","post":{"team":"eng","channel":"ops","user":"ann","type":"system_header_change","message":"x","create_at":1704153604000}}
{"type":"post","post":{"team":"eng","channel":"ops","user":"builds","type":"slack_attachment","message":"","props":{"attachments":[{"title":"Build 7","text":"failed"}]},"create_at":1704153605000}}
{"type":"direct_channel","direct_channel":{"members":["ben","ann"],"header":""}}
{"type":"direct_channel","direct_channel":{"participants":[{"username":"ann"},{"username":"builds"}]}}
{"type":"direct_post","direct_post":{"channel_members":["ann","ben"],"user":"ben","message":"psst","create_at":1704153600000}}
{"type":"emoji","emoji":{"name":"parrot","image":"x"}}`, files),
		`account ann "Ann A." bot=false`,
		`account ben "Benny" bot=false`,
		`account builds "Builds" bot=true`,
		`fault line 9: the line is no object of an export`,
		`fault line 10: the line is no object of an export`,
		`fault line 18: an emoji that users have drawn`,
		`conversation "ops" direct=false public=true [ann ben] authors=false: "All about ops"`,
		`1704153600000 ann: "root" tada=ben`,
		`1704153601000 ben: "reply" thread="1704153600000\x00ann\x00root" file=a.txt here=true file=passwd here=false`,
		`1704153602000 ben: "later, @ann-here. And @nobody" edited`,
		`1704153603000 ben: "" notice=joined`,
		`fault line 13: a system line of a kind that this chat does not have`,
		`1704153605000 builds: "Build 7\nfailed"`,
		`conversation "secret" direct=false public=false [ann] authors=false: ""`,
		`conversation "ann-ben" direct=true public=false [ann ben] authors=false: ""`,
		`1704153600000 ben: "psst"`,
		`conversation "ann-builds" direct=true public=false [ann builds] authors=false: ""`,
	)
}

// Two posts with the same time, user and text are one post. Others of the same time are
// not.
func TestPostsOfOneTime(t *testing.T) {
	post := func(user, message, replies string) string {
		return fmt.Sprintf(`{"type":"post","post":{"team":"t","channel":"c","user":%q,"message":%q,"create_at":1700000000000,"replies":[%s]}}`+"\n", user, message, replies)
	}
	reply := `{"user":"ben","message":"re","create_at":1700000000001}`
	testkit.Lines(t, read(t, post("ann", "one", reply+","+reply)+post("ann", "two", "")+post("ben", "one", "")+post("ann", "one", ""), nil),
		`conversation "c" direct=false public=false [] authors=true: ""`,
		`1700000000000 ann: "one"`,
		`1700000000001 ben: "re" thread="1700000000000\x00ann\x00one"`,
		"fault line 1, reply 2: the export has the same post twice",
		`1700000000000 ann: "two"`,
		`1700000000000 ben: "one"`,
		"fault line 4: the export has the same post twice",
	)
}

func TestBadLines(t *testing.T) {
	testkit.Lines(t, read(t, strings.Join([]string{
		`null`, `[]`, `{"type":7}`, `{"type":"new thing"}`, `{"type":"user","user":[]}`, `{"type":"channel","channel":null}`, `{"type":"direct_channel","direct_channel":{"members":{"a":1}}}`,
		`{"type":"post","post":{"channel":"ops","user":"ann","message":"no time"}}`, `{"type":"post","post":{"user":"ann","create_at":1}}`,
		`{"type":"post","post":{"channel":"ops","team":"eng","user":["ann"],"message":{"a":1},"create_at":"1704153600000","replies":[null,{"create_at":-1},7],"reactions":{"a":1}}}`,
		"{\"type\":\"post\",\"post\":{\"channel\":\"ops\",\"team\":\"eng\",\"user\":\"ann\",\"message\":\"\xff\\u0000\",\"create_at\":1704153601000}}",
		`{"type":"post","post":{"message":"` + strings.Repeat("A", 17<<20) + `"}}`,
		strings.Repeat(`{"type":`, 20_000),
	}, "\r\n"), nil),
		`fault line 1: a line of a type that this version does not know`,
		`fault line 2: the line is no object of an export`,
		`fault line 3: a line of a type that this version does not know`,
		`fault line 4: a line of a type that this version does not know`,
		`fault line 5: the user has no name`,
		`fault line 6: the channel has no name`,
		`fault line 7: the direct channel has no members`,
		`fault line 8: the post has no valid time (create_at)`,
		`fault line 9: the post has no channel`,
		`fault line 12: the line is too long`,
		`fault line 13: the line is no object of an export`,
		`conversation "ops" direct=false public=false [] authors=true: ""`,
		`1704153600000 : ""`,
		`fault line 10, reply 1: the post has no valid time (create_at)`,
		`1704153601000 ann: "`+"\ufffd"+`\x00"`,
	)
}

// Whatever an export contains, it is read to its end without an error.
func FuzzExport(f *testing.F) {
	f.Add(`{"type":"direct_post","direct_post":{"channel_members":["a","b"],"user":"a","message":"@a","create_at":1,"replies":[{"create_at":2}]}}`)
	f.Add("{\"type\":\"user\",\"user\":{\"username\":\"a\"}}\r\n{\"type\":\"post\",\"post\":{\"channel\":\"c\",\"create_at\":1}}")
	f.Fuzz(func(t *testing.T, export string) { read(t, export, nil) })
}
