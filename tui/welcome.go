package tui

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"confab/app/chat"
	"confab/tui/ask"
	"confab/tui/keymap"
	"confab/tui/setting"
	"confab/tui/welcome"
)

// welcomeFrom is the least height of a timeline with a welcome above it. Below greetFrom the
// welcome is one row. More would leave no room for the first unread message, which stands below
// its date, the unread line and its author.
const (
	welcomeFrom = 5
	greetFrom   = 6
)

// greeter shows the welcome to a person who has not written anything yet. It is a part of
// the model.
type greeter struct{ *Model }

// begin shows the welcome, if the preferences say that the person has not written anything
// yet. A place is kept at the end of each session, so an account without one is new.
func (m greeter) begin(preferences map[string]string) tea.Cmd {
	due := preferences[setting.Welcome]
	if m.chat().Welcome == nil || m.greeted || due == setting.WelcomeOver || due == "" && preferences[setting.Place] != "" {
		m.welcome = nil
		return nil
	}
	var read tea.Cmd
	if m.welcome == nil {
		m.welcome = welcome.New(m.chat().Welcome, m.reach)
		read = m.welcome.Read(m.self.Role)
	}
	m.welcome.SetKeys(welcome.Keys{
		Find: m.keys.KeysFor(keymap.Switcher), Unread: m.keys.KeysFor(keymap.NextUnread), Help: m.keys.KeysFor(keymap.Help), Leave: m.keys.KeysFor(keymap.DeleteOrQuit),
	})
	return read
}

// wrote ends the welcome, and notes in the preferences that it is over.
func (m greeter) wrote() tea.Cmd {
	if m.welcome == nil {
		return nil
	}
	m.welcome, m.greeted = nil, true
	preferences := m.preferences
	return func() tea.Msg {
		err := ask.To(func(ctx context.Context) error {
			return preferences.SetPreference(ctx, setting.Welcome, setting.WelcomeOver)
		})
		return welcomedMsg{err}
	}
}

// welcomedMsg says whether the end of the welcome was noted.
type welcomedMsg struct{ err error }

// take takes the facts for the welcome.
func (m greeter) take(msg welcome.FactsMsg) tea.Cmd {
	if msg.Err != nil {
		m.fail("reading what the welcome shows", msg.Err)
	}
	if msg.Wrote {
		return m.wrote()
	}
	if m.welcome != nil {
		m.welcome.Take(msg)
	}
	return nil
}

// messagesKept is how many rows a welcome leaves to the messages, or a part of the rows if there
// are few. On a screen of 24 rows it then has room for all it has to say.
const messagesKept = 6

// rows returns the rows of the welcome for a timeline of this size. There are none if it is low.
func (m greeter) rows(width, height int) []string {
	if m.welcome == nil || height < welcomeFrom {
		return nil
	}
	kept := max(2, height/3)
	if m.self.Role == chat.RoleMember { // members come to read
		kept = height / 2
	}
	if height < greetFrom {
		kept = height - 1
	}
	is := welcome.Shown{
		Theme: m.theme, Width: width, Height: height - min(messagesKept, kept), Name: m.self.Name, Role: m.self.Role,
	}
	if m.sidebar.Elsewhere() == 0 {
		return m.welcome.Rows(is)
	}
	for _, l := range m.sidebar.Visible() {
		if l.Unread > 0 && !l.Mine.Muted(m.now()) && l.ID != m.timeline.Conversation() {
			if is.Unread += l.Unread; is.Where == "" {
				is.Where = l.Title()
			}
		}
	}
	is.Unread = min(is.Unread, chat.UnreadLimit)
	return m.welcome.Rows(is)
}
