package chat_test

import (
	"errors"
	"maps"
	"testing"
	"time"

	"confab/app/chat"
)

// Each text of the host is shown once: until the account has the preference that says so.
func TestUntold(t *testing.T) {
	at := time.Date(2026, 11, 28, 9, 0, 0, 0, time.UTC)
	w := chat.Words{
		Rules: chat.Word{Text: "be kind", At: at}, Motd: chat.Word{Text: "cake", At: at},
		Announcement: chat.Word{Text: "we move", At: at}, Maintenance: chat.Word{At: at},
	}
	all := w
	all.Maintenance = chat.Word{}
	if got := w.Untold(nil, at.Add(-time.Hour)); got != all {
		t.Errorf("an account that was shown nothing is shown %+v", got)
	}
	young := all
	young.Announcement = chat.Word{}
	if got := w.Untold(nil, at.Add(time.Hour)); got != young {
		t.Errorf("an account that came after the announcement is shown %+v", got)
	}
	preferences := all.Told()
	if got := w.Untold(preferences, at); got != (chat.Words{}) {
		t.Errorf("an account that was shown everything is shown %+v", got)
	}
	w.Motd = chat.Word{Text: "cake", At: at.Add(time.Second)}
	if got := w.Untold(preferences, at); got != (chat.Words{Motd: w.Motd}) {
		t.Errorf("after a new message of the day the account is shown %+v", got)
	}
	maps.Copy(preferences, w.Told())
	w.Motd = chat.Word{}
	if got := w.Untold(preferences, at); got != (chat.Words{}) {
		t.Errorf("after the message was removed the account is shown %+v", got)
	}
}

// During maintenance, members read and leave, and only owners and admins of the server write.
func TestHalt(t *testing.T) {
	at := time.Date(2026, 11, 28, 9, 0, 0, 0, time.UTC)
	w := chat.Words{Maintenance: chat.Word{Text: "new disk.", At: at}}
	c := chat.Conversation{Kind: chat.KindGroup, Name: "ops"}
	for action, halted := range map[chat.Action]bool{
		chat.ActionRead: false, chat.ActionLeave: false, chat.ActionDelete: false,
		chat.ActionPost: true, chat.ActionEdit: true, chat.ActionReact: true, chat.ActionPin: true, chat.ActionDescribe: true,
	} {
		member, staff := chat.Membership{Role: chat.RoleOwner}, chat.Membership{Role: chat.RoleOwner, Staff: true}
		w.Halt(&member)
		w.Halt(&staff)
		err := chat.Decide(member, c, action, at)
		const why = "The server is read-only for maintenance: new disk. You can read everything meanwhile; try again later."
		if halted && (!errors.Is(err, chat.ErrNotAllowed) || err.Error() != why) || !halted && err != nil {
			t.Errorf("action %d of the owner of a group during maintenance: %v", action, err)
		}
		if err := chat.Decide(staff, c, action, at); err != nil {
			t.Errorf("action %d of an owner of the server during maintenance: %v", action, err)
		}
	}
}
