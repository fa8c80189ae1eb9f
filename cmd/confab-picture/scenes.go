package main

import (
	"time"

	"confab/app"
)

// scene lets people do something and returns the picture of one's screen.
type scene func(*stage) ([]byte, error)

// scenes are the pictures, by the name of their file.
func scenes() map[string]scene {
	return map[string]scene{
		"screen.svg": general,
	}
}

// line is something that is said, and how long after the line before.
type line struct {
	who   *app.Session
	after time.Duration
	text  string
}

// chat has lines said in a conversation, one after the other.
func (s *stage) chat(in app.ConversationID, lines []line) error {
	for _, l := range lines {
		s.at(s.clock().Add(l.after))
		if err := s.say(l.who, in, l.text); err != nil {
			return err
		}
	}
	return nil
}

// general is three people in #general, as ada's terminal shows it.
func general(s *stage) ([]byte, error) {
	s.at(time.Date(2026, time.November, 24, 16, 52, 0, 0, time.UTC))
	var people []*app.Session
	for _, name := range []string{"ada", "grace", "linus"} {
		p, err := s.join(name)
		if err != nil {
			return nil, err
		}
		defer p.Close()
		people = append(people, p)
	}
	ada, grace, linus := people[0], people[1], people[2]
	list, err := ada.Conversations(s.ctx)
	if err != nil {
		return nil, err
	}
	if err := s.chat(list[0].ID, []line{
		{grace, 0, "The staging host is back. It was the fan, again."},
		{linus, 2 * time.Minute, "Thank you! 🎉 I'll start the import tonight then."},
		{grace, 16 * time.Hour, "How did it go?"},
		{linus, time.Minute, "All 1,204,331 rows, in 40 minutes:"},
		{linus, 20 * time.Second, "$ confab-import --from old.db\nread     1204331\nrefused        0\ntook       39m52s"},
		{ada, 3 * time.Minute, "Nice. Then let's switch over on Thursday, before anybody notices that it was ever slow."},
	}); err != nil {
		return nil, err
	}
	t := s.open(ada, 84, 20)
	if err := t.shows(s.ctx, "ever slow"); err != nil {
		return nil, err
	}
	if err := t.press("賛成 👍"); err != nil {
		return nil, err
	}
	if err := t.shows(s.ctx, "賛成"); err != nil {
		return nil, err
	}
	return t.picture("ssh chat.example.com")
}
