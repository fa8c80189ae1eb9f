package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"confab/app/chat"
	"confab/app/service"
)

// recording is a recorded session in the format of asciinema (asciicast v2). It has the
// screens that the terminal shows between the steps of the script, and not the bytes that it
// gets: how these are divided into frames depends on the machine's speed.
type recording struct {
	terminal *terminal
	lines    bytes.Buffer
	at       time.Duration // since the beginning
	rows     []string      // that were recorded last
	movie    *movie
}

// The pauses of the person who types, and of the people who watch.
const (
	pauseKey  = 90 * time.Millisecond
	pauseRead = 1800 * time.Millisecond
)

// record begins a recording of a terminal.
func record(t *terminal, light bool) *recording {
	r := &recording{terminal: t}
	t.mu.Lock()
	width, height := t.vt.Width(), t.vt.Height() // under the lock: frames switch the buffer
	t.mu.Unlock()
	r.movie = newMovie(newDrawing(width, height, title, light))
	r.line(map[string]any{
		"version": 2, "width": width, "height": height, "title": title, "env": map[string]string{"TERM": "xterm-256color"},
	})
	r.event("\x1b[H\x1b[2J")
	return r
}

func (r *recording) line(v any) {
	encoder := json.NewEncoder(&r.lines) // which ends a line
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(v) // strings and numbers can always be encoded
}

// event adds bytes for the terminal.
func (r *recording) event(bytes string) {
	r.line([]any{json.Number(fmt.Sprintf("%.3f", r.at.Seconds())), "o", bytes})
}

// frame records what has changed on the screen, and lets time go by.
func (r *recording) frame(pause time.Duration) {
	t := r.terminal
	t.mu.Lock()
	rows := strings.Split(t.vt.Render(), "\n")
	cursor := t.vt.CursorPosition()
	r.movie.shoot(t, r.at)
	t.mu.Unlock()
	var b strings.Builder
	b.WriteString(ansi.HideCursor)
	for y, row := range rows {
		if row = strings.TrimSuffix(row, "\r"); y >= len(r.rows) || row != r.rows[y] {
			b.WriteString(ansi.CursorPosition(1, y+1) + row + ansi.ResetStyle + ansi.EraseLineRight)
		}
		rows[y] = row
	}
	b.WriteString(ansi.CursorPosition(cursor.X+1, cursor.Y+1) + ansi.ShowCursor)
	r.event(b.String())
	r.rows, r.at = rows, r.at+pause
}

// types presses the keys of a text one after the other, and records each. The text appears
// after a prompt.
func (r *recording) types(s *stage, prompt, text string) error {
	shown := prompt
	for _, letter := range text {
		if err := r.terminal.press(string(letter)); err != nil {
			return err
		}
		if shown += string(letter); letter == ' ' {
			continue // it cannot be seen yet
		}
		if err := r.terminal.shows(s.ctx, shown); err != nil {
			return err
		}
		r.frame(pauseKey)
	}
	return nil
}

// recorded is a short session of ada's: she reads, answers, sees that others have read it,
// and goes to another conversation. It is drawn as a moving picture too.
func recorded(s *stage) error {
	recording, err := s.recordSession(false)
	if err != nil {
		return err
	}
	recording.event("") // the last screen stays for a while
	s.pictures["session.cast"], s.pictures["session.svg"] = recording.lines.Bytes(), recording.movie.picture(recording.at)
	return nil
}

// recordedLight is the same on a light background.
func recordedLight(s *stage) error {
	recording, err := s.recordSession(true)
	if err != nil {
		return err
	}
	s.pictures["session-light.svg"] = recording.movie.picture(recording.at)
	return nil
}

// recordSession plays the session.
func (s *stage) recordSession(light bool) (*recording, error) {
	s.at(time.Date(2026, time.November, 25, 9, 12, 0, 0, time.UTC))
	people := make(map[string]*service.Session)
	for _, name := range []string{"grace", "linus", "ada"} {
		p, err := s.join(name)
		if err != nil {
			return nil, err
		}
		defer p.Close()
		people[name] = p
	}
	grace, linus, ada := people["grace"], people["linus"], people["ada"]
	list, err := ada.Groups().Conversations(s.ctx)
	if err != nil {
		return nil, err
	}
	general := list[0].ID
	if err := s.watch(general, grace, linus); err != nil {
		return nil, err
	}
	direct, err := grace.Groups().Direct(s.ctx, "ada")
	if err != nil {
		return nil, err
	}
	if err := s.chat(general, []line{
		{ada, 0, "Morning! The import is through."},
		{grace, time.Minute, "Nice. How long did it take?"},
	}); err != nil {
		return nil, err
	}
	for _, who := range []*service.Session{grace, linus} {
		if err := readAll(s, who, general); err != nil {
			return nil, err
		}
	}
	t := s.open(ada, 0, shot{"session.cast", 80, 20, light})
	r := record(t, light)
	err = r.script(s, map[string]chat.ConversationID{"general": general, "direct": direct}, grace, linus)
	if closed := t.close(); err == nil {
		err = closed
	}
	return r, err
}

// script is what happens in the recording.
func (r *recording) script(s *stage, in map[string]chat.ConversationID, grace, linus *service.Session) error {
	t := r.terminal
	step := func(pause time.Duration, do func() error, shows ...string) func() error {
		return func() error {
			if err := do(); err != nil {
				return err
			}
			if err := t.shows(s.ctx, shows...); err != nil {
				return err
			}
			r.frame(pause)
			return nil
		}
	}
	said := func(who *service.Session, in chat.ConversationID, text string) func() error {
		return func() error { return s.chat(in, []line{{who, 40 * time.Second, text}}) }
	}
	keys := func(keys string) func() error { return func() error { return t.press(keys) } }
	const answer = "40 minutes, for 1.2 million rows."
	const prompt, goTo = "› ", "Go to: "
	for _, next := range []func() error{
		step(pauseRead, func() error { return nil }, "How long did it take?", "read by all"),
		func() error { return r.types(s, prompt, answer) },
		step(pauseRead, keys("\r"), answer, "✓✓"),
		step(pauseRead, func() error { return errors.Join(readAll(s, grace, in["general"]), readAll(s, linus, in["general"])) }, "read by all"),
		step(pauseRead, said(linus, in["general"], "Then we switch over on Thursday."), "on Thursday"),
		step(pauseRead, said(grace, in["direct"], "Lunch?"), "@grace"),
		step(pauseRead, keys("\x0b"), "Go to:", "@linus"), // Ctrl+K
		func() error { return r.types(s, goTo, "gra") },
		step(pauseRead, keys("\r"), "Lunch?"),
		func() error { return r.types(s, prompt, "At noon!") },
		step(2*pauseRead, keys("\r"), "At noon!", "✓✓"),
	} {
		if err := next(); err != nil {
			return err
		}
	}
	return nil
}

// readAll has a person read all of a conversation.
func readAll(s *stage, who *service.Session, in chat.ConversationID) error {
	list, err := who.Groups().Conversations(s.ctx)
	if err != nil {
		return err
	}
	for _, l := range list {
		if l.ID == in {
			who.Receipts().MarkRead(in, l.LastSeq)
		}
	}
	return nil
}
