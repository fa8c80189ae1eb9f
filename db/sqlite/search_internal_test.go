package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"confab/app/chat"
	"confab/app/text"
	"confab/db/sqlite/query"
)

// inStep checks that people's messages are indexed, and nothing else.
func inStep(t *testing.T, s *Store) {
	t.Helper()
	var wrong int
	err := s.writeDB.QueryRow(`SELECT
		(SELECT count(*) FROM messages LEFT JOIN message_search_docsize AS d ON d.id = row_id WHERE (change = '' AND deleted_at = 0) <> (d.id IS NOT NULL)) +
		(SELECT count(*) FROM message_search_docsize WHERE id NOT IN (SELECT row_id FROM messages))`).Scan(&wrong)
	if err != nil || wrong != 0 {
		t.Errorf("%d messages are not in step with the index, %v", wrong, err)
	}
	if _, err := s.writeDB.Exec("INSERT INTO message_search (message_search) VALUES ('integrity-check')"); err != nil {
		t.Errorf("the index is damaged: %v", err)
	}
}

// searched returns the texts that user 1 finds for a word.
func searched(t *testing.T, s *Store, word string) []string {
	t.Helper()
	q, err := text.ParseQuery(word, time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	found, err := s.Search(t.Context(), chat.Lookup{User: 1, Phrases: q.Phrases, HasFile: q.HasFile, HasLink: q.HasLink, Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	var bodies []string
	for _, m := range found {
		bodies = append(bodies, m.Body)
	}
	return bodies
}

func TestTheIndexIsKeptInStepByTheTransactionOfTheMessage(t *testing.T) {
	path := filepath.Join(t.TempDir(), "confab.db")
	s, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	var in chat.ConversationID
	err = s.Update(ctx, func(tx chat.Tx) error {
		ann, err1 := tx.InsertUser(ctx, chat.User{UID: uuid.New(), Name: "ann", Role: chat.RoleOwner, CreatedAt: time.Now()})
		c, err2 := tx.InsertConversation(ctx, chat.Conversation{UID: uuid.New(), Kind: chat.KindGroup, Name: "x", CreatedAt: time.Now()})
		in = c.ID
		return errors.Join(err1, err2, tx.InsertMembership(ctx, chat.Membership{Conversation: in, User: ann.ID, Role: chat.RoleOwner}))
	})
	if err != nil {
		t.Fatal(err)
	}
	id := uuid.New()
	add := func(id uuid.UUID, notice chat.Notice, body string, end error) error {
		return s.Update(ctx, func(tx chat.Tx) error {
			m := &chat.Message{ID: id, Conversation: in, Author: 1, Notice: notice, Body: body, SentAt: time.Now()}
			_, err := tx.InsertMessage(ctx, m)
			return errors.Join(err, end)
		})
	}
	broken := errors.New("broken")
	for _, step := range []struct {
		err, want error
	}{
		{add(uuid.New(), "", "never said", broken), broken},
		{add(id, "", "said once", nil), nil},
		{add(id, "", "said twice", nil), nil}, // the same id: posts nothing
		{add(uuid.New(), chat.NoticeTopic, "said by a line", nil), nil},
		{add(uuid.New(), "", "said again", nil), nil},
		{add(uuid.New(), "", "said and taken back", broken), broken},
	} {
		if !errors.Is(step.err, step.want) {
			t.Fatalf("got %v, want %v", step.err, step.want)
		}
	}
	func() {
		defer func() { _ = recover() }()
		_ = s.Update(ctx, func(tx chat.Tx) error {
			_, _ = tx.InsertMessage(ctx, &chat.Message{ID: uuid.New(), Conversation: in, Author: 1, Body: "said in panic", SentAt: time.Now()})
			panic("in a transaction")
		})
	}()
	want := []string{"said again", "said once"}
	if got := searched(t, s, "said"); !slices.Equal(got, want) {
		t.Errorf("found %q, want %q", got, want)
	}
	inStep(t, s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if s, err = Open(ctx, path); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if got := searched(t, s, "said"); !slices.Equal(got, want) {
		t.Errorf("after opening it again: %q, want %q", got, want)
	}
	inStep(t, s)
}

// fillOld fills a database from before search existed, with messages and lines of
// user 1.
func fillOld(t *testing.T, path string, messages int) {
	t.Helper()
	old := upTo(t, path, 2)
	id := func() []byte { u := uuid.New(); return u[:] }
	exec(t, old, "INSERT INTO users (id, uid, name, role, created_at) VALUES (1, ?, 'ann', 'owner', 1000)", id())
	exec(t, old, "INSERT INTO conversations (id, uid, name, last_seq, created_at) VALUES (1, ?, 'general', ?, 1000)", id(), messages)
	exec(t, old, "INSERT INTO memberships (conversation_id, user_id) VALUES (1, 1)")
	tx, err := old.Begin()
	if err != nil {
		t.Fatal(err)
	}
	for seq := 1; seq <= messages; seq++ {
		change := ""
		if seq%7 == 0 || seq == messages {
			change = "topic"
		}
		if _, err := tx.Exec("INSERT INTO messages (id, conversation_id, seq, author_id, change, body, sent_at) VALUES (?, 1, ?, 1, ?, ?, ?)",
			id(), seq, change, fmt.Sprintf("hello number%d", seq), 1000+seq); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(tx.Commit(), old.Close()); err != nil {
		t.Fatal(err)
	}
}

func TestWhatWasThereBeforeSearchIsFound(t *testing.T) {
	path := filepath.Join(t.TempDir(), "confab.db")
	fillOld(t, path, indexChunk+100)
	// Opening it is interrupted, more than once.
	for range 3 {
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
		if s, err := Open(ctx, path); err == nil {
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		}
		cancel()
	}
	s, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	inStep(t, s)
	for _, n := range []int{1, 2, indexChunk, indexChunk + 99} {
		word := fmt.Sprintf("number%d", n)
		if got := searched(t, s, word); !slices.Equal(got, []string{"hello " + word}) {
			t.Errorf("found %q for %s", got, word)
		}
	}
	if got := searched(t, s, "number7"); len(got) != 0 {
		t.Errorf("a line about the conversation is found: %q", got)
	}
}

// What an earlier version has indexed is indexed again, with what messages have.
func TestEarlierMessagesAreFoundByNewTerms(t *testing.T) {
	path := filepath.Join(t.TempDir(), "confab.db")
	const before = 50 // the migrations before the one that empties the index
	old := upTo(t, path, before)
	id := func() []byte { u := uuid.New(); return u[:] }
	exec(t, old, "INSERT INTO users (id, uid, name, skeleton, role, created_at) VALUES (1, ?, 'ann', 'ann', 'owner', 1000)", id())
	exec(t, old, "INSERT INTO conversations (id, uid, name, last_seq, created_at) VALUES (1, ?, 'general', 3, 1000)", id())
	exec(t, old, "INSERT INTO memberships (conversation_id, user_id) VALUES (1, 1)")
	for i, body := range []string{"v1.2.3 is out 🎉", "https://example.com", "report.pdf"} {
		exec(t, old, "INSERT INTO messages (id, conversation_id, seq, author_id, body, sent_at) VALUES (?, 1, ?, 1, ?, 1000)", id(), i+1, body)
		exec(t, old, "INSERT INTO message_search (rowid, terms) SELECT max(row_id), 'of old' FROM messages")
	}
	exec(t, old, "INSERT INTO files (conversation_id, seq, user_id, name, size, sha256) VALUES (1, 3, 1, 'report.pdf', 1, ?)", make([]byte, 32))
	if err := old.Close(); err != nil {
		t.Fatal(err)
	}
	s, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	inStep(t, s)
	for asked, want := range map[string]string{"1.2.3": "v1.2.3 is out 🎉", "🎉": "v1.2.3 is out 🎉", "has:link": "https://example.com", "has:file": "report.pdf"} {
		if got := searched(t, s, asked); !slices.Equal(got, []string{want}) {
			t.Errorf("%s finds %q", asked, got)
		}
	}
}

// The hits come from the index in their order. So a page of a word that every
// message has costs no more than a page of another word.
func TestSearchSortsNothing(t *testing.T) {
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "confab.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	p := &planned{DB: s.searchDB}
	for _, statement := range []string{searchMessages} {
		rows, err := p.QueryContext(t.Context(), statement, 1, `"a"`, 0, 100, 0, 100, 10)
		if err != nil {
			t.Fatal(err)
		}
		if err := rows.Close(); err != nil {
			t.Fatal(err)
		}
		plan := p.plan(t)
		if !strings.HasPrefix(plan[0], "SCAN message_search VIRTUAL TABLE INDEX") || strings.Contains(strings.Join(plan, "\n"), "TEMP B-TREE") {
			t.Errorf("the plan is %q", plan)
		}
		for _, step := range plan[1:] {
			if strings.HasPrefix(step, "SCAN") {
				t.Error(step)
			}
		}
	}
	p = &planned{DB: s.searchDB}
	q := query.New(p)
	for name, run := range map[string]func() error{
		"SearchPlaces": func() error { _, err := q.SearchPlaces(t.Context(), query.SearchPlacesParams{UserID: 1}); return err },
		"SentFrom":     func() error { _, err := q.SentFrom(t.Context(), 1); return ignoreNone(err) },
		"MessagesToIndex": func() error {
			_, err := q.MessagesToIndex(t.Context(), query.MessagesToIndexParams{Limit: 1})
			return err
		},
	} {
		if err := run(); err != nil {
			t.Fatal(err)
		}
		if plan := strings.Join(p.plan(t), "\n"); strings.Contains(plan, "SCAN") {
			t.Errorf("%s: %s", name, plan)
		}
	}
}

// muchHidden is more than the messages that a search may look at in vain.
const muchHidden = 600

// A search finds all the messages that the asker may see and no others, by each of its
// ways. The word is mostly in conversations without the asker, or from before they
// joined.
func TestSearchAmongMuchThatOneMayNotSee(t *testing.T) {
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "confab.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ctx := t.Context()
	var want []string // of user 1, the newest first
	err = s.Update(ctx, func(tx chat.Tx) error {
		ann, err := tx.InsertUser(ctx, chat.User{UID: uuid.New(), Name: "ann", Role: chat.RoleOwner, CreatedAt: time.Now()})
		if err != nil {
			return err
		}
		places := make([]chat.ConversationID, 12)
		for i := range places {
			c, err := tx.InsertConversation(ctx, chat.Conversation{UID: uuid.New(), Kind: chat.KindGroup, Name: fmt.Sprint("place", i), CreatedAt: time.Now()})
			if err != nil {
				return err
			}
			places[i] = c.ID
			// The user is not in the first conversation, and joins the second one
			// late.
			m := chat.Membership{Conversation: c.ID, User: ann.ID, Role: chat.RoleMember}
			if i == 1 {
				m.Joined = muchHidden
			}
			if i > 0 {
				if err := tx.InsertMembership(ctx, m); err != nil {
					return err
				}
			}
		}
		say := func(place int, visible bool) error {
			m := &chat.Message{ID: uuid.New(), Conversation: places[place], Author: ann.ID, Body: fmt.Sprintf("word %d", len(want)), SentAt: time.Now()}
			if visible {
				want = append([]string{m.Body}, want...)
			}
			_, err := tx.InsertMessage(ctx, m)
			return err
		}
		for i := range muchHidden {
			if err := errors.Join(say(1, false), say(0, false)); err != nil {
				return err
			}
			if i%100 == 0 {
				if err := say(2+i/100%10, true); err != nil {
					return err
				}
			}
		}
		if err := say(1, true); err != nil {
			return err
		}
		for range 2000 {
			if err := say(0, false); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, limit := range []int{1, 5, 1000} {
		var got []string
		for below := int64(0); ; {
			page, err := s.Search(ctx, chat.Lookup{User: 1, Phrases: []text.Phrase{{Terms: []string{"word"}}}, Below: below, Limit: limit})
			if err != nil {
				t.Fatal(err)
			}
			if len(page) == 0 {
				break
			}
			for _, m := range page {
				got = append(got, m.Body)
				below = m.Position
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%d at a time: %d hits %q, want %d", limit, len(got), got, len(want))
		}
	}
}

func ignoreNone(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	return err
}
