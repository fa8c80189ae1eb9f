package sqlite

import (
	"context"
	"database/sql"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"confab/app/chat"
	"confab/app/text"
)

// library is a large database to search in. Its words have the frequencies of a
// language (Zipf), and a few conversations have most of the messages.
//
// User 1 has been in all conversations from the start. User 2 is in a few small
// ones. User 3 has just joined the largest one and a small one. User 4 is in every
// second one, but not in the largest. Users 5, 6 and 7 are in 100, 10 and one of
// the small ones. Every third message of the ten largest has the word "hidden",
// except the newest; users 5 to 7 are in none of these. User 8 has just joined the
// largest, and no others.
type library struct {
	path  string
	store *Store
	last  int64 // the newest message's time, in milliseconds
}

const (
	libraryUsers         = 200
	libraryConversations = 110
	libraryWords         = 50_000
)

// libraryWord returns a word of a rank. The frequent words are short.
func libraryWord(rank int) string {
	const consonants, vowels = "bcdfghjklmnprstvwz", "aeiou"
	var b strings.Builder
	for n := rank + 20; n > 0; n /= len(consonants) * len(vowels) {
		b.WriteByte(consonants[n%len(consonants)])
		b.WriteByte(vowels[n/len(consonants)%len(vowels)])
	}
	return b.String()
}

// fillLibrary writes messages as a version without an index left them, because that
// is faster than posting them.
func fillLibrary(ctx context.Context, old *sql.DB, messages int, every int64) error {
	random := rand.New(rand.NewPCG(1, 2))
	words := rand.NewZipf(random, 1.07, 2, libraryWords-1)
	places := rand.NewZipf(random, 1.2, 3, libraryConversations-1)
	authors := rand.NewZipf(random, 1.1, 5, libraryUsers-1)
	t, err := old.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = t.Rollback() }()
	id := func(kind byte, n int) []byte {
		return binary.BigEndian.AppendUint64([]byte{kind, 0, 0, 0, 0, 0, 0, 0}, uint64(n))
	}
	for i := 1; i <= libraryUsers; i++ {
		if _, err := t.Exec("INSERT INTO users (id, uid, name, role, created_at) VALUES (?, ?, ?, 'member', 1)", i, id(1, i), fmt.Sprintf("user%d", i)); err != nil {
			return err
		}
	}
	last := make([]int, libraryConversations+1)
	for i := 1; i <= libraryConversations; i++ {
		if _, err := t.Exec("INSERT INTO conversations (id, uid, name, created_at) VALUES (?, ?, ?, 1)", i, id(2, i), fmt.Sprintf("room%d", i)); err != nil {
			return err
		}
	}
	insert, err := t.Prepare("INSERT INTO messages (id, conversation_id, seq, author_id, body, sent_at) VALUES (?, ?, ?, ?, ?, ?)")
	if err != nil {
		return err
	}
	for i := range messages {
		in := int(places.Uint64()) + 1
		last[in]++
		var b strings.Builder
		for range 4 + random.IntN(16) {
			b.WriteString(libraryWord(int(words.Uint64())) + " ")
		}
		if in <= 10 && i%3 == 0 && i < messages/10*9 {
			b.WriteString("hidden")
		}
		if _, err := insert.Exec(id(3, i), in, last[in], int(authors.Uint64())+1, b.String(), int64(i)*every); err != nil {
			return err
		}
	}
	for in, seq := range last {
		if _, err := t.Exec("UPDATE conversations SET last_seq = ? WHERE id = ?", seq, in); err != nil {
			return err
		}
		if in == 0 {
			continue
		}
		members := map[int]int{1: 0}
		if in > 80 && in <= 85 {
			members[2] = 0
		}
		if in == 1 {
			members[3] = seq - 20
		}
		if in%2 == 0 {
			members[4] = 0
		}
		if in > 10 {
			members[5] = 0
		}
		if in > 50 && in <= 60 {
			members[6] = 0
		}
		if in == 50 {
			members[7] = 0
		}
		if in == 1 {
			members[8] = max(0, seq-20)
		}
		if in == 90 {
			members[3] = 0
		}
		for user, joined := range members {
			if _, err := t.Exec("INSERT INTO memberships (conversation_id, user_id, joined) VALUES (?, ?, ?)", in, user, joined); err != nil {
				return err
			}
		}
	}
	return t.Commit()
}

// openLibrary creates a library. A library in CONFAB_SEARCH_DIR is kept for the
// next run.
func openLibrary(b *testing.B, messages int) *library {
	b.Helper()
	const every = 30_000
	dir := os.Getenv("CONFAB_SEARCH_DIR")
	if dir == "" {
		dir = b.TempDir()
	}
	l := &library{path: filepath.Join(dir, fmt.Sprintf("library3-%d.db", messages)), last: int64(messages) * every}
	if _, err := os.Stat(l.path); err != nil {
		old := upTo(b, l.path, 2)
		if err := fillLibrary(b.Context(), old, messages, every); err != nil {
			b.Fatal(err)
		}
		if err := old.Close(); err != nil {
			b.Fatal(err)
		}
		begun := time.Now()
		without := fileSize(b, l.path)
		if s, err := Open(b.Context(), l.path); err != nil {
			b.Fatal(err)
		} else if err := s.Close(); err != nil {
			b.Fatal(err)
		}
		b.Logf("indexing %d messages took %v; the database has grown from %d to %d MB", messages, time.Since(begun).Round(time.Second/10), without>>20, fileSize(b, l.path)>>20)
	}
	s, err := Open(b.Context(), l.path)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := s.Close(); err != nil {
			b.Error(err)
		}
	})
	l.store = s
	return l
}

func fileSize(b *testing.B, path string) int64 {
	b.Helper()
	info, err := os.Stat(path)
	if err != nil {
		b.Fatal(err)
	}
	return info.Size()
}

// BenchmarkSearch measures the time for a page of hits: the median and the 99th
// percentile besides the mean. CONFAB_SEARCH_MESSAGES is the number of messages.
func BenchmarkSearch(b *testing.B) {
	messages := 10_000
	if n, err := strconv.Atoi(os.Getenv("CONFAB_SEARCH_MESSAGES")); err == nil {
		messages = n
	}
	l := openLibrary(b, messages)
	random := rand.New(rand.NewPCG(3, 4))
	common := func() string { return libraryWord(random.IntN(20)) }
	rare := func() string { return libraryWord(5_000 + random.IntN(40_000)) }
	words := func(words ...string) []text.Phrase {
		var p []text.Phrase
		for _, w := range words {
			p = append(p, text.Phrase{Terms: []string{w}})
		}
		return p
	}
	phrase := func(words ...string) []text.Phrase { return []text.Phrase{{Terms: words}} }
	prefix := func(n int, word string) []text.Phrase {
		return []text.Phrase{{Terms: []string{word[:min(n, len(word))]}, Prefix: true}}
	}
	day := func(share float64) time.Time { return time.UnixMilli(int64(share * float64(l.last))) }
	for _, c := range []struct {
		name string
		ask  func() chat.Lookup
	}{
		{"common", func() chat.Lookup { return chat.Lookup{User: 1, Phrases: words(common())} }},
		{"rare", func() chat.Lookup { return chat.Lookup{User: 1, Phrases: words(rare())} }},
		{"none", func() chat.Lookup { return chat.Lookup{User: 1, Phrases: words("nowhere")} }},
		{"common and common", func() chat.Lookup { return chat.Lookup{User: 1, Phrases: words(common(), common())} }},
		{"common and rare", func() chat.Lookup { return chat.Lookup{User: 1, Phrases: words(common(), rare())} }},
		{"phrase of common", func() chat.Lookup { return chat.Lookup{User: 1, Phrases: phrase(common(), common())} }},
		{"phrase of common and rare", func() chat.Lookup { return chat.Lookup{User: 1, Phrases: phrase(common(), rare())} }},
		{"phrase of four common", func() chat.Lookup {
			return chat.Lookup{User: 1, Phrases: phrase(common(), common(), common(), common())}
		}},
		{"phrase of eight common", func() chat.Lookup {
			return chat.Lookup{User: 1, Phrases: phrase(common(), common(), common(), common(), common(), common(), common(), common())}
		}},
		{"prefix of 2", func() chat.Lookup { return chat.Lookup{User: 1, Phrases: prefix(2, rare())} }},
		{"prefix of 3", func() chat.Lookup { return chat.Lookup{User: 1, Phrases: prefix(3, rare())} }},
		{"prefix of 4", func() chat.Lookup { return chat.Lookup{User: 1, Phrases: prefix(4, rare())} }},
		{"prefix of 5", func() chat.Lookup { return chat.Lookup{User: 1, Phrases: prefix(5, rare())} }},
		{"common in large", func() chat.Lookup { return chat.Lookup{User: 1, Phrases: words(common()), Conversation: 1} }},
		{"common in small", func() chat.Lookup { return chat.Lookup{User: 1, Phrases: words(common()), Conversation: 80} }},
		{"rare in small", func() chat.Lookup { return chat.Lookup{User: 1, Phrases: words(rare()), Conversation: 80} }},
		{"common from many", func() chat.Lookup { return chat.Lookup{User: 1, Phrases: words(common()), Author: 1} }},
		{"common from few", func() chat.Lookup { return chat.Lookup{User: 1, Phrases: words(common()), Author: 190} }},
		{"from few", func() chat.Lookup { return chat.Lookup{User: 1, Author: 190} }},
		{"common in few conversations", func() chat.Lookup { return chat.Lookup{User: 2, Phrases: words(common())} }},
		{"rare in few conversations", func() chat.Lookup { return chat.Lookup{User: 2, Phrases: words(rare())} }},
		{"common for one who came late", func() chat.Lookup { return chat.Lookup{User: 3, Phrases: words(common())} }},
		{"common in half of the conversations", func() chat.Lookup { return chat.Lookup{User: 4, Phrases: words(common())} }},
		{"rare in half of the conversations", func() chat.Lookup { return chat.Lookup{User: 4, Phrases: words(rare())} }},
		{"common before a day", func() chat.Lookup {
			return chat.Lookup{User: 1, Phrases: words(common()), Before: day(random.Float64())}
		}},
		{"rare after a day", func() chat.Lookup { return chat.Lookup{User: 1, Phrases: words(rare()), After: day(random.Float64())} }},
		{"a deep page", func() chat.Lookup {
			return chat.Lookup{User: 1, Phrases: words(common()), Below: int64(1 + random.IntN(messages))}
		}},
	} {
		b.Run(c.name, func(b *testing.B) {
			var took []time.Duration
			hits := 0
			for b.Loop() {
				ask := c.ask()
				ask.Limit = 50
				begun := time.Now()
				found, err := l.store.Search(b.Context(), ask)
				if err != nil {
					b.Fatal(err)
				}
				took = append(took, time.Since(begun))
				hits += len(found)
			}
			slices.Sort(took)
			at := func(share float64) float64 {
				return float64(took[min(int(share*float64(len(took))), len(took)-1)]) / float64(time.Millisecond)
			}
			b.ReportMetric(at(0.5), "ms-p50")
			b.ReportMetric(at(0.99), "ms-p99")
			b.ReportMetric(float64(hits)/float64(len(took)), "hits")
		})
	}
}

// BenchmarkHiddenWords measures how much longer a search takes for a word that is
// common where the asker may not see it than for a word that nobody uses. The
// answer should be: no longer. It runs both searches in turn, so that other work on
// the machine affects both. The shares are of the fastest tenth and of the median.
func BenchmarkHiddenWords(b *testing.B) {
	messages := 10_000
	if n, err := strconv.Atoi(os.Getenv("CONFAB_SEARCH_MESSAGES")); err == nil {
		messages = n
	}
	l := openLibrary(b, messages)
	common := libraryWord(3)
	for _, in := range []struct {
		name string
		user chat.UserID
	}{{"in 100", 5}, {"in 10", 6}, {"in 1", 7}, {"late", 8}} {
		for _, c := range []struct {
			name string
			ask  func(word string) []text.Phrase
		}{
			{"word", func(word string) []text.Phrase { return []text.Phrase{{Terms: []string{word}}} }},
			{"prefix", func(word string) []text.Phrase { return []text.Phrase{{Terms: []string{word[:5]}, Prefix: true}} }},
			{"two words", func(word string) []text.Phrase {
				return []text.Phrase{{Terms: []string{word}}, {Terms: []string{common}}}
			}},
			{"phrase", func(word string) []text.Phrase { return []text.Phrase{{Terms: []string{common, word}}} }},
		} {
			b.Run(in.name+" "+c.name, func(b *testing.B) {
				var took [2][]time.Duration
				for b.Loop() {
					for i, word := range []string{"hidden", "nowhere"} {
						ask := chat.Lookup{User: in.user, Phrases: c.ask(word), Limit: 50}
						begun := time.Now()
						found, err := l.store.Search(b.Context(), ask)
						if err != nil || len(found) > 0 {
							b.Fatal(len(found), err)
						}
						took[i] = append(took[i], time.Since(begun))
					}
				}
				slices.Sort(took[0])
				slices.Sort(took[1])
				at := func(share int) float64 {
					return float64(took[0][len(took[0])/share]) / float64(took[1][len(took[1])/share])
				}
				b.ReportMetric(at(10), "hidden/nowhere-p10")
				b.ReportMetric(at(2), "hidden/nowhere-p50")
			})
		}
	}
}
