// Package body reads the bodies that other programs send to webhooks, and makes the text of
// a message from each: plain text, and the JSON of Slack, GitHub, Gitea, Grafana and
// Alertmanager. Bodies are hostile: a function of this package returns clean text or an
// error, whatever it gets.
package body

import (
	"bytes"
	"encoding/json"
	"errors"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"confab/app/chat"
	"confab/app/text"
)

// ErrIgnored says that a body is understood, but is about something that is not shown in a
// chat, such as a star for a repository.
var ErrIgnored = errors.New("this event is not shown")

// Read returns the text of the message for a body. The text is clean and fits into a
// message: longer ones are cut, and end with a line that says so. The error is [ErrIgnored],
// or a [chat.Refusal] that is [text.ErrInvalid] and says what the sender can change.
func Read(header http.Header, content []byte) (string, error) {
	words, err := read(header, content)
	if err != nil {
		return "", err
	}
	words = strings.TrimSpace(text.Clean(words))
	if words == "" {
		return "", chat.Refuse(text.ErrInvalid, "There is no text in the body: send some, or {\"text\": \"…\"}.")
	}
	return cut(words), nil
}

func read(header http.Header, content []byte) (string, error) {
	kind, _, _ := mime.ParseMediaType(header.Get("Content-Type"))
	if kind == "application/x-www-form-urlencoded" { // curl --data sends plain text with this type
		if values, err := url.ParseQuery(string(content)); err == nil && values.Has("payload") {
			content, kind = []byte(values.Get("payload")), "application/json"
		}
	}
	trimmed := bytes.TrimSpace(bytes.TrimPrefix(content, []byte("\ufeff")))
	if kind == "text/plain" || len(trimmed) == 0 || trimmed[0] != '{' {
		if kind == "application/json" {
			return "", notJSON()
		}
		return string(content), nil
	}
	gitea := header.Get("X-Gitea-Event") + header.Get("X-Forgejo-Event") + header.Get("X-Gogs-Event")
	github := header.Get("X-Github-Event")
	if gitea != "" || github != "" {
		return readAs(trimmed, func(e *forgeEvent) (string, error) {
			if gitea == "" {
				return quiet(e.words("GitHub", github))
			}
			return quiet(e.words("Gitea", firstOf(header.Get("X-Gitea-Event"), header.Get("X-Forgejo-Event"), header.Get("X-Gogs-Event"))))
		})
	}
	var shape map[string]json.RawMessage
	if json.Unmarshal(trimmed, &shape) != nil {
		if kind != "application/json" { // a text that begins with a brace
			return string(content), nil
		}
		return "", notJSON()
	}
	has := func(name string) bool { _, ok := shape[name]; return ok }
	switch {
	case has("alerts"):
		return readAs(trimmed, func(a *alerts) (string, error) { return quiet(a.words()) })
	case has("ruleName") && has("state"):
		return readAs(trimmed, func(a *oldAlert) (string, error) { return quiet(a.words()) })
	case has("text"), has("attachments"), has("blocks"):
		return readAs(trimmed, func(m *slackMessage) (string, error) { return m.words(), nil })
	}
	return "", chat.Refuse(text.ErrInvalid, "This JSON is of a kind that webhooks don't know: send plain text, or {\"text\": \"…\"}.")
}

func notJSON() error {
	return chat.Refuse(text.ErrInvalid, "The body is not a JSON object: send plain text as text/plain, or {\"text\": \"…\"}.")
}

// readAs reads JSON into a struct, and makes the text from it.
func readAs[T any](content []byte, words func(*T) (string, error)) (string, error) {
	var v T
	if err := json.Unmarshal(content, &v); err != nil {
		// The rest of a body in which one field has another type is still read.
		if _, other := errors.AsType[*json.UnmarshalTypeError](err); !other {
			return "", notJSON()
		}
	}
	return words(&v)
}

// cutWords is the last line of a text that was cut.
const cutWords = "\n… (the rest is too long to be shown here)"

// cut makes a text fit into a message.
func cut(s string) string {
	if len(s) <= chat.MaxBody {
		return s
	}
	s = s[:chat.MaxBody-len(cutWords)]
	for i := 0; i < utf8.UTFMax && !utf8.ValidString(s[max(0, len(s)-utf8.UTFMax):]); i++ {
		s = s[:len(s)-1]
	}
	if strings.Count(s, "```")%2 == 1 && len(s) > 4 {
		s = s[:len(s)-4] + "\n```"
	}
	return s + cutWords
}

// maxQuieted bounds how many mentions of a text are looked for. No text of package body that
// comes from strangers has so many words.
const maxQuieted = 200

// quiet makes a text mention nobody. Strangers write the titles and comments in the events
// of a public repository, and must not be able to interrupt the people in a group. A name
// after an @ is shown as code, in which it means nothing.
func quiet(s string, err error) (string, error) {
	s = text.Clean(s)
	for n := 0; n < maxQuieted && err == nil; n++ {
		found := text.Mentions(s)
		if len(found) == 0 {
			return s, nil
		}
		m := found[0]
		if n == maxQuieted/2 { // odd backticks around it; this cannot go on for ever
			return strings.ReplaceAll(s, "@", "(at)"), nil
		}
		s = s[:m.Start] + "`" + s[m.Start:m.End] + "`" + s[m.End:]
	}
	return s, err
}

// maxLine is the longest part of a line, in characters, such as a title.
const maxLine = 200

// line makes a field fit into a line.
func line(s string) string {
	s = text.Clean(s[:min(len(s), 16*maxLine)])
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > maxLine {
		return string(r[:maxLine-1]) + "…"
	}
	return s
}

// linked returns words with a link after them, if the address is one that a chat shows as
// a link.
func linked(words, address string) string {
	address = link(address)
	switch {
	case address == "":
		return words
	case words == "" || strings.ContainsAny(words[len(words)-1:], ".:!?"):
		return strings.TrimSpace(words + " " + address)
	default:
		return words + ": " + address
	}
}

// link returns an address that a chat shows as a link, or "".
func link(s string) string {
	if len(s) > 1000 || strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' }) || !strings.HasPrefix(s, "https://") && !strings.HasPrefix(s, "http://") {
		return ""
	}
	return s
}

// quoteLines is how many lines of a comment are quoted.
const quoteLines = 3

// quote returns the beginning of a text as a quote in lines of its own, or "".
func quote(s string) string {
	var b strings.Builder
	shown := 0
	for l := range strings.Lines(s) {
		if l = line(l); l == "" {
			continue
		}
		if shown == quoteLines {
			b.WriteString("\n> …")
			break
		}
		b.WriteString("\n> " + l)
		shown++
	}
	return b.String()
}

// bold marks a field as bold. Signs in it would end that.
func bold(s string) string {
	if s = strings.Trim(strings.ReplaceAll(line(s), "*", ""), " "); s == "" {
		return ""
	}
	return "**" + s + "**"
}

// code marks a field as code.
func code(s string) string {
	if s = strings.ReplaceAll(line(s), "`", ""); s == "" {
		return ""
	}
	return "`" + s + "`"
}

// join joins the words that are not empty.
func join(words ...string) string {
	return strings.Join(present(words), " ")
}

// firstOf returns the first string that is not empty.
func firstOf(all ...string) string {
	for _, s := range all {
		if strings.TrimSpace(s) != "" {
			return s
		}
	}
	return ""
}
