package tui

import (
	"testing"

	tea "charm.land/bubbletea/v2"
	"pgregory.net/rapid"

	"confab/app/testkit"
	"confab/tui/screen"
)

// Keys that come together are laid out once, and have the same effect as one by one.
func TestKeysThatComeTogether(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		// Several arrows that come together are a turn of the wheel, so here all arrows scroll.
		backend := func() *fakeChat {
			c := long(50)
			c.set = map[string]string{"set.up": "scroll"}
			return c
		}
		one, all := newScreen(t, backend(), 80, 24), newScreen(t, backend(), 80, 24)
		keys := rapid.SliceOfN(rapid.SampledFrom([]tea.Msg{
			tea.KeyPressMsg{Code: 'a', Text: "a"}, tea.KeyPressMsg{Code: '?', Text: "?"}, tea.KeyPressMsg{Code: ' ', Text: " "},
			tea.KeyPressMsg{Code: '/', Text: "/"}, tea.KeyPressMsg{Code: '漢', Text: "漢"},
			tea.KeyPressMsg{Code: 0x301, Text: "\u0301"}, tea.KeyPressMsg{Code: tea.KeyBackspace}, tea.KeyPressMsg{Code: tea.KeyLeft},
			tea.KeyPressMsg{Code: tea.KeyUp}, tea.KeyPressMsg{Code: tea.KeyDown}, tea.KeyPressMsg{Code: 'w', Mod: tea.ModCtrl},
			tea.KeyPressMsg{Code: 'y', Mod: tea.ModCtrl},
			tea.KeyPressMsg{Code: tea.KeyEscape}, tea.KeyPressMsg{Code: tea.KeyPgUp}, tea.KeyPressMsg{Code: tea.KeyEnter, Mod: tea.ModAlt},
			tea.PasteMsg{Content: "pasted\ntext"},
		}), 1, 20).Draw(r, "keys")
		for _, k := range keys {
			one.update(k)
		}
		all.update(screen.Keys(keys))
		if got, want := all.model.Frame().String(), one.model.Frame().String(); got != want {
			r.Errorf("together they show\n%s\none by one\n%s", got, want)
		}
	})
}

// Keys that were typed before the user knew that the session has ended do nothing.
func TestKeysAfterTheEndAreDropped(t *testing.T) {
	s := newScreen(t, long(3), 80, 24)
	s.model.Update(&eventsMsg{Ended: "You have been banned."})
	s.update(screen.Keys{tea.KeyPressMsg{Code: 'a', Text: "a"}, tea.KeyPressMsg{Code: tea.KeyEnter}})
	if s.model.composer.Text() != "" || s.model.outbox.Len() != 0 {
		t.Errorf("typed %q, and %d messages wait to be sent", s.model.composer.Text(), s.model.outbox.Len())
	}
}

// BenchmarkTyping is a key in the middle of a large text.
func BenchmarkTyping(b *testing.B) {
	for name, text := range testkit.LargeTexts() {
		b.Run(name, func(b *testing.B) {
			s := newScreen(b, long(200), 120, 40)
			s.model.composer.Set(text)
			s.model.composer.MoveTo(len(text) / 2)
			b.ReportAllocs()
			for i := range b.N {
				if i%2 == 0 {
					s.model.Update(tea.KeyPressMsg{Code: 'x', Text: "x"})
				} else {
					s.model.Update(tea.KeyPressMsg{Code: tea.KeyBackspace})
				}
				s.model.Frame()
			}
		})
	}
}
