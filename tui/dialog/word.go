package dialog

import "confab/app/chat"

// Words is the page of the texts that the host tells everybody. It comes without being asked
// for, so text that the user types meanwhile closes it and is not lost.
type Words struct{ *Page }

// NewWords returns the page of those texts that there are.
func NewWords(w chat.Words) Words {
	var lines []line
	for _, one := range []struct {
		title string
		word  chat.Word
	}{
		{"Announcement", w.Announcement}, {"The rules of this server", w.Rules}, {"Message of the day", w.Motd},
	} {
		if one.word.Set() {
			lines = append(lines, line{one.title, ""}, line{"", one.word.Text})
		}
	}
	return Words{&Page{lines: lines}}
}

// ClosesOnText reports whether the dialog closes when the user types text, which then goes to
// the chat.
func (v *Overlay) ClosesOnText() bool {
	_, ok := v.dialog.(Words)
	return ok
}
