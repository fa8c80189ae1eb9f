package main

import (
	"time"

	"confab/app/chat"
	"confab/app/service"
)

// scene lets people chat and takes pictures of their screens.
type scene func(*stage) error

// scenes are all scenes, by name.
func scenes() map[string]scene {
	return map[string]scene{
		"general":       general,
		"launch":        launch,
		"newcomer":      newcomer,
		"session":       recorded,
		"session-light": recordedLight,
	}
}

// line is a message, and the time since the line before.
type line struct {
	who   *service.Session
	after time.Duration
	text  string
}

// chat posts lines to a conversation, one after the other.
func (s *stage) chat(in chat.ConversationID, lines []line) error {
	for _, l := range lines {
		s.at(s.clock().Add(l.after))
		if err := s.say(l.who, in, l.text); err != nil {
			return err
		}
	}
	return nil
}

// general shows three people in #general, on ada's terminals of several sizes.
func general(s *stage) error {
	s.at(time.Date(2026, time.November, 24, 16, 52, 0, 0, time.UTC))
	var people []*service.Session
	for _, name := range []string{"ada", "grace", "linus"} {
		p, err := s.join(name)
		if err != nil {
			return err
		}
		defer p.Close()
		people = append(people, p)
	}
	ada, grace, linus := people[0], people[1], people[2]
	list, err := ada.Groups().Conversations(s.ctx)
	if err != nil {
		return err
	}
	if err := s.watch(list[0].ID, people...); err != nil {
		return err
	}
	if err := s.chat(list[0].ID, []line{
		{grace, 0, "The staging host is back. It was the fan, again."},
		{linus, 2 * time.Minute, "Thank you! 🎉 I'll start the import tonight then."},
		{grace, 16 * time.Hour, "How did it go?"},
		{linus, time.Minute, "All 1,204,331 rows, in 40 minutes:"},
		{linus, 20 * time.Second, "$ confab-import --from old.db\nread     1204331\nrefused        0\ntook       39m52s"},
		{ada, 3 * time.Minute, "Nice. Then let's switch over on Thursday, before anybody notices that it was ever slow."},
	}); err != nil {
		return err
	}
	shots := append(both("screen", 84, 20), both("narrow", 40, 24)...)
	return s.shoot("ada", 0, func(t *terminal) error {
		if err := t.shows(s.ctx, "slow."); err != nil {
			return err
		}
		if err := t.press("賛成 👍"); err != nil {
			return err
		}
		return t.shows(s.ctx, "賛成")
	}, shots...)
}

// launch shows a group of five in which some have read more than others.
func launch(s *stage) error {
	s.at(time.Date(2026, time.November, 25, 9, 12, 0, 0, time.UTC))
	people := make(map[string]*service.Session)
	for _, name := range []string{"ada", "grace", "linus", "ken", "dennis"} {
		p, err := s.join(name)
		if err != nil {
			return err
		}
		defer p.Close()
		people[name] = p
	}
	ada, grace, linus, ken := people["ada"], people["grace"], people["linus"], people["ken"]
	in, err := ada.Groups().NewGroup(s.ctx, "launch", false, []string{"grace", "linus", "ken", "dennis"})
	if err != nil {
		return err
	}
	for _, p := range []*service.Session{grace, linus, ken, people["dennis"]} {
		if _, err := p.Groups().AcceptInvitation(s.ctx, "launch"); err != nil {
			return err
		}
	}
	if err := s.watch(in, ada, grace, linus, ken, people["dennis"]); err != nil {
		return err
	}
	if err := s.chat(in, []line{
		{grace, 0, "The build is signed and on the mirror."},
		{ada, 2 * time.Minute, "Then we go at noon. Who watches the graphs?"},
		{linus, time.Minute, "I do, with Ken."},
		{ada, 40 * time.Second, "Perfect. I'll press the button at 12:00 sharp, and roll back if p99 goes over 50 ms."},
	}); err != nil {
		return err
	}
	// Each person has read up to a different message: the lines above are messages
	// 7 to 10.
	for _, r := range []struct {
		who *service.Session
		to  chat.Seq
	}{{people["dennis"], 7}, {ken, 9}, {grace, 10}, {linus, 10}} {
		s.at(s.clock().Add(3 * time.Second))
		r.who.Receipts().MarkRead(in, r.to)
	}
	people["dennis"].Close()
	shots := append(both("receipts", 84, 17), both("wide", 150, 30)...)
	return s.shoot("ada", in, func(t *terminal) error { return t.shows(s.ctx, "12:00 sharp", "read 2/4") }, shots...)
}

// newcomer shows what a person sees who has not written anything yet.
func newcomer(s *stage) error {
	s.at(time.Date(2026, time.November, 26, 10, 30, 0, 0, time.UTC))
	for _, name := range []string{"ada", "grace", "ken"} {
		p, err := s.join(name)
		if err != nil {
			return err
		}
		defer p.Close()
	}
	return s.shoot("linus", 0, func(t *terminal) error { return t.shows(s.ctx, "Welcome", "@grace", "No messages yet") }, both("welcome", 84, 24)...)
}
