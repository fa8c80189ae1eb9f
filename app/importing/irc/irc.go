// Package irc reads the log files of IRC clients: of WeeChat, irssi and the bouncer ZNC.
package irc

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/htmlindex"

	"confab/app/chat"
	"confab/app/importing"
	"confab/app/importing/lenient"
)

// maxLine is the longest line, in bytes. IRC's own limit is 512 or 8,191.
const maxLine = 64 << 10

// Log is a log file.
type Log struct {
	Path string
	Open func() (io.ReadCloser, error)
}

// Options say how to read logs.
type Options struct {
	Format   string         // weechat, irssi or znc
	Channel  string         // of all files; "" for the channels in their names
	Zone     *time.Location // of times without one
	Encoding string         // of lines that are not UTF-8, such as windows-1252
}

// Logs are log files of one client.
type Logs struct {
	logs    []Log
	options Options
	decode  *encoding.Decoder
}

// format reads the lines of one client.
type format interface {
	// line reads a line. It returns false for one that it does not understand. A line
	// without a time returns an event without a kind.
	line(s string) (event, bool)
}

// event is what a line says.
type event struct {
	at     time.Time
	nick   string
	text   string
	notice chat.Notice
	kind   kind
}

type kind int

const (
	nothing kind = iota // a line for the reader of the log
	said
	other // a line about the network
)

// Open checks the options. Files of the same channel are read in the order of their names.
func Open(logs []Log, o Options) (*Logs, error) {
	known, err := htmlindex.Get(o.Encoding)
	if err != nil {
		return nil, fmt.Errorf("there is no encoding %q: write a name such as windows-1252 or iso-8859-15", o.Encoding)
	}
	switch o.Format {
	case "weechat", "irssi", "znc":
	default:
		return nil, errors.New("the format is not known: choose weechat, irssi or znc")
	}
	logs = slices.Clone(logs)
	slices.SortStableFunc(logs, func(a, b Log) int { return strings.Compare(a.Path, b.Path) })
	return &Logs{logs: logs, options: o, decode: known.NewDecoder()}, nil
}

// Name implements [importing.Source].
func (l *Logs) Name() string { return "irc" }

// Read implements [importing.Source].
func (l *Logs) Read(ctx context.Context, do func(importing.Item) error) error {
	by := map[string][]Log{}
	var order []string
	for _, log := range l.logs {
		channel := l.options.Channel
		if channel == "" {
			channel = channelOf(l.options.Format, log.Path)
		}
		if by[channel] == nil {
			order = append(order, channel)
		}
		by[channel] = append(by[channel], log)
	}
	for _, channel := range order {
		if err := do(importing.Conversation{Key: channel, Name: channel, AuthorsJoin: true}); err != nil {
			return err
		}
		r := &reader{Logs: l, channel: channel, do: do, seen: map[string]int{}}
		for _, log := range by[channel] {
			if err := r.read(ctx, log); err != nil {
				return err
			}
		}
		if err := do(importing.Done{Conversation: channel}); err != nil {
			return err
		}
	}
	return nil
}

var zncDay = regexp.MustCompile(`([0-9]{4})-?([0-9]{2})-?([0-9]{2})\.log$`)

// channelOf returns the channel to which a log file belongs, from its path.
func channelOf(format, file string) string {
	file = strings.ReplaceAll(file, `\`, "/")
	base := strings.TrimSuffix(strings.TrimSuffix(path.Base(file), ".weechatlog"), ".log")
	switch format {
	case "weechat": // irc.libera.#go
		parts := strings.SplitN(base, ".", 3)
		return parts[len(parts)-1]
	case "znc": // libera/#go/2023-01-02.log, or #go_20230102.log, or user_libera_#go_20230102.log
		day := strings.TrimSuffix(path.Base(file), zncDay.FindString(path.Base(file)))
		if day == "" {
			return path.Base(path.Dir(file))
		}
		day = strings.TrimRight(day, "_")
		if i := strings.LastIndexAny(day, "#&"); i > 0 {
			for i > 0 && strings.IndexByte("#&", day[i-1]) >= 0 {
				i--
			}
			day = day[i:]
		}
		return day
	default:
		return base
	}
}

// reader reads the logs of one channel.
type reader struct {
	*Logs
	channel string
	do      func(importing.Item) error
	// seen counts equal lines since a time, because people do say the same thing twice in a
	// minute. Clocks are set back, and in autumn an hour comes twice, so it counts for longer
	// than that.
	seen  map[string]int
	since time.Time
	last  time.Time // the latest one so far
	fresh bool      // no line of the file has come yet
}

// recent is how long equal lines are counted, at least.
const recent = 3 * time.Hour

// controls are the codes with which IRC clients change colours and styles.
var controls = regexp.MustCompile("\x03(?:[0-9]{1,2}(?:,[0-9]{1,2})?)?|\x04(?:[0-9A-Fa-f]{6})?|[\x02\x0f\x11\x16\x1d\x1e\x1f]")

// read reads one file.
func (r *reader) read(ctx context.Context, log Log) error {
	in, err := log.Open()
	if err != nil {
		return r.do(importing.Fault{Place: log.Path, Reason: "the file cannot be opened"})
	}
	defer in.Close()
	r.fresh = true
	f := r.begin(log.Path)
	base := path.Base(strings.ReplaceAll(log.Path, `\`, "/"))
	var failed error
	err = lenient.Lines(in, maxLine, func(l lenient.Line) error {
		if l.Number%1000 == 0 && ctx.Err() != nil {
			failed = ctx.Err()
			return failed
		}
		failed = r.line(f, fmt.Sprintf("%s, line %d", base, l.Number), l)
		return failed
	})
	if failed == nil && err != nil {
		return r.do(importing.Fault{Place: log.Path, Reason: "the file cannot be read to its end"})
	}
	return failed
}

func (r *reader) begin(file string) format {
	switch r.options.Format {
	case "weechat":
		return weechat{r.options.Zone}
	case "irssi":
		return &irssi{zone: r.options.Zone}
	default:
		f := znc{zone: r.options.Zone}
		if day := zncDay.FindStringSubmatch(file); day != nil {
			f.day, _ = time.ParseInLocation("20060102", day[1]+day[2]+day[3], r.options.Zone)
		}
		return f
	}
}

// line handles one line.
func (r *reader) line(f format, place string, l lenient.Line) error {
	s := string(l.Text)
	if !utf8.ValidString(s) {
		if decoded, err := r.decode.String(s); err == nil {
			s = decoded
		}
	}
	if strings.TrimSpace(s) == "" {
		return nil
	}
	e, ok := f.line(controls.ReplaceAllString(s, ""))
	switch {
	case l.Long:
		return r.do(importing.Fault{Place: place, Reason: "the line is too long"})
	case !ok:
		return r.do(importing.Fault{Place: place, Reason: "the line does not have the format of this client, or its day is not known"})
	case e.kind == nothing:
		return nil
	case e.kind == other || e.nick == "":
		return r.do(importing.Fault{Place: place, Reason: "a line about the network or of a kind that this chat does not have"})
	}
	// A file that begins before the end of the one before has lines of it again.
	if e.at.Before(r.since) || e.at.Sub(r.since) > recent || r.fresh && e.at.Before(r.last) {
		r.since = e.at
		clear(r.seen)
	}
	if r.fresh = false; e.at.After(r.last) {
		r.last = e.at
	}
	key := e.at.UTC().Format(time.RFC3339Nano) + "\x00" + e.nick + "\x00" + string(e.notice) + "\x00" + e.text
	r.seen[key]++
	return r.do(importing.Message{
		Conversation: r.channel, Key: key + "\x00" + strconv.Itoa(r.seen[key]), Place: place, Author: strings.ToLower(e.nick), AuthorName: e.nick,
		At: e.at, Notice: e.notice, Text: e.text,
	})
}
