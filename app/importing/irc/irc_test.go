package irc_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"confab/app/importing"
	"confab/app/importing/irc"
	"confab/app/testkit"
)

func read(t testing.TB, format string, files ...string) []string {
	t.Helper()
	zone := time.FixedZone("CET", 3600)
	var logs []irc.Log
	for i := 0; i < len(files); i += 2 {
		logs = append(logs, irc.Log{Path: files[i], Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(files[i+1])), nil }})
	}
	source, err := irc.Open(logs, irc.Options{Format: format, Zone: zone, Encoding: "windows-1252"})
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	keys := map[string]bool{}
	err = source.Read(context.Background(), func(i importing.Item) error {
		switch i := i.(type) {
		case importing.Conversation:
			out = append(out, "conversation "+i.Name)
		case importing.Message:
			if keys[i.Conversation+i.Key] {
				t.Errorf("two messages have the key %q", i.Key)
			}
			keys[i.Conversation+i.Key] = true
			line := fmt.Sprintf("%s %s: %q", i.At.UTC().Format("2006-01-02T15:04:05.999999"), i.AuthorName, i.Text)
			if i.Notice != "" {
				line += " notice=" + string(i.Notice)
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
	bad     = "the line does not have the format of this client, or its day is not known"
	network = "a line about the network or of a kind that this chat does not have"
)

func TestWeeChat(t *testing.T) {
	testkit.Lines(t, read(t, "weechat", "/logs/irc.libera.#go.weechatlog", strings.Join([]string{
		"2023-01-02 10:11:12\t@ann\thello",
		"2023-01-02 10:11:12\t@ann\thello",
		"2024-01-02T10:11:12.123456Z\tben\t\x02bold\x02 and \x0304,01red\x03 \xe9t\xe9",
		"2024-01-02T10:11:13+02:00\t *\tben waves",
		"2024-01-02T10:11:14Z\t-->\teve (~e@host) has joined #go",
		"2024-01-02T10:11:15Z\t<--\teve (~e@host) has quit (Quit)",
		"2024-01-02T10:11:16Z\t--\tann has changed topic for #go from \"old\" to \"new topic\"",
		"2024-01-02T10:11:17Z\t--\tMode #go [+o ann] by ChanServ",
		"no tabs", "yesterday\tann\thi", "2024-01-02T10:11:18Z\t\t", "",
	}, "\n")),
		"conversation #go",
		`2023-01-02T09:11:12 ann: "hello"`,
		`2023-01-02T09:11:12 ann: "hello"`,
		`2024-01-02T10:11:12.123456 ben: "bold and red été"`,
		`2024-01-02T08:11:13 ben: "/me waves"`,
		`2024-01-02T10:11:14 eve: "" notice=joined`,
		`2024-01-02T10:11:15 eve: "" notice=left`,
		`2024-01-02T10:11:16 ann: "new topic" notice=topic`,
		"fault irc.libera.#go.weechatlog, line 8: "+network,
		"fault irc.libera.#go.weechatlog, line 9: "+bad,
		"fault irc.libera.#go.weechatlog, line 10: "+bad,
		"fault irc.libera.#go.weechatlog, line 11: "+network,
	)
}

// People say the same thing several times in a second, and clocks go back. No line is lost.
// A log that repeats the end of the one before has the same lines under the same keys.
func TestEqualLines(t *testing.T) {
	log := "2024-01-02T10:11:12Z\tann\tha\n2024-01-02T10:11:12Z\tann\tha\n2024-01-02T10:59:00Z\tann\tok\n2024-01-02T10:11:12Z\tann\tha\n"
	testkit.Lines(t, read(t, "weechat", "/logs/irc.libera.#go.weechatlog", log),
		"conversation #go",
		`2024-01-02T10:11:12 ann: "ha"`,
		`2024-01-02T10:11:12 ann: "ha"`,
		`2024-01-02T10:59:00 ann: "ok"`,
		`2024-01-02T10:11:12 ann: "ha"`,
	)
	var keys []string
	for _, files := range []int{1, 2} {
		var logs []irc.Log
		for n := range files {
			logs = append(logs, irc.Log{Path: fmt.Sprintf("/logs/%d/irc.libera.#go.weechatlog", n), Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(log)), nil }})
		}
		source, err := irc.Open(logs, irc.Options{Format: "weechat", Zone: time.UTC, Encoding: "windows-1252"})
		if err != nil {
			t.Fatal(err)
		}
		again := 0
		err = source.Read(t.Context(), func(i importing.Item) error {
			if m, ok := i.(importing.Message); ok && slices.Contains(keys, m.Key) {
				again++
			} else if ok {
				keys = append(keys, m.Key)
			}
			return nil
		})
		if err != nil || len(keys) != 4 || again != []int{0, 0, 8}[files] {
			t.Errorf("with %d files: %d keys, %d of them again, %v", files, len(keys), again, err)
		}
	}
}

func TestIrssi(t *testing.T) {
	testkit.Lines(t, read(t, "irssi", "#go.log", strings.Join([]string{
		"10:10 < ann> of an unknown day",
		"--- Log opened Mon Jan 02 10:11:12 2023",
		"10:11 -!- ann [~a@host] has joined #go",
		"10:11 <@ann> hello <b>",
		"10:11:30  * ben waves",
		"23:59 < ben> late",
		"--- Day changed Tue Jan 03 2023",
		"00:01 < ben> early",
		"00:02 -!- ben changed the topic of #go to: new",
		"00:03 -!- ben [~b@host] has quit [Bye]",
		"00:04 -!- mode/#go [+o ann] by ChanServ",
		"25:61 < ann> no such time",
		"--- Day changed Someday",
		"00:05 < ann> of an unknown day",
		"--- Log closed Tue Jan 03 10:00:00 2023",
	}, "\r\n")),
		"conversation #go",
		"fault #go.log, line 1: "+bad,
		`2023-01-02T09:11:00 ann: "" notice=joined`,
		`2023-01-02T09:11:00 ann: "hello <b>"`,
		`2023-01-02T09:11:30 ben: "/me waves"`,
		`2023-01-02T22:59:00 ben: "late"`,
		`2023-01-02T23:01:00 ben: "early"`,
		`2023-01-02T23:02:00 ben: "new" notice=topic`,
		`2023-01-02T23:03:00 ben: "" notice=left`,
		"fault #go.log, line 11: "+network,
		"fault #go.log, line 12: "+bad,
		"fault #go.log, line 13: "+bad,
		"fault #go.log, line 14: "+bad,
	)
}

func TestZNC(t *testing.T) {
	testkit.Lines(t, read(t, "znc",
		"libera/#go/2023-01-03.log", "[10:00:00] <ann> the next day\n",
		"libera/#go/2023-01-02.log", "[10:00:00] *** Joins: ann (~a@host)\n[10:00:01] <ann> hello\n[10:00:02] * ann waves\n[10:00:03] *** ann changes topic to 'new'\n[10:00:04] *** Parts: ann (~a@host) (bye)\n[10:00:05] *** ChanServ sets mode: +o ann\n[10:00:06] -ben- notice\n10:00 hi\n",
		"user_libera_##rust_20230102.log", "[10:00:00] <ann> rust\n",
		"nodate.log", "[10:00:00] <ann> when?\n"),
		"conversation #go",
		`2023-01-02T09:00:00 ann: "" notice=joined`,
		`2023-01-02T09:00:01 ann: "hello"`,
		`2023-01-02T09:00:02 ann: "/me waves"`,
		`2023-01-02T09:00:03 ann: "new" notice=topic`,
		`2023-01-02T09:00:04 ann: "" notice=left`,
		"fault 2023-01-02.log, line 6: "+network,
		"fault 2023-01-02.log, line 7: "+network,
		"fault 2023-01-02.log, line 8: "+bad,
		`2023-01-03T09:00:00 ann: "the next day"`,
		"conversation nodate.log",
		"fault nodate.log, line 1: "+bad,
		"conversation ##rust",
		`2023-01-02T09:00:00 ann: "rust"`,
	)
}

func TestHugeLinesAndUnreadableFiles(t *testing.T) {
	testkit.Lines(t, read(t, "znc", "#a_20230102.log", "[10:00:00] <ann> "+strings.Repeat("A", 1<<20)+"\n[10:00:01] <ann> next\x00\n"),
		"conversation #a", "fault #a_20230102.log, line 1: the line is too long", `2023-01-02T09:00:01 ann: "next\x00"`)
	source, err := irc.Open([]irc.Log{{Path: "gone", Open: func() (io.ReadCloser, error) { return nil, errors.New("gone") }}}, irc.Options{Format: "znc", Zone: time.UTC, Encoding: "utf-8"})
	if err != nil {
		t.Fatal(err)
	}
	faults := 0
	if err := source.Read(t.Context(), func(i importing.Item) error {
		if _, ok := i.(importing.Fault); ok {
			faults++
		}
		return nil
	}); err != nil || faults != 1 {
		t.Errorf("a file that cannot be opened gives %d faults, and %v", faults, err)
	}
	if _, err := irc.Open(nil, irc.Options{Format: "znc", Encoding: "klingon"}); err == nil {
		t.Error("an unknown encoding is accepted")
	}
}

// Whatever a log contains, it is read to its end without an error.
func FuzzLogs(f *testing.F) {
	f.Add("2023-01-02 10:11:12\tann\thello\n2024-01-02T10:11:14Z\t-->\teve (~e@host) has joined #go")
	f.Add("--- Log opened Mon Jan 02 10:11:12 2023\n10:11 <@ann> hello")
	f.Add("[10:00:00] *** Joins: ann (~a@host)\n[10:00:01] <ann> \xff\x03")
	f.Fuzz(func(t *testing.T, log string) {
		for _, format := range []string{"weechat", "irssi", "znc"} {
			read(t, format, "#go_20230102.log", log)
		}
	})
}
