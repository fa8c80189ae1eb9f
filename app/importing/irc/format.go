package irc

import (
	"regexp"
	"strings"
	"time"

	"confab/app/chat"
)

// modes are the signs of operators and other ranks before a nick.
const modes = "~&@%+ "

// weechat reads WeeChat's logs: a time, a prefix and a text, with tabs between. The default
// format of the time was local without a zone up to version 4.2, and is UTC with
// microseconds since.
type weechat struct{ zone *time.Location }

var weechatTimes = []string{"2006-01-02T15:04:05.999999999Z07:00", "2006-01-02 15:04:05.999999999Z07:00"}

func (f weechat) line(s string) (event, bool) {
	stamp, rest, ok := strings.Cut(s, "\t")
	if !ok {
		return event{}, false
	}
	at, err := time.ParseInLocation("2006-01-02 15:04:05.999999999", stamp, f.zone)
	if err != nil {
		at, err = time.ParseInLocation("2006-01-02T15:04:05.999999999", stamp, f.zone)
	}
	for i := 0; err != nil && i < len(weechatTimes); i++ {
		at, err = time.Parse(weechatTimes[i], stamp)
	}
	prefix, body, ok := strings.Cut(rest, "\t")
	if err != nil || !ok {
		return event{}, false
	}
	e := event{at: at, text: body, kind: said}
	switch p := strings.TrimSpace(prefix); p {
	case "-->", "<--":
		return arrival(e, p == "-->"), true
	case "*": // an action
		nick, does, _ := strings.Cut(body, " ")
		e.nick, e.text = strings.TrimLeft(nick, modes), "/me "+does
	case "--", "=!=", "":
		return topic(e), true
	default:
		e.nick = strings.TrimLeft(p, modes)
	}
	return e, true
}

// arrival reads "nick (user@host) has joined #channel" and "… has left …" or "… has quit …".
func arrival(e event, came bool) event {
	nick, rest, _ := strings.Cut(strings.TrimSpace(e.text), " ")
	e.nick, e.text, e.kind = strings.TrimLeft(nick, modes), "", said
	switch {
	case came && strings.Contains(rest, "has joined"):
		e.notice = chat.NoticeJoined
	case !came && (strings.Contains(rest, "has left") || strings.Contains(rest, "has quit")):
		e.notice = chat.NoticeLeft
	default:
		e.kind = other
	}
	return e
}

var newTopic = regexp.MustCompile(`^(\S+) (?:has )?(?:changed|changes) (?:the )?topic (?:for \S+ |of \S+ )?(?:from .* )?to[: ]+(.*)$`)

// topic reads a line about a new topic.
func topic(e event) event {
	e.kind = other
	if m := newTopic.FindStringSubmatch(strings.TrimSpace(e.text)); m != nil {
		e.nick, e.text, e.notice, e.kind = strings.TrimLeft(m[1], modes), unquoted(m[2]), chat.NoticeTopic, said
	}
	return e
}

// unquoted removes the quotes around a text.
func unquoted(s string) string {
	if len(s) > 1 && (s[0] == '"' || s[0] == '\'') && s[len(s)-1] == s[0] {
		return s[1 : len(s)-1]
	}
	return s
}

// irssi reads irssi's logs. Only the lines about the opening of the log and about a new day
// say the day.
type irssi struct {
	zone *time.Location
	day  time.Time // the zero time before the first of these lines
}

var (
	irssiTime = regexp.MustCompile(`^([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))? (.*)$`)
	wordsOf   = regexp.MustCompile(`^<([^>]*)> ?(.*)$`)
)

func (f *irssi) line(s string) (event, bool) {
	if rest, ok := strings.CutPrefix(s, "--- "); ok {
		return event{}, f.newDay(rest)
	}
	e, rest, ok := begun(s, irssiTime, f.day)
	if !ok {
		return e, false
	}
	if line, ok := strings.CutPrefix(rest, "-!- "); ok {
		e.text = line
		if strings.Contains(line, " has joined ") {
			return arrival(e, true), true
		}
		if strings.Contains(line, " has left ") || strings.Contains(line, " has quit ") {
			return arrival(e, false), true
		}
		return topic(e), true
	}
	return spoken(e, rest, " * "), true
}

// newDay reads "Log opened Mon Jan 02 10:11:12 2023" and "Day changed Tue Jan 03 2023".
func (f *irssi) newDay(s string) bool {
	for _, form := range []struct{ prefix, layout string }{{"Log opened ", "Mon Jan 02 15:04:05 2006"}, {"Day changed ", "Mon Jan 02 2006"}} {
		if stamp, ok := strings.CutPrefix(s, form.prefix); ok {
			at, err := time.ParseInLocation(form.layout, strings.TrimSpace(stamp), f.zone)
			if err != nil {
				f.day = time.Time{} // the next lines are of an unknown day
				return false
			}
			f.day = time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, f.zone)
			return true
		}
	}
	return strings.HasPrefix(s, "Log closed ")
}

// begun reads the time of a line, by a pattern with the hour, the minute, the second and the
// rest. It reports false if there is no such time, or if the day is not known.
func begun(line string, pattern *regexp.Regexp, day time.Time) (e event, rest string, ok bool) {
	m := pattern.FindStringSubmatch(line)
	if m == nil || day.IsZero() {
		return event{}, "", false
	}
	e = event{kind: said, at: clock(day, m[1], m[2], m[3])}
	return e, m[4], !e.at.IsZero()
}

// spoken reads what somebody says, as in "<ann> hello", or does, after a sign.
func spoken(e event, rest, sign string) event {
	if does, ok := strings.CutPrefix(rest, sign); ok {
		nick, does, _ := strings.Cut(does, " ")
		e.nick, e.text = nick, "/me "+does
		return e
	}
	if said := wordsOf.FindStringSubmatch(rest); said != nil {
		e.nick, e.text = strings.TrimLeft(said[1], modes), said[2]
		return e
	}
	e.kind = other // a notice, for example
	return e
}

// clock returns a time of a day, or the zero time if there is no such time.
func clock(day time.Time, hour, minute, second string) time.Time {
	if second == "" {
		second = "00"
	}
	t, err := time.Parse("15:04:05", hour+":"+minute+":"+second)
	if err != nil {
		return time.Time{}
	}
	return time.Date(day.Year(), day.Month(), day.Day(), t.Hour(), t.Minute(), t.Second(), 0, day.Location())
}

// znc reads the logs of ZNC's module "log". The day is in the name of the file.
type znc struct {
	zone *time.Location
	day  time.Time
}

var zncTime = regexp.MustCompile(`^\[([0-9]{2}):([0-9]{2}):([0-9]{2})\] (.*)$`)

func (f znc) line(s string) (event, bool) {
	e, rest, ok := begun(s, zncTime, f.day)
	if !ok {
		return e, false
	}
	if line, ok := strings.CutPrefix(rest, "*** "); ok {
		what, who, _ := strings.Cut(line, ": ")
		nick, _, _ := strings.Cut(who, " ")
		e.text = ""
		switch what {
		case "Joins":
			e.nick, e.notice = nick, chat.NoticeJoined
		case "Parts", "Quits":
			e.nick, e.notice = nick, chat.NoticeLeft
		default:
			e.text = line
			return topic(e), true
		}
		return e, true
	}
	return spoken(e, rest, "* "), true
}
