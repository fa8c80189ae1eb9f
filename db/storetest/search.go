package storetest

import (
	"context"
	"errors"
	"slices"
	"time"

	"confab/app/chat"
	"confab/app/text"
)

// found returns the bodies of the messages that a lookup finds.
func (w *world) found(l chat.Lookup) []string {
	w.Helper()
	if l.Limit == 0 {
		l.Limit = 100
	}
	return each(must(w.Search(w.Context(), l))(w), func(m *chat.Message) string { return m.Body })
}

// word returns the phrases of a search for one word.
func word(s string) []text.Phrase { return []text.Phrase{{Terms: []string{s}}} }

// finds checks the bodies that a lookup finds, the newest first.
func (w *world) finds(what string, l chat.Lookup, want ...string) {
	w.Helper()
	if got := w.found(l); !slices.Equal(got, want) {
		w.Errorf("%s: found %q, want %q", what, got, want)
	}
}

func searchWords(w *world) {
	ann := w.user("ann")
	in := w.group("x", ann)
	w.post(in, ann, "The quick brown fox")
	w.post(in, ann, "a brown and quick one")
	w.post(in, ann, "quickly, Müller!")
	w.insert(&chat.Message{Conversation: in.ID, Author: ann.ID, Body: "quick topic", Notice: chat.NoticeTopic})
	edited, deleted := w.post(in, ann, "quick before the edit"), w.post(in, ann, "quick and gone")
	edited.Body, edited.EditedAt = "slow after the edit", w.now()
	deleted.Body, deleted.DeletedAt = "", w.now()
	w.update(func(ctx context.Context, tx chat.Tx) error {
		return errors.Join(tx.EditMessage(ctx, edited), tx.DeleteMessage(ctx, deleted))
	})
	terms := func(s string) (found []string) {
		for _, term := range text.Terms(s) {
			found = append(found, term.Text)
		}
		return found
	}
	for _, c := range []struct {
		what    string
		phrases []text.Phrase
		want    []string
	}{
		{"a word", word("quick"), []string{"a brown and quick one", "The quick brown fox"}},
		{"two words", append(word("quick"), word("fox")...), []string{"The quick brown fox"}},
		{"words in a row", []text.Phrase{{Terms: []string{"quick", "brown"}}}, []string{"The quick brown fox"}},
		{"the beginning of a word", []text.Phrase{{Terms: []string{"quic"}, Prefix: true}}, []string{"quickly, Müller!", "a brown and quick one", "The quick brown fox"}},
		{"a folded word", []text.Phrase{{Terms: terms("MÜLLER")}}, []string{"quickly, Müller!"}},
		{"what an edit brought", word("slow"), []string{"slow after the edit"}},
		{"what an edit took away", word("before"), nil},
		{"what was deleted", word("gone"), nil},
		{"a line about the conversation", word("topic"), nil},
		{"a word that nobody wrote", word("zebra"), nil},
	} {
		w.finds(c.what, chat.Lookup{User: ann.ID, Phrases: c.phrases}, c.want...)
	}
	if err := w.Tidy(w.Context()); err != nil {
		w.Fatal(err)
	}
	w.finds("after tidying", chat.Lookup{User: ann.ID, Phrases: word("quick")}, "a brown and quick one", "The quick brown fox")
}

// Versions, names of files and hosts, and emoji are found by the parts that people
// remember.
func searchNames(w *world) {
	ann := w.user("ann")
	in := w.group("x", ann)
	bodies := []string{"release v1.2.3 is out", "pg_dump-16.4.tar.gz on db-1.example.com", "thanks 👍🏽", "❤️ and 👩‍💻"}
	for _, body := range bodies {
		w.post(in, ann, body)
	}
	for asked, want := range map[string]int{
		"1.2.3": 0, "v1.2.3": 0, "v1*": 0, "V1.2": 0, "16.4.tar": 1, "pg_dump": 1, "db1": 1, "db-1.example.com": 1, "example.com": 1,
		"👍": 2, "👍🏽": 2, "thanks 👍": 2, "❤": 3, "💻": 3, "👩‍💻": 3,
	} {
		q := must(text.ParseQuery(asked, time.UTC))(w)
		w.finds(asked, chat.Lookup{User: ann.ID, Phrases: q.Phrases}, bodies[want])
	}
	for _, asked := range []string{"2.2.3", "v2*", "🎉"} {
		q := must(text.ParseQuery(asked, time.UTC))(w)
		w.finds(asked, chat.Lookup{User: ann.ID, Phrases: q.Phrases})
	}
}

// Nobody finds messages that they may not see.
func searchFloors(w *world) {
	ann, bob, cyd := w.user("ann"), w.user("bob"), w.user("cyd")
	closed, open := w.group("closed", ann), w.group("open", ann)
	open.OpenHistory = true
	w.update(func(ctx context.Context, tx chat.Tx) error { return tx.UpdateConversation(ctx, open) })
	w.post(closed, ann, "word one")
	w.post(open, ann, "word two")
	w.join(closed, bob, chat.RoleMember, 1)
	w.join(open, bob, chat.RoleMember, 1)
	w.post(closed, ann, "word three")
	w.post(open, ann, "word four")
	for _, c := range []struct {
		user chat.User
		want []string
	}{
		{ann, []string{"word four", "word three", "word two", "word one"}},
		{bob, []string{"word four", "word three", "word two"}},
		{cyd, nil},
	} {
		w.finds(c.user.Name, chat.Lookup{User: c.user.ID, Phrases: word("word")}, c.want...)
	}
	w.update(func(ctx context.Context, tx chat.Tx) error { return tx.DeleteMembership(ctx, open.ID, bob.ID) })
	w.finds("bob after leaving", chat.Lookup{User: bob.ID, Phrases: word("word")}, "word three")
	w.finds("bob in what it left", chat.Lookup{User: bob.ID, Conversation: open.ID, Phrases: word("word")})
}

func searchFilters(w *world) {
	ann, bob := w.user("ann"), w.user("bob")
	x, y := w.group("x", ann, bob), w.group("y", ann, bob)
	w.post(x, ann, "word one")
	two := w.post(y, bob, "word two")
	three := w.post(x, bob, "word three")
	w.post(y, ann, "word four")
	w.insert(&chat.Message{Conversation: x.ID, Author: ann.ID, Body: "report.pdf", File: &chat.Attachment{Name: "report.pdf", Size: 1}})
	link := w.post(x, ann, "see https://example.com/report")
	unlinked := w.post(x, ann, "https://example.org")
	unlinked.Body, unlinked.EditedAt = "none", w.now()
	w.update(func(ctx context.Context, tx chat.Tx) error { return tx.EditMessage(ctx, unlinked) })
	for _, c := range []struct {
		what string
		l    chat.Lookup
		want []string
	}{
		{"of an author", chat.Lookup{Phrases: word("word"), Author: bob.ID}, []string{"word three", "word two"}},
		{"of an author, without words", chat.Lookup{Author: bob.ID}, []string{"word three", "word two"}},
		{"in a conversation", chat.Lookup{Phrases: word("word"), Conversation: y.ID}, []string{"word four", "word two"}},
		{"from a time on", chat.Lookup{Phrases: word("word"), After: three.SentAt}, []string{"word four", "word three"}},
		{"before a time", chat.Lookup{Phrases: word("word"), Before: three.SentAt}, []string{"word two", "word one"}},
		{"between two times", chat.Lookup{Phrases: word("word"), After: two.SentAt, Before: three.SentAt}, []string{"word two"}},
		{"the first page", chat.Lookup{Phrases: word("word"), Limit: 2}, []string{"word four", "word three"}},
		{"the next page", chat.Lookup{Phrases: word("word"), Limit: 2, Below: three.Position}, []string{"word two", "word one"}},
		{"with a file", chat.Lookup{HasFile: true}, []string{"report.pdf"}},
		{"with a link", chat.Lookup{HasLink: true}, []string{link.Body}},
		{"with a link, of an author", chat.Lookup{HasLink: true, Author: bob.ID}, nil},
		{"with a file and a word", chat.Lookup{HasFile: true, Phrases: word("report")}, []string{"report.pdf"}},
		{"with a link and a file", chat.Lookup{HasFile: true, HasLink: true}, nil},
	} {
		c.l.User = ann.ID
		w.finds(c.what, c.l, c.want...)
	}
}
