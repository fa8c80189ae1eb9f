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
	irssiSaid = regexp.MustCompile(`^<([^>]*)> ?(.*)$`)
)

func (f *irssi) line(s string) (event, bool) {
	if rest, ok := strings.CutPrefix(s, "--- "); ok {
		return event{}, f.newDay(rest)
	}
	m := irssiTime.FindStringSubmatch(s)
	if m == nil || f.day.IsZero() {
		return event{}, false
	}
	e := event{kind: said}
	if e.at = clock(f.day, m[1], m[2], m[3]); e.at.IsZero() {
		return event{}, false
	}
	rest := m[4]
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
	if does, ok := strings.CutPrefix(rest, " * "); ok {
		nick, does, _ := strings.Cut(does, " ")
		e.nick, e.text = nick, "/me "+does
		return e, true
	}
	if said := irssiSaid.FindStringSubmatch(rest); said != nil {
		e.nick, e.text = strings.TrimLeft(said[1], modes), said[2]
		return e, true
	}
	e.kind = other // a notice, for example
	return e, true
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
	m := zncTime.FindStringSubmatch(s)
	if m == nil || f.day.IsZero() {
		return event{}, false
	}
	e := event{kind: said}
	if e.at = clock(f.day, m[1], m[2], m[3]); e.at.IsZero() {
		return event{}, false
	}
	rest := m[4]
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
	if does, ok := strings.CutPrefix(rest, "* "); ok {
		nick, does, _ := strings.Cut(does, " ")
		e.nick, e.text = nick, "/me "+does
		return e, true
	}
	if said := irssiSaid.FindStringSubmatch(rest); said != nil {
		e.nick, e.text = strings.TrimLeft(said[1], modes), said[2]
		return e, true
	}
	e.kind = other
	return e, true
}
