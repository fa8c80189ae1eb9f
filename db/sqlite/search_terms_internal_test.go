package sqlite

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"confab/app/chat"
	"confab/app/text"
	"confab/db/search"
)

func TestTheIndexIsAskedForNothingElsewhere(t *testing.T) {
	phrases := []text.Phrase{{Terms: []string{"on", "pad"}}, {Terms: []string{"lau"}, Prefix: true}}
	a, b := search.Place(1), search.Place(70_000)
	want := fmt.Sprintf(`("%[1]son %[1]spad" AND "%[1]slau" * AND "%[1]s¶7") OR ("%[2]son %[2]spad" AND "%[2]slau" * AND "%[2]s¶7")`, a, b)
	if got := match(phrases, []string{"¶7"}, []int64{1, 70_000}); got != want {
		t.Errorf("asked for %s, want %s", got, want)
	}
	if got, want := match(nil, nil, []int64{1}), `("`+a+`")`; got != want {
		t.Errorf("asked for %s, want %s", got, want)
	}
	if len(text.Terms(a+b)) != 0 {
		t.Error("a place is a word")
	}
}

// However many conversations someone is in and whenever they joined, a search finds
// the same as a walk through all the messages that they may see.
func TestSearchInManyConversationsIsAWalk(t *testing.T) {
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "confab.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ctx := t.Context()
	random := rand.New(rand.NewPCG(5, 6))
	vocabulary := strings.Fields("a b an and launch launched launching pad pads thé 字 か v1.2.3 1.2.3 v10 👍 👍🏽")
	beginnings := strings.Fields("an la lau laun launche pads v1 v10")
	words := func(words int) string {
		var b []string
		for range words {
			b = append(b, vocabulary[random.IntN(len(vocabulary))])
		}
		return strings.Join(b, " ")
	}
	const places, messages = 320, 4000
	var visible []string // by user 1, the newest last
	err = s.Update(ctx, func(tx chat.Tx) error {
		ann, err := tx.InsertUser(ctx, chat.User{UID: uuid.New(), Name: "ann", Role: chat.RoleOwner, CreatedAt: time.Now()})
		if err != nil {
			return err
		}
		var in []chat.Membership
		for i := range places {
			c, err1 := tx.InsertConversation(ctx, chat.Conversation{UID: uuid.New(), Kind: chat.KindGroup, Name: fmt.Sprint("place", i), CreatedAt: time.Now()})
			m := chat.Membership{Conversation: c.ID, User: ann.ID, Role: chat.RoleMember}
			if i%3 == 1 {
				m.Joined = chat.Seq(random.IntN(300))
			}
			if i%8 != 0 {
				err1 = errors.Join(err1, tx.InsertMembership(ctx, m))
			}
			if err1 != nil {
				return err1
			}
			in = append(in, m)
		}
		last := make([]chat.Seq, places)
		for range messages {
			i := int(float64(places) * random.Float64() * random.Float64() * random.Float64())
			m := &chat.Message{ID: uuid.New(), Conversation: in[i].Conversation, Author: ann.ID, Body: words(1 + random.IntN(12)), SentAt: time.Now()}
			if _, err := tx.InsertMessage(ctx, m); err != nil {
				return err
			}
			if last[i]++; i%8 != 0 && last[i] > in[i].Joined {
				visible = append(visible, m.Body)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	hits := 0
	for range 60 {
		asked := ""
		for range 1 + random.IntN(3) {
			phrase := words(1 + random.IntN(4))
			if random.IntN(3) == 0 {
				phrase += " " + beginnings[random.IntN(len(beginnings))]
				asked += `"` + phrase + `"* `
				continue
			}
			asked += `"` + phrase + `" `
		}
		q, err := text.ParseQuery(asked, time.UTC)
		if err != nil {
			t.Fatal(err)
		}
		limit := 1 + random.IntN(60)
		var want []string
		for _, body := range slices.Backward(visible) {
			if len(want) < limit && !slices.ContainsFunc(q.Phrases, func(p text.Phrase) bool { return !p.In(text.Terms(body)) }) {
				want = append(want, body)
			}
		}
		found, err := s.Search(ctx, chat.Lookup{User: 1, Phrases: q.Phrases, Limit: limit})
		if err != nil {
			t.Fatalf("%s: %v", asked, err)
		}
		var got []string
		for _, m := range found {
			got = append(got, m.Body)
		}
		hits += len(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s: %d hits, want %d\n%q\n%q", asked, len(got), len(want), got, want)
		}
	}
	if hits < 200 {
		t.Errorf("only %d hits: this tests little", hits)
	}
}
